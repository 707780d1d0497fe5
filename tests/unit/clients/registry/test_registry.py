"""What a registry has, and what is put there, on a wire of `responses`."""

import base64
import hashlib
import json

import pytest
import requests
import responses

from hubaction.clients.registry.errors import DeniedError, MissingBlobError, RegistryError, UnreachableError
from hubaction.clients.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, digest_of
from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName, Reference

REFERENCE = Reference(ImageName("quay.io", "org/image"), "v1")
NAME = REFERENCE.name
URL = "https://quay.io/v2/org/image/manifests/v1"
AUTH = {"username": "robot", "password": "correct-horse-battery"}
BASIC = "Basic " + base64.b64encode(b"robot:correct-horse-battery").decode()
MANIFEST = json.dumps({"config": {"size": 100}, "layers": [{"size": 20}, {"size": 3}]}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
OCI = "application/vnd.oci.image.manifest.v1+json"
BLOB = b'{"architecture": "amd64"}'
BLOB_DIGEST = digest_of(BLOB)
BLOB_URL = f"https://quay.io/v2/org/image/blobs/{BLOB_DIGEST}"


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", {}, patient=False)


def asked(wire: responses.RequestsMock) -> list[tuple[str | None, str | None]]:
    return [(call.request.method, call.request.url) for call in wire.calls]


def sent(wire: responses.RequestsMock) -> list[tuple[str | None, str | None]]:
    return [(call.request.url, call.request.headers.get("Authorization")) for call in wire.calls]


def test_fetch_manifest__open_registry(wire: responses.RequestsMock) -> None:
    wire.get(URL, body=MANIFEST)
    manifest = Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert manifest is not None
    assert (manifest.digest, manifest.size) == (DIGEST, 123)
    assert sent(wire) == [(URL, None)]
    accepted = wire.calls[0].request.headers["Accept"]
    assert all(kind in accepted for kind in (*MANIFEST_TYPES, *INDEX_TYPES))


def test_fetch_manifest__digest_is_of_the_bytes_not_of_a_header(wire: responses.RequestsMock) -> None:
    wire.get(URL, body=MANIFEST, headers={"Docker-Content-Digest": "sha256:" + "0" * 64})
    manifest = Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert manifest is not None
    assert manifest.digest == DIGEST


def test_fetch_manifest__index_has_no_size(wire: responses.RequestsMock) -> None:
    wire.get(URL, json={"manifests": [{"digest": "sha256:x", "size": 5}]})
    manifest = Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert manifest is not None
    assert manifest.size is None


def test_fetch_manifest__no_such_tag(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=404)
    assert Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag) is None


def test_fetch_manifest__refused(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=403)
    with pytest.raises(RegistryError, match=r"does not tell what quay\.io/org/image:v1 is: it answers 403"):
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)


@pytest.mark.parametrize(
    "body",
    [
        {"config": {}, "layers": [{"digest": "x"}]},
        {"config": {"size": "many"}},
        {"config": {"size": None}, "layers": 5},
        {"config": 5, "layers": [1, None]},
        [],
        "x",
    ],
)
def test_fetch_manifest__odd_manifest_is_no_bug(wire: responses.RequestsMock, body: object) -> None:
    """A registry's answer is text of others: it may be refused, and never end as a traceback."""
    wire.get(URL, json=body)
    try:
        manifest = Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    except RegistryError:
        return
    assert manifest is not None
    assert manifest.digest.startswith("sha256:")


# --- manifests, digests and blobs, by one request each where the specification allows it ---


