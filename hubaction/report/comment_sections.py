"""Makes the sections of the comment from a plan and an image's result; `sections.py` words them."""

from collections.abc import Mapping

from hubaction.decide.comment import Badge, CommentTarget
from hubaction.decide.plan import CommentPlan
from hubaction.decide.try_on_hub import TryOnHub
from hubaction.inputs.settings import Settings
from hubaction.report.comment import RunNumber, Section
from hubaction.report.links import badge_url, launch_url, pull_urlpath
from hubaction.report.result_file import ImageResult
from hubaction.report.sections import badge_section, binder_image_section, image_section, try_on_hub_section
from hubaction.report.try_on_hub import describe_try_on_hub
from hubaction.runner.job import read_run_number


def make_sections(
    plan: CommentPlan, result: ImageResult | None, settings: Settings, environ: Mapping[str, str]
) -> list[Section]:
    """Return the sections of comment mode. Without an image's section, the hub's links get their own."""
    target = plan.comment
    badge = make_badge_section(target, environ)
    if result:
        sections = [badge, make_image_section(result, target, environ, plan.try_on_hub)]
        if result.binder_branch:
            sections.append(make_binder_image_section(result, target, settings, environ))
        return sections
    try_on_hub = describe_try_on_hub(plan.try_on_hub, ())
    return [badge, try_on_hub_section(try_on_hub, _run_number(environ))] if try_on_hub else [badge]


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
    result: ImageResult, target: CommentTarget, environ: Mapping[str, str], try_on_hub: TryOnHub | None = None
) -> Section:
    """The section names the run that built the image; under workflow_run that is not this run."""
    run = run_number_of(target, environ)
    tried = describe_try_on_hub(try_on_hub, () if result.failure else result.pushed)
    return image_section(result, run, commit=target.head_sha, run_url=run_url(environ, run), try_on_hub=tried)


def make_binder_image_section(
    result: ImageResult, target: CommentTarget, settings: Settings, environ: Mapping[str, str]
) -> Section:
    """The badge launches the branch, whose Dockerfile always names the newest image."""
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


def run_number_of(target: CommentTarget | None, environ: Mapping[str, str]) -> RunNumber:
    """Return the run that the comment is about; under workflow_run that is not this run."""
    return RunNumber(target.run_id, target.run_attempt) if target and target.run_id else _run_number(environ)


def _run_number(environ: Mapping[str, str]) -> RunNumber:
    return RunNumber(*read_run_number(environ))


def run_url(environ: Mapping[str, str], run: RunNumber) -> str:
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run.run}"
