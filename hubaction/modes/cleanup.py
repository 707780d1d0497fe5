"""Deletes the previews of a closed pull request, and the branch from which Binder started them.

A registry or GitHub that refuses a deletion never fails the step, and is reported; a refused login fails it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from hubaction.clients.open import open_git_data
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.registry import Registry
from hubaction.decide.comment import CommentTarget
from hubaction.decide.plan import CleanupPlan
from hubaction.decide.preview import CleanupTarget
from hubaction.errors import ActionError
from hubaction.image import ImageName
from hubaction.inputs.docker_config import find_docker_config
from hubaction.inputs.settings import Settings
from hubaction.publish.previews import check_login, delete_previews
from hubaction.report.comment import Section
from hubaction.report.comment_on_github import write_comment
from hubaction.report.comment_sections import run_number_of, run_url
from hubaction.report.report import Report
from hubaction.report.sections import cleanup_section, gone_branch_section
from hubaction.results import Cleaned, Deleted, Finished
from hubaction.runner.job import Job


def run_cleanup(plan: CleanupPlan, settings: Settings, job: Job, report: Report) -> None:
    """Delete the previews of the plan's pull request.

    Raises ActionError if a registry refuses the login or is away, once the rest is done and reported.
    """
    target = plan.cleanup
    branch_is_gone = bool(target.binder_branch) and _delete_branch(target, settings, job)
    cleaned: list[Cleaned] = []
    failure = None
    try:
        with job.console.group("Delete previews"):
            _delete_images(target, _open_registries(settings, job), job, cleaned.append)
    except ActionError as error:
        failure = error
    _report(plan, settings, job, report, cleaned, branch_is_gone=branch_is_gone)
    if failure:
        raise failure
    report.add(Finished(plan.mode))


def delete_merged_previews(name: ImageName, number: int, source: str, registry: Registry, job: Job) -> None:
    """Delete the previews of a merged pull request; a registry that refuses is reported.

    Raises ActionError if the registry is away.
    """
    cleaned = delete_previews(
        name, number, registry, source=source, say=job.console.say, before_each=job.cancellation.check
    )
    if cleaned.obstacle and cleaned.tags:
        job.console.notice(describe_obstacle(cleaned))


def _open_registries(settings: Settings, job: Job) -> Registries:
    # Only an engine knows which registries it reaches without TLS, and this mode has none.
    file = find_docker_config(job.environ, job.workspace)
    return Registries(settings.credentials, file.parent if file else None, frozenset())


def _delete_images(target: CleanupTarget, registries: Registries, job: Job, add: Callable[[Cleaned], object]) -> None:
    for host in dict.fromkeys(name.registry for name in target.images):
        check_login(registries.open(host), host)
    for name in target.images:
        kept = [reference.tag for reference in target.kept if reference.name == name]
        cleaned = delete_previews(
            name,
            target.number,
            registries.open(name.registry),
            source=target.source,
            say=job.console.say,
            kept=kept,
            before_each=job.cancellation.check,
        )
        # The registry's message is in it; a secret that Markdown changes can no longer be found.
        add(replace(cleaned, obstacle=job.console.scrub(cleaned.obstacle)))
        if not cleaned.tags:
            job.console.say(f"There is no preview of pull request {target.number} in {name}.")


def _delete_branch(target: CleanupTarget, settings: Settings, job: Job) -> bool:
    """Delete the branch; return whether there was one."""
    if not settings.github_token:
        return False
    from hubaction.rollout.binder.image_branch import delete_image_branch

    try:
        with open_git_data(job.api_url, settings.github_token, target.repository) as git:
            gone = delete_image_branch(git, target.binder_branch)
    except ActionError as error:
        job.console.notice(error.message)
        return False
    if gone:
        job.console.say(f"The branch '{target.binder_branch}' was deleted.")
    return gone


# --- report ---


def _report(
    plan: CleanupPlan, settings: Settings, job: Job, report: Report, cleaned: Sequence[Cleaned], *, branch_is_gone: bool
) -> None:
    for item in cleaned:
        if item.obstacle and item.tags:
            job.console.notice(describe_obstacle(item))
        elif item.obstacle:
            job.console.say(item.obstacle)
    report.add(Deleted(tuple(tag.reference for item in cleaned for tag in item.tags if tag.deleted)))
    sections = _make_sections(plan.comment, job, cleaned, branch_is_gone=branch_is_gone)
    if not sections:
        return
    job.add_summary("\n\n".join(section.markdown for section in sections))
    if plan.comment and (comment := write_comment(plan.comment, sections, settings, job)):
        report.add(comment)


def describe_obstacle(cleaned: Cleaned) -> str:
    left = ", ".join(str(tag.reference) for tag in cleaned.tags if not tag.deleted)
    return f"These previews stay in the registry: {left}. {cleaned.obstacle}"


def _make_sections(
    target: CommentTarget | None, job: Job, cleaned: Sequence[Cleaned], *, branch_is_gone: bool
) -> list[Section]:
    run = run_number_of(target, job.environ)
    url = run_url(job.environ, run)
    sections = [cleanup_section(item, run, run_url=url) for item in cleaned if item.tags]
    return [*sections, *([gone_branch_section(run)] if branch_is_gone else [])]
