"""Workflows in the shapes that are in use: migrated they are valid, stay as they are, and plan the same.

Each was written after real ones, for the shape: what starts it, what surrounds the step, how the inputs are written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools.places import PROJECT
from hubaction.decide.plan import BuildPlan, make_plan
from hubaction.errors import ActionError
from hubaction.inputs.event import Event
from hubaction.inputs.read import read_settings
from hubaction.inputs.settings import Settings
from hubaction.migrate.migrate import migrate_workflow
from tests.support.actionlint import lint
from tests.support.workflow_expressions import Value, evaluate
from tests.unit.samples import SHORT_SHA, SURROUNDINGS, make_event, make_inputs, pull_request, push_to, release

WORKFLOWS = sorted((PROJECT / "tests/unit/migrate/workflows").glob("*.yaml"))
NAMES = [file.stem for file in WORKFLOWS]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FORK = pull_request(head_repository="Stranger/Course")
EVENTS: Mapping[str, tuple[Event, ...]] = {
    "push": (push_to(), push_to("refs/heads/feature"), push_to("refs/tags/v1.0")),
    "pull_request": (pull_request(), FORK),
    "schedule": (make_event("schedule"),),
    "workflow_dispatch": (make_event("workflow_dispatch"), make_event("workflow_dispatch", GITHUB_REF="refs/heads/x")),
    "release": (release("created"), release("published")),
    "page_build": (make_event("page_build"),),
    "workflow_call": (push_to(), pull_request(), make_event("issue_comment")),
}
OUTDATED = re.compile(r'the runner of "actions/[\w-]+@v\d" action is too old')
"""What actionlint says about other people's actions; a migration leaves them alone."""


def read(file: Path) -> str:
    return file.read_bytes().decode()


def migrated(file: Path) -> str:
    return migrate_workflow(read(file), file.name).text


@dataclass(frozen=True)
class Outcome:
    """What a plan does, without the words and without names that nobody sees."""

    builds: bool
    push: bool
    references: tuple[str, ...]
    arguments: tuple[str, ...]
    include_git: bool
    binder: tuple[str, ...]
    public_check: bool


def outcome_of(inputs: Mapping[str, str], event: Event) -> Outcome | str:
    """Plan a step; return what it does, or the kind of its refusal."""
    environ = {"GITHUB_REPOSITORY": event.repository.lower(), "GITHUB_ACTOR": "robot"} | make_inputs(inputs)
    try:
        settings: Settings = read_settings(environ)
        plan = make_plan(settings, event, SURROUNDINGS, NOW)
    except ActionError as error:
        return type(error).__name__
    build = plan if isinstance(plan, BuildPlan) else None
    return Outcome(
        builds=build is not None,
        push=bool(build and build.push),
        references=tuple(sorted(map(str, build.references))) if build and build.push else (),
        arguments=tuple(argument.replace(build.build.local_tag, "TAG") for argument in build.build.repo2docker)
        if build
        else (),
        include_git=settings.include_git,
        binder=(settings.binder_update.cache, settings.binder_update.cache_message, settings.binder_update.prebuild),
        public_check=settings.public_check,
    )


def steps_of(text: str) -> list[dict[str, Any]]:
    # Texts only: what the runner hands over is what stands there.
    jobs = yaml.load(text, Loader=yaml.BaseLoader)["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    return [
        step for step in steps if "hub-image-action" in step.get("uses", "") or "repo2docker" in step.get("uses", "")
    ]


def inputs_for(step: Mapping[str, Any], event: Event, variables: Mapping[str, str]) -> dict[str, str]:
    context: dict[str, Value] = {
        "github.event_name": event.name,
        "github.actor": "robot",
        "github.repository": event.repository.lower(),
        "github.event.repository.name": event.repository.lower().partition("/")[2],
        "github.ref_name": event.ref.rpartition("/")[2],
        "github.sha": event.sha,
        "github.event.pull_request.head.ref": "feature" if event.pull_request else "",
        "matrix.image": "python",
        "steps.nopush.outputs.nopush": "" if event.git_tag else "true",
        "inputs.no_push": False,
        "inputs.image": "some-org/some-image",
        "env.TAG_NAME": event.branch,
        "env.REPO": event.repository.lower(),
        "env.repo_name": event.repository.lower(),
        **{f"env.{name}": value for name, value in variables.items()},
    }
    if not event.untrusted:
        secrets = ("QUAY", "DOCKER", "DOCKERHUB")
        context |= {f"secrets.{name}_USERNAME": "robot" for name in secrets}
        context |= {f"secrets.{name}_PASSWORD": "hunter2-hunter2" for name in secrets}
        context |= dict.fromkeys(
            ["secrets.DOCKERHUB_TOKEN", "secrets.GITHUB_TOKEN", "secrets.GAR_SECRET_KEY"], "token-1234"
        )
        context |= {"secrets.user": "robot", "secrets.password": "hunter2-hunter2"}
    return {name: evaluate(value, context) for name, value in step.get("with", {}).items()}


