"""Which image is rolled out: of those that were pushed, and by its labels in the registry, whose answers are played."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import responses

from hubaction.clients.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, digest_of
from hubaction.clients.registry.registries import Registries
from hubaction.decide.labels import PULL_REQUEST_LABEL, UNPROVEN_LABEL
from hubaction.errors import ActionError
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.rollout.hub.subject import Subject, choose_pushed, find_subject
from tests.unit.samples import SHA, SHORT_SHA

PLACE = "https://quay.io/v2/org/image"
CONFIG = "application/vnd.oci.image.config.v1+json"
NOT_PROVEN = {UNPROVEN_LABEL: "hub-check"}


@pytest.fixture
def wire() -> responses.RequestsMock:
    return responses.RequestsMock(assert_all_requests_are_fired=False)


def put(wire: responses.RequestsMock, manifest: Mapping[str, object], *tags: str) -> str:
    """Have the registry know a manifest by its digest and by tags."""
    body = json.dumps(manifest).encode()
    for reference in (digest_of(body), *tags):
        wire.get(f"{PLACE}/manifests/{reference}", body=body, content_type=str(manifest["mediaType"]))
    return digest_of(body)


def put_image(wire: responses.RequestsMock, labels: Mapping[str, str], *tags: str) -> str:
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": labels}}).encode()
    wire.get(f"{PLACE}/blobs/{digest_of(config)}", body=config)
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest_of(b"layer"), "size": 5}
    described = {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)}
    return put(wire, {"mediaType": MANIFEST_TYPES[0], "config": described, "layers": [layer]}, *tags)


def entry(digest: str, architecture: str = "amd64") -> dict[str, object]:
    return {"mediaType": MANIFEST_TYPES[0], "digest": digest, "platform": {"architecture": architecture, "os": "linux"}}


def put_index(wire: responses.RequestsMock, *entries: object) -> None:
    put(wire, {"mediaType": INDEX_TYPES[0], "manifests": entries}, SHORT_SHA)


def find(wire: responses.RequestsMock) -> Subject:
    reference = Reference(ImageName("quay.io", "org/image"), SHORT_SHA)
    with wire:
        return find_subject([reference], SHA, Registries((), Path("/nowhere"), frozenset()))


def test_find_subject__image_of_its_own(wire: responses.RequestsMock) -> None:
    digest = put_image(wire, {}, SHORT_SHA)
    (pushed,) = find(wire).references
    assert pushed.digest == digest


@pytest.mark.parametrize("labels", [{PULL_REQUEST_LABEL: "7"}, NOT_PROVEN])
def test_find_subject__image_that_is_not_for_hubs(wire: responses.RequestsMock, labels: dict[str, str]) -> None:
    put_image(wire, labels, SHORT_SHA)
    with pytest.raises(ActionError, match="not rolled out"):
        find(wire)


@pytest.mark.parametrize("labels", [{PULL_REQUEST_LABEL: "7"}, NOT_PROVEN])
def test_find_subject__index_with_an_image_that_is_not_for_hubs(
    wire: responses.RequestsMock, labels: dict[str, str]
) -> None:
    """An index has no labels of its own, and a hub starts what is in it."""
    put_index(wire, entry(put_image(wire, {})), entry(put_image(wire, labels), "arm64"))
    with pytest.raises(ActionError, match="not rolled out"):
        find(wire)


def test_find_subject__index_of_images_for_hubs(wire: responses.RequestsMock) -> None:
    attestation = put(wire, {"mediaType": MANIFEST_TYPES[0], "config": {}, "layers": []})
    put_index(wire, entry(put_image(wire, {PULL_REQUEST_LABEL: ""})), entry(attestation, "unknown"))
    assert len(find(wire).references) == 1


@pytest.mark.parametrize("odd", [{}, 1, entry("sha256:1"), entry("../../../other/manifests/v1")])
def test_find_subject__index_that_hides_what_is_in_it(wire: responses.RequestsMock, odd: object) -> None:
    put_index(wire, entry(put_image(wire, {})), odd)
    with pytest.raises(ActionError, match="its index has an entry without a digest"):
        find(wire)


def test_find_subject__index_in_an_index(wire: responses.RequestsMock) -> None:
    inner = put(wire, {"mediaType": INDEX_TYPES[0], "manifests": [entry(put_image(wire, {PULL_REQUEST_LABEL: "7"}))]})
    put_index(wire, {"mediaType": INDEX_TYPES[0], "digest": inner})
    with pytest.raises(ActionError, match="not the manifest of a single image"):
        find(wire)


QUAY, GHCR = (Reference(ImageName(host, "org/course"), SHORT_SHA) for host in ("quay.io", "ghcr.io"))
DIGEST = f"sha256:{'5' * 64}"


def test_choose_pushed__the_tag_of_the_commit_under_each_name() -> None:
    latest = Reference(QUAY.name, "latest")
    pushed = [PushedReference(each, DIGEST, 1) for each in (latest, QUAY, GHCR)]
    assert [item.reference for item in choose_pushed(pushed, QUAY)] == [QUAY, GHCR]


def test_subject__names_its_images_with_their_digests() -> None:
    subject = Subject((PushedReference(QUAY, DIGEST, 1), PushedReference(GHCR, DIGEST, None)), SHA)
    assert subject.first.reference == QUAY
    assert subject.images == (f"{QUAY}@{DIGEST}", f"{GHCR}@{DIGEST}")
