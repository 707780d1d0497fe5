"""What makes a candidate, what relabelling changes, and how a registry's refusals are told."""

import json
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from hubaction.clients.registry.manifest import digest_of, read_manifest, read_object
from hubaction.clients.registry.registry import Registry
from hubaction.clients.registry.remote_image import Candidate, NotPromotableError, read_candidate
from hubaction.image import ImageName, Reference
from hubaction.publish.promote import promote, promote_relabelled, relabel
from hubaction.publish.push_errors import PushError

NAME = ImageName("quay.io", "org/image")
REFERENCE = Reference(NAME, "v1")
NEXT = Reference(NAME, "v2")
OTHER = Reference(ImageName("quay.io", "org/other"), "v1")
BASE = "https://quay.io/v2"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + "1" * 64, "size": 23}
CONFIG: dict[str, Any] = {
    "architecture": "arm64",
    "os": "linux",
    "config": {"Labels": {"a": "1", "b": "2"}, "Env": ["PATH=/bin"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "3" * 64]},
    "moby.buildkit.cache.v0": "eyJ9",
    "unknown": [1, 1.5, None, {"x": "ü"}],
}


def write(value: object) -> bytes:
    """With blanks, which our own way of writing does not have."""
    return json.dumps(value, indent=1).encode()


CONFIG_BYTES = write(CONFIG)


def manifest_bytes(**changes: Any) -> bytes:
    config = {"mediaType": OCI_CONFIG, "digest": digest_of(CONFIG_BYTES), "size": len(CONFIG_BYTES)}
    return write({"schemaVersion": 2, "mediaType": OCI, "config": config, "layers": [LAYER], **changes})


MANIFEST = manifest_bytes(annotations={"x": "y"})
DIGEST = digest_of(MANIFEST)


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", {})


def make_candidate(config: bytes = CONFIG_BYTES, manifest: bytes = MANIFEST) -> Candidate:
    return Candidate(REFERENCE, read_manifest(manifest, OCI), config, {"a": "1", "b": "2"})


def read(wire: responses.RequestsMock, registry: Registry, manifest: bytes, config: bytes) -> Candidate | str:
    """Return the candidate, or why there is none."""
    wire.assert_all_requests_are_fired = False
    wire.get(f"{BASE}/org/image/manifests/v1", body=manifest, content_type=OCI)
    wire.get(f"{BASE}/org/image/blobs/{digest_of(config)}", body=config)
    reasons: list[str] = []
    return read_candidate(registry, REFERENCE, explain=reasons.append) or reasons[0]


# --- candidates ---


def test_read_candidate__two_requests(wire: responses.RequestsMock, registry: Registry) -> None:
    candidate = read(wire, registry, MANIFEST, CONFIG_BYTES)
    assert isinstance(candidate, Candidate)
    assert (candidate.reference, candidate.labels) == (REFERENCE, {"a": "1", "b": "2"})
    assert (candidate.manifest.body, candidate.config) == (MANIFEST, CONFIG_BYTES)
    assert registry.requests_made == 2


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(write({"manifests": [{"digest": DIGEST, "size": 1}]}), id="index"),
        pytest.param(manifest_bytes(mediaType="application/vnd.oci.image.index.v1+json"), id="index by its type"),
        pytest.param(manifest_bytes(config={"digest": digest_of(CONFIG_BYTES)}), id="config of no kind"),
        pytest.param(manifest_bytes(config={"mediaType": "application/x", "digest": DIGEST}), id="artifact"),
        pytest.param(manifest_bytes(config={"mediaType": OCI_CONFIG, "digest": "../../x"}), id="no digest"),
        pytest.param(manifest_bytes(config=5), id="config 5"),
        pytest.param(manifest_bytes(layers=[]), id="no layers"),
        pytest.param(manifest_bytes(layers=[LAYER, {"digest": "x"}]), id="odd layer"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"", id="empty"),
    ],
)
def test_read_candidate__not_one_image(wire: responses.RequestsMock, registry: Registry, manifest: bytes) -> None:
    reason = read(wire, registry, manifest, CONFIG_BYTES)
    assert reason == f"{REFERENCE} cannot be reused: it is not the manifest of a single image."
    assert registry.requests_made == 1


