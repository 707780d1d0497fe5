"""Asking a registry what a tag points to, on a wire of `responses`."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
import requests
import responses

from hubaction.clients.registry.registry import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Registry,
    RegistryError,
    UnreachableError,
    UntrustedError,
    api_host,
    is_loopback,
)
from hubaction.image import ImageName, Reference

REFERENCE = Reference(ImageName("quay.io", "org/image"), "v1")
URL = "https://quay.io/v2/org/image/manifests/v1"
AUTH = {"username": "robot", "password": "correct-horse-battery"}
BASIC = "Basic " + base64.b64encode(b"robot:correct-horse-battery").decode()
MANIFEST = json.dumps({"config": {"size": 100}, "layers": [{"size": 20}, {"size": 3}]}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"


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


def test_fetch_manifest__password_only_when_asked_for(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert sent(wire) == [(URL, None), (URL, BASIC)]


def test_fetch_manifest__no_password_of_the_machine(
    wire: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine quay.io login other password of-the-machine\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.get(URL, body=MANIFEST)
    Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert sent(wire) == [(URL, None)]


def test_fetch_manifest__password_in_utf_8(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": "Basic"})
    wire.get(URL, body=MANIFEST)
    Registry("quay.io", {"username": "ü", "password": "päß€"}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert sent(wire)[1][1] == "Basic " + base64.b64encode("ü:päß€".encode()).decode()


def test_fetch_manifest__token(wire: responses.RequestsMock) -> None:
    challenge = 'Bearer realm="https://auth.quay.io/token",service="quay.io",scope="repository:org/image:pull,push"'
    wire.get(URL, status=401, headers={"WWW-Authenticate": challenge})
    wire.get("https://auth.quay.io/token", json={"token": "t0"})
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    token_url = "https://auth.quay.io/token?service=quay.io&scope=repository%3Aorg%2Fimage%3Apull"
    assert sent(wire) == [(URL, None), (token_url, BASIC), (URL, "Bearer t0")]


def test_fetch_manifest__anonymous_token_under_its_other_name(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="https://auth.quay.io/token"'})
    wire.get("https://auth.quay.io/token", json={"access_token": "t0"})
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert [authorization for _, authorization in sent(wire)] == [None, None, "Bearer t0"]


def test_fetch_manifest__password_is_not_sent_unencrypted(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="http://evil.example/token"'})
    with pytest.raises(RegistryError, match="no safe place to log in"):
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(401, {}), (403, {"token": "t0"}), (200, {}), (200, {"token": 5}), (200, [])]
)
def test_fetch_manifest__no_token(wire: responses.RequestsMock, status: int, body: object) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="https://auth.quay.io/token"'})
    wire.get("https://auth.quay.io/token", status=status, json=body)
    with pytest.raises(RegistryError, match="refuses a token") as caught:
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert AUTH["password"] not in str(caught.value)


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Digest realm=x"])
def test_fetch_manifest__unknown_login(wire: responses.RequestsMock, challenge: str) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": challenge})
    with pytest.raises(RegistryError, match="unknown kind of login"):
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)


def test_fetch_manifest__refused(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=403)
    with pytest.raises(RegistryError, match=r"does not tell what quay\.io/org/image:v1 is: it answers 403"):
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)


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


def tls_error(text: str) -> requests.exceptions.SSLError:
    """As requests raises it, with OpenSSL's own text within."""
    return requests.exceptions.SSLError(f"HTTPSConnectionPool: (Caused by SSLError({text}))")


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


@pytest.mark.parametrize("host", ["localhost", "localhost:5000", "127.0.0.1", "127.3.4.5:80", "[::1]:5000"])
def test_is_loopback__this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["quay.io", "localhost.example", "10.0.0.1:5000", "registry:5000", "[2001:db8::1]:5000"]
)
def test_is_loopback__another(host: str) -> None:
    assert not is_loopback(host)


def test_api_host__docker_hub() -> None:
    assert api_host("docker.io") == "registry-1.docker.io"
    assert api_host("quay.io") == "quay.io"
