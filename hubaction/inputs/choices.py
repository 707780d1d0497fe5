"""The choices that inputs offer."""

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
    """A boolean that may be left to the event."""

    AUTO = "auto"
    TRUE = "true"
    FALSE = "false"


class Rebuild(StrEnum):
    """Whether an earlier image may be used again; `auto` leaves it to the event."""

    AUTO = "auto"
    ALWAYS = "always"


class Cache(StrEnum):
    """Where a build's layers are kept for the next one; `auto` is inline, which every engine can write."""

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
    """What of the pull request's head the Binder link names."""

    SHA = "sha"
    BRANCH = "branch"


class Automerge(StrEnum):
    """Whether GitHub merges a pull request once it may, and how; `true` is as the repository allows."""

    FALSE = "false"
    TRUE = "true"
    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


class HubCheck(StrEnum):
    """Whether the image is started as a hub does, and what follows when it does not start."""

    TRUE = "true"
    WARN = "warn"
    FALSE = "false"


class BinderCache(StrEnum):
    """Whether binder/Dockerfile is kept at the pushed image, or only looked at."""

    FALSE = "false"
    TRUE = "true"
    CHECK = "check"
