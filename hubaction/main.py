"""Reads the surroundings once, makes the plan and has it run. The one error boundary is here."""

import errno
import io
import json
import platform
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from hubaction.decide.plan import Plan, PlannedMode, make_plan, will_build, will_clean_up
from hubaction.errors import DISK_FULL, ActionError, InvalidInputError
from hubaction.inputs.docker_config import (
    find_docker_config,
    read_docker_config,
    registries_with_login,
    warn_of_docker_config,
)
from hubaction.inputs.event import Event, read_event
from hubaction.inputs.settings import Settings, read_secrets, read_settings
from hubaction.inputs.workflow import find_unseen_login, locate_input
from hubaction.modes.comment import make_sections, run_comment_mode
from hubaction.report.comment import render_body
from hubaction.report.plan_json import render_plan
from hubaction.report.try_on_hub import foresee_links
from hubaction.runner.cancel import Cancelled, cancel_on_signals
from hubaction.runner.console import Console
from hubaction.runner.job import Job

ISSUES_URL = "https://github.com/org/hub-image-action/issues"
MAX_PAYLOAD_BYTES = 64 * 1024**2
MAX_APPENDIX_BYTES = 100_000


def main(arguments: Sequence[str], environ: Mapping[str, str], stdout: TextIO, stderr: TextIO) -> int:
    """Run the action; return the exit code.

    `--plan` prints what would be done and does nothing; `--post` removes what a killed run left behind.
    """
    plan_only = "--plan" in arguments
    console = Console(stderr if plan_only else stdout)
    with cancel_on_signals() as cancellation:
        job = Job(environ, console, cancellation)
        if plan_only:
            return _guard(job, lambda: _print_plan(job, stdout))
        return _guard(job, lambda: _clean_up(job) if "--post" in arguments else _run(job))


# --- the three ways to be called ---


def _run(job: Job) -> int:
    job.console.mask(*read_secrets(job.environ))
    settings, event = _read_surroundings(job, job.console)
    plan = make_plan(settings, event, datetime.now(UTC))
    _tell_plan(plan, job.console)
    if plan.builds:
        if settings.appendix_file and not settings.appendix:
            raise InvalidAppendixError(settings.appendix_file)
        # The engine's libraries are slow to load, and only a build needs them.
        from hubaction.modes.build import run_pipeline

        run_pipeline(plan, settings, job)
        return 0
    if plan.mode is PlannedMode.COMMENT:
        run_comment_mode(plan, settings, job)
    if plan.mode is PlannedMode.ROLLOUT:
        from hubaction.modes.rollout import run_rollout_mode

        run_rollout_mode(plan, settings, job)
    if plan.mode is PlannedMode.CLEANUP:
        from hubaction.modes.cleanup import run_cleanup

        run_cleanup(plan, settings, job)
    job.outputs.set_output("mode", plan.mode)
    return 0


def _print_plan(job: Job, stdout: TextIO) -> int:
    job.console.hide(*read_secrets(job.environ))
    try:
        settings, event = _read_surroundings(job, job.console)
        plan = make_plan(settings, event, datetime.now(UTC))
    except ActionError as error:
        problems = error.problems if isinstance(error, InvalidInputError) else (error.message,)
        errors = [job.console.scrub(str(problem)) for problem in problems]
        stdout.write(json.dumps({"errors": errors}, indent=2) + "\n")
        raise
    rollout = None
    if plan.rollout and plan.image:
        from hubaction.rollout.hub.preview import preview_rollout

        references = [each for each in plan.references if each.tag == plan.image.tag]
        rollout = preview_rollout(plan.rollout, settings.rollout.paths, references, job.workspace)
    stdout.write(render_plan(plan, _comment_body(plan, settings, job.environ), foresee_links(plan), rollout) + "\n")
    return 0


def _clean_up(job: Job) -> int:
    """Never fails the job: what it cleans up after has told its result already."""
    job.console.mask(*read_secrets(job.environ))
    try:
        settings, event = _read_surroundings(job, Console(io.StringIO()))
        plan = make_plan(settings, event, datetime.now(UTC))
        if plan.builds:
            from hubaction.modes.build import remove_leftovers

            remove_leftovers(plan, job)
    except InvalidInputError:
        pass  # told by the main step, which did nothing then
    except ActionError as error:
        job.console.say(f"Nothing was cleaned up: {error.message}")
    return 0


