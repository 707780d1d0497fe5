"""Image names, references and tags: parse, validate, render.

The grammar is the distribution project's:
https://github.com/distribution/reference/blob/main/reference.go
"""

import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"
DOCKER_HUB_ALIASES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
MAX_NAME_LENGTH = 255
MAX_TAG_LENGTH = 128

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = re.compile(rf"(?:{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}")


@dataclass(frozen=True, order=True)
class ImageName:
    """A registry and a repository in it, without tag or digest."""

    registry: str
    path: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}"


@dataclass(frozen=True, order=True)
class Reference:
    """One tag of an image name."""

    name: ImageName
    tag: str

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}"


@dataclass(frozen=True)
class PushedReference:
    """A reference that was pushed, with its digest in the registry."""

    reference: Reference
    digest: str
    size: int | None
    """Bytes that a hub downloads; None when only the engine could ask the registry."""


def normalize_registry(registry: str) -> str:
    """Return the registry under the name that the engine uses.

    Raises ValueError with what is allowed when it is not a host with an optional port.
    """
    bare = registry.strip().rstrip("/")
    without_scheme = re.sub(r"^https?://", "", bare)
    host = without_scheme.removesuffix("/v1").removesuffix("/v2").lower()
    if host in DOCKER_HUB_ALIASES:
        return DOCKER_HUB
    if bare != without_scheme or host != bare.lower():
        raise ValueError(f"'{registry}' is a URL, not a registry's name; did you mean '{host}'?")
    if not _REGISTRY.fullmatch(host) or not _is_registry(host):
        raise ValueError(f"'{registry}' is not a registry; allowed is a host with an optional port, e.g. quay.io")
    return host


def _is_registry(component: str) -> bool:
    """Whether the first component of a name is a registry, as for `docker pull`."""
    return "." in component or ":" in component or component == "localhost"


def parse_image_name(text: str, default_registry: str) -> ImageName:
    """Read `org/image` or `registry/org/image`; a name without a registry gets the default one.

    The first component is a registry when it has a dot or a colon or is `localhost`, as for `docker pull`.
    Raises ValueError with what is allowed.
    """
    registry, path = _split_registry(text)
    _refuse_tag_and_digest(text, path)
    if not _PATH.fullmatch(path):
        raise ValueError(f"'{text}' is not an image name{_suggest_name(text, registry, path)}")
    name = ImageName(normalize_registry(registry) if registry else default_registry, path)
    if name.registry == DOCKER_HUB and "/" not in path:
        raise ValueError(f"'{text}' names no organisation, which Docker Hub needs; allowed is e.g. 'my-org/{path}'")
    if len(str(name)) > MAX_NAME_LENGTH:
        raise ValueError(f"'{text[:40]}...' is longer than {MAX_NAME_LENGTH} characters")
    return name


def parse_reference(text: str, default_registry: str) -> Reference:
    """Read `org/image:tag` or `registry/org/image:tag`; raises ValueError with what is allowed."""
    name, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:
        raise ValueError(f"'{text}' has no tag; allowed is e.g. my-org/my-image:buildcache")
    if not is_tag(tag):
        raise ValueError(f"'{text}' has no legal tag; allowed are letters, digits, '_', '.' and '-'")
    return Reference(parse_image_name(name, default_registry), tag)


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if slash and _is_registry(first):
        return first, rest
    return "", text


def _refuse_tag_and_digest(text: str, path: str) -> None:
    if "@" in path:
        raise ValueError(f"'{text}' has a digest; an image that is yet to be built has none: remove it")
    if ":" in path and "//" not in text:
        raise ValueError(f"'{text}' has a tag; tags belong into the input 'tags': remove ':{path.rpartition(':')[2]}'")


def _suggest_name(text: str, registry: str, path: str) -> str:
    rule = "; allowed are lower-case letters and digits, separated by '/', '.', '_', '__' or '-'"
    suggestion = legalize_path(path)
    if not suggestion or "//" in text:
        return rule
    return f"{rule}; did you mean '{registry + '/' if registry else ''}{suggestion}'?"


def legalize_path(path: str) -> str:
    """Return the nearest legal repository path; empty when nothing is left of it."""
    components = []
    for component in path.lower().split("/"):
        legal = re.sub(r"[^a-z0-9._-]+", "-", component)
        legal = re.sub(r"[._-]*\.[._-]*|_{3,}|-+_+[-_]*|_+-+[-_]*", "-", legal) if not _PATH.fullmatch(legal) else legal
        components.append(legal.strip("._-"))
    return "/".join(component for component in components if component)


@dataclass(frozen=True)
class _Written:
    """A reference as it is written; missing parts are empty."""

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        return f"{self.registry}/{self.path}" if self.registry else self.path


def _read(text: str, *, any_case: bool = False) -> _Written | None:
    """Parse `registry/path:tag@digest`, of which only the path is required; None for anything else."""
    rest, at, digest = text.partition("@")
    registry, rest = _split_registry(rest)
    path, colon, tag = rest.partition(":")
    legal = (
        _PATH.fullmatch(path.lower() if any_case else path)
        and (not registry or _REGISTRY.fullmatch(registry))
        and (not colon or _TAG.fullmatch(tag))
        and (not at or _DIGEST.fullmatch(digest))
    )
    return _Written(registry, path, tag, digest) if legal else None


def is_reference(text: str) -> bool:
    """Whether the text names an image as `docker pull` takes it: name, optional tag, optional digest."""
    return _read(text) is not None


def is_digest(text: str) -> bool:
    return bool(_DIGEST.fullmatch(text))


def normalize_reference(text: str) -> str:
    """Return an image's full name, as the engine logs it: docker.io/library/debian:12 for debian:12.

    A tag that is not given is `latest`, unless there is a digest. Raises ValueError when it is not a reference.
    """
    written = _read(text) if len(text) <= MAX_NAME_LENGTH else None
    if written is None:
        raise ValueError(f"'{text[:100]}' is not the name of an image")
    name = _complete("" if written.registry == "index.docker.io" else written.registry, written.path)
    tag = written.tag or ("" if written.digest else "latest")
    return f"{name}{':' if tag else ''}{tag}{'@' if written.digest else ''}{written.digest}"


def split_reference(text: str) -> tuple[str, str, str] | None:
    """Name, tag and digest of a reference as it is written, in any case; empty where it has none.

    None when it is not a reference.
    """
    written = _read(text, any_case=True)
    return (written.name, written.tag, written.digest) if written else None


def name_in_reference(text: str) -> ImageName | None:
    """The full name behind one that people write, e.g. docker.io/library/debian for debian; None when it is not one."""
    written = _read(text.lower())
    if written is None or written.tag or written.digest:
        return None
    return _complete("" if written.registry in DOCKER_HUB_ALIASES else written.registry, written.path)


def _complete(registry: str, path: str) -> ImageName:
    """Add what a name leaves out, as Docker does."""
    if registry not in {"", DOCKER_HUB}:
        return ImageName(registry, path)
    return ImageName(DOCKER_HUB, path if "/" in path else f"library/{path}")


def is_tag(text: str) -> bool:
    return bool(_TAG.fullmatch(text))


def sanitize_tag(text: str) -> str:
    """Turn any text into a legal tag, or into the empty string when no character of it is usable."""
    legal = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).lstrip(".-")
    return legal[:MAX_TAG_LENGTH]


def display_registry(registry: str) -> str:
    """The name of a registry in messages."""
    return "Docker Hub" if registry == DOCKER_HUB else registry


def short_sha(sha: str) -> str:
    """The beginning of a hash of git, as used in tags and messages."""
    return sha[:12]
