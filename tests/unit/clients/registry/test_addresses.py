"""Where a registry is, and which addresses of its answers are followed."""

import pytest

from hubaction.clients.registry.addresses import (
    AddressError,
    UnsafeAddressError,
    api_host,
    is_loopback,
    resolve_address,
    same_origin,
)

BASE = "https://quay.io/v2/org/image/manifests/v1"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("/storage/x", "https://quay.io/storage/x"),
        ("x?sig=1%2F2", "https://quay.io/v2/org/image/manifests/x?sig=1%2F2"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("HTTPS://CDN.example/x", "https://cdn.example/x"),
        ("https://[::1]:5000/x", "https://[::1]:5000/x"),
    ],
)
def test_resolve_address__as_it_is_sent(given: str, address: str) -> None:
    assert resolve_address(BASE, given) == address


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("https://evil.example\\@quay.io/x", "backslash"),
        ("/\\evil.example/x", "backslash"),
        ("https://quay.io/\rx", "control character"),
        ("https://qu\tay.io/x", "control character"),
        ("https://quay.io/x\x7f", "control character"),
        ("https://quay.io@evil.example/x", "user name"),
        ("https://robot:password@quay.io/x", "user name"),
        ("//@quay.io/x", "user name"),
        ("http://quay.io/x", "from https to http"),
        ("HTTP://cdn.example/x", "from https to http"),
    ],
)
def test_resolve_address__unsafe(given: str, reason: str) -> None:
    with pytest.raises(UnsafeAddressError, match=reason):
        resolve_address(BASE, given)


@pytest.mark.parametrize(
    "given",
    [
        "http://[",
        "https://quay.io:x/",
        "https://quay.io:0/",
        "https://quay.io:99999/",
        "https:///x",
        "ftp://quay.io/x",
        "httpx://quay.io/x",
        "file:///etc/passwd",
        "mailto:robot",
    ],
)
def test_resolve_address__none(given: str) -> None:
    with pytest.raises(AddressError) as caught:
        resolve_address("http://quay.io/", given)
    assert not isinstance(caught.value, UnsafeAddressError)


def test_resolve_address__without_tls_from_the_start() -> None:
    assert resolve_address("http://localhost:5000/v2/", "http://localhost:5001/x") == "http://localhost:5001/x"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://quay.io/x", True),
        ("https://quay.io:443/x", True),
        ("https://quay.io:8443/x", False),
        ("http://quay.io/x", False),
        ("http://quay.io:443/x", False),
        ("https://cdn.quay.io/x", False),
        ("https://quay.io.evil.example/x", False),
    ],
)
def test_same_origin(other: str, same: bool) -> None:
    assert same_origin(BASE, other) is same


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
