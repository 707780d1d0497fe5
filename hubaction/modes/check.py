"""Everything that can fail before any work does so here: engine, repository, secrets, logins, repo2docker."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from hubaction.build.build_inputs import BuildInputs, InputSources, ask_for_base, read_build_inputs
from hubaction.build.context import ContextError, list_context, resolve_source
from hubaction.build.git_folder import read_head
from hubaction.build.other_repo2docker import BuildArguments, arguments_for, install_repo2docker
from hubaction.build.repo2docker import check_buildx, own_arguments
from hubaction.build.reuse import EarlierImages
from hubaction.clients.engine.disk import LOW_DISK_BYTES, free_disk_bytes
from hubaction.clients.engine.engine import Engine
from hubaction.clients.engine.values import EngineInfo
from hubaction.clients.open import open_github, open_registries
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.remote_image import Candidate, read_candidate
from hubaction.decide.foreign_frontend import distrust
from hubaction.decide.plan import BuildPlan
from hubaction.decide.tags import EarlierTag, name_of_pull_request
from hubaction.errors import ActionError
from hubaction.guard.context import find_made_by_workflow, guard_context
from hubaction.guard.given_secrets import GivenSecret, find_given_secrets
from hubaction.inputs.read import read_secrets
from hubaction.inputs.repository_files import ContextFiles
from hubaction.inputs.settings import Settings
from hubaction.markdown import format_bytes
from hubaction.modes.workshop import Workshop
from hubaction.publish.login import log_in
from hubaction.report.report import Report
from hubaction.results import LeftOut, OtherRepo2docker
from hubaction.runner.job import Job
from hubaction.verify.tests_folder import find_image_tests

FindMerged = Callable[[], tuple[int, str] | None]


@dataclass(frozen=True)
class TestFiles:
    """The folder with the image tests."""

    folder: Path
    left_out: frozenset[str]
    """Files of it that hold secrets of the workflow; they are not copied into the image."""


@dataclass(frozen=True)
class Checked:
    """What is known before the build."""

    plan: BuildPlan
    """The plan that is carried out: the repository may forbid to push."""
    source: Path
    """The folder that is built."""
    files: ContextFiles
    tests: TestFiles | None
    """None when there are none."""
    secrets: tuple[GivenSecret, ...] = field(repr=False)
    engine: EngineInfo
    registries: Registries
    arguments: BuildArguments
    inputs: BuildInputs
    earlier: EarlierImages
    find_merged: FindMerged
    """Number and head of the pull request that was merged; GitHub is asked once. Raises ActionError."""


def check(plan: BuildPlan, settings: Settings, job: Job, workshop: Workshop, report: Report) -> Checked:
    """Check and prepare what can be before the build, and overlap what can be. Raises ActionError."""
    say = job.console.say
    with report.step("check"), ThreadPoolExecutor(3) as pool:
        info = _check_engine(workshop.engine, job)
        registries = open_registries(settings.credentials, workshop.docker_config, insecure=info.insecure_registries)
        buildx = pool.submit(check_buildx, workshop.env, workshop.folder)
        source = resolve_source(job.workspace, settings.path)
        _check_head(plan.checkout.must_be, source, job.workspace)
        secrets = _find_given_secrets(plan, job)
        folder = find_image_tests(source, settings.tests.folder) if settings.tests.folder else None
        files = _guard_files(source, secrets, settings, job, report)
        tests = _guard_tests(folder, secrets, job) if folder else None
        login = pool.submit(log_in, settings.credentials, env=workshop.env, cwd=workshop.folder)
        find_merged = _make_find_merged(plan, settings, job)
        earlier = EarlierImages(
            plan.earlier,
            lambda tag: _read_earlier(tag, registries),
            later=_name_merged(plan, settings, find_merged),
        )
        first = pool.submit(earlier.read_first)
        say(buildx.result())
        arguments = _choose_repo2docker(plan, settings, job, workshop, report)
        inputs = _read_inputs(plan, settings, files, tests, arguments, info, registries, workshop)
        login.result()
        for entry in settings.credentials:
            say(f"Logged in to {entry.registry} as {entry.username}")
        first.result()
    plan = _distrust(plan, inputs.frontend, report)
    return Checked(plan, source, files, tests, secrets, info, registries, arguments, inputs, earlier, find_merged)


def _check_engine(engine: Engine, job: Job) -> EngineInfo:
    info = engine.info()
    job.console.say(f"Engine {info.version}, image store {info.image_store}")
    free = free_disk_bytes()
    job.console.say(f"Free disk space: {format_bytes(free)}")
    if free < LOW_DISK_BYTES:
        job.console.warning(
            f"Only {format_bytes(free)} of disk space are free; an image with a scientific environment needs"
            f" {format_bytes(LOW_DISK_BYTES)} and more. Free some in a step before this one, e.g. with"
            " 'sudo rm -rf /usr/local/lib/android /usr/share/dotnet /opt/ghc' on hosted runners."
        )
    return info


def _check_head(wanted: str | None, source: Path, workspace: Path) -> None:
    if wanted is None:
        return
    head = read_head(source, workspace)
    if not wanted or head != wanted:
        raise ContextError(
            f"On this event only the commit that it names, {wanted[:12] or 'which is missing'}, is built, and"
            f" checked out is {head[:12] or 'something else'}: code of others could reach your secrets. Use"
            " actions/checkout without 'ref' or 'repository'."
        )


# --- secrets ---


def _find_given_secrets(plan: BuildPlan, job: Job) -> tuple[GivenSecret, ...]:
    given = find_given_secrets(read_secrets(job.environ), job.environ, plan.build.build_args)
    # The builder prints commands with their build arguments in place.
    job.console.hide(*(secret.value for secret in given))
    return given


def _guard_files(
    source: Path, secrets: tuple[GivenSecret, ...], settings: Settings, job: Job, report: Report
) -> ContextFiles:
    """Look for secrets in what goes into the image; what the workflow itself made with one is left out."""
    own_files = _find_own_files(source, settings, job.workspace)
    files = list_context(source, include_git=settings.include_git, leave_out=own_files)
    guarded = guard_context(files, workspace=job.workspace, given=secrets, allowed=settings.allow_files)
    for file, warning in guarded.warnings():
        job.console.warning(warning, file=settings.from_root(file))
    if guarded.left_out:
        left_out = (settings.from_root(finding.file) for finding in guarded.left_out)
        report.add(LeftOut(tuple(map(job.console.scrub, left_out))))
    return guarded.files


def _find_own_files(source: Path, settings: Settings, workspace: Path) -> list[Path]:
    """What this or an earlier run leaves in the workspace, relative to the folder that is built."""
    names = filter(None, (settings.result_file, settings.tests.junit_file))
    files = [workspace.resolve() / name for name in names]
    return [file.relative_to(source) for file in files if file.is_relative_to(source)]


def _guard_tests(folder: Path, secrets: tuple[GivenSecret, ...], job: Job) -> TestFiles:
    """What the build context leaves out is copied to the image tests all the same."""
    left_out = find_made_by_workflow(folder, workspace=job.workspace, given=secrets)
    for file in sorted(left_out):
        job.console.say(f"Not among the image tests, since it holds a secret and is not in git: {file}")
    return TestFiles(folder, left_out)


# --- earlier images ---


def _make_find_merged(plan: BuildPlan, settings: Settings, job: Job) -> FindMerged:
    @cache
    def find_merged() -> tuple[int, str] | None:
        checkout = plan.checkout
        with open_github(job.api_url, settings.github_token, checkout.repository, timeout=10) as github:
            return github.find_merged_pull_request(checkout.pushed_commit)

    return find_merged


def _name_merged(plan: BuildPlan, settings: Settings, find_merged: FindMerged) -> Iterator[EarlierTag]:
    """The image of the pull request that was merged; it costs a request, so it is asked for last."""
    if not (plan.earlier and plan.checkout.pushed_commit and settings.github_token and plan.checkout.branch):
        return
    try:
        found = find_merged()
    except ActionError:
        return  # it may not ask, or GitHub is away: the image is built
    tag = found and name_of_pull_request(settings, *found, datetime.now(UTC))
    if tag:
        yield tag


def _read_earlier(tag: EarlierTag, registries: Registries) -> Candidate | None:
    return read_candidate(registries.look_in(tag.reference.name.registry), tag.reference)


# --- repo2docker ---


def _choose_repo2docker(
    plan: BuildPlan, settings: Settings, job: Job, workshop: Workshop, report: Report
) -> BuildArguments:
    """The version that the workflow asks for, installed apart from ours; else ours."""
    wanted = settings.repo2docker_version
    if not wanted:
        return own_arguments(plan.build)
    with job.console.untrusted() as write:
        installed = install_repo2docker(wanted, workshop.folder, env=workshop.env, on_line=write)
    arguments = arguments_for(plan.build.repo2docker, plan.build.buildx, installed)
    report.add(OtherRepo2docker(installed.text))
    report.notice(*arguments.notices)
    return arguments


def _read_inputs(
    plan: BuildPlan,
    settings: Settings,
    files: ContextFiles,
    tests: TestFiles | None,
    arguments: BuildArguments,
    info: EngineInfo,
    registries: Registries,
    workshop: Workshop,
) -> BuildInputs:
    sources = InputSources(
        files,
        arguments,
        tests.folder if tests else None,
        settings.tests.folder,
        (str(settings.tests.timeout), str(settings.tests.notebook_outputs)),
        settings.platform or info.platform,
        settings.hub,
        tests.left_out if tests else frozenset(),
    )
    return read_build_inputs(
        plan.build,
        sources,
        folder=workshop.folder / "render",
        env=workshop.env,
        ask_registry=lambda name: ask_for_base(name, registries.look_in, workshop.engine),
        ask_engine=workshop.engine.find_image,
    )


def _distrust(plan: BuildPlan, frontend: str, report: Report) -> BuildPlan:
    """The plan for an image that a frontend other than Docker's own makes."""
    if not frontend:
        return plan
    distrusted, notices = distrust(plan, frontend)
    report.add(distrusted)
    report.notice(*notices)
    return distrusted
