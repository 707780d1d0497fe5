"""Values that the engine takes and returns. Importing them does not load docker-py."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EngineInfo:
    """What the log and the registry client need to know about the engine."""

    version: str
    image_store: str
    insecure_registries: frozenset[str]
    platform: str
    """What it builds for by default, e.g. linux/x86_64."""
    exports_cache: bool
    """Whether it can write a layer cache to a registry. Only containerd's image store can."""


@dataclass(frozen=True)
class LocalImage:
    """An image as the engine describes it."""

    id: str
    size: int
    """In bytes, unpacked."""
    working_folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spawn:
    """What a hub's spawner sets for a user's container. The command goes to the image's ENTRYPOINT."""

    command: tuple[str, ...]
    user_id: int
    home: str
    """Mounted as an empty folder in memory that belongs to the user."""
    memory_bytes: int
    environment: Mapping[str, str] = field(repr=False)
    """Contains tokens."""


@dataclass(frozen=True)
class ContainerState:
    """State of a container's first process."""

    running: bool
    exit_code: int
    out_of_memory: bool
    """Whether the kernel killed a process of the container at the memory limit."""


@dataclass(frozen=True)
class PushEvent:
    """One message of a push; every field may be empty."""

    status: str
    layer: str
    current: int
    error: str
    digest: str
