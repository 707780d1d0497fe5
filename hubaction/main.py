"""Reads the inputs, makes the plan and runs its mode. The one error boundary is here."""

import errno
import json
import platform
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

from hubaction.decide.plan import BuildPlan, CleanupPlan, CommentPlan, NothingToDo, Plan, RolloutPlan, make_plan
from hubaction.errors import DISK_FULL, ISSUES_URL, ActionError, InvalidInputError
from hubaction.inputs.event import Event, read_event, read_payload
from hubaction.inputs.read import read_secrets, read_settings
from hubaction.inputs.settings import Settings
from hubaction.inputs.surroundings import Surroundings, read_surroundings
from hubaction.inputs.workflow import locate_input
from hubaction.report.outputs import write_outputs
from hubaction.report.report import Report
from hubaction.results import Finished
from hubaction.runner.cancel import Cancelled, cancel_on_signals
from hubaction.runner.console import Console
from hubaction.runner.job import Job


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
    settings, event, surroundings = _read(job, warn=job.console.warning)
    plan = make_plan(settings, event, surroundings, datetime.now(UTC))
    _print_decision(plan, job.console)
    if isinstance(plan, BuildPlan) and surroundings.appendix_error:
        raise surroundings.appendix_error
    report = Report(job)
    try:
        _run_mode(plan, settings, job, report)
    except BaseException:
        with suppress(OSError):  # the failure itself matters more
            write_outputs(report, job)
        raise
    write_outputs(report, job)
    return 0


def _run_mode(plan: Plan, settings: Settings, job: Job, report: Report) -> None:
    # Modes are slow to load: import only the one that runs.
    match plan:
        case BuildPlan():
            from hubaction.modes.build import run_build

            run_build(plan, settings, job, report)
        case CommentPlan():
            from hubaction.modes.comment import run_comment

            run_comment(plan, settings, job, report)
        case RolloutPlan():
            from hubaction.modes.rollout import run_rollout

            run_rollout(plan, settings, job, report)
        case CleanupPlan():
            from hubaction.modes.cleanup import run_cleanup

            run_cleanup(plan, settings, job, report)
        case NothingToDo():
            report.add(Finished(plan.mode))


def _print_plan(job: Job, stdout: TextIO) -> int:
    job.console.hide(*read_secrets(job.environ))
    try:
        settings, event, surroundings = _read(job, warn=job.console.warning)
        plan = make_plan(settings, event, surroundings, datetime.now(UTC))
    except ActionError as error:
        problems = error.problems if isinstance(error, InvalidInputError) else (error.message,)
        errors = [job.console.scrub(str(problem)) for problem in problems]
        stdout.write(json.dumps({"errors": errors}, indent=2) + "\n")
        raise
    from hubaction.modes.plan_only import preview_plan

    stdout.write(preview_plan(plan, settings, job) + "\n")
    return 0


def _clean_up(job: Job) -> int:
    """Never fails the job: the main step has reported the result already."""
    job.console.mask(*read_secrets(job.environ))
    try:
        settings, event, surroundings = _read(job, warn=lambda _: None)  # the main step gave the warnings already
        plan = make_plan(settings, event, surroundings, datetime.now(UTC))
        if isinstance(plan, BuildPlan):
            from hubaction.modes.post import remove_leftovers

            remove_leftovers(plan, job)
    except InvalidInputError:
        pass  # reported by the main step, which did nothing then
    except ActionError as error:
        job.console.say(f"Nothing was cleaned up: {error.message}")
    return 0


# --- reading ---


def _read(job: Job, *, warn: Callable[[str], None]) -> tuple[Settings, Event, Surroundings]:
    """Read everything that a plan depends on; `warn` is called for each unreadable part of it."""
    settings = read_settings(job.environ)
    payload, warnings = read_payload(job.environ.get("GITHUB_EVENT_PATH", ""))
    for warning in warnings:
        warn(warning)
    return settings, read_event(job.environ, payload), read_surroundings(settings, job.environ, job.workspace)


# --- messages ---


def _print_decision(plan: Plan, console: Console) -> None:
    console.say(f"Mode: {plan.mode}, because {plan.reason}.")
    for warning in plan.warnings:
        console.warning(warning)
    for notice in plan.notices:
        console.notice(notice)
    if isinstance(plan, BuildPlan | RolloutPlan):
        verb = "Will push" if isinstance(plan, BuildPlan) and plan.push else "Will not push"
        console.say(f"{verb}: {', '.join(str(reference) for reference in plan.references)}")


def _guard(job: Job, work: Callable[[], int]) -> int:
    """The error boundary: a known failure becomes a sentence; anything else is reported as a bug of this action."""
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
