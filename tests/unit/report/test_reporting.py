"""The end of a build's report."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubaction.errors import ActionError
from hubaction.report.report import Report
from hubaction.report.reporting import reporting
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to

SECRET = "two  blanks|and-a-pipe"
"""Markdown has it otherwise: blanks are joined, and in a table a pipe is escaped."""


def test_reporting__secret_of_a_failure_is_hidden_before_it_is_markdown(tmp_path: Path) -> None:
    settings = make_settings(LOGIN | {"result-file": "result.json"})
    plan = make_build_plan(settings, push_to(), datetime(2026, 3, 1, tzinfo=UTC))
    summary = tmp_path / "summary"
    console = Console(io.StringIO())
    console.hide(SECRET)
    job = Job({"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(tmp_path)}, console)
    with pytest.raises(ActionError), reporting(plan, settings, job, Report(job)):
        raise ActionError(f"The registry says {SECRET}.")
    assert "The registry says ***." in summary.read_text(encoding="utf-8")
    assert "The registry says ***." in (tmp_path / "result.json").read_text(encoding="utf-8")
