"""Reads BuildKit's plain progress, line by line: steps, cached steps, and why a build failed."""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from hubaction.errors import DISK_FULL, ActionError

TAIL_LINES = 30
_MAX_LINE = 1000
_MAX_STEPS = 500
"""Limits for hostile logs, which could invent any number of steps, of any length."""

_STEP = re.compile(r"#(\d+) \[(?:[^\]]* )?(\d+)/(\d+)\] (.*)")
_CACHED = re.compile(r"#(\d+) (?:CACHED$|extracting sha256:[0-9a-f]{64})")
"""The second is printed when layers come from a registry's cache and the image store unpacks them at once. It cannot be
a step's own output, which has the time before it."""
_FAILED = re.compile(r"#(\d+) ERROR: (.*)")
_OUTPUT = re.compile(r"#(\d+) (?:\d+\.\d+ )?(.*)")
_DOCKERFILE_LINE = re.compile(r"(?:\S*/)?Dockerfile:(\d{1,6})")


class BuildError(ActionError):
    """repo2docker or the engine could not build the image."""


@dataclass(frozen=True)
class Cause:
    """A known line, and a sentence that explains it."""

    pattern: re.Pattern[str]
    sentence: str


_CAUSES = (
    Cause(
        re.compile(r"no space left on device", re.IGNORECASE),
        DISK_FULL,
    ),
    Cause(
        # Versions before 2026 fail by calling their default build pack, which our configuration removes.
        re.compile(r"No environment specification found|picked_buildpack = self\.default_buildpack\("),
        "There is no configuration file that repo2docker knows, e.g. environment.yml, requirements.txt or Dockerfile."
        " Did you forget a step with actions/checkout, or does the input 'path' name another folder?"
        " https://repo2docker.readthedocs.io/en/latest/configuration/",
    ),
    Cause(
        re.compile(r"toomanyrequests|429 Too Many Requests"),
        "The registry of the base image refuses more downloads for now. Log in to it with 'registry-auth', which"
        " raises the limit, or run again later.",
    ),
    Cause(
        re.compile(
            r"Temporary failure (?:in name resolution|resolving)|Could not resolve host|Network is unreachable|dial tcp"
            r"|no such host|i/o timeout|unexpected status.*: 5\d\d"
        ),
        "The network failed during the build. Run again; if it stays so, the server asked may be gone.",
    ),
    Cause(
        re.compile(r"pull access denied|failed to resolve source metadata|manifest unknown"),
        "The base image cannot be pulled: its name is wrong, it does not exist, or it needs a login"
        " (see the input 'registry-auth').",
    ),
    Cause(
        re.compile(
            r"LibMambaUnsatisfiableError|Could not solve for environment specs|ResolutionImpossible"
            r"|PackagesNotFoundError"
        ),
        "The packages asked for do not fit together, or do not exist under that name: the last lines say which.",
    ),
    Cause(
        re.compile(r"failed to calculate checksum of ref .*: not found"),
        "A file to be copied does not exist in the build context: its name is wrong, or .dockerignore leaves it out.",
    ),
    Cause(
        re.compile(r"Found invalid package name .* in apt\.txt"),
        "apt.txt has a line that is not a package's name: one package a line, without a version.",
    ),
    Cause(
        re.compile(r"Unable to locate package|No matching distribution found|Could not find a version that satisfies"),
        "A package does not exist under that name or version: the last lines say which.",
    ),
    Cause(
        re.compile(r"exit code: 137|signal: killed"),
        "A step was killed, most often for want of memory: install less at once, or use a larger runner.",
    ),
    Cause(
        re.compile(r"exec format error"),
        "The image is for another kind of processor than the runner: see the inputs 'platform' and 'base-image', and"
        " docker/setup-qemu-action for building foreign ones.",
    ),
    Cause(
        re.compile(r"dockerfile parse error"),
        "The Dockerfile cannot be parsed.",
    ),
)


class BuildLog:
    """The last lines of each step, and counters: memory is bounded, whatever the length of the log."""

    def __init__(self, dockerfile: str = "") -> None:
        """`dockerfile` is the repository's own, relative to its root; empty when repo2docker generates one."""
        self._dockerfile = dockerfile
        self._last: deque[str] = deque(maxlen=TAIL_LINES)
        self._tails: dict[str, deque[str]] = {}
        self._names: dict[str, str] = {}
        self._cached: set[str] = set()
        self._failed = ""
        self._dockerfile_line: int | None = None

    def read_line(self, line: str) -> None:
        line = line[:_MAX_LINE]
        if line.strip():
            self._last.append(line)
        if match := _DOCKERFILE_LINE.fullmatch(line.strip()):
            self._dockerfile_line = int(match[1])
        if match := _STEP.match(line):
            self._remember(match[1], f"[{match[2]}/{match[3]}] {match[4]}")
        elif match := _CACHED.match(line):
            self._cached |= {match[1]} & self._names.keys()
        elif match := _FAILED.match(line):
            self._failed = match[1]
        elif (match := _OUTPUT.match(line)) and (tail := self._tails.get(match[1])):
            tail.append(match[2])

    def _remember(self, step: str, name: str) -> None:
        if step not in self._names and len(self._names) < _MAX_STEPS:
            self._names[step] = name
            self._tails[step] = deque([name], maxlen=TAIL_LINES)

    @property
    def steps(self) -> int:
        """The number of instructions, without FROM, which makes nothing and is never reported as cached."""
        return len(self._making)

    @property
    def cached_steps(self) -> int:
        return len(self._cached & self._making)

    @property
    def _making(self) -> set[str]:
        return {step for step, name in self._names.items() if not re.match(r"\[\d+/\d+\] FROM ", name)}

    @property
    def failing_lines(self) -> tuple[str, ...]:
        """The failing step with its last lines, or the end of the log when no step failed."""
        if tail := self._tails.get(self._failed):
            return tuple(tail)
        return tuple(self._last)

    def explain(self, exit_code: int) -> BuildError:
        step = self._names.get(self._failed)
        where = f" in the step {step}" if step else ""
        cause = _find_cause([*self._last, *self.failing_lines]) or (
            f"Its last lines stand above, after the log; the exit code is {exit_code}. Mend what they name and push"
            " again."
        )
        line = self._dockerfile_line if self._dockerfile else None
        file = self._dockerfile if line else None
        return BuildError(f"The build failed{where}. {cause}", file=file, line=line, title="Build failed")


def _find_cause(lines: Sequence[str]) -> str:
    """The builder's own errors come before the output of a step, which may be anything."""
    said = [line for line in lines if line.startswith("ERROR: ")]
    return next((cause.sentence for line in (*said, *lines) for cause in _CAUSES if cause.pattern.search(line)), "")
