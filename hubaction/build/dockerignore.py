"""Which paths the build may see, given its ignore file."""

import os
import re
from collections.abc import Iterable

from hubaction.inputs.globs import IgnoreFile


def keep_seen(paths: Iterable[str], rules: IgnoreFile, *, always: Iterable[str]) -> tuple[str, ...]:
    """The paths that the build may see, in order, with their parent folders; `always` are among them."""
    paths = tuple(paths)
    if not rules.ignored:
        return paths
    ignored: set[str] = set()
    kept = {name for path in always for name in (path, *_folders_of(path))}
    for path in paths:  # a folder comes before what is in it
        if (not rules.exceptions and os.path.dirname(path) in ignored) or rules.surely_ignores(path):  # noqa: PTH120 - texts
            ignored.add(path)
        elif path not in kept:
            kept |= {path, *_folders_of(path)}
    return tuple(path for path in paths if path in kept)


def _folders_of(path: str) -> list[str]:
    return [path[: slash.start()] for slash in re.finditer("/", path)]
