"""The sections of the comment, each from what is known of a pull request or of its image."""

from collections.abc import Mapping

from hubaction.decide.comment import Badge, CommentTarget
from hubaction.decide.plan import CommentPlan
from hubaction.decide.try_on_hub import HubTrial
from hubaction.inputs.settings import Settings
from hubaction.report.comment import RunNumber, Section
from hubaction.report.links import badge_url, launch_url, pull_urlpath
from hubaction.report.result_file import ImageResult
from hubaction.report.sections import badge_section, binder_image_section, image_section, trial_section
from hubaction.report.try_on_hub import tell_trial
from hubaction.runner.job import read_run_number


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


def run_number_of(target: CommentTarget | None, environ: Mapping[str, str]) -> RunNumber:
    """The run that is told of, which under workflow_run is another than this one."""
    return RunNumber(target.run_id, target.run_attempt) if target and target.run_id else _run_number(environ)


def _run_number(environ: Mapping[str, str]) -> RunNumber:
    return RunNumber(*read_run_number(environ))


def run_url(environ: Mapping[str, str], run: RunNumber) -> str:
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run.run}"
