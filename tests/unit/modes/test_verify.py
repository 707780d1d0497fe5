"""What the steps between build and push report of an image."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hubaction.inputs.settings import Settings
from hubaction.modes import verify
from hubaction.modes.check import Checked, TestFiles
from hubaction.modes.image import MadeImage
from hubaction.report.image_result import describe_hub_check, make_image_result
from hubaction.report.report import Report
from hubaction.report.summary import render_summary
from hubaction.results import CaseOutcome, CaseResult, HubChecked, Tested
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from hubaction.verify.hub_diagnosis import HubCheckError
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to

SECRET = "two  blanks|and-a-pipe"
"""Markdown has it otherwise: blanks are joined, and in a table a pipe is escaped."""
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANY: Any = None
"""What these checks do not look at."""


class Verification:
    """Verifies an image without an engine: the checks have the given outcomes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        console = Console(io.StringIO())
        console.hide(SECRET)
        self._job = Job({}, console)
        self.report = Report(self._job)

    def run(self, settings: Settings, *, hub: HubChecked | HubCheckError, cases: Sequence[CaseResult] = ()) -> None:
        def verify_on_hub(*_: object, **__: object) -> HubChecked:
            if isinstance(hub, HubCheckError):
                raise hub
            return hub

        self._monkeypatch.setattr(verify, "verify_on_hub", verify_on_hub)
        self._monkeypatch.setattr(verify, "verify_by_tests", lambda *_, **__: Tested(tuple(cases)))
        plan = make_build_plan(settings, push_to(), NOW)
        tests = TestFiles(Path("/repository/image-tests"), frozenset()) if cases else None
        checked = Checked(plan, Path("/repository"), ANY, tests, (), ANY, ANY, ANY, ANY, ANY, ANY)
        made = MadeImage("sha256:1", ANY, ())
        verify.verify_image(made, checked, settings, ANY, self._job, self.report)

    def summarize(self, settings: Settings) -> str:
        return render_summary(make_build_plan(settings, push_to(), NOW), self.report)


@pytest.fixture
def verification(monkeypatch: pytest.MonkeyPatch) -> Verification:
    return Verification(monkeypatch)


def test_verify_image__secret_is_hidden_before_texts_of_tests_are_cut(verification: Verification) -> None:
    settings = make_settings(LOGIN)
    message = "x" * 190 + SECRET  # its end is cut off in the summary, the comment and the result file
    cases = [CaseResult(f"test_{SECRET}", CaseOutcome.FAILED, 0.1, message=message)]
    verification.run(settings, hub=HubChecked(1.0), cases=cases)
    summary = verification.summarize(settings)
    plan = make_build_plan(settings, push_to(), NOW)
    failing = make_image_result(plan, verification.report, platform="", variant="").failing
    for text in (summary, *failing):
        assert "test_***" in text
        assert "two" not in text


def test_verify_image__secret_is_hidden_before_the_hub_check_is_told(verification: Verification) -> None:
    settings = make_settings(LOGIN)
    verification.run(settings, hub=HubChecked(1.0, versions={"notebook": SECRET}, kernels=(SECRET,)))
    assert describe_hub_check(verification.report) == "ready in 1.0 s; notebook ***; kernels: ***"


def test_verify_image__secret_is_hidden_before_a_failed_hub_check_is_told(verification: Verification) -> None:
    settings = make_settings(LOGIN | {"hub-check": "warn"})
    verification.run(settings, hub=HubCheckError(f"It says {SECRET}."))
    assert describe_hub_check(verification.report) == "failed: It says ***."
