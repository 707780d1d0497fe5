"""Which mode a run has, and whether its event may run code of the repository."""

from enum import StrEnum

from hubaction.errors import ActionError
from hubaction.inputs.choices import Mode
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings

SAFE_PATTERN = (
    "Build in a workflow on 'pull_request', which has no secrets on forks, and comment from 'pull_request_target' or"
    " 'workflow_run' with mode: comment."
    " https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/"
)


class PlannedMode(StrEnum):
    """What will be done. Unlike the input, it has no `auto`, and nothing to do is one of them."""

    NONE = "none"
    BUILD = "build"
    TEST = "test"
    COMMENT = "comment"
    ROLLOUT = "rollout"
    CLEANUP = "cleanup"


class RefusedError(ActionError):
    """The event would give untrusted code access to secrets, to a registry, or to hubs."""


def choose_mode(settings: Settings, event: Event) -> tuple[PlannedMode, str]:
    """Return the mode and the reason for it, which completes "Mode: build, because ..."."""
    mode = settings.mode
    if event.name == "push" and event.deleted:
        return PlannedMode.NONE, f"the push deleted {event.ref or 'a ref'}: there is nothing to build"
    if mode is Mode.CLEANUP or (mode is Mode.AUTO and settings.preview.on and is_closed(event)):
        return _mode_of_closed(event)
    if mode is Mode.AUTO and settings.uses_old_inputs and not event.name.startswith("pull_request_target"):
        return PlannedMode.BUILD, f"inputs of repo2docker-action are in use, and the event is '{event.name}'"
    if mode is Mode.AUTO:
        return _mode_of_event(event)
    if mode is Mode.COMMENT and event.pull_request is None and event.workflow_run is None:
        return PlannedMode.NONE, f"a comment needs a pull request, and the event '{event.name}' has none"
    return PlannedMode(mode), f"the input 'mode' is '{mode}'"


def is_closed(event: Event) -> bool:
    return event.name in {"pull_request", "pull_request_target"} and event.action == "closed"


def _mode_of_closed(event: Event) -> tuple[PlannedMode, str]:
    if not is_closed(event):
        return PlannedMode.NONE, f"previews are deleted when a pull request is closed, and the event is '{event.name}'"
    if event.untrusted:
        return PlannedMode.NONE, "the pull request that was closed comes from a fork, so there is no preview of it"
    return PlannedMode.CLEANUP, "the pull request was closed"


def _mode_of_event(event: Event) -> tuple[PlannedMode, str]:
    reason = f"the event is '{event.name}'" + (f" ({event.action})" if event.action else "")
    if event.name in {"push", "schedule", "workflow_dispatch", "repository_dispatch"}:
        return PlannedMode.BUILD, reason
    if event.name == "release":
        done = event.action == "published"
        return (PlannedMode.BUILD, reason) if done else (PlannedMode.NONE, f"{reason}, not a published release")
    if event.name == "merge_group":
        return PlannedMode.TEST, reason
    if event.name in {"pull_request", "pull_request_target"}:
        return _mode_of_pull_request(event, reason)
    if event.name == "workflow_run":
        return _mode_of_workflow_run(event)
    return (
        PlannedMode.NONE,
        f"nothing is configured for the event '{event.name}'; set the input 'mode' to act on it",
    )


def _mode_of_pull_request(event: Event, reason: str) -> tuple[PlannedMode, str]:
    if event.action == "closed":
        return PlannedMode.NONE, "the pull request was closed"
    if event.pull_request is None:
        return PlannedMode.NONE, f"{reason}, but its payload names no pull request"
    return (PlannedMode.TEST if event.name == "pull_request" else PlannedMode.COMMENT), reason


def _mode_of_workflow_run(event: Event) -> tuple[PlannedMode, str]:
    started_by = event.workflow_run.event if event.workflow_run else ""
    reason = f"the event is 'workflow_run', started by '{started_by or 'unknown'}'"
    if started_by == "push":
        return PlannedMode.BUILD, reason
    if started_by == "pull_request":
        return PlannedMode.COMMENT, reason
    return PlannedMode.NONE, f"{reason}; set the input 'mode' to act on it"


EVENTS_OF_THEIR_CODE = frozenset(
    {"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "pull_request", "merge_group"}
)
"""Events whose checkout is either trusted or without secrets; on others, say a comment, strangers start the run."""


_TRUSTED_STARTERS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "create"})


def refuse_unsafe(event: Event) -> None:
    if event.name.startswith("pull_request_target"):
        raise RefusedError(
            "Building under 'pull_request_target' is refused: the pull request's code would run where this"
            f" repository's secrets are. {SAFE_PATTERN}"
        )
    if event.workflow_run is None:
        return
    run = event.workflow_run
    if run.event not in _TRUSTED_STARTERS or run.from_fork:
        raise RefusedError(
            f"Building under 'workflow_run' is refused for a run started by '{run.event or 'unknown'}' from"
            f" '{run.head_repository or 'unknown'}': code of a pull request would run where this repository's"
            f" secrets are. {SAFE_PATTERN}"
        )
