"""What the engine is given, and what it says, known without its library."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EngineInfo:
    """What the log and the registry client need to know about the engine."""

    version: str
    image_store: str
    insecure_registries: frozenset[str]
    platform: str
    """What it builds for unless told otherwise, e.g. linux/x86_64."""
    exports_cache: bool
    """Whether it can write a layer cache to a registry, as only containerd's image store can."""


@dataclass(frozen=True)
class LocalImage:
    """An image as the engine describes it."""

    id: str
    size: int
    """Bytes, unpacked."""
    working_folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spawn:
    """What a hub's spawner sets for a user's container; the image's ENTRYPOINT stays and gets the command."""

    command: tuple[str, ...]
    user_id: int
    home: str
    """A folder of the user's own, empty, in memory."""
    memory_bytes: int
    environment: Mapping[str, str] = field(repr=False)
    """Tokens are in it."""


@dataclass(frozen=True)
class ContainerState:
    """What became of a container's first process."""

    running: bool
    exit_code: int
    out_of_memory: bool
    """Whether the memory limit has ended a process of it."""


@dataclass(frozen=True)
class PushEvent:
    """One message of a push; every field may be empty."""

    status: str
    layer: str
    current: int
    error: str
    digest: str
