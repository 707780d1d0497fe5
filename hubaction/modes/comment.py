"""Comments on the pull request: from comment mode, and with the result of a build.

Whatever goes wrong here never fails the step: what was to be said goes to the job summary, and a notice says why.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from hubaction.decide.comment import Badge, CommentTarget
from hubaction.decide.plan import CommentPlan
from hubaction.decide.try_on_hub import HubTrial
from hubaction.errors import ActionError
from hubaction.inputs.settings import Settings
from hubaction.report.comment import RunNumber, Section, render_body
from hubaction.report.links import badge_url, launch_url, pull_urlpath
from hubaction.report.result_file import ImageResult, ResultFileError, load_result
from hubaction.report.sections import badge_section, binder_image_section, image_section, trial_section
from hubaction.report.try_on_hub import tell_trial
from hubaction.runner.console import Console
from hubaction.runner.job import Job, read_run_number

if TYPE_CHECKING:
    from hubaction.clients.github.api import GitHub
    from hubaction.report.comment_on_github import Posted

DEPENDABOT = "dependabot[bot]"


def run_comment_mode(
    plan: CommentPlan,
    settings: Settings,
    job: Job,
) -> None:
    """Write the badge, and the result that another workflow handed over, into the pull request's comment."""
    target = plan.comment
    sections = make_sections(plan, _find_result(target, settings, job), settings, job.environ)
    if not write_comment(target, sections, settings, job):
        job.outputs.add_summary(render_body(sections))


def make_sections(
    plan: CommentPlan, result: ImageResult | None, settings: Settings, environ: Mapping[str, str]
) -> list[Section]:
    """What comment mode has to say; the hub has a section of its own where no image is told of."""
    target = plan.comment
    badge = make_badge_section(target, environ)
    if result:
        sections = [badge, make_image_section(result, target, environ, plan.trial)]
        if result.binder_branch:
            sections.append(make_binder_image_section(result, target, settings, environ))
        return sections
    trial = tell_trial(plan.trial, ())
    return [badge, trial_section(trial, _run_number(environ))] if trial else [badge]


def make_badge_section(target: CommentTarget, environ: Mapping[str, str]) -> Section:
    badge = target.badge or Badge(reason="no Binder was asked for")
    return badge_section(
        badge,
        _run_number(environ),
        launch_url=_badge_link(badge),
        badge_url=badge_url(badge.binder_url),
        commit=target.head_sha,
    )


def make_image_section(
    result: ImageResult, target: CommentTarget, environ: Mapping[str, str], trial: HubTrial | None = None
) -> Section:
    """The section tells of the run that built the image, which under workflow_run is another than this one."""
    run = run_number_of(target, environ)
    tried = tell_trial(trial, () if result.failure else result.pushed)
    return image_section(result, run, commit=target.head_sha, run_url=run_url(environ, run), trial=tried)


def make_binder_image_section(
    result: ImageResult, target: CommentTarget, settings: Settings, environ: Mapping[str, str]
) -> Section:
    """The badge of the pushed image. It launches the branch: the image that it names is always the newest."""
    link = launch_url(settings.binder.url, target.repository, result.binder_branch, settings.binder.urlpath)
    return binder_image_section(
        result,
        run_number_of(target, environ),
        launch_url=link if result.binder_branch else "",
        badge_url=badge_url(settings.binder.url),
        commit=target.head_sha,
    )


def _badge_link(badge: Badge) -> str:
    if badge.reason:
        return ""
    urlpath = badge.urlpath
    if badge.content_url:
        urlpath = pull_urlpath(badge.content_url, badge.content_branch, badge.urlpath)
    return launch_url(badge.binder_url, badge.repository, badge.ref, urlpath)


def write_comment(target: CommentTarget, sections: Sequence[Section], settings: Settings, job: Job) -> bool:
    """Bring the comment up to date and set the outputs; False, and one notice, when that could not be."""
    # GitHub's library is slow to load, and only here it is needed.
    from hubaction.clients.github.api import GitHub, NotAllowedError, PassingError, patiently

    if not settings.github_token:
        _tell_why_not(job.console, "The input 'github-token' is empty.")
        return False
    if target.from_fork and not target.must:
        _tell_why_not(job.console, _advise(target, settings, job.environ))
        return False
    try:
        with closing(GitHub(job.api_url, settings.github_token, target.repository)) as hub:
            number, posted = patiently(lambda: _post(hub, target, sections))
    except NotAllowedError as error:
        _tell_why_not(job.console, error.message, _advise(target, settings, job.environ))
        return False
    except PassingError as error:
        _tell_why_not(job.console, error.message, "Run this job again to comment.")
        return False
    except ActionError as error:
        _tell_why_not(job.console, error.message)
        return False
    job.console.say(f"The comment on pull request {number} is up to date: {posted.url}")
    job.outputs.set_output("comment-id", str(posted.id))
    job.outputs.set_output("comment-url", posted.url)
    return True


def _post(hub: "GitHub", target: CommentTarget, sections: Sequence[Section]) -> tuple[int, "Posted"]:
    from hubaction.report.comment_on_github import post_sections

    number = target.number
    if number is None:
        found = hub.find_pull_requests(
            head_repository=target.head_repository, branch=target.head_branch, sha=target.head_sha
        )
        number = _find_number(found, target.head_sha)
    return number, post_sections(hub, number, sections)


def _find_number(numbers: Sequence[int], sha: str) -> int:
    if not numbers:
        raise ActionError(
            f"Commit {sha[:12]} is the head of no open pull request: it was closed, or has newer commits by now."
        )
    if len(numbers) > 1:
        found = ", ".join(map(str, numbers))
        raise ActionError(f"Commit {sha[:12]} is the head of several open pull requests ({found}), so none is chosen.")
    return numbers[0]


def _tell_why_not(console: Console, *reasons: str) -> None:
    start = "The comment on the pull request was not written; the job summary says the same."
    console.notice(" ".join([start, *reasons]))


def _advise(target: CommentTarget, settings: Settings, environ: Mapping[str, str]) -> str:
    """What helps a token that may not write.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
    """
    may_write = environ.get("GITHUB_EVENT_NAME") in {"pull_request_target", "workflow_run"}
    if not may_write and (target.from_fork or environ.get("GITHUB_ACTOR") == DEPENDABOT):
        return (
            "Runs for forks and for Dependabot may only read. To comment on such pull requests, hand the"
            " result over to a workflow on 'workflow_run': see 'result-file' in the README."
        )
    if settings.github_token.startswith(_TOKENS_OF_PEOPLE):
        return "Give the token of the input 'github-token' the right to write to pull requests."
    return "Add 'pull-requests: write' to the job's permissions."


_TOKENS_OF_PEOPLE = ("ghp_", "gho_", "ghu_", "github_pat_")
"""https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"""


# --- the result of another run ---


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


def run_number_of(target: CommentTarget | None, environ: Mapping[str, str]) -> RunNumber:
    """The run that is told of, which under workflow_run is another than this one."""
    return RunNumber(target.run_id, target.run_attempt) if target and target.run_id else _run_number(environ)


def _run_number(environ: Mapping[str, str]) -> RunNumber:
    return RunNumber(*read_run_number(environ))


def run_url(environ: Mapping[str, str], run: RunNumber) -> str:
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run.run}"