def test_read_candidate__config_that_is_another(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(f"{BASE}/org/image/manifests/v1", body=MANIFEST, content_type=OCI)
    wire.get(f"{BASE}/org/image/blobs/{digest_of(CONFIG_BYTES)}", body=CONFIG_BYTES.replace(b'"1"', b'"9"'))
    reasons: list[str] = []
    assert read_candidate(registry, REFERENCE, explain=reasons.append) is None
    assert "gives another blob" in reasons[0]


@pytest.mark.parametrize(
    "config", [{}, {"config": 5}, {"config": {"Labels": None}}, {"config": {"Labels": {"a": 5}}}, 5]
)
def test_read_candidate__odd_labels_are_none(wire: responses.RequestsMock, registry: Registry, config: object) -> None:
    body = write(config)
    described = {"mediaType": OCI_CONFIG, "digest": digest_of(body), "size": len(body)}
    candidate = read(wire, registry, manifest_bytes(config=described), body)
    assert isinstance(candidate, Candidate)
    assert candidate.labels == {}


@given(body=st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda x: write({"config": x})))
def test_read_candidate__never_raises(body: bytes) -> None:
    with responses.RequestsMock() as wire:
        assert isinstance(read(wire, Registry("quay.io", {}), body, CONFIG_BYTES), str)


# --- other labels ---


def test_relabel__changes_labels_and_what_follows_from_them() -> None:
    config, manifest = relabel(make_candidate(), {"b": "new", "c": "3"})
    assert read_object(config) == CONFIG | {"config": CONFIG["config"] | {"Labels": {"b": "new", "c": "3"}}}
    before, after = read_object(MANIFEST), read_object(manifest)
    assert after.pop("config") == before.pop("config") | {"digest": digest_of(config), "size": len(config)}
    assert after == before
    assert digest_of(manifest) != DIGEST


def test_relabel__same_labels_same_digest_again() -> None:
    assert relabel(make_candidate(), {"x": "y"}) == relabel(make_candidate(), {"x": "y"})


@given(labels=st.dictionaries(st.text(), st.text()))
def test_relabel__any_text(labels: dict[str, str]) -> None:
    config, manifest = relabel(make_candidate(), labels)
    assert read_object(config)["config"]["Labels"] == labels
    assert read_object(manifest)["config"]["size"] == len(config)


def test_relabel__config_without_a_config() -> None:
    config, _ = relabel(make_candidate(write({"os": "linux", "config": None})), {"a": "b"})
    assert read_object(config) == {"os": "linux", "config": {"Labels": {"a": "b"}}}


def test_relabel__copy_of_the_config_in_the_manifest_goes() -> None:
    """https://github.com/opencontainers/image-spec/blob/main/descriptor.md#embedded-content"""
    body = read_object(MANIFEST)
    body["config"]["data"] = "e30="
    _, manifest = relabel(make_candidate(manifest=write(body)), {})
    assert "data" not in read_object(manifest)["config"]


@pytest.mark.parametrize("config", [write({"config": 5}), b'{"x": 1e999}'])
def test_relabel__what_cannot_be_written_again(config: bytes) -> None:
    with pytest.raises(NotPromotableError, match="built"):
        relabel(make_candidate(config), {})


# --- promoting ---


def run(registry: Registry, *references: Reference) -> None:
    promote(make_candidate(), references, registries={"quay.io": registry}, say=lambda text: None)


def url(reference: Reference, tag: str = "") -> str:
    return f"{BASE}/{reference.name.path}/manifests/{tag or reference.tag}"


@pytest.mark.parametrize("status", [403, 404])
def test_promote__look_that_is_refused_is_no_answer(
    wire: responses.RequestsMock, registry: Registry, status: int
) -> None:
    """As where a repository comes up with the first push."""
    for tag in ("v1", DIGEST):
        wire.head(url(OTHER, tag), status=status)
    mounts = wire.post(f"{BASE}/org/other/blobs/uploads/", status=201)
    wire.put(url(OTHER), status=201)
    wire.head(url(OTHER), headers={"Docker-Content-Digest": DIGEST})
    run(registry, OTHER)
    assert mounts.call_count == 2


