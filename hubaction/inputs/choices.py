"""Inputs with a fixed set of values."""

from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


class Mode(StrEnum):
    AUTO = "auto"
    BUILD = "build"
    TEST = "test"
    COMMENT = "comment"
    ROLLOUT = "rollout"
    CLEANUP = "cleanup"


class Choice(StrEnum):
    """A boolean; `auto` leaves it to the event."""

    AUTO = "auto"
    TRUE = "true"
    FALSE = "false"


class Rebuild(StrEnum):
    """Whether an earlier image may be used again; `auto` leaves it to the event."""

    AUTO = "auto"
    ALWAYS = "always"


class Cache(StrEnum):
    """Where the layers of a build are kept for the next one; `auto` is inline, which every engine can write."""

    AUTO = "auto"
    INLINE = "inline"
    REGISTRY = "registry"
    NONE = "none"


class CommentChoice(StrEnum):
    """Whether a build or test step comments on its pull request."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class BinderRef(StrEnum):
    """How the Binder link names the head of a pull request."""

    SHA = "sha"
    BRANCH = "branch"


class Automerge(StrEnum):
    """Whether, and how, GitHub merges a pull request once it may; `true` leaves the method to the repository."""

    FALSE = "false"
    TRUE = "true"
    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


class HubCheck(StrEnum):
    """Whether the image is started as on a hub; `warn` pushes it even if it does not start."""

    TRUE = "true"
    WARN = "warn"
    FALSE = "false"


class BinderCache(StrEnum):
    """Whether binder/Dockerfile is updated to the pushed image; `check` only reports what would change."""

    FALSE = "false"
    TRUE = "true"
    CHECK = "check"
