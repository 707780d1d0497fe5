"""The report of a run: an append-only list of results."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from hubaction.report.scrub import scrub_result
from hubaction.results import Noticed
from hubaction.runner.job import Job

T = TypeVar("T")


class Report:
    """Collects the results of steps. Nothing is removed; the newest result of a kind counts."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._results: list[object] = []
        self._seconds: dict[str, float] = {}

    def add(self, *results: object) -> None:
        """Add frozen values: results of hubaction.results, or a changed plan. They are kept without secrets."""
        self._results += (scrub_result(result, self._job.console.scrub) for result in results)

    def find(self, kind: type[T]) -> T | None:
        return next(iter(reversed(self.each(kind))), None)

    def each(self, kind: type[T]) -> list[T]:
        return [result for result in self._results if isinstance(result, kind)]

    def notice(self, *texts: str) -> None:
        """Print notices that arise after the plan is made, and keep them for the summary."""
        for text in texts:
            self._job.console.notice(text)
        self.add(Noticed(texts))

    @property
    def seconds(self) -> dict[str, float]:
        """Wall time of each completed step, in order."""
        return dict(self._seconds)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Run a step in a log group, and record its wall time. Raises Cancelled if the run is cancelled before it."""
        self._job.cancellation.check()
        started = time.monotonic()
        with self._job.console.group(name.capitalize()):
            yield
        self._seconds[name] = time.monotonic() - started
