"""Tells what a program imports outside of its main thread.

Where two threads begin to import modules that import each other, Python gives up with a deadlock error in one of them.
So a worker imports nothing, neither itself nor by a library. Run as a script, this runs another script, and tells at
its end.
"""

import runpy
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

MARK: Final = "imported outside of the main thread: "


class _Watch(MetaPathFinder):
    """Finds no module, and is asked for each that is not loaded yet."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if threading.current_thread() is not threading.main_thread():
            self.names.append(name)
        return None


@contextmanager
def watching() -> Iterator[list[str]]:
    """Yield the modules that other threads than the main one begin to import meanwhile."""
    watch = _Watch()
    sys.meta_path.insert(0, watch)
    try:
        yield watch.names
    finally:
        sys.meta_path.remove(watch)


def tell_imports(log: str) -> list[str]:
    """The lines in which this script told of an import."""
    return [line for line in log.splitlines() if line.startswith(MARK)]


if __name__ == "__main__":
    del sys.argv[0]
    with watching() as found:
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        finally:
            sys.stdout.writelines(f"{MARK}{module}\n" for module in found)
