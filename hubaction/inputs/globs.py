"""One grammar for globs: names, `*` and `?` within a name, and `**` for any number of folders.

Nothing else is understood: brackets, braces, escapes and `!` mean different things to different programs. What is not
understood is an error in an input, and ignores nothing in an ignore file. The client is the judge of what reaches the
image; a fingerprint may leave out only what the client surely leaves out. A file too many costs a build, one too few
would pass off another image for this one.

The rules are https://docs.docker.com/build/concepts/context/#dockerignore-files, and where those are silent the
client's own: https://github.com/moby/patternmatcher and, for the order in which folders and files are asked,
https://github.com/tonistiigi/fsutil/blob/master/filter.go. docker-py reads them differently: it knows no capitals, and
asks for one of a path's folders only.
"""

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

MAX_LINE_BYTES = 60_000
"""Go's reader of lines gives up at 64 KiB: https://pkg.go.dev/bufio#pkg-constants"""
_BLANKS = " \t\r\v\f"
_ANY_DEPTH = "**"
# Brackets, escapes, '^', '|' and braces end up in a regular expression as they are; '!' and '#' mean more in front.
_DOUBTFUL = re.compile(r"[\\\[\]^|{}!#]")


@dataclass(frozen=True)
class Glob:
    """A glob that is understood: one test for each component of a path, None for any number of them."""

    tests: tuple[Callable[[str], object] | None, ...]

    def matches(self, path: str) -> bool:
        parts = path.split("/")
        return len(parts) in self._ends(parts)

    def covers(self, parts: Sequence[str]) -> bool:
        """Whether it matches the path, or a folder that the path is in."""
        return bool(self._ends(parts))

    def _ends(self, parts: Sequence[str]) -> set[int]:
        """How many components it may use up. Not one regular expression: hostile names could make that take forever."""
        first = self.tests[0]
        if first and not first(parts[0]):
            return set()  # most do not, and there may be a hundred thousand paths
        ends = {0}
        for number, test in enumerate(self.tests):
            if test is None:
                # At the end it stands for something, elsewhere perhaps for nothing.
                least = min(ends) + (number == len(self.tests) - 1)
                ends = set(range(least, len(parts) + 1))
            else:
                ends = {end + 1 for end in ends if end < len(parts) and test(parts[end])}
            if not ends:
                break
        return ends

    @property
    def repeats_any_depth(self) -> bool:
        return any(first is second is None for first, second in pairwise(self.tests))


@lru_cache(maxsize=1000)
def find_glob(text: str) -> Glob | None:
    """Return the glob that a text is; None for a text that is not understood, and for one that names nothing."""
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not parts or ".." in parts or not text.isprintable() or _DOUBTFUL.search(text):
        return None
    if any(_ANY_DEPTH in part and part != _ANY_DEPTH for part in parts):
        return None
    return Glob(tuple(_make_test(part) for part in parts))


def _make_test(part: str) -> Callable[[str], object] | None:
    if part == _ANY_DEPTH:
        return None
    if "*" in part or "?" in part:
        # The standard library's translation takes no longer for many stars than for few.
        return re.compile(fnmatch.translate(part)).match
    return part.__eq__


# --- ignore files ---


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of an ignore file that are understood, or none at all."""

    ignored: tuple[Glob, ...] = ()
    exceptions: tuple[Glob, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> "IgnoreFile":
        """Read an ignore file; a pattern that is not understood ignores nothing, and such an exception everything."""
        try:
            text = content.removeprefix(b"\xef\xbb\xbf").decode()
        except UnicodeDecodeError:
            return cls()
        if any(len(line) > MAX_LINE_BYTES for line in content.split(b"\n")):
            return cls()
        ignored, exceptions = list[Glob](), list[Glob]()
        for line in text.split("\n"):
            pattern = "" if line.startswith("#") else line.strip(_BLANKS)
            excepted = pattern.startswith("!")
            understood = _find_surely(pattern[1:].strip(_BLANKS) if excepted else pattern)
            if understood:
                (exceptions if excepted else ignored).append(understood)
            elif excepted:
                return cls()
        return cls(tuple(ignored), tuple(exceptions))

    def surely_ignores(self, path: str) -> bool:
        """Whether the client leaves this path out; False whenever that is not certain.

        An exception counts wherever it stands. In the client, a later pattern that matched a folder when it was
        ignored already is not remembered for what is in it, so the order of lines alone does not tell.
        """
        if not path.isprintable():
            return False
        parts = path.split("/")
        return any(pattern.covers(parts) for pattern in self.ignored) and not any(
            pattern.covers(parts) for pattern in self.exceptions
        )


def _find_surely(pattern: str) -> Glob | None:
    # What the client makes of `**/**` is not documented.
    glob = find_glob(pattern)
    return None if glob is None or glob.repeats_any_depth else glob


# --- inputs ---


def parse_allowed_file(text: str) -> str:
    """A line of `allow-files`, whose lines are read as an ignore file's."""
    understood = _find_surely(text) and not text.startswith("/")
    if not understood and set(text.split("/")) - {"", "."}:
        raise ValueError(f"'{text}' is not understood; allowed are paths with '*', '?' and '**', e.g. tests/**/*.pem")
    if not re.search(r"\w", text):
        raise ValueError(f"'{text}' means every file; allowed are globs that name some, e.g. tests/**/*.pem")
    return text


def parse_files_of_repository(text: str) -> Glob:
    """The files of a line of `rollout-paths`."""
    glob = find_glob(text)
    if glob is None or {"", "."} & set(text.split("/")):
        raise ValueError(
            f"'{text}' names no files of the repository; allowed are paths with '*', '?' and '**', e.g. hubs/*.yaml"
        )
    return glob
