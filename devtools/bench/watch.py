"""A process of ours from outside: its peak memory, and when it had children."""

import contextlib
import re
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from devtools.bench.proxy import Interval

SECONDS_BETWEEN_LOOKS = 0.005


class Watch:
    """Looks at a process until it is stopped; what it saw is in `peak_kilobytes` and `busy`."""

    def __init__(self, pid: int) -> None:
        self.peak_kilobytes = 0
        self.busy: list[Interval] = []
        """When the process had children, each up to SECONDS_BETWEEN_LOOKS shorter or longer than it was."""
        self._folder = Path(f"/proc/{pid}")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look_on(self) -> None:
        since: float | None = None
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            now = time.monotonic()
            with contextlib.suppress(OSError):
                self._read_peak()
            if self._has_children():
                since = now if since is None else since
            elif since is not None:
                self.busy.append((since, now))
                since = None
        if since is not None:
            self.busy.append((since, time.monotonic()))

    def _read_peak(self) -> None:
        """Its own alone: the children are the builder's clients, and end with what they have to do."""
        found = re.search(r"^VmHWM:\s+(\d+) kB", (self._folder / "status").read_text(), re.MULTILINE)
        if found:
            self.peak_kilobytes = max(self.peak_kilobytes, int(found[1]))

    def _has_children(self) -> bool:
        return any(text.strip() for text in self._children())

    def _children(self) -> Iterator[str]:
        """A child belongs to the thread that started it."""
        with contextlib.suppress(OSError):
            for task in (self._folder / "task").iterdir():
                with contextlib.suppress(OSError):
                    yield (task / "children").read_text()


def covered_seconds(intervals: Iterable[Interval], *, begin: float, end: float) -> float:
    """How much of the time between begin and end lies within at least one interval."""
    covered, reached = 0.0, begin
    for first, last in sorted(intervals):
        more = min(last, end) - max(first, reached)
        if more > 0:
            covered += more
            reached = min(last, end)
    return covered
