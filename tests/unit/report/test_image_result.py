"""What the results of a build come to."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.image_result import describe_hub_check, describe_tests, list_pushed, make_image_result
from hubaction.report.report import Report
from hubaction.report.result_file import MAX_LEFT_OUT, ImageResult
from hubaction.results import (
    BinderImage,
    Built,
    CaseOutcome,
    CaseResult,
    Failed,
    HubChecked,
    HubCheckFailed,
    LeftOut,
    Published,
    Reused,
    Tested,
)
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to

NAME = ImageName("quay.io", "org/image")
REFERENCE = Reference(NAME, "v1")
PUSHED = (PushedReference(REFERENCE, f"sha256:{'a' * 64}", 123),)
PLAN = replace(
    make_build_plan(make_settings(LOGIN), push_to(), datetime(2026, 3, 1, tzinfo=UTC)), references=(REFERENCE,)
)
FAILED = CaseResult("test_a", CaseOutcome.FAILED, 0.1, message="no\nmore")


def report_of(*results: object) -> Report:
    report = Report(Job({}, Console(io.StringIO())))
    report.add(*results)
    return report


@pytest.mark.parametrize(
    ("results", "tests"),
    [
        ([], ""),
        ([Tested()], "failed"),
        ([Tested((FAILED,))], "1 failed"),
        ([Reused(REFERENCE, tested=True, hub_checked=False)], "passed when that image was built"),
        ([Reused(REFERENCE, tested=False, hub_checked=True)], ""),
    ],
)
def test_describe_tests(results: list[object], tests: str) -> None:
    assert describe_tests(report_of(*results)) == tests


@pytest.mark.parametrize(
    ("results", "hub"),
    [
        ([], ""),
        ([HubChecked(1.0, versions={"python": "3"})], "ready in 1.0 s; python 3"),
        ([HubCheckFailed("It did not start.")], "failed: It did not start."),
        ([Reused(REFERENCE, tested=False, hub_checked=True)], "done when that image was built"),
        ([Reused(REFERENCE, tested=True, hub_checked=False)], ""),
    ],
)
def test_describe_hub_check(results: list[object], hub: str) -> None:
    assert describe_hub_check(report_of(*results)) == hub


def test_list_pushed() -> None:
    assert list_pushed(report_of()) == ()
    assert list_pushed(report_of(Published(REFERENCE, PUSHED))) == PUSHED


def test_make_image_result__of_nothing() -> None:
    """A build that failed in its first step."""
    result = make_image_result(PLAN, report_of(Failed("It failed.")), platform="", variant="")
    assert result == ImageResult(NAME, failure="It failed.")


def test_make_image_result__of_everything() -> None:
    report = report_of(
        Built("sha256:1", 5, steps=7, cached_steps=3),
        Tested((FAILED,)),
        HubChecked(1.0, versions={"python": "3"}),
        LeftOut(tuple(f"key{number}" for number in range(MAX_LEFT_OUT + 2))),
        Published(REFERENCE, PUSHED),
        BinderImage("binder-pr-7"),
    )
    with report.step("build"):
        pass
    result = make_image_result(PLAN, report, platform="linux/arm64", variant="gpu")
    assert result == ImageResult(
        NAME,
        platform="linux/arm64",
        variant="gpu",
        pushed=PUSHED,
        tests="1 failed",
        failing=("test_a: no",),
        hub="ready in 1.0 s; python 3",
        left_out=tuple(f"key{number}" for number in range(MAX_LEFT_OUT)),
        steps=7,
        cached_steps=3,
        seconds=report.seconds,
        binder_branch="binder-pr-7",
    )
    assert list(result.seconds) == ["build"]


def test_make_image_result__of_an_image_that_is_reused() -> None:
    report = report_of(Reused(REFERENCE, tested=True, hub_checked=True), BinderImage(obstacle="private image"))
    result = make_image_result(PLAN, report, platform="", variant="")
    assert (result.same_as, result.binder_obstacle, result.binder_branch) == (REFERENCE, "private image", "")
    assert (result.steps, result.failure) == (0, "")
