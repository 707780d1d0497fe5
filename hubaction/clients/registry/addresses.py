"""The address of a registry, and which addresses in its answers are safe to follow."""

import ipaddress
import re
from urllib.parse import urljoin, urlsplit

import requests

from hubaction.image import DOCKER_HUB

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f\\]")
"""Parsers disagree about these: in `http://a\\@b/`, the host is `b` for urllib.parse and `a` for urllib3."""


class AddressError(ValueError):
    """Not an absolute HTTP address."""


class UnsafeAddressError(AddressError):
    """An address that must not be followed; the text completes the sentence "The registry ..."."""


def resolve_address(base: str, given: str) -> str:
    """Return an address from an answer to a request for `base`, in the form in which requests sends it.

    Raises UnsafeAddressError for one that is ambiguous, has a user name in it, or leads from https to http;
    AddressError for one that is invalid.
    """
    if _AMBIGUOUS.search(given):
        raise UnsafeAddressError("names an address with a backslash or a control character in it")
    try:
        joined = urlsplit(urljoin(base, given))
        # What is judged is what will be connected to, so it is parsed by the library that connects.
        address = str(requests.Request("GET", joined.geturl()).prepare().url)
        parts = urlsplit(address)
        known = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and joined.port != 0
    except (requests.exceptions.RequestException, ValueError):
        known = False
    if not known:
        raise AddressError
    if "@" in joined.netloc + parts.netloc:
        raise UnsafeAddressError("names an address with a user name in it")
    if parts.scheme == "http" and urlsplit(base).scheme == "https":
        raise UnsafeAddressError("leads from https to http, where others can read and change what is transferred")
    return address


def same_origin(one: str, other: str) -> bool:
    """Whether scheme, host and port are the same: https://www.rfc-editor.org/rfc/rfc6454#section-5"""
    return _origin(one) == _origin(other)


def origin_of(address: str) -> str:
    """Return e.g. `https://quay.io:443`."""
    scheme, host, port = _origin(address)
    return f"{scheme}://{host}:{port}"


def host_of(address: str) -> str:
    return urlsplit(address).netloc


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]


def is_loopback(host: str) -> bool:
    """Whether the engine uses plain HTTP without being configured for it."""
    name = host.rpartition(":")[0] or host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def api_host(registry: str) -> str:
    return "registry-1.docker.io" if registry == DOCKER_HUB else registry
