"""Sums up the results of a build for the summary, the comment and the result file."""

from hubaction.decide.plan import BuildPlan
from hubaction.image import PushedReference
from hubaction.report.report import Report
from hubaction.report.result_file import MAX_LEFT_OUT, ImageResult
from hubaction.report.test_table import name_failing
from hubaction.results import (
    BinderImage,
    Built,
    Failed,
    HubChecked,
    HubCheckFailed,
    LeftOut,
    Published,
    Reused,
    Tested,
)


def list_pushed(report: Report) -> tuple[PushedReference, ...]:
    published = report.find(Published)
    return published.pushed if published else ()


def describe_tests(report: Report) -> str:
    """Return the outcome of the image tests in a few words; empty if there were none."""
    if tested := report.find(Tested):
        return tested.counts or "failed"
    reused = report.find(Reused)
    return "passed when that image was built" if reused and reused.tested else ""


def describe_hub_check(report: Report) -> str:
    """Return the outcome of the hub check in one line; empty if there was none."""
    if checked := report.find(HubChecked):
        return checked.summary
    if failed := report.find(HubCheckFailed):
        return f"failed: {failed.message}"
    reused = report.find(Reused)
    return "done when that image was built" if reused and reused.hub_checked else ""


def make_image_result(plan: BuildPlan, report: Report, *, platform: str = "", variant: str = "") -> ImageResult:
    built, reused, failure = report.find(Built), report.find(Reused), report.find(Failed)
    tested, left_out, binder = report.find(Tested), report.find(LeftOut), report.find(BinderImage)
    return ImageResult(
        name=plan.references[0].name,
        platform=platform,
        variant=variant,
        pushed=list_pushed(report),
        tests=describe_tests(report),
        failing=name_failing(tested.cases if tested else ()),
        hub=describe_hub_check(report),
        left_out=left_out.files[:MAX_LEFT_OUT] if left_out else (),
        steps=built.steps if built else 0,
        cached_steps=built.cached_steps if built else 0,
        seconds=report.seconds,
        failure=failure.message if failure else "",
        same_as=reused.reference if reused else None,
        binder_branch=binder.branch if binder else "",
        binder_obstacle=binder.obstacle if binder else "",
    )
