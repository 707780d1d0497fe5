"""The report of a run: what is kept of it, and what a step notes."""

import io
import time

import pytest

from hubaction.report.report import Report
from hubaction.results import Built, Compared, Noticed
from hubaction.runner.cancel import Cancellation, Cancelled
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.support.runner_rules import read_commands


class Log:
    """A job whose output can be read."""

    def __init__(self, cancellation: Cancellation | None = None) -> None:
        self._stream = io.StringIO()
        self.job = Job({}, Console(self._stream), cancellation or Cancellation())
        self.report = Report(self.job)

    @property
    def text(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def log() -> Log:
    return Log()


# --- results ---


def test_find__the_newest_of_a_kind_counts(log: Log) -> None:
    log.report.add(Compared("a"), Built("x", 1, 0, 0))
    log.report.add(Compared("b"))
    assert log.report.find(Compared) == Compared("b")
    assert log.report.find(Built) == Built("x", 1, 0, 0)


def test_find__none_of_a_kind(log: Log) -> None:
    log.report.add(Compared("a"))
    assert log.report.find(Noticed) is None


def test_each__nothing_is_taken_back(log: Log) -> None:
    log.report.add(Compared("a"), Compared("b"))
    log.report.each(Compared).clear()
    log.report.add(Compared("c"))
    assert log.report.each(Compared) == [Compared("a"), Compared("b"), Compared("c")]


def test_notice__prints_and_keeps(log: Log) -> None:
    log.report.notice("one", "two")
    log.report.notice("three")
    assert [command.data for command in read_commands(log.text) if command.name == "notice"] == ["one", "two", "three"]
    assert log.report.each(Noticed) == [Noticed(("one", "two")), Noticed(("three",))]


# --- steps ---


def test_step__is_a_group_of_the_log_and_notes_its_seconds(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 0.0, 2.5])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock, 2.5))
    with log.report.step("look for secrets"):
        log.job.console.say("inside")
        assert log.report.seconds == {}
    lines = log.text.splitlines()
    assert lines[:3] == ["::group::Look for secrets", "inside", "::endgroup::"]
    assert lines[3].startswith("✓ Look for secrets (")
    assert log.report.seconds == {"look for secrets": 2.5}


def test_step__that_fails_notes_no_seconds(log: Log) -> None:
    with log.report.step("check"):
        pass
    with pytest.raises(ValueError, match="broken"), log.report.step("build"):
        raise ValueError("broken")
    assert list(log.report.seconds) == ["check"]
    assert "✗ Build (" in log.text


def test_step__does_not_begin_once_the_run_is_cancelled() -> None:
    cancellation = Cancellation()
    log = Log(cancellation)
    began = []
    with log.report.step("check"):
        cancellation.signal = 2
    with pytest.raises(Cancelled), log.report.step("build"):
        began.append("build")
    assert began == []
    assert "Build" not in log.text
    assert list(log.report.seconds) == ["check"]


def test_seconds__are_a_copy(log: Log) -> None:
    with log.report.step("check"):
        pass
    log.report.seconds.clear()
    assert list(log.report.seconds) == ["check"]