def test_fetch_manifest__keeps_bytes_and_type(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(URL, body=MANIFEST, content_type=f"{OCI}; charset=utf-8")
    manifest = registry.fetch_manifest(NAME, "v1")
    assert manifest is not None
    assert (manifest.body, manifest.media_type) == (MANIFEST, OCI)
    assert "100" not in repr(manifest)


def test_fetch_manifest__by_digest_is_that_one(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(URL.replace("v1", BLOB_DIGEST), body=MANIFEST)
    with pytest.raises(RegistryError, match="where sha256:"):
        registry.fetch_manifest(NAME, BLOB_DIGEST)


def test_fetch_digest__one_head(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, headers={"Docker-Content-Digest": DIGEST})
    assert registry.fetch_digest(NAME, "v1") == DIGEST
    assert OCI in wire.calls[0].request.headers["Accept"]
    assert registry.requests_made == 1


@pytest.mark.parametrize("header", [{}, {"Docker-Content-Digest": "sha256:short"}, {"Docker-Content-Digest": "md5:x"}])
def test_fetch_digest__without_a_usable_header(
    wire: responses.RequestsMock, registry: Registry, header: dict[str, str]
) -> None:
    wire.head(URL, headers=header)
    wire.get(URL, body=MANIFEST)
    assert registry.fetch_digest(NAME, "v1") == DIGEST


def test_fetch_digest__where_head_is_not_allowed(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=405)
    wire.get(URL, status=404)
    assert registry.fetch_digest(NAME, "v1") is None


def test_fetch_digest__absent(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=404)
    assert registry.fetch_digest(NAME, "v1") is None


def test_fetch_digest__refused(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=403)
    with pytest.raises(RegistryError, match="answers 403"):
        registry.fetch_digest(NAME, "v1")


@pytest.mark.parametrize("answer", [503, 403, 200, requests.exceptions.ConnectTimeout("no answer")])
def test_look_up_digest__never_raises(
    wire: responses.RequestsMock, registry: Registry, answer: int | requests.exceptions.ConnectTimeout
) -> None:
    for method in (responses.HEAD, responses.GET):
        if isinstance(answer, int):
            wire.add(method, URL, status=answer, body=b" " * (4 * 1024**2 + 1))
        else:
            wire.add(method, URL, body=answer)
    wire.assert_all_requests_are_fired = False
    assert registry.look_up_digest(NAME, "v1") is None


def test_fetch_blob__another_one(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(BLOB_URL, body=BLOB + b" ")
    with pytest.raises(RegistryError, match="another blob"):
        registry.fetch_blob(NAME, BLOB_DIGEST)


def test_fetch_blob__no_larger_than_allowed(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(BLOB_URL, body=BLOB)
    assert registry.fetch_blob(NAME, BLOB_DIGEST, max_bytes=len(BLOB)) == BLOB
    with pytest.raises(RegistryError, match="has no end"):
        registry.fetch_blob(NAME, BLOB_DIGEST, max_bytes=len(BLOB) - 1)


def test_fetch_blob__missing(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(BLOB_URL, status=404)
    with pytest.raises(MissingBlobError):
        registry.fetch_blob(NAME, BLOB_DIGEST)


@pytest.mark.parametrize(("status", "there"), [(200, True), (404, False)])
def test_has_blob__one_head(wire: responses.RequestsMock, registry: Registry, status: int, there: bool) -> None:
    wire.head(BLOB_URL, status=status)
    assert registry.has_blob(NAME, BLOB_DIGEST) is there
    assert registry.requests_made == 1


def test_has_blob__not_told(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(BLOB_URL, status=403)
    with pytest.raises(RegistryError):
        registry.has_blob(NAME, BLOB_DIGEST)


def test_put_manifest__sends_the_very_bytes(wire: responses.RequestsMock, registry: Registry) -> None:
    body = b'{ "odd":  "spaces"}\n'
    wire.put(URL, status=201)
    registry.put_manifest(NAME, "v1", body, OCI)
    assert wire.calls[0].request.body == body
    assert wire.calls[0].request.headers["Content-Type"] == OCI
    assert sent(wire) == [(URL, None)]


@pytest.mark.parametrize(
    ("status", "code"), [(400, "MANIFEST_BLOB_UNKNOWN"), (400, "BLOB_UNKNOWN"), (404, "NAME_UNKNOWN"), (404, "")]
)
def test_put_manifest__without_its_blobs(
    wire: responses.RequestsMock, registry: Registry, status: int, code: str
) -> None:
    wire.put(URL, status=status, json={"errors": [{"code": code}]})
    with pytest.raises(MissingBlobError):
        registry.put_manifest(NAME, "v1", MANIFEST, OCI)


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (403, {"errors": [{"code": "DENIED", "message": "no\n access"}]}, "403 DENIED: no access"),
        (400, {"errors": [{"code": "TAG_INVALID", "message": "is immutable"}]}, "400 TAG_INVALID: is immutable"),
        (413, {}, "413 {}"),
        (409, {"errors": "odd"}, '409 {"errors": "odd"}'),
    ],
)
def test_put_manifest__denied(
    wire: responses.RequestsMock, registry: Registry, status: int, body: object, detail: str
) -> None:
    wire.put(URL, status=status, json=body)
    with pytest.raises(DeniedError) as caught:
        registry.put_manifest(NAME, "v1", MANIFEST, OCI)
    assert caught.value.detail == detail


def test_put_manifest__registry_that_is_away(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.put(URL, status=503)
    with pytest.raises(UnreachableError):
        registry.put_manifest(NAME, "v1", MANIFEST, OCI)
