"""Comment mode: the Binder badge, and the result of another run, on the pull request."""

from dataclasses import replace

from hubaction.decide.comment import CommentTarget
from hubaction.decide.plan import CommentPlan
from hubaction.inputs.settings import Settings
from hubaction.report.comment import render_body
from hubaction.report.comment_on_github import write_comment
from hubaction.report.comment_sections import make_sections
from hubaction.report.report import Report
from hubaction.report.result_file import ImageResult, ResultFileError, load_result
from hubaction.results import Finished
from hubaction.runner.job import Job


def run_comment(plan: CommentPlan, settings: Settings, job: Job, report: Report) -> None:
    """Bring the comment up to date; without the right to do that, the job summary gets its text."""
    sections = make_sections(plan, _find_result(plan.comment, settings, job), settings, job.environ)
    comment = write_comment(plan.comment, sections, settings, job)
    if comment:
        report.add(comment)
    else:
        job.add_summary(render_body(sections))
    report.add(Finished(plan.mode))


def _find_result(target: CommentTarget, settings: Settings, job: Job) -> ImageResult | None:
    if not settings.result_file:
        return None
    try:
        return _keep_credible(load_result(job.workspace, settings.result_file), target, settings)
    except ResultFileError as error:
        # A stranger may have made the file: it decides neither about this step nor about the badge.
        job.console.warning(error.message)
        return None


def _keep_credible(result: ImageResult, target: CommentTarget, settings: Settings) -> ImageResult:
    """Drop what the file may not claim.

    A fork cannot have pushed, its word that nothing has changed is worth nothing, and what the image is called, we
    say ourselves.
    """
    images = () if target.from_fork else settings.images
    ours = tuple(item for item in result.pushed if item.reference.name in images)
    same_as = result.same_as if result.same_as and result.same_as.name in images else None
    name = result.name if result.name in settings.images else settings.images[0]
    return replace(
        result,
        name=name,
        platform=settings.platform,
        variant=settings.variant,
        pushed=ours,
        same_as=same_as,
        # Binder starts what was pushed, or nothing.
        binder_branch=result.binder_branch if ours else "",
    )
