"""The input `repo2docker-version`: one requirement for pip, and nothing else that pip would understand."""

import re
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

PACKAGE = "jupyter-repo2docker"
SCHEMES = ("https", "git+https")
MAX_LENGTH = 500
_ALLOWED = (
    f"allowed are a version such as 2025.12.0, a requirement such as {PACKAGE}>=2025.8, and the https address of a"
    " zip file"
)


def parse_repo2docker_version(text: str) -> str:
    """Return the requirement for pip; empty for the version that comes with this action.

    A version alone means exactly that one; a package needs PyPI's name, an address any. Raises ValueError with
    what is allowed. https://packaging.python.org/en/latest/specifications/dependency-specifiers/
    """
    text = text.strip()
    if not text:
        return ""
    if not (text.isascii() and text.isprintable() and len(text) <= MAX_LENGTH):
        raise ValueError(f"it is not one line of at most {MAX_LENGTH} plain characters; {_ALLOWED}")
    if re.match(r"[A-Za-z0-9+.-]+:", text):
        return _check_url(text)
    return _read_version(text) or _check_requirement(text)


def is_url(requirement: str) -> bool:
    """Whether the package comes from an address, as `https://...` or as `name @ https://...`."""
    return "://" in requirement


def pinned_version(requirement: str) -> str:
    """The one version on PyPI that a requirement can mean; empty when several can.

    The requirement is what parse_repo2docker_version returned. A version's files never change there:
    https://pypi.org/help/#file-name-reuse. An address, a range, and a local version, which PyPI does not keep, say
    nothing about what is installed.
    """
    if is_url(requirement):
        return ""
    try:
        parsed = Requirement(requirement)
        [specifier] = parsed.specifier
        version = Version(specifier.version)
    except (InvalidRequirement, InvalidVersion, ValueError):
        return ""
    exact = specifier.operator == "==" and not version.local and not parsed.extras and not parsed.marker
    return str(version) if exact else ""


def _read_version(text: str) -> str:
    """Return the requirement for `2025.12.0` or `>=2025.8,<2026`; empty for any other text."""
    try:
        return f"{PACKAGE}=={Version(text)}"
    except InvalidVersion:
        pass
    try:
        return f"{PACKAGE}{SpecifierSet(text)}"
    except InvalidSpecifier:
        return ""


def _check_requirement(text: str) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        raise ValueError(f"'{_without_login(text)}' is not a requirement; {_ALLOWED}") from None
    if requirement.marker:
        raise ValueError("it has a condition after ';', under which nothing would be installed; remove it")
    if requirement.url:
        _check_url(requirement.url)
    elif canonicalize_name(requirement.name) != PACKAGE:
        raise ValueError(f"'{requirement.name}' is another package; did you mean '{PACKAGE}{requirement.specifier}'?")
    return str(requirement)


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"its address cannot be read; {_ALLOWED}") from None
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise ValueError(f"an address must start with https:// or git+https://, not {parts.scheme}:; {_ALLOWED}")
    if "@" in parts.netloc:
        raise ValueError("its address has a login in it, which other processes and the log would show; remove it")
    if " " in url:
        raise ValueError(f"its address has a blank in it; {_ALLOWED}")
    return url


def _without_login(text: str) -> str:
    return re.sub(r"//[^/\s]*@", "//", text)
