"""Logins for registries, from the inputs `username`, `password` and `registry-auth`. No message here shows a value."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from hubaction import image
from hubaction.image import ImageName
from hubaction.inputs.problems import Problems

_AUTH_KEYS = {"registry", "username", "password"}
_EXAMPLE = "allowed is a YAML list, each entry with registry, username and password"


@dataclass(frozen=True)
class Credentials:
    """How to log in to one registry."""

    registry: str
    username: str
    password: str = field(repr=False)


def read_credentials(
    texts: Mapping[str, str], images: tuple[ImageName, ...], problems: Problems
) -> tuple[Credentials, ...]:
    found = {entry.registry: entry for entry in _read_registry_auth(texts["registry-auth"], problems)}
    username, password = texts["username"], texts["password"]
    if password and not username:
        problems.add("username", "is empty although a password is given; both are needed to log in")
    if username and password and (registry := _registry_of_password(texts, images, set(found), problems)):
        found[registry] = Credentials(registry, username, password)
    return tuple(found.values())


def find_auth_secrets(text: str) -> tuple[str, ...]:
    """Return the secrets of `registry-auth`; what cannot be read is secret as a whole."""
    entries = _load_registry_auth(text)
    if entries is None:
        return (text,)
    logins = [
        (str(entry.get("username", "")), str(entry["password"]))
        for entry in entries
        if isinstance(entry, dict) and entry.get("password")
    ]
    return tuple(secret for username, password in logins for secret in (password, encode_login(username, password)))


def encode_login(username: str, password: str) -> str:
    """Encode a login as in Docker's configuration and in the Authorization header."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def _load_registry_auth(text: str) -> list[object] | None:
    try:
        # Texts only: as numbers or dates, passwords such as 0123 would become others.
        loaded = yaml.load(text, Loader=yaml.BaseLoader) if text else []  # noqa: S506 - makes texts only
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, list) else None


def _read_registry_auth(text: str, problems: Problems) -> Iterator[Credentials]:
    entries = _load_registry_auth(text)
    if entries is None:
        problems.add("registry-auth", f"is not a list; {_EXAMPLE}")
        return
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not {"registry", "username"} <= entry.keys() <= _AUTH_KEYS:
            problems.add("registry-auth", f"entry {number} is incomplete or has other keys; {_EXAMPLE}")
            continue
        try:
            registry = image.normalize_registry(str(entry["registry"]))
        except ValueError:
            problems.add("registry-auth", f"entry {number} names no registry; allowed is a host, e.g. quay.io")
            continue
        # Secrets are empty on fork pull requests: an entry without a password is not a login.
        if entry.get("username") and entry.get("password"):
            yield Credentials(registry, str(entry["username"]), str(entry["password"]))


def _registry_of_password(
    texts: Mapping[str, str], images: tuple[ImageName, ...], known: set[str], problems: Problems
) -> str:
    """The one registry that `username` and `password` are for: a password is never tried on several."""
    named = sorted({name.registry for name in images} - known)
    if len(named) == 1:
        return named[0]
    if not named:
        return ""
    if texts["registry"]:
        try:
            return image.normalize_registry(texts["registry"])
        except ValueError:
            return ""  # reported for the input itself
    problems.add(
        "registry-auth",
        f"is needed for images in several registries ({', '.join(named)}): 'password' could be for any of them",
    )
    return ""
