"""The image that is rolled out, of all that was pushed."""

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.rollout.hub.subject import Subject, choose_pushed

QUAY, GHCR = (Reference(ImageName(host, "org/course"), "0a1b2c3d4e5f") for host in ("quay.io", "ghcr.io"))
DIGEST = f"sha256:{'5' * 64}"


def test_choose_pushed__the_tag_of_the_commit_under_each_name() -> None:
    latest = Reference(QUAY.name, "latest")
    pushed = [PushedReference(each, DIGEST, 1) for each in (latest, QUAY, GHCR)]
    assert [item.reference for item in choose_pushed(pushed, QUAY)] == [QUAY, GHCR]


def test_subject__names_its_images_with_their_digests() -> None:
    subject = Subject((PushedReference(QUAY, DIGEST, 1), PushedReference(GHCR, DIGEST, None)), "0" * 40)
    assert subject.first.reference == QUAY
    assert subject.images == (f"{QUAY}@{DIGEST}", f"{GHCR}@{DIGEST}")