def test_promote__token_that_is_refused_for_looking_and_writing(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    """As at ghcr.io, for an account without rights."""
    challenge = {"WWW-Authenticate": f'Bearer realm="{BASE}/token"'}
    for tag in ("v1", DIGEST):
        wire.head(url(OTHER, tag), status=401, headers=challenge)
    wire.get(f"{BASE}/token", status=403)
    wire.post(f"{BASE}/org/other/blobs/uploads/", status=401, headers=challenge)
    with pytest.raises(PushError, match="the account may not write there"):
        run(registry, OTHER)


@pytest.mark.parametrize(
    ("status", "text", "advice"),
    [
        (403, "denied: requested access to the resource is denied", "the account may not write there"),
        (401, "authentication required", "the account may not write there"),
        (400, "tag v2 cannot be overwritten because the repository is immutable", "may not be changed there"),
        (412, "configured as immutable", "may not be changed there"),
        (413, "Request Entity Too Large", "too large"),
        (403, "quota exceeded", "your quota there is used up"),
    ],
)
def test_promote__refusal_has_the_advice_of_a_push(
    wire: responses.RequestsMock, status: int, text: str, advice: str
) -> None:
    registry = Registry("quay.io", {"username": "robot", "password": "correct-horse-battery"})
    wire.head(url(NEXT), status=404)
    wire.put(url(NEXT), status=status, json={"errors": [{"message": text}]}, headers={"WWW-Authenticate": "Basic"})
    with pytest.raises(PushError) as caught:
        run(registry, NEXT)
    assert advice in caught.value.message
    assert "quay.io refused quay.io/org/image:v2, pushed by 'robot'" in caught.value.message
    assert "correct-horse-battery" not in caught.value.message


def test_promote__refusal_of_another_kind_means_build(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(url(NEXT), status=404)
    wire.put(url(NEXT), status=400, json={"errors": [{"code": "MANIFEST_INVALID", "message": "odd"}]})
    with pytest.raises(NotPromotableError, match="400 MANIFEST_INVALID: odd"):
        run(registry, NEXT)


def test_promote__identity_token_is_for_the_engine(wire: responses.RequestsMock) -> None:
    wire.head(url(NEXT), status=404)
    with pytest.raises(NotPromotableError, match="only the engine can log in"):
        run(Registry("quay.io", {"identitytoken": "t0"}), NEXT)


def test_promote__is_asked_before_each(wire: responses.RequestsMock, registry: Registry) -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    wire.head(url(NEXT), status=404)
    with pytest.raises(StoppedError):
        promote(make_candidate(), [NEXT], registries={"quay.io": registry}, say=lambda text: None, before_each=stop)


def test_promote__registry_that_cannot_mount_may_have_it_all(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(url(OTHER), status=404)
    wire.head(url(OTHER, DIGEST), status=404)
    wire.post(f"{BASE}/org/other/blobs/uploads/", status=202, headers={"Location": "/u1"})
    wire.delete("https://quay.io/u1", status=204)
    for digest in (digest_of(CONFIG_BYTES), LAYER["digest"]):
        wire.head(f"{BASE}/org/other/blobs/{digest}")
    wire.put(url(OTHER), status=201)
    wire.head(url(OTHER), headers={"Docker-Content-Digest": DIGEST})
    run(registry, OTHER)


def test_promote_relabelled__another_registry_means_build(wire: responses.RequestsMock, registry: Registry) -> None:
    """Even when it has the image with the old labels; and nothing is written, not to the first one either."""
    there = Reference(ImageName("ghcr.io", "org/image"), "v1")
    registries = {"quay.io": registry, "ghcr.io": Registry("ghcr.io", {})}
    _, manifest = relabel(make_candidate(), {"x": "y"})
    wire.head(url(NEXT), status=404)
    wire.head("https://ghcr.io/v2/org/image/manifests/v1", headers={"Docker-Content-Digest": DIGEST})
    wire.head(f"https://ghcr.io/v2/org/image/manifests/{digest_of(manifest)}", status=404)
    with pytest.raises(NotPromotableError, match="another registry"):
        promote_relabelled(make_candidate(), {"x": "y"}, [NEXT, there], registries=registries, say=lambda text: None)