def _comment_body(plan: Plan, settings: Settings, environ: Mapping[str, str]) -> str:
    if plan.mode is PlannedMode.COMMENT and plan.comment:
        return render_body(make_sections(plan, plan.comment, None, settings, environ))
    return ""


# --- reading ---


def _read_surroundings(job: Job, console: Console) -> tuple[Settings, Event]:
    settings = read_settings(job.environ)
    event = read_event(job.environ, _read_payload(job.environ.get("GITHUB_EVENT_PATH", ""), console))
    if will_build(settings, event):
        settings = _read_for_build(settings, job)
    elif will_clean_up(settings, event):
        settings = _read_logins(settings, job)
    return settings, event


def _read_for_build(settings: Settings, job: Job) -> Settings:
    appendix, warnings = _read_appendix(job.workspace / settings.path, settings.appendix_file)
    file = find_docker_config(job.environ, job.workspace)
    return replace(
        _read_logins(settings, job),
        appendix=appendix,
        unseen_login=None if file else find_unseen_login(job.environ, job.workspace),
        warnings=(*settings.warnings, *warnings, *warn_of_docker_config(job.environ, job.workspace)),
    )


def _read_logins(settings: Settings, job: Job) -> Settings:
    file = find_docker_config(job.environ, job.workspace)
    return replace(settings, logged_in=registries_with_login(read_docker_config(file)))


def _read_payload(file: str, console: Console) -> object:
    """Return the parsed payload; without a usable one the runner's variables have to do."""
    if not file:
        return {}
    try:
        if Path(file).stat().st_size > MAX_PAYLOAD_BYTES:
            raise ValueError("it is too large")
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        console.warning(f"The event's payload {file} cannot be read: {error}")
        return {}


class InvalidAppendixError(ActionError):
    """The appendix cannot be read."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"input 'appendix-file': '{file}' is no readable text file of the repository, below the folder that the"
            f" input 'path' names, of at most {MAX_APPENDIX_BYTES} bytes."
        )


def _read_appendix(source: Path, file: str) -> tuple[str, tuple[str, ...]]:
    """Return the appendix and warnings; links to places outside of the repository are not followed."""
    if not file:
        return "", ()
    path = (source / file).resolve()
    try:
        inside = path.is_relative_to(source.resolve()) and path.is_file()
        if not inside or path.stat().st_size > MAX_APPENDIX_BYTES:
            raise OSError(file)
        text = path.read_text(encoding="utf-8")
        if "\0" in text:
            raise ValueError("no text")
    except (OSError, ValueError):
        return "", (str(InvalidAppendixError(file)),)
    return text or "\n", ()


# --- telling ---


def _tell_plan(plan: Plan, console: Console) -> None:
    console.say(f"Mode: {plan.mode}, because {plan.reason}.")
    for warning in plan.warnings:
        console.warning(warning)
    for notice in plan.notices:
        console.notice(notice)
    if plan.references:
        verb = "Will push" if plan.push else "Will not push"
        console.say(f"{verb}: {', '.join(str(reference) for reference in plan.references)}")


def _guard(job: Job, work: Callable[[], int]) -> int:
    """The error boundary: a known failure becomes a sentence, anything else says that it is our bug."""
    try:
        return work()
    except InvalidInputError as error:
        for problem in error.problems:
            place = locate_input(job.environ, job.workspace, problem.input_name)
            file, line = (place.file, place.line) if place else (None, None)
            job.console.error(str(problem), file=file, line=line, title=error.title)
        return 1
    except ActionError as error:
        for part in error.parts:
            job.console.error(part.message, file=part.file, line=part.line, title=part.title)
        return 1
    except Cancelled as cancelled:
        job.console.say("Cancelled: nothing more is built or pushed.")
        return cancelled.exit_code
    except Exception as error:  # noqa: BLE001 - the boundary
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            job.console.error(DISK_FULL, title="Disk full")
            return 1
        job.console.say(traceback.format_exc())
        job.console.error(
            f"This is a bug in this action, not in your repository: {type(error).__name__}. Please report it with the"
            f" lines above at {ISSUES_URL} (Python {platform.python_version()}).",
            title="Unexpected error",
        )
        return 1
