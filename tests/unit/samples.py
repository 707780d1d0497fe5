"""Settings and events as a runner would give them, for tests that start behind the reading."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from hubaction.decide.plan import BuildPlan, make_plan
from hubaction.errors import InvalidInputError
from hubaction.inputs.event import Event, read_event
from hubaction.inputs.read import read_settings
from hubaction.inputs.settings import Settings
from hubaction.inputs.surroundings import Surroundings

SHA = "0123456789abcdef0123456789abcdef01234567"
SHORT_SHA = "0123456789ab"
HEAD_SHA = "fedcba9876543210fedcba9876543210fedcba98"
SHORT_HEAD_SHA = "fedcba987654"
REPOSITORY = "Org/Course"
LOGIN = {"username": "robot", "password": "hunter2-hunter2"}
SURROUNDINGS = Surroundings()
"""Neither an appendix nor a login, as in most workflows."""


def make_inputs(inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the variables in which the runner passes inputs, by their names in action.yml."""
    return {f"INPUT_{name.upper()}": value for name, value in inputs.items()}


def make_settings(inputs: Mapping[str, str] | None = None) -> Settings:
    return read_settings({"GITHUB_REPOSITORY": REPOSITORY} | make_inputs(inputs or {}))


def make_build_plan(
    settings: Settings, event: Event, now: datetime, surroundings: Surroundings = SURROUNDINGS
) -> BuildPlan:
    """Return the plan of a run that builds."""
    plan = make_plan(settings, event, surroundings, now)
    assert isinstance(plan, BuildPlan), plan.reason
    return plan


def problems_of(inputs: Mapping[str, str], **environ: str) -> list[str]:
    """Return what is said about the inputs; fails when nothing is."""
    with pytest.raises(InvalidInputError) as caught:
        read_settings({"GITHUB_REPOSITORY": REPOSITORY} | environ | make_inputs(inputs))
    return [str(problem) for problem in caught.value.problems]


def make_event(name: str, payload: Mapping[str, object] | None = None, **environ: str) -> Event:
    variables = {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SHA": SHA,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_SERVER_URL": "https://github.com",
    }
    repository = {"full_name": REPOSITORY, "default_branch": "main", "private": False}
    return read_event(variables | environ, {"repository": repository} | dict(payload or {}))


def push_to(ref: str = "refs/heads/main") -> Event:
    return make_event("push", {"ref": ref, "after": SHA, "deleted": False}, GITHUB_REF=ref)


def deleting_push(name: str = "push") -> Event:
    return make_event(name, {"ref": "refs/heads/main", "after": "0" * 40, "deleted": True})


def pull_request(
    name: str = "pull_request", *, action: str = "opened", head_repository: str | None = REPOSITORY
) -> Event:
    head: dict[str, object] = {
        "sha": HEAD_SHA,
        "ref": "feature",
        "repo": {"full_name": head_repository} if head_repository else None,
    }
    payload = {
        "action": action,
        "number": 7,
        "pull_request": {"number": 7, "head": head, "base": {"ref": "main", "repo": {"full_name": REPOSITORY}}},
    }
    ref = "refs/pull/7/merge" if name == "pull_request" else "refs/heads/main"
    return make_event(name, payload, GITHUB_REF=ref)


def workflow_run(
    started_by: str,
    *,
    head_repository: str = REPOSITORY,
    head_branch: str = "main",
    conclusion: str = "success",
) -> Event:
    run = {
        "event": started_by,
        "head_sha": HEAD_SHA,
        "head_branch": head_branch,
        "head_repository": {"full_name": head_repository},
        "conclusion": conclusion,
    }
    return make_event("workflow_run", {"action": "completed", "workflow_run": run})


def release(action: str = "published", tag: str = "v1.2.3") -> Event:
    return make_event("release", {"action": action, "release": {"tag_name": tag}}, GITHUB_REF=f"refs/tags/{tag}")
