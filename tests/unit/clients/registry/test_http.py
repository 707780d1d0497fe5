"""Time-outs, tries and bounds of requests to a registry, on a wire of `responses`."""

import pytest
import requests
import responses

from hubaction.clients.registry.errors import RegistryError, UnreachableError, UntrustedError
from hubaction.clients.registry.http import LOOK_UP_SECONDS
from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName, Reference
from tests.unit.clients.registry.test_registry import MANIFEST, NAME, REFERENCE, URL


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", {}, patient=False)


def tls_error(text: str) -> requests.exceptions.SSLError:
    """As requests raises it, with OpenSSL's own text within."""
    return requests.exceptions.SSLError(f"HTTPSConnectionPool: (Caused by SSLError({text}))")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_fetch_manifest__passing_fault_is_tried_again(
    wire: responses.RequestsMock, slept: list[float], status: int
) -> None:
    wire.get(URL, status=status)
    wire.get(URL, body=requests.exceptions.ConnectionError("reset"))
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert len(slept) == 2


def test_fetch_manifest__away(wire: responses.RequestsMock, slept: list[float]) -> None:
    wire.get(URL, body=requests.exceptions.ConnectTimeout("no answer"))
    with pytest.raises(UnreachableError, match=r"quay\.io does not answer") as caught:
        Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert not caught.value.on_loopback
    assert len(wire.calls) == 4
    assert slept == sorted(slept)


@pytest.mark.parametrize(
    "text",
    [
        "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed')",
        "SSLError(136, '[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found (_ssl.c:4166)')",
    ],
)
def test_fetch_manifest__unknown_authority_is_not_tried_again(
    wire: responses.RequestsMock, slept: list[float], text: str
) -> None:
    wire.get(URL, body=tls_error(text))
    with pytest.raises(UntrustedError, match=r"the certificate of quay\.io"):
        Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert slept == []


def test_fetch_manifest__connection_that_breaks_in_tls_is_tried_again(
    wire: responses.RequestsMock, slept: list[float]
) -> None:
    wire.get(URL, body=tls_error("SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred')"))
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert len(slept) == 1


def test_fetch_manifest__loopback_is_tried_once(wire: responses.RequestsMock, slept: list[float]) -> None:
    local = Reference(ImageName("127.0.0.1:5000", "org/image"), "v1")
    wire.get("http://127.0.0.1:5000/v2/org/image/manifests/v1", body=requests.exceptions.ConnectionError("refused"))
    with pytest.raises(UnreachableError) as caught:
        Registry("127.0.0.1:5000", {}).fetch_manifest(local.name, local.tag)
    assert caught.value.on_loopback
    assert slept == []


@pytest.mark.parametrize(
    ("host", "insecure", "expected"),
    [
        ("quay.io", False, "https://quay.io"),
        ("docker.io", False, "https://registry-1.docker.io"),
        ("localhost:5000", False, "http://localhost:5000"),
        ("registry.example:5000", True, "http://registry.example:5000"),
        ("registry.example:5000", False, "https://registry.example:5000"),
    ],
)
def test_fetch_manifest__where(wire: responses.RequestsMock, host: str, insecure: bool, expected: str) -> None:
    wire.get(f"{expected}/v2/org/image/manifests/v1", body=MANIFEST)
    reference = Reference(ImageName(host, "org/image"), "v1")
    assert Registry(host, {}, insecure=insecure).fetch_manifest(reference.name, reference.tag)


def test_fetch_manifest__oversized(wire: responses.RequestsMock) -> None:
    wire.get(URL, body=b" " * (4 * 1024**2 + 1))
    with pytest.raises(RegistryError, match="has no end"):
        Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)


def test_look_up_digest__waits_little_and_asks_no_more_of_who_is_away(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    wire.head(URL, body=requests.exceptions.ConnectTimeout("no answer"))
    for _ in range(3):
        assert registry.look_up_digest(NAME, "v1") is None
    assert len(wire.calls) == 1
    assert wire.calls[0].request.req_kwargs["timeout"] == LOOK_UP_SECONDS  # type: ignore[attr-defined]
