"""What the engine's client surely leaves out of a build by an ignore file.

The client is the judge of what reaches the image; this is asked what a fingerprint may leave out. So every doubt
means: it is seen. A file too many costs a build, one too few would pass off another image for this one.

The rules are https://docs.docker.com/build/concepts/context/#dockerignore-files, and where those are silent the
client's own: https://github.com/moby/patternmatcher and, for the order in which folders and files are asked,
https://github.com/tonistiigi/fsutil/blob/master/filter.go. docker-py's reading of them is another: it knows no
capitals, and asks for one of a path's folders only.
"""

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

MAX_LINE_BYTES = 60_000
"""Go's reader of lines gives up at 64 KiB: https://pkg.go.dev/bufio#pkg-constants"""
_BLANKS = " \t\r\v\f"
_ANY_DEPTH = "**"
# Brackets, escapes, '^', '|' and braces end up in a regular expression as they are; '!' and '#' mean more in front.
_DOUBTFUL = re.compile(r"[\\\[\]^|{}!#]")


@dataclass(frozen=True)
class _Pattern:
    """A pattern that is understood: one test for each component of a path, None for any number of them."""

    tests: tuple[Callable[[str], object] | None, ...]

    def matches(self, parts: Sequence[str]) -> bool:
        """Whether it matches the path, or a folder that the path is in."""
        first = self.tests[0]
        if first and not first(parts[0]):
            return False  # most do not, and there may be a hundred thousand paths
        ends = {0}
        """How many components may be used up by now."""
        for number, test in enumerate(self.tests):
            if test is None:
                # At the end it stands for something, elsewhere perhaps for nothing.
                least = min(ends) + (number == len(self.tests) - 1)
                ends = set(range(least, len(parts) + 1))
            else:
                ends = {end + 1 for end in ends if end < len(parts) and test(parts[end])}
            if not ends:
                return False
        return True


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of an ignore file that are understood, or none at all."""

    ignored: tuple[_Pattern, ...] = ()
    exceptions: tuple[_Pattern, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> "IgnoreFile":
        """Read an ignore file; a pattern that is not understood ignores nothing, and such an exception everything."""
        try:
            text = content.removeprefix(b"\xef\xbb\xbf").decode()
        except UnicodeDecodeError:
            return cls()
        if any(len(line) > MAX_LINE_BYTES for line in content.split(b"\n")):
            return cls()
        ignored, exceptions = list[_Pattern](), list[_Pattern]()
        for line in text.split("\n"):
            pattern = "" if line.startswith("#") else line.strip(_BLANKS)
            excepted = pattern.startswith("!")
            understood = _understand(pattern[1:].strip(_BLANKS) if excepted else pattern)
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
        return any(pattern.matches(parts) for pattern in self.ignored) and not any(
            pattern.matches(parts) for pattern in self.exceptions
        )


def _understand(pattern: str) -> _Pattern | None:
    """Read a pattern of names, '*', '?', and '**' between slashes; None for all others, and for an empty one."""
    parts = [part for part in pattern.split("/") if part not in {"", "."}]
    if not parts or ".." in parts or not pattern.isprintable() or _DOUBTFUL.search(pattern):
        return None
    if any(_ANY_DEPTH in part and part != _ANY_DEPTH for part in parts):
        return None
    if any(first == second == _ANY_DEPTH for first, second in pairwise(parts)):
        return None
    return _Pattern(tuple(_make_test(part) for part in parts))


def _make_test(part: str) -> Callable[[str], object] | None:
    if part == _ANY_DEPTH:
        return None
    if "*" in part or "?" in part:
        # The standard library's translation takes no longer for many stars than for few.
        return re.compile(fnmatch.translate(part)).match
    return part.__eq__
