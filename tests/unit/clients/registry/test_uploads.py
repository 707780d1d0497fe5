"""Blobs that are mounted or uploaded, on a wire of `responses`."""

import pytest
import responses

from hubaction.clients.registry.errors import DeniedError, RegistryError
from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName
from tests.unit.clients.registry.test_registry import BLOB, BLOB_DIGEST, NAME, asked

OTHER = ImageName("quay.io", "org/other")
UPLOADS = "https://quay.io/v2/org/image/blobs/uploads/"
MOUNTS = "https://quay.io/v2/org/other/blobs/uploads/"


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", {}, patient=False)


# --- blobs ---


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


def test_put_blob__is_begun_anew_after_a_passing_fault(
    wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
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