def variables_of(text: str) -> dict[str, str]:
    workflow = yaml.load(text, Loader=yaml.BaseLoader)
    return {
        name: value for owner in (workflow, *workflow["jobs"].values()) for name, value in owner.get("env", {}).items()
    }


def events_of(text: str) -> Iterator[Event]:
    on = yaml.load(text, Loader=yaml.BaseLoader)["on"]
    for name in [on] if isinstance(on, str) else on:
        for event in EVENTS[name]:
            types = on[name].get("types", []) if isinstance(on, dict) and isinstance(on[name], dict) else []
            if not types or event.action in types:
                yield event


def test_workflows__are_many() -> None:
    assert len(WORKFLOWS) >= 15


def test_actionlint__accepts_them() -> None:
    before = {f"before-{file.stem}": read(file) for file in WORKFLOWS}
    after = {f"after-{file.stem}": migrated(file) for file in WORKFLOWS}
    broken = {"broken": read(WORKFLOWS[0]).replace("runs-on:", "run-on:")}
    found = lint(before | after | broken)
    assert [found[name] for name in before] == [found[name] for name in after]
    assert [problem for name in after for problem in found[name] if not OUTDATED.match(problem)] == []
    assert any("run-on" in problem for problem in found["broken"]), "it would tell"


@pytest.mark.parametrize("file", WORKFLOWS, ids=NAMES)
def test_migration__is_done_once(file: Path) -> None:
    once = migrated(file)
    assert once != read(file)
    again = migrate_workflow(once, file.name)
    assert (again.text, again.steps, again.changes) == (once, 0, ())


@pytest.mark.parametrize("file", WORKFLOWS, ids=NAMES)
def test_migration__leaves_nothing_of_the_old_action(file: Path) -> None:
    for step in steps_of(migrated(file)):
        assert step["uses"] == "org/hub-image-action@v1"
        assert all(name == name.lower() and "_" not in name for name in step["with"])


@pytest.mark.parametrize("file", WORKFLOWS, ids=NAMES)
def test_plan__is_the_same(file: Path) -> None:
    old, new = read(file), migrated(file)
    variables = variables_of(old)
    compared = 0
    for event in events_of(old):
        for old_step, new_step in zip(steps_of(old), steps_of(new), strict=True):
            before = inputs_for(old_step, event, variables)
            if not any(before.values()):
                continue  # without any of its inputs the old action is not recognised as such
            after = inputs_for(new_step, event, variables)
            assert outcome_of(after, event) == outcome_of(before, event), (event.name, event.ref, before, after)
            compared += 1
    assert compared or file.stem == "every-push-without-inputs"


@pytest.mark.parametrize(
    ("name", "event", "push", "tags"),
    [
        pytest.param("hub-push-on-main", push_to(), True, [SHORT_SHA, "latest"], id="push"),
        pytest.param("hub-without-latest", push_to(), True, [SHORT_SHA], id="no-latest"),
        pytest.param("hub-pull-request-test", pull_request(), False, [], id="pull-request"),
        pytest.param("main-and-pull-request", push_to(), True, [SHORT_SHA, "latest"], id="both-on-push"),
        pytest.param("main-and-pull-request", pull_request(), False, [], id="both-on-pull-request"),
        pytest.param("ghcr-files-moved", push_to("refs/heads/x"), True, [SHORT_SHA, "latest", "stable"], id="more"),
        pytest.param("no-push-by-a-step", push_to("refs/tags/v1.0"), True, [SHORT_SHA, "latest", "v1.0"], id="git-tag"),
        pytest.param("no-push-by-a-step", push_to(), False, [], id="not-a-git-tag"),
        pytest.param("release-and-dispatch", release("created"), True, [SHORT_SHA, "latest"], id="created-release"),
        pytest.param("every-push-without-inputs", FORK, False, [], id="fork"),
    ],
)  # fmt: skip
def test_plan__is_what_the_old_action_documents(name: str, event: Event, push: bool, tags: list[str]) -> None:
    text = migrated(WORKFLOWS[NAMES.index(name)])
    outcome = outcome_of(inputs_for(steps_of(text)[-1], event, variables_of(text)), event)
    assert isinstance(outcome, Outcome)
    assert outcome.builds
    assert outcome.push is push
    assert [reference.rpartition(":")[2] for reference in outcome.references] == tags
