"""The result of a build as a file for another workflow.

A fork's pull request may not comment. Its run uploads this file as an artifact, and a run on `workflow_run` reads it.
The file is untrusted: every value is checked, and values are only shown, never acted on.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, ImageName, PushedReference, Reference, is_tag, parse_image_name, parse_reference

VERSION = 1
MAX_BYTES = 64 * 1024
MAX_TEXT = 500
MAX_FAILING = 5
"""Names of failing tests."""
MAX_LEFT_OUT = 5
"""Names of files."""
STEPS = ("check", "compare", "build", "look for secrets", "hub check", "test", "push")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ResultFileError(ActionError):
    """The file is missing, or was not written by this action."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"input 'result-file': '{file}' {reason}. It is the file that a step with mode: test and the same input"
            " wrote; download that run's artifact before this step."
        )


class State(Enum):
    """What became of an image."""

    FAILED = "failed"
    """The run failed, perhaps after the push."""
    UNCHANGED = "unchanged"
    """An earlier image is used again."""
    PUSHED = "pushed"
    BUILT = "built"
    """Built, and not pushed."""


@dataclass(frozen=True)
class ImageResult:
    """The outcome of one build. Texts may come from builds and tests: show them as code only."""

    name: ImageName
    platform: str = ""
    pushed: tuple[PushedReference, ...] = ()
    tests: str = ""
    """E.g. `5 passed, 1 failed`; empty if there were no tests."""
    steps: int = 0
    cached_steps: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""
    """Why the run failed; empty if it did not."""
    same_as: Reference | None = None
    """The earlier image that is reused; None if the image was built."""
    failing: tuple[str, ...] = ()
    """Failed image tests with their reasons; at most MAX_FAILING."""
    variant: str = ""
    """Distinguishes builds of the same name; not part of the file."""
    hub: str = ""
    """The outcome of the hub check; empty if there was none."""
    left_out: tuple[str, ...] = ()
    """Files with secrets that the workflow made, and that are not in the image; at most MAX_LEFT_OUT."""
    binder_branch: str = ""
    """The branch from which Binder starts the pushed image; empty if there is none."""
    binder_obstacle: str = ""
    """Why there is no branch although one was planned; not part of the file."""

    @property
    def state(self) -> State:
        if self.failure:
            return State.FAILED
        if self.same_as:
            return State.UNCHANGED
        return State.PUSHED if self.pushed else State.BUILT


def write_result(result: ImageResult) -> str:
    """Return the file's text."""
    return json.dumps(
        {
            "version": VERSION,
            "name": str(result.name),
            "platform": result.platform,
            "pushed": [
                {"tag": item.reference.tag, "name": str(item.reference.name), "digest": item.digest, "size": item.size}
                for item in result.pushed
            ],
            "tests": result.tests[:MAX_TEXT],
            "failing": [name[:MAX_TEXT] for name in result.failing[:MAX_FAILING]],
            "hub": result.hub[:MAX_TEXT],
            "left_out": [name[:MAX_TEXT] for name in result.left_out[:MAX_LEFT_OUT]],
            "steps": result.steps,
            "cached_steps": result.cached_steps,
            "seconds": {name: round(seconds, 1) for name, seconds in result.seconds.items()},
            "failure": result.failure[:MAX_TEXT],
            "same_as": str(result.same_as) if result.same_as else "",
            "binder_branch": result.binder_branch,
        },
        indent=1,
    )


def read_result(text: str, file: str) -> ImageResult:
    """Read a file's text and check every value; raises ResultFileError, which names the file."""
    try:
        loaded = json.loads(text)
        return _read(loaded)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ResultFileError(file, f"is not a result ({_describe(error)})") from None


def load_result(workspace: Path, file: str) -> ImageResult:
    """Read a file in the workspace; raises ResultFileError if it is invalid or a link leads out of the workspace."""
    try:
        path = (workspace / file).resolve()
        if not path.is_relative_to(workspace.resolve()) or not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise OSError(file)
        return read_result(path.read_text(encoding="utf-8"), file)
    except (OSError, RuntimeError, UnicodeDecodeError):  # RuntimeError: links in a circle
        raise ResultFileError(file, "cannot be read") from None


def _describe(error: Exception) -> str:
    # The error's own text could quote the file.
    return {KeyError: "a field is missing", RecursionError: "it is nested too deeply"}.get(type(error), "a wrong value")


def _read(loaded: Mapping[str, Any]) -> ImageResult:
    if not isinstance(loaded, dict) or loaded["version"] != VERSION:
        raise ValueError("version")
    return ImageResult(
        name=_image_name(loaded["name"]),
        platform=_matching(loaded["platform"], r"(?:linux/[a-z0-9]{1,20}(?:/v[0-9])?)?"),
        pushed=tuple(_pushed(item) for item in _list(loaded["pushed"])),
        tests=_text(loaded["tests"]),
        failing=tuple(_text(name) for name in _list(loaded["failing"], MAX_FAILING)),
        hub=_text(loaded["hub"]),
        left_out=tuple(_text(name) for name in _list(loaded["left_out"], MAX_LEFT_OUT)),
        steps=_count(loaded["steps"]),
        cached_steps=_count(loaded["cached_steps"]),
        seconds={name: _seconds(loaded["seconds"][name]) for name in STEPS if name in loaded["seconds"]},
        failure=_text(loaded["failure"]),
        same_as=_reference(loaded["same_as"]),
        binder_branch=_matching(loaded["binder_branch"], r"(?:[A-Za-z0-9._-][A-Za-z0-9._/-]{0,119})?"),
    )


def _pushed(item: Mapping[str, Any]) -> PushedReference:
    name, tag = _image_name(item["name"]), _text(item["tag"])
    if not is_tag(tag):
        raise ValueError("tag")
    size = None if item["size"] is None else _count(item["size"])
    return PushedReference(Reference(name, tag), _matching(item["digest"], _DIGEST.pattern), size)


def _reference(value: object) -> Reference | None:
    return parse_reference(text, DOCKER_HUB) if (text := _text(value)) else None


def _image_name(value: object) -> ImageName:
    return parse_image_name(_text(value), DOCKER_HUB)


def _list(value: object, longest: int = 100) -> list[Any]:
    if not isinstance(value, list) or len(value) > longest:
        raise TypeError("list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise TypeError("text")
    return value


def _matching(value: object, pattern: str) -> str:
    text = _text(value)
    if not re.fullmatch(pattern, text):
        raise ValueError("text")
    return text


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**15:
        raise TypeError("count")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError("seconds")
    # Also rejects "not a number".
    if not 0 <= value < 10**7:
        raise ValueError("seconds")
    return float(value)
