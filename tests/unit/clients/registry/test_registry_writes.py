"""Digests, blobs, mounts and manifests: one request each where the specification allows it."""

import pytest
import requests
import responses

from hubaction.clients.registry.registry import (
    LOOK_UP_SECONDS,
    DeniedError,
    MissingBlobError,
    Registry,
    RegistryError,
    UnreachableError,
    digest_of,
    read_manifest,
)
from hubaction.image import ImageName
from tests.unit.clients.registry.test_registry import DIGEST, MANIFEST, REFERENCE, URL, sent

NAME = REFERENCE.name
OTHER = ImageName("quay.io", "org/other")
BLOB = b'{"architecture": "amd64"}'
BLOB_DIGEST = digest_of(BLOB)
BLOB_URL = f"https://quay.io/v2/org/image/blobs/{BLOB_DIGEST}"
UPLOADS = "https://quay.io/v2/org/image/blobs/uploads/"
MOUNTS = "https://quay.io/v2/org/other/blobs/uploads/"
OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", {}, patient=False)


def asked(wire: responses.RequestsMock) -> list[tuple[str | None, str | None]]:
    return [(call.request.method, call.request.url) for call in wire.calls]


# --- manifests and digests ---


def test_fetch_manifest__keeps_bytes_and_type(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(URL, body=MANIFEST, content_type=f"{OCI}; charset=utf-8")
    manifest = registry.fetch_manifest(NAME, "v1")
    assert manifest is not None
    assert (manifest.body, manifest.media_type) == (MANIFEST, OCI)
    assert "100" not in repr(manifest)


def test_fetch_manifest__bytes_know_their_type_best() -> None:
    assert read_manifest(b'{"mediaType": "a/b"}', "c/d").media_type == "a/b"


def test_fetch_manifest__by_digest_is_that_one(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(URL.replace("v1", BLOB_DIGEST), body=MANIFEST)
    with pytest.raises(RegistryError, match="where sha256:"):
        registry.fetch_manifest(NAME, BLOB_DIGEST)


def test_read_manifest__layers_each_once_and_all_or_none() -> None:
    layer = f'{{"digest": "{BLOB_DIGEST}", "size": 1}}'
    assert read_manifest(f'{{"layers": [{layer}, {layer}]}}'.encode(), "").layer_digests == (BLOB_DIGEST,)
    assert read_manifest(f'{{"layers": [{layer}, {{"digest": "sha256:../x"}}]}}'.encode(), "").layer_digests == ()


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


def test_look_up_digest__waits_little_and_asks_no_more_of_who_is_away(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    wire.head(URL, body=requests.exceptions.ConnectTimeout("no answer"))
    for _ in range(3):
        assert registry.look_up_digest(NAME, "v1") is None
    assert len(wire.calls) == 1
    assert wire.calls[0].request.req_kwargs["timeout"] == LOOK_UP_SECONDS  # type: ignore[attr-defined]


# --- blobs ---


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


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("/v2/org/image/blobs/uploads/u1?_state=a%2Fb", "https://quay.io/v2/org/image/blobs/uploads/u1?_state=a%2Fb&"),
        ("https://quay.io/upload/u1", "https://quay.io/upload/u1?"),
    ],
)
def test_put_blob__in_one_piece_where_the_registry_says(
    wire: responses.RequestsMock, registry: Registry, location: str, address: str
) -> None:
    wire.post(UPLOADS, status=202, headers={"Location": location})
    wire.put(address.partition("?")[0], status=201)
    assert registry.put_blob(NAME, BLOB) == BLOB_DIGEST
    assert asked(wire) == [("POST", UPLOADS), ("PUT", f"{address}digest={BLOB_DIGEST.replace(':', '%3A')}")]
    assert wire.calls[1].request.body == BLOB


@pytest.mark.parametrize("headers", [{}, {"Location": "http://["}, {"Location": "https://quay.io:x/"}])
def test_put_blob__without_an_address(
    wire: responses.RequestsMock, registry: Registry, headers: dict[str, str]
) -> None:
    wire.post(UPLOADS, status=202, headers=headers)
    with pytest.raises(RegistryError, match="does not say where"):
        registry.put_blob(NAME, BLOB)


def test_put_blob__is_begun_anew_after_a_passing_fault(wire: responses.RequestsMock) -> None:
    for number, status in enumerate((503, 201)):
        wire.post(UPLOADS, status=202, headers={"Location": f"/u{number}"})
        wire.put(f"https://quay.io/u{number}", status=status)
    Registry("quay.io", {}).put_blob(NAME, BLOB)
    assert [method for method, _ in asked(wire)] == ["POST", "PUT", "POST", "PUT"]


def test_put_blob__denied(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(UPLOADS, status=413, body="<html>Request Entity Too Large</html>")
    with pytest.raises(DeniedError) as caught:
        registry.put_blob(NAME, BLOB)
    assert caught.value.detail == "413 <html>Request Entity Too Large</html>"


# --- mounts ---


def test_mount_blob__one_request(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(MOUNTS, status=201)
    assert registry.mount_blob(OTHER, BLOB_DIGEST, NAME)
    query = f"mount={BLOB_DIGEST.replace(':', '%3A')}&from=org%2Fimage"
    assert asked(wire) == [("POST", f"{MOUNTS}?{query}")]


def test_mount_blob__upload_that_nobody_wants_is_cancelled(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(MOUNTS, status=202, headers={"Location": "/v2/org/other/blobs/uploads/u1?_state=x"})
    wire.delete("https://quay.io/v2/org/other/blobs/uploads/u1?_state=x", status=500)
    assert not registry.mount_blob(OTHER, BLOB_DIGEST, NAME)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_mount_blob__refused_where_an_upload_is_not(
    wire: responses.RequestsMock, registry: Registry, status: int
) -> None:
    """It is the other repository that may not be read, or mounting as such."""
    for _ in range(2 if status == 401 else 1):  # once more with the password
        wire.post(MOUNTS, status=status, headers={"WWW-Authenticate": "Basic"})
    wire.post(MOUNTS, status=202, headers={"Location": "/u1"})
    wire.delete("https://quay.io/u1", status=204)
    assert not registry.mount_blob(OTHER, BLOB_DIGEST, NAME)


def test_mount_blob__denied(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(MOUNTS, status=403, json={"errors": [{"code": "DENIED", "message": "no"}, "odd"]})
    with pytest.raises(DeniedError) as caught:
        registry.mount_blob(OTHER, BLOB_DIGEST, NAME)
    assert caught.value.detail == "403 DENIED: no"


# --- manifests ---


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
