"""What a rollout changes: passed on from rollout/ to report/."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A reference in a file, before and after; `line` counts from one."""

    line: int
    path: str
    """As the input names the place."""
    old: str
    new: str


@dataclass(frozen=True)
class ChangedFile:
    """A file before and after."""

    path: str
    before: str
    after: str
    changes: tuple[Change, ...]
    mode: str = "100644"
    """Git's."""


@dataclass(frozen=True)
class ImageFacts:
    """An image of a registry, as far as it is known."""

    reference: str
    digest: str = ""
    size: int | None = None
    """Bytes that a hub downloads."""
    commit: str = ""
    """What it was built from."""
