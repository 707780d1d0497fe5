"""`--plan`, for each kind of plan."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hubaction.decide.plan import BuildPlan, CleanupPlan, CommentPlan, NothingToDo, Plan, RolloutPlan, make_plan
from hubaction.inputs.event import Event
from hubaction.modes.plan_only import preview_plan
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.modes.played import NAME, PLAIN
from tests.unit.samples import (
    HEAD_SHA,
    REPOSITORY,
    SHORT_HEAD_SHA,
    SHORT_SHA,
    SURROUNDINGS,
    make_event,
    make_settings,
    pull_request,
    push_to,
)

REFERENCES = [f"{NAME}:{SHORT_SHA}", f"{NAME}:latest"]
PATHS = {"rollout-paths": "hubs/*.yaml: singleuser.image"}
HUB = {"hub-url": "https://hub.example.edu", "hub-profile": "custom"}
NOTHING = {"push": False, "references": [], "repo2docker": None, "buildx": [], "comment": None, "rollout": None}


def show(folder: Path, inputs: dict[str, str], event: Event) -> tuple[Plan, dict[str, Any], str]:
    """Return the plan, what is shown of it, and the log."""
    settings = make_settings(inputs)
    plan = make_plan(settings, event, SURROUNDINGS, datetime(2026, 3, 1, tzinfo=UTC))
    log = io.StringIO()
    environ = {"GITHUB_WORKSPACE": str(folder), "GITHUB_REPOSITORY": REPOSITORY}
    shown = json.loads(preview_plan(plan, settings, Job(environ, Console(log))))
    return plan, shown, log.getvalue()


def test_preview_plan__build(tmp_path: Path) -> None:
    plan, shown, log = show(tmp_path, PLAIN, push_to())
    assert isinstance(plan, BuildPlan)
    assert (shown["mode"], shown["push"], shown["references"]) == ("build", True, REFERENCES)
    assert shown["repo2docker"] == list(plan.build.repo2docker)
    assert shown["buildx"] == list(plan.build.buildx)
    assert (shown["comment"], shown["rollout"], shown["hub"]) == (None, None, None)
    assert log == ""
    assert list(tmp_path.iterdir()) == []


def test_preview_plan__test_of_a_pull_request(tmp_path: Path) -> None:
    plan, shown, _ = show(tmp_path, PLAIN | HUB | {"preview": "true"}, pull_request())
    assert isinstance(plan, BuildPlan)
    assert (shown["mode"], shown["push"]) == ("test", True)
    assert shown["references"] == [f"{NAME}:pr-7-{SHORT_HEAD_SHA}"]
    assert shown["hub"]["start"].startswith("https://hub.example.edu/hub/login?next=")
    # The image's section is made of what the build finds.
    assert shown["comment"] is None


def test_preview_plan__build_with_a_rollout(tmp_path: Path) -> None:
    _, shown, _ = show(tmp_path, PLAIN | PATHS | {"rollout": "true"}, push_to())
    assert shown["rollout"]["repository"] == REPOSITORY
    assert shown["rollout"]["diff"] is None
    assert "no such file is in the repository" in shown["rollout"]["notes"][0]


def test_preview_plan__comment(tmp_path: Path) -> None:
    plan, shown, _ = show(tmp_path, {}, pull_request("pull_request_target", head_repository="Stranger/Course"))
    assert isinstance(plan, CommentPlan)
    assert {key: shown[key] for key in NOTHING if key != "comment"} | {"comment": None} == NOTHING
    assert (shown["comment"]["repository"], shown["comment"]["number"]) == (REPOSITORY, 7)
    assert f"https://mybinder.org/v2/gh/Stranger/Course/{HEAD_SHA}" in shown["comment"]["body"]


def test_preview_plan__rollout(tmp_path: Path) -> None:
    (tmp_path / "hubs").mkdir()
    hub = f"singleuser:\n  image:\n    name: {NAME}\n    tag: old\n"
    (tmp_path / "hubs/a.yaml").write_text(hub, encoding="utf-8")
    plan, shown, _ = show(tmp_path, PLAIN | PATHS | {"mode": "rollout"}, push_to())
    assert isinstance(plan, RolloutPlan)
    assert (shown["mode"], shown["push"], shown["references"]) == ("rollout", False, REFERENCES)
    assert f"+    tag: {SHORT_SHA}" in shown["rollout"]["diff"]
    assert (tmp_path / "hubs/a.yaml").read_text(encoding="utf-8") == hub


def test_preview_plan__cleanup(tmp_path: Path) -> None:
    plan, shown, _ = show(tmp_path, PLAIN | {"preview": "true"}, pull_request(action="closed"))
    assert isinstance(plan, CleanupPlan)
    assert shown["mode"] == "cleanup"
    assert {key: shown[key] for key in NOTHING} == NOTHING


@pytest.mark.parametrize(
    ("inputs", "event"),
    [
        pytest.param({}, make_event("issue_comment"), id="no mode for the event"),
        pytest.param({"mode": "comment"}, push_to(), id="nothing to comment on"),
        pytest.param({}, pull_request(action="closed"), id="closed"),
    ],
)
def test_preview_plan__nothing_keeps_warnings_and_notices(tmp_path: Path, inputs: dict[str, str], event: Event) -> None:
    plan, shown, _ = show(tmp_path, inputs, event)
    assert isinstance(plan, NothingToDo)
    assert {key: shown[key] for key in NOTHING} == NOTHING
    settings = replace(make_settings(inputs), warnings=("w",), notices=("n",))
    plan = make_plan(settings, event, SURROUNDINGS, datetime(2026, 3, 1, tzinfo=UTC))
    shown = json.loads(preview_plan(plan, settings, Job({}, Console(io.StringIO()))))
    assert shown["warnings"] == ["w", "n"]
