"""The old action's inputs: what its documentation promises is what happens, or a notice says why not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hubaction.decide.mode import PlannedMode
from hubaction.decide.plan import BuildPlan, Plan, make_plan
from hubaction.errors import InvalidInputError
from hubaction.inputs.choices import BinderCache, Choice
from hubaction.inputs.event import read_event
from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.inputs.read import read_secrets, read_settings
from hubaction.inputs.settings import Settings
from tests.unit.samples import SURROUNDINGS

SHA = "0123456789abcdef0123456789abcdef01234567"
HEAD = "fedcba9876543210fedcba9876543210fedcba98"
LOGIN = {"DOCKER_USERNAME": "robot", "DOCKER_PASSWORD": "a-password"}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def environ_of(inputs: dict[str, str], event: str = "push", ref: str = "refs/heads/main") -> dict[str, str]:
    """As the runner sets it: every input that action.yml knows is there, most of them empty."""
    given = dict.fromkeys(OLD_INPUTS, "") | inputs
    return {f"INPUT_{name.upper()}": value for name, value in given.items()} | {
        "GITHUB_REPOSITORY": "Org/Course",
        "GITHUB_ACTOR": "Somebody",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_SHA": SHA,
        "GITHUB_REF": ref,
        "GITHUB_RUN_ID": "1",
    }


def settings_of(inputs: dict[str, str]) -> Settings:
    return read_settings(environ_of(inputs))


def problems_of(inputs: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        settings_of(inputs)
    return [str(problem) for problem in caught.value.problems]


def plan_of(inputs: dict[str, str], event: str = "push", ref: str = "refs/heads/main", **payload: Any) -> Plan:
    environ = environ_of(inputs, event, ref)
    body = {"repository": {"full_name": "Org/Course", "default_branch": "main"}, **payload}
    return make_plan(read_settings(environ), read_event(environ, body), SURROUNDINGS, NOW)


def build_of(inputs: dict[str, str], event: str = "push", ref: str = "refs/heads/main", **payload: Any) -> BuildPlan:
    plan = plan_of(inputs, event, ref, **payload)
    assert isinstance(plan, BuildPlan)
    return plan


def pull_request(head_repository: str = "Org/Course") -> dict[str, Any]:
    head = {"sha": HEAD, "ref": "topic", "repo": {"full_name": head_repository}}
    return {
        "action": "opened",
        "pull_request": {"number": 7, "head": head, "base": {"repo": {"full_name": "Org/Course"}}},
    }


def references(plan: BuildPlan) -> list[str]:
    return [str(reference) for reference in plan.references]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param(LOGIN, "docker.io/robot/course", id="username"),
        pytest.param({**LOGIN, "DOCKER_REGISTRY": "quay.io"}, "quay.io/robot/course", id="registry"),
        pytest.param(
            {**LOGIN, "DOCKER_REGISTRY": "https://quay.io/"}, "quay.io/robot/course", id="registry-as-address"
        ),
        pytest.param(
            {**LOGIN, "DOCKER_REGISTRY": "gcr.io/project/", "IMAGE_NAME": "image"},
            "gcr.io/project/image",
            id="path-behind-the-registry",
        ),
        pytest.param(
            {**LOGIN, "DOCKER_REGISTRY": "gcr.io/project"}, "gcr.io/project/robot/course", id="path-and-default-name"
        ),
        pytest.param({**LOGIN, "IMAGE_NAME": "Org/Image"}, "docker.io/org/image", id="lower-case"),
        pytest.param({"DOCKER_USERNAME": "org+robot"}, "docker.io/org/course", id="robot"),
        pytest.param({"DOCKER_USERNAME": "_json_key"}, "docker.io/org/course", id="json-key"),
        pytest.param({"NO_PUSH": "true"}, "docker.io/somebody/course", id="actor"),
    ],
)
def test_translate__image_name(inputs: dict[str, str], expected: str) -> None:
    assert [str(name) for name in settings_of(inputs).images] == [expected]


def test_translate__image_name_of_a_bot() -> None:
    environ = environ_of({"NO_PUSH": "true"}) | {"GITHUB_ACTOR": "dependabot[bot]"}
    assert str(read_settings(environ).images[0]) == "docker.io/org/course"


def test_translate__the_old_behaviour() -> None:
    settings = settings_of({**LOGIN, "NOTEBOOK_USER": "alice"})
    assert settings.uses_old_inputs
    assert settings.repo_dir == "/home/alice"
    assert settings.include_git
    assert settings.push is Choice.TRUE
    assert settings.latest is Choice.TRUE
    assert settings.tags == ("{sha}",)


def test_translate__nothing_old_is_nothing_changed() -> None:
    settings = settings_of({"image-name": "org/image"})
    assert not settings.uses_old_inputs
    assert settings.repo_dir == "/srv/repo"
    assert not settings.include_git


@pytest.mark.parametrize("value", ["true", "True", "yes", "on"])
def test_translate__no_push(value: str) -> None:
    assert settings_of({"NO_PUSH": value}).push is Choice.FALSE


@pytest.mark.parametrize("value", ["false", "No", "off"])
def test_translate__no_push_is_off(value: str) -> None:
    assert settings_of({**LOGIN, "NO_PUSH": value}).push is Choice.TRUE


def test_translate__no_push_neither() -> None:
    assert problems_of({"NO_PUSH": "maybe"}) == ["input 'NO_PUSH': 'maybe' is neither true nor false"]


@pytest.mark.parametrize("name", ["LATEST_TAG_OFF", "PUBLIC_REGISTRY_CHECK", "BINDER_CACHE", "NO_GIT_PUSH"])
def test_translate__false_means_off_and_a_notice_says_so(name: str) -> None:
    settings = settings_of({**LOGIN, name: "false"})
    assert settings.latest is Choice.TRUE
    assert not settings.public_check
    assert settings.binder_update.cache is BinderCache.FALSE
    assert any(name in notice and "off" in notice for notice in settings.notices)


def test_translate__switches_on() -> None:
    settings = settings_of(
        {**LOGIN, "LATEST_TAG_OFF": "1", "PUBLIC_REGISTRY_CHECK": "true", "BINDER_CACHE": "true", "NO_GIT_PUSH": "yes"}
    )
    assert settings.latest is Choice.FALSE
    assert settings.public_check
    assert settings.binder_update.cache is BinderCache.CHECK


@pytest.mark.parametrize("name", ["BINDER_CACHE", "MYBINDERORG_TAG"])
def test_translate__binder_wants_jovyan(name: str) -> None:
    settings = settings_of({**LOGIN, "NOTEBOOK_USER": "alice", name: "true"})
    assert settings.notebook_user == "jovyan"
    assert settings.repo_dir == "/home/jovyan"


def test_translate__the_rest_by_their_new_names() -> None:
    settings = settings_of(
        {
            "APPENDIX_FILE": "more/appendix",
            "REPO2DOCKER_EXTRA_ARGS": "--debug",
            "FORCE_REPO2DOCKER_VERSION": "jupyter-repo2docker==2025.12.0",
            "REPO_DIR": "/srv/x",
            "COMMIT_MSG": "New image",
            "MYBINDERORG_TAG": "main",
        }
    )
    assert settings.appendix_file == "more/appendix"
    assert settings.repo2docker_args.arguments == ("--debug",)
    assert settings.repo2docker_version == "jupyter-repo2docker==2025.12.0"
    assert settings.repo_dir == "/srv/x"
    assert settings.binder_update.cache_message == "New image"
    assert settings.binder_update.prebuild == "main"


def test_translate__extra_pip_install_never_did_anything() -> None:
    assert any(
        "EXTRA_PIP_INSTALL has no effect" in notice for notice in settings_of({"EXTRA_PIP_INSTALL": "x"}).notices
    )


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ({"IMAGE_NAME": "org/a", "image-name": "org/b"}, ("IMAGE_NAME", "image-name")),
        ({"NO_PUSH": "true", "push": "true"}, ("NO_PUSH", "push")),
        ({"LATEST_TAG_OFF": "true", "latest": "true"}, ("LATEST_TAG_OFF", "latest")),
        ({"ADDITIONAL_TAG": "a", "tags": "b"}, ("ADDITIONAL_TAG", "tags")),
        ({"REPO_DIR": "/a", "repo-dir": "/b"}, ("REPO_DIR", "repo-dir")),
        ({"DOCKER_PASSWORD": "old-secret", "password": "new-secret", "username": "a"}, ("DOCKER_PASSWORD", "password")),
    ],
)
def test_translate__contradictions_name_both(inputs: dict[str, str], names: tuple[str, str]) -> None:
    said = "\n".join(problems_of(inputs))
    assert all(f"'{name}'" in said for name in names)
    assert "secret" not in said


def test_translate__same_thing_twice_is_fine() -> None:
    assert str(settings_of({"IMAGE_NAME": "org/a", "image-name": "org/a"}).images[0]) == "docker.io/org/a"


def test_translate__problems_are_told_by_the_name_in_the_workflow() -> None:
    assert problems_of({"NOTEBOOK_USER": "root"})[0].startswith("input 'NOTEBOOK_USER'")


def test_translate__additional_tag_is_checked_first() -> None:
    (said,) = problems_of({"ADDITIONAL_TAG": "refs/heads/main"})
    assert "'refs/heads/main' is not a tag" in said
    assert "did you mean 'main'?" in said


def test_read_secrets__the_old_password() -> None:
    assert "a-password" in read_secrets(environ_of(LOGIN))


def test_make_plan__push_on_any_branch() -> None:
    plan = build_of({**LOGIN, "IMAGE_NAME": "org/image", "ADDITIONAL_TAG": "v1"}, ref="refs/heads/topic")
    assert plan.push
    assert references(plan) == [f"docker.io/org/image:{tag}" for tag in (SHA[:12], "v1", "latest")]
    assert plan.build.default_build_pack


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch", "issue_comment", "release", "create"])
def test_make_plan__every_event_builds(event: str) -> None:
    assert plan_of(LOGIN, event).mode is PlannedMode.BUILD


def test_make_plan__pull_request_pushes_its_head_and_not_latest() -> None:
    plan = build_of({**LOGIN, "IMAGE_NAME": "org/image"}, "pull_request", "refs/pull/7/merge", **pull_request())
    assert plan.push
    assert references(plan) == [f"docker.io/org/image:{HEAD[:12]}"]
    assert any("'latest' is not moved" in notice for notice in plan.notices)


def test_make_plan__fork_is_not_pushed() -> None:
    plan = build_of(LOGIN, "pull_request", "refs/pull/7/merge", **pull_request("stranger/course"))
    assert not plan.push


def test_make_plan__pull_request_target_builds_nothing() -> None:
    assert plan_of(LOGIN, "pull_request_target", **pull_request()).mode is PlannedMode.COMMENT
