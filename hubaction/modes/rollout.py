"""Rolls an image out to hubs: in mode rollout, and after a push."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hubaction.clients.github.api import GitHub
from hubaction.clients.open import open_github, open_registries
from hubaction.clients.registry.registries import Registries
from hubaction.decide.plan import RolloutPlan
from hubaction.decide.rollout import RolloutTarget
from hubaction.errors import ActionError
from hubaction.inputs.docker_config import find_docker_config
from hubaction.inputs.settings import Settings
from hubaction.publish.login import temporary_docker_config
from hubaction.report.report import Report
from hubaction.report.result_file import load_result
from hubaction.results import Finished, RolledOut
from hubaction.rollout.hub.roll_out import Clients, Rollout, Source, roll_out
from hubaction.rollout.hub.subject import Subject, find_subject
from hubaction.runner.job import Job


def run_rollout(plan: RolloutPlan, settings: Settings, job: Job, report: Report) -> None:
    """Roll out what the registry has for the commit; raises ActionError when it has nothing."""
    references = [each for each in plan.references if each.tag == plan.image.tag]
    checkout = plan.checkout
    with _open_registries(settings, job) as registries, job.console.group("Rollout"):
        subject = find_subject(references, checkout.commit, registries)
        subject = _with_result(subject, settings.result_file, job)
        rolled = roll_out_image(subject, plan.rollout, checkout.repository, registries, settings, job, report)
        job.add_summary(rolled.markdown)
    report.add(Finished(plan.mode))


def roll_out_image(
    subject: Subject,
    target: RolloutTarget,
    repository: str,
    registries: Registries,
    settings: Settings,
    job: Job,
    report: Report,
) -> RolledOut:
    """Roll out an image that is in its registry, built from `repository`; raises NotRolledOutError."""
    server_url = job.environ.get("GITHUB_SERVER_URL") or "https://github.com"
    rollout = Rollout(subject, Source(repository, server_url, job.run_number), target, settings.rollout)
    with ExitStack() as stack:

        def open_with(token: str, repository: str) -> "GitHub | None":
            return stack.enter_context(open_github(job.api_url, token, repository)) if token else None

        source = open_with(settings.github_token, repository)
        configuration = open_with(settings.rollout.token or settings.github_token, target.repository)
        rolled = roll_out(rollout, Clients(registries, source, configuration))
    report.add(rolled)
    _tell(rolled, job)
    return rolled


def _tell(rolled: RolledOut, job: Job) -> None:
    for warning in rolled.warnings:
        job.console.warning(warning)
    for note in rolled.notes:
        job.console.say(f"  {note}")
    (job.console.say if rolled.as_asked else job.console.notice)(f"{rolled.sentence} {rolled.url}".strip())


@contextmanager
def _open_registries(settings: Settings, job: Job) -> Iterator[Registries]:
    """Without an engine it is not known which registries have no TLS, but for those of this machine."""
    config = find_docker_config(job.environ, job.workspace)
    with (
        TemporaryDirectory(prefix="hub-image-action-", dir="/tmp") as folder,
        temporary_docker_config(config, Path(folder, "docker-config")) as docker_config,
    ):
        yield open_registries(settings.credentials, docker_config)


def _with_result(subject: Subject, result_file: str, job: Job) -> Subject:
    """With what an earlier step says of its checks, if it is about this very image."""
    if not result_file:
        return subject
    try:
        result = load_result(job.workspace, result_file)
    except ActionError as error:
        job.console.warning(error.message)
        return subject
    if subject.first not in result.pushed:
        job.console.notice(f"{result_file} is about another image than {subject.first.reference}.")
        return subject
    return replace(subject, hub=job.console.scrub(result.hub), tests=job.console.scrub(result.tests))
