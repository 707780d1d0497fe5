"""Writes a build's summary, files and comment, however the run ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from hubaction.decide.plan import BuildPlan
from hubaction.errors import ActionError
from hubaction.inputs.settings import Settings
from hubaction.report.comment_on_github import write_comment
from hubaction.report.comment_sections import make_binder_image_section, make_image_section
from hubaction.report.image_result import list_pushed, make_image_result
from hubaction.report.junit import render_junit
from hubaction.report.report import Report
from hubaction.report.result_file import ImageResult, write_result
from hubaction.report.summary import render_summary
from hubaction.report.try_on_hub import describe_try_on_hub
from hubaction.results import Failed, JUnitFile, ResultFile, Tested
from hubaction.runner.job import Job
from hubaction.runner.workspace_file import store_file


@contextmanager
def reporting(plan: BuildPlan, settings: Settings, job: Job, report: Report) -> Iterator[None]:
    """Report a build when the block is left.

    A cancelled run has no time for more than a summary. A plan in the report replaces `plan`.
    """
    try:
        yield
    except ActionError as error:
        report.add(Failed(error.message))
        for part in error.parts:
            part.file = part.file and settings.from_root(part.file)
        _write_report(report.find(BuildPlan) or plan, settings, job, report)
        raise
    except BaseException:
        report.add(Failed("The step was ended before it was done."))
        job.add_summary(render_summary(report.find(BuildPlan) or plan, report))
        raise
    _write_report(report.find(BuildPlan) or plan, settings, job, report)


def _write_report(plan: BuildPlan, settings: Settings, job: Job, report: Report) -> None:
    tried = describe_try_on_hub(plan.try_on_hub, () if report.find(Failed) else list_pushed(report))
    job.add_summary(render_summary(plan, report, tried))
    result = make_image_result(plan, report, platform=settings.platform, variant=settings.variant)
    _store_files(result, settings, job, report)
    if plan.comment:
        sections = [make_image_section(result, plan.comment, job.environ, plan.try_on_hub)]
        if result.binder_branch or result.binder_obstacle:
            sections.append(make_binder_image_section(result, plan.comment, settings, job.environ))
        if comment := write_comment(plan.comment, sections, settings, job):
            report.add(comment)


def _store_files(result: ImageResult, settings: Settings, job: Job, report: Report) -> None:
    """Store the result for a workflow with write access, and the tests' results for later steps."""
    tested = report.find(Tested)
    file = settings.result_file
    if file and _store(write_result(result), file, "result-file", job):
        report.add(ResultFile(file))
    file = settings.tests.junit_file
    if file and tested and tested.cases and _store(render_junit(tested.cases), file, "junit-file", job):
        report.add(JUnitFile(file))


def _store(text: str, file: str, input_name: str, job: Job) -> bool:
    """Store a file; return whether that worked. A failure is only a warning: the image does not depend on it."""
    try:
        store_file(text, job.workspace, file, input_name)
    except ActionError as error:
        job.console.warning(error.message)
        return False
    return True
