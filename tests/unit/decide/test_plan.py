"""The decisions: mode, refusals, pushing, tags, and the arguments of the tools."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction import image
from hubaction.decide.build_arguments import make_local_tag
from hubaction.decide.mode import PlannedMode, RefusedError
from hubaction.decide.plan import BuildPlan, CommentPlan, NothingToDo, Plan, RolloutPlan, make_plan
from hubaction.decide.rollout import RolloutTarget
from hubaction.errors import ActionError
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings
from hubaction.inputs.surroundings import Surroundings
from hubaction.inputs.workflow import LOGIN_ACTIONS, LOGIN_COMMANDS, UnseenLogin
from tests.unit.samples import (
    HEAD_SHA,
    LOGIN,
    REPOSITORY,
    SHA,
    SHORT_HEAD_SHA,
    SHORT_SHA,
    SURROUNDINGS,
    deleting_push,
    make_build_plan,
    make_event,
    make_settings,
    pull_request,
    push_to,
    release,
    workflow_run,
)

NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
QUAY = {"registry": "quay.io"} | LOGIN
FORK = "Stranger/Course"


def plan_for(event: Event, inputs: Mapping[str, str] | None = None) -> Plan:
    return make_plan(make_settings(QUAY | dict(inputs or {})), event, SURROUNDINGS, NOW)


def build_for(event: Event, inputs: Mapping[str, str] | None = None) -> BuildPlan:
    return make_build_plan(make_settings(QUAY | dict(inputs or {})), event, NOW)


def tags_for(event: Event, inputs: Mapping[str, str] | None = None) -> list[str]:
    return [reference.tag for reference in build_for(event, inputs).references]


# --- the mode ---


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(push_to(), "build", id="push"),
        pytest.param(push_to("refs/heads/feature"), "build", id="push-to-another-branch"),
        pytest.param(push_to("refs/tags/v1"), "build", id="push-of-a-tag"),
        pytest.param(deleting_push(), "none", id="deleting-push"),
        pytest.param(make_event("schedule"), "build", id="schedule"),
        pytest.param(make_event("workflow_dispatch"), "build", id="workflow_dispatch"),
        pytest.param(make_event("repository_dispatch"), "build", id="repository_dispatch"),
        pytest.param(release("published"), "build", id="release-published"),
        pytest.param(release("created"), "none", id="release-created"),
        pytest.param(release("deleted"), "none", id="release-deleted"),
        pytest.param(release(""), "none", id="release-unknown"),
        pytest.param(pull_request(), "test", id="pull_request"),
        pytest.param(pull_request(action="synchronize"), "test", id="pull_request-synchronize"),
        pytest.param(pull_request(action="closed"), "none", id="pull_request-closed"),
        pytest.param(pull_request(head_repository=FORK), "test", id="pull_request-of-a-fork"),
        pytest.param(make_event("merge_group", {"action": "checks_requested"}), "test", id="merge_group"),
        pytest.param(pull_request("pull_request_target"), "comment", id="pull_request_target"),
        pytest.param(pull_request("pull_request_target", action="closed"), "none", id="pull_request_target-closed"),
        pytest.param(workflow_run("push"), "build", id="workflow_run-push"),
        pytest.param(workflow_run("pull_request"), "comment", id="workflow_run-pull_request"),
        pytest.param(workflow_run("schedule"), "none", id="workflow_run-schedule"),
        pytest.param(workflow_run(""), "none", id="workflow_run-unknown"),
        pytest.param(make_event("issue_comment"), "none", id="issue_comment"),
        pytest.param(make_event("delete"), "none", id="delete"),
        pytest.param(make_event("create"), "none", id="create"),
        pytest.param(make_event("pull_request_review"), "none", id="pull_request_review"),
        pytest.param(make_event(""), "none", id="no-event"),
    ],
)
def test_make_plan__mode_of_the_event(event: Event, expected: str) -> None:
    plan = plan_for(event)
    assert plan.mode == expected
    assert plan.reason
    assert isinstance(plan, BuildPlan) is (expected in {"build", "test"})
    assert event.name in plan.reason or plan.mode is PlannedMode.NONE


def test_make_plan__nothing_to_do() -> None:
    plan = plan_for(make_event("issue_comment"))
    assert isinstance(plan, NothingToDo)
    assert "issue_comment" in plan.reason


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(make_event("issue_comment"), id="none"),
        pytest.param(pull_request("pull_request_target"), id="comment"),
        pytest.param(push_to(), id="build"),
    ],
)
def test_make_plan__keeps_what_the_inputs_gave_rise_to(event: Event) -> None:
    settings = make_settings(QUAY | {"image-name": "Org/Image", "no-such-input": "x"})
    plan = make_plan(settings, event, SURROUNDINGS, NOW)
    assert settings.notices
    assert settings.warnings
    assert set(settings.notices) <= set(plan.notices)
    assert set(settings.warnings) <= set(plan.warnings)


@pytest.mark.parametrize(
    ("event", "mode", "expected"),
    [
        pytest.param(push_to(), "test", "test", id="push-as-test"),
        pytest.param(pull_request(), "build", "build", id="pull-request-as-build"),
        pytest.param(pull_request(), "comment", "comment", id="pull-request-as-comment"),
        pytest.param(pull_request(action="closed"), "test", "test", id="closed-pull-request-as-test"),
        pytest.param(make_event("issue_comment"), "build", "build", id="unknown-as-build"),
        pytest.param(release("created"), "build", "build", id="created-release-as-build"),
        pytest.param(workflow_run("schedule"), "build", "build", id="workflow-run-of-a-schedule-as-build"),
        pytest.param(push_to(), "comment", "none", id="push-as-comment"),
        pytest.param(deleting_push(), "build", "none", id="deleting-push-as-build"),
        pytest.param(deleting_push(), "test", "none", id="deleting-push-as-test"),
        pytest.param(deleting_push(), "comment", "none", id="deleting-push-as-comment"),
    ],
)
def test_make_plan__explicit_mode(event: Event, mode: str, expected: str) -> None:
    plan = plan_for(event, {"mode": mode})
    assert plan.mode == expected
    if event.deleted:
        assert "deleted" in plan.reason


def test_make_plan__reason_names_what_was_deleted() -> None:
    """On a deletion the runner's own variables fall back to the default branch, which is still there.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#push
    """
    payload = {"ref": "refs/heads/feature", "after": "0" * 40, "deleted": True}
    reason = plan_for(make_event("push", payload, GITHUB_REF="refs/heads/main")).reason
    assert "refs/heads/feature" in reason
    assert "main" not in reason


# --- refusals ---


@pytest.mark.parametrize("mode", ["build", "test"])
@pytest.mark.parametrize("head_repository", [REPOSITORY, FORK, None])
def test_make_plan__target_never_builds(mode: str, head_repository: str | None) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_for(pull_request("pull_request_target", head_repository=head_repository), {"mode": mode})
    assert "'pull_request_target'" in caught.value.message
    assert "mode: comment" in caught.value.message
    assert "https://securitylab.github.com/" in caught.value.message


def test_make_plan__target_without_a_payload_never_builds() -> None:
    with pytest.raises(RefusedError):
        plan_for(make_event("pull_request_target"), {"mode": "build"})


@pytest.mark.parametrize("mode", ["build", "test"])
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(workflow_run("pull_request", head_repository=FORK), id="fork"),
        pytest.param(workflow_run("pull_request"), id="pull-request-of-a-branch"),
        pytest.param(workflow_run("pull_request_target", head_repository=FORK), id="target"),
        pytest.param(workflow_run("pull_request_review"), id="review"),
        pytest.param(workflow_run("push", head_repository=FORK), id="push-in-a-fork"),
        pytest.param(workflow_run(""), id="unknown"),
        pytest.param(make_event("workflow_run"), id="no-payload"),
    ],
)
def test_make_plan__workflow_run_of_a_pull_request_never_builds(event: Event, mode: str) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_for(event, {"mode": mode})
    assert "'workflow_run'" in caught.value.message
    assert "mode: comment" in caught.value.message


@pytest.mark.parametrize("mode", ["build", "test"])
@pytest.mark.parametrize("started_by", ["push", "schedule", "workflow_dispatch", "release"])
def test_make_plan__workflow_run_builds_what_github_checked_out(started_by: str, mode: str) -> None:
    plan = build_for(workflow_run(started_by), {"mode": mode})
    assert plan.mode == mode
    assert plan.checkout.must_be == SHA


@pytest.mark.parametrize("event", [push_to(), pull_request(), make_event("schedule")])
def test_make_plan__elsewhere_any_checkout_is_fine(event: Event) -> None:
    assert build_for(event).checkout.must_be is None


# --- pushing ---

PUSH_TABLE = [
    # event, auto, true, false
    ("default-branch", push_to(), True, True, False),
    ("another-branch", push_to("refs/heads/feature"), False, True, False),
    ("tag", push_to("refs/tags/v1"), True, True, False),
    ("schedule", make_event("schedule"), True, True, False),
    ("dispatch", make_event("workflow_dispatch"), True, True, False),
    ("dispatch-on-a-branch", make_event("workflow_dispatch", GITHUB_REF="refs/heads/feature"), False, True, False),
    ("dispatch-on-a-tag", make_event("workflow_dispatch", GITHUB_REF="refs/tags/v1"), True, True, False),
    ("repository-dispatch", make_event("repository_dispatch"), True, True, False),
    ("release", release(), True, True, False),
    ("merge-group", make_event("merge_group"), False, True, False),
    ("pull-request", pull_request(), False, True, False),
    ("fork", pull_request(head_repository=FORK), False, False, False),
    ("deleted-fork", pull_request(head_repository=None), False, False, False),
    ("run-of-a-push", workflow_run("push"), True, True, False),
    ("run-of-a-push-to-a-branch", workflow_run("push", head_branch="feature"), False, True, False),
    ("failed-run-of-a-push", workflow_run("push", conclusion="failure"), False, True, False),
]


@pytest.mark.parametrize(
    ("event", "push", "expected"),
    [
        pytest.param(event, push, expected, id=f"{name}-{push}")
        for name, event, *row in PUSH_TABLE
        for push, expected in zip(("auto", "true", "false"), row, strict=True)
    ],
)
def test_make_plan__push(event: Event, push: str, expected: bool) -> None:
    plan = build_for(event, {"push": push})
    assert plan.push is expected
    assert plan.references, "references are listed also when nothing is pushed"


@pytest.mark.parametrize(
    ("event", "mode"),
    [
        pytest.param(push_to(), "test", id="test-on-the-default-branch"),
        pytest.param(push_to("refs/tags/v1"), "test", id="test-on-a-tag"),
        pytest.param(pull_request(), "build", id="build-on-a-pull-request"),
        pytest.param(make_event("issue_comment"), "build", id="build-on-an-unknown-event"),
        pytest.param(make_event("merge_group"), "build", id="build-in-a-merge-queue"),
    ],
)
def test_make_plan__push_auto_needs_build_mode_and_a_publishing_event(event: Event, mode: str) -> None:
    assert not build_for(event, {"mode": mode}).push


def test_make_plan__push_true_publishes_in_test_mode() -> None:
    assert build_for(push_to(), {"mode": "test", "push": "true"}).push


@pytest.mark.parametrize("head_repository", [FORK, None])
def test_make_plan__fork_is_told_and_does_not_fail(head_repository: str | None) -> None:
    plan = build_for(pull_request(head_repository=head_repository), {"push": "true"})
    assert not plan.push
    assert any("fork" in notice for notice in plan.notices)


@pytest.mark.parametrize("name", ["pull_request", "pull_request_review", "pull_request_review_comment"])
@pytest.mark.parametrize("payload", [{}, {"pull_request": {}}, {"number": 7, "pull_request": {"head": {}}}])
def test_make_plan__pull_request_that_cannot_be_named_is_not_trusted(name: str, payload: Mapping[str, object]) -> None:
    event = make_event(name, payload, GITHUB_REF="refs/heads/main")
    plan = build_for(event, {"mode": "build", "push": "true"})
    assert not plan.push
    assert [reference.tag for reference in plan.references if reference.tag == "latest"] == []


def test_make_plan__workflow_run_without_a_commit_builds_no_checkout() -> None:
    run = {"event": "push", "head_repository": {"full_name": REPOSITORY}}
    plan = build_for(make_event("workflow_run", {"workflow_run": run}, GITHUB_SHA=""), {"tags": "x"})
    assert plan.checkout.must_be == ""


def test_make_plan__fork_without_a_wish_to_push_is_quiet() -> None:
    assert plan_for(pull_request(head_repository=FORK)).notices == ()


def test_make_plan__pull_request_without_password_is_told_and_does_not_fail() -> None:
    plan = make_build_plan(make_settings({"push": "true", "registry": "quay.io"}), pull_request(), NOW)
    assert not plan.push
    (notice,) = plan.notices
    assert "no password for quay.io" in notice
    assert "Dependabot" in notice


@pytest.mark.parametrize(
    ("event", "push"),
    [(push_to(), "auto"), (push_to(), "true"), (make_event("schedule"), "auto"), (make_event("merge_group"), "true")],
)
def test_make_plan__no_password_elsewhere_is_an_error(event: Event, push: str) -> None:
    with pytest.raises(ActionError) as caught:
        make_plan(make_settings({"push": push, "registry": "quay.io"}), event, SURROUNDINGS, NOW)
    assert "no password for quay.io" in caught.value.message
    assert "secrets." in caught.value.message


def test_make_plan__no_password_is_fine_when_nothing_is_pushed() -> None:
    settings = make_settings({"registry": "quay.io"})
    assert not make_build_plan(settings, push_to("refs/heads/feature"), NOW).push
    assert not make_build_plan(make_settings({"push": "false"}), push_to(), NOW).push


def test_make_plan__password_for_another_registry_is_none() -> None:
    auth = "- {registry: quay.io, username: a, password: secret-word}"
    settings = make_settings({"image-name": "quay.io/a/b\nghcr.io/a/b", "registry-auth": auth})
    with pytest.raises(ActionError, match=r"no password for ghcr\.io\."):
        make_plan(settings, push_to(), SURROUNDINGS, NOW)


def test_make_plan__earlier_login_is_a_password() -> None:
    surroundings = Surroundings(logins=frozenset({"quay.io"}))
    assert make_build_plan(make_settings({"registry": "quay.io"}), push_to(), NOW, surroundings).push


@pytest.mark.parametrize("inputs", [{}, LOGIN, {"push": "false"}])
def test_make_plan__unreadable_docker_configuration_fails_a_build(inputs: dict[str, str]) -> None:
    surroundings = Surroundings(logins=ActionError("not readable"))
    with pytest.raises(ActionError, match="not readable"):
        make_build_plan(make_settings(inputs), push_to(), NOW, surroundings)
    plan = make_plan(make_settings(inputs), pull_request("pull_request_target"), surroundings, NOW)
    assert isinstance(plan, CommentPlan)


UNSEEN = UnseenLogin("docker/login-action", ".github/workflows/image.yaml, line 7")


def test_make_plan__login_that_is_not_seen_is_explained() -> None:
    with pytest.raises(ActionError, match=r"no password for quay\.io") as caught:
        make_plan(make_settings({"registry": "quay.io"}), push_to(), Surroundings(unseen_login=UNSEEN), NOW)
    assert "'docker/login-action' (.github/workflows/image.yaml, line 7) is not seen here" in caught.value.message
    assert "Move its 'registry', 'username' and 'password' to this step" in caught.value.message
    assert "Settings > Secrets" not in caught.value.message


@pytest.mark.parametrize("tool", [*LOGIN_ACTIONS, *LOGIN_COMMANDS])
def test_make_plan__every_login_that_is_looked_for_has_an_explanation(tool: str) -> None:
    surroundings = Surroundings(unseen_login=UnseenLogin(tool, "x, line 1"))
    with pytest.raises(ActionError, match=f"'{tool}' "):
        make_plan(make_settings({"registry": "quay.io"}), push_to(), surroundings, NOW)


def test_make_plan__login_that_is_not_seen_on_a_pull_request() -> None:
    settings = make_settings({"registry": "quay.io", "push": "true"})
    plan = make_build_plan(settings, pull_request(), NOW, Surroundings(unseen_login=UNSEEN))
    assert not plan.push
    assert ["'docker/login-action'" in notice for notice in plan.notices] == [True]


def test_make_plan__login_that_is_not_seen_does_not_matter_when_another_is() -> None:
    settings = make_settings({"registry": "quay.io"} | LOGIN)
    assert make_build_plan(settings, push_to(), NOW, Surroundings(unseen_login=UNSEEN)).push


# --- tags ---


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(push_to(), [SHORT_SHA, "latest"], id="default-branch"),
        pytest.param(make_event("schedule"), [SHORT_SHA, "latest"], id="schedule"),
        pytest.param(push_to("refs/heads/feature"), [SHORT_SHA], id="another-branch"),
        pytest.param(push_to("refs/tags/v1"), [SHORT_SHA], id="tag"),
        pytest.param(pull_request(), [f"pr-7-{SHORT_HEAD_SHA}"], id="pull-request"),
        pytest.param(pull_request(head_repository=FORK), [f"pr-7-{SHORT_HEAD_SHA}"], id="fork"),
        pytest.param(make_event("merge_group"), [SHORT_SHA], id="merge-group"),
    ],
)
def test_make_plan__default_tags(event: Event, expected: list[str]) -> None:
    assert tags_for(event) == expected


@pytest.mark.parametrize(
    ("event", "template", "expected"),
    [
        pytest.param(push_to(), "{sha}", SHORT_SHA, id="sha"),
        pytest.param(pull_request(), "{sha}", SHORT_HEAD_SHA, id="sha-of-the-head"),
        pytest.param(push_to("refs/heads/feature/A"), "b-{branch}", "b-feature-A", id="branch"),
        pytest.param(pull_request(), "{pr}", "7", id="pr"),
        pytest.param(push_to(), "{date}", "2026-03-01", id="date"),
        pytest.param(push_to("refs/tags/v1.2.3"), "{version}", "1.2.3", id="version"),
        pytest.param(push_to("refs/tags/1.2.3"), "{version}", "1.2.3", id="version-without-v"),
        pytest.param(release(tag="v2.0+rc"), "{version}", "2.0-rc", id="version-of-a-release"),
        pytest.param(push_to(), "{date}-{sha}", f"2026-03-01-{SHORT_SHA}", id="two"),
        pytest.param(push_to(), "stable", "stable", id="none"),
        pytest.param(push_to("refs/heads/" + "x" * 200), "{branch}", "x" * 128, id="long"),
    ],
)
def test_make_plan__placeholders(event: Event, template: str, expected: str) -> None:
    assert tags_for(event, {"tags": template, "latest": "false"}) == [expected]


def test_make_plan__date_is_in_utc() -> None:
    now = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    plan = make_build_plan(make_settings(QUAY | {"tags": "{date}"}), push_to("refs/heads/x"), now)
    assert [reference.tag for reference in plan.references] == ["2026-02-28"]
    assert "--label=org.opencontainers.image.created=2026-02-28T23:00:00Z" in plan.build.buildx


@pytest.mark.parametrize(
    ("event", "template"),
    [
        pytest.param(push_to(), "{pr}", id="pr-on-a-push"),
        pytest.param(push_to(), "{version}", id="version-on-a-branch"),
        pytest.param(push_to("refs/tags/v1"), "{branch}", id="branch-on-a-tag"),
        pytest.param(pull_request(), "{branch}", id="branch-on-a-pull-request"),
        pytest.param(pull_request(), "{version}", id="version-on-a-pull-request"),
        pytest.param(push_to("refs/heads/ü"), "{branch}", id="nothing-left-of-the-branch"),
    ],
)
def test_make_plan__tag_without_a_value_is_skipped(event: Event, template: str) -> None:
    plan = build_for(event, {"tags": f"{template}\n{{sha}}", "latest": "false"})
    assert [reference.tag for reference in plan.references] == [event.sha[:12]]
    (notice,) = plan.notices
    assert f"'{template}' is skipped" in notice
    assert event.name in notice


def test_make_plan__no_tag_is_left() -> None:
    with pytest.raises(ActionError) as caught:
        plan_for(push_to(), {"tags": "{pr}\nv{version}"})
    assert "No tag is left" in caught.value.message
    assert "{pr}" in caught.value.message
    assert "v{version}" in caught.value.message


def test_make_plan__no_tag_is_left_of_the_default() -> None:
    """Without a commit the default template has no value: the message names it, and does not advise it."""
    event = make_event("push", {}, GITHUB_SHA="")
    with pytest.raises(ActionError) as caught:
        plan_for(event)
    assert "none of  has" not in caught.value.message
    assert "Add a line with {sha}" not in caught.value.message


@pytest.mark.parametrize(
    ("event", "latest", "expected"),
    [
        pytest.param(push_to(), "auto", True, id="default-branch"),
        pytest.param(push_to(), "false", False, id="switched-off"),
        pytest.param(push_to("refs/heads/x"), "auto", False, id="another-branch"),
        pytest.param(push_to("refs/heads/x"), "true", True, id="another-branch-asked-for"),
        pytest.param(push_to("refs/tags/v1"), "auto", False, id="tag"),
        pytest.param(push_to("refs/tags/v1"), "true", True, id="tag-asked-for"),
        pytest.param(pull_request(), "auto", False, id="pull-request"),
        pytest.param(pull_request(), "true", False, id="pull-request-asked-for"),
        pytest.param(make_event("merge_group"), "auto", False, id="merge-group"),
    ],
)
def test_make_plan__latest(event: Event, latest: str, expected: bool) -> None:
    assert ("latest" in tags_for(event, {"latest": latest})) is expected


def test_make_plan__latest_is_refused_to_pull_requests_with_a_notice() -> None:
    for inputs in ({"latest": "true"}, {"tags": "{sha}\nlatest"}):
        plan = build_for(pull_request(), inputs)
        assert all(reference.tag != "latest" for reference in plan.references)
        assert any("'latest' is not moved" in notice for notice in plan.notices)


def test_make_plan__latest_is_listed_once() -> None:
    assert tags_for(push_to(), {"tags": "latest\n{sha}"}) == ["latest", SHORT_SHA]


def test_make_plan__tag_shared_by_pull_requests_is_warned_of() -> None:
    plan = plan_for(pull_request(), {"tags": "preview"})
    assert any("'preview' does not name the pull request" in warning for warning in plan.warnings)


def test_make_plan__equal_tags_are_listed_once() -> None:
    assert tags_for(push_to("refs/heads/a/b"), {"tags": "{branch}\na-b"}) == ["a-b"]


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["{branch}", "{version}", "{branch}-{sha}"]))
def test_make_plan__hostile_refs_give_legal_tags(branch: str, git_tag: str, template: str) -> None:
    for ref in (f"refs/heads/{branch}", f"refs/tags/{git_tag}"):
        event = push_to(ref)
        plan = build_for(event, {"tags": f"{template}\nfixed", "push": "false"})
        assert all(image.is_tag(reference.tag) for reference in plan.references)
        assert all("\n" not in word for word in plan.build.repo2docker)


def test_make_plan__commits_of_a_long_branch_get_different_tags() -> None:
    """A tag cut to its 128 characters must not lose the commit that tells it from the next one."""
    ref = "refs/heads/" + "x" * 200
    first = make_event("push", {}, GITHUB_REF=ref, GITHUB_SHA=SHA)
    second = make_event("push", {}, GITHUB_REF=ref, GITHUB_SHA=HEAD_SHA)
    assert tags_for(first, {"tags": "{branch}-{sha}"}) != tags_for(second, {"tags": "{branch}-{sha}"})


# --- references ---


def test_make_plan__references_in_order() -> None:
    inputs = {
        "registry": "",
        "image-name": "quay.io/a/b\na/b",
        "tags": "{date}\n{sha}",
        "registry-auth": "- {registry: quay.io, username: a, password: word-1}",
    }
    assert [str(reference) for reference in build_for(push_to(), inputs).references] == [
        "quay.io/a/b:2026-03-01",
        f"quay.io/a/b:{SHORT_SHA}",
        "quay.io/a/b:latest",
        "docker.io/a/b:2026-03-01",
        f"docker.io/a/b:{SHORT_SHA}",
        "docker.io/a/b:latest",
    ]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({}, f"quay.io/org/course:{SHORT_SHA}", id="default"),
        pytest.param({"tags": "latest\n{date}-{sha}\n{sha}"}, f"quay.io/org/course:2026-03-01-{SHORT_SHA}", id="first"),
        pytest.param({"tags": "stable\nlatest"}, "quay.io/org/course:stable", id="none-names-the-commit"),
        pytest.param({"image-name": "quay.io/z/z\nquay.io/a/a"}, f"quay.io/z/z:{SHORT_SHA}", id="first-name"),
    ],
)
def test_make_plan__image_is_the_first_name_with_the_commit(inputs: Mapping[str, str], expected: str) -> None:
    assert str(build_for(push_to(), inputs).image) == expected


# --- the tools' arguments ---


def options_of(plan: BuildPlan) -> list[tuple[str, str]]:
    return list(itertools.pairwise(plan.build.repo2docker))


def test_make_plan__repo2docker_defaults() -> None:
    plan = build_for(push_to())
    assert plan.build.repo2docker[0] == "jupyter-repo2docker"
    assert {"--no-run", "--no-push"} <= set(plan.build.repo2docker)
    expected = {
        ("--config", "repo2docker_config.json"),
        ("--image-name", plan.build.local_tag),
        ("--user-id", "1000"),
        ("--user-name", "jovyan"),
        ("--target-repo-dir", "/srv/repo"),
    }
    assert expected <= set(options_of(plan))
    assert plan.build.repo2docker[-1] == "context"


def test_make_plan__repo2docker_inputs() -> None:
    settings = make_settings(
        QUAY
        | {
            "repo-dir": "/opt/course",
            "notebook-user": "rstudio",
            "user-id": "2000",
            "base-image": "ubuntu:24.04",
            "platform": "linux/arm64",
            "build-args": "A=x y\nB=",
            "repo2docker-args": "--debug --build-arg 'C=1 2'",
        }
    )
    plan = make_build_plan(settings, push_to(), NOW, Surroundings(appendix="RUN true\nRUN false\n"))
    expected = {
        ("--target-repo-dir", "/opt/course"),
        ("--user-name", "rstudio"),
        ("--user-id", "2000"),
        ("--build-arg", "A=x y"),
        ("--build-arg", "B="),
        ("--build-arg", "C=1 2"),
        ("--appendix", "RUN true\nRUN false\n"),
    }
    assert expected <= set(options_of(plan))
    assert {"--debug", "--Repo2Docker.base_image=ubuntu:24.04", "--Repo2Docker.platform=linux/arm64"} <= set(
        plan.build.repo2docker
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # repo2docker's own
def test_make_plan__every_repo2docker_argument_is_known_to_it() -> None:
    get_argparser = import_module("repo2docker.__main__").get_argparser

    inputs = {
        "build-args": "A=--x",
        "repo2docker-args": "--debug --cache-from quay.io/a/b",
        "base-image": "ubuntu",
    }
    plan = build_for(push_to(), inputs)
    parsed, rest = get_argparser().parse_known_args(plan.build.repo2docker[1:])
    assert parsed.repo == "context"
    assert parsed.cmd == []
    # The rest goes to traitlets, by class and trait.
    assert rest == ["--Repo2Docker.base_image=ubuntu"]


def test_make_plan__labels_go_to_buildx() -> None:
    plan = build_for(
        push_to("refs/tags/v1.2.3"),
        {"labels": "a=x y\norg.opencontainers.image.title=My course", "repo2docker-args": "--label b=1"},
    )
    labels = dict(
        word.removeprefix("--label=").split("=", 1) for word in plan.build.buildx if word.startswith("--label=")
    )
    assert labels == {
        "org.opencontainers.image.title": "My course",
        "org.opencontainers.image.source": f"https://github.com/{REPOSITORY}",
        "org.opencontainers.image.revision": SHA,
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.created": "2026-03-01T23:30:00Z",
        "a": "x y",
        "b": "1",
        "hub-image-action.pull-request": "",
        "hub-image-action.fingerprint": "",
        "hub-image-action.preview-expires": "",
        "hub-image-action.unproven": "",
    }
    assert not any(word.startswith("--label") for word in plan.build.repo2docker)


def test_make_plan__an_image_that_is_pushed_whatever_the_hub_check_says_is_marked_before_it_is_built() -> None:
    """The result in a label would change the digest; the fingerprint has the policy as well."""
    assert "--label=hub-image-action.unproven=hub-check" in build_for(push_to(), {"hub-check": "warn"}).build.buildx
    assert "--label=hub-image-action.unproven=" in build_for(push_to(), {"hub-check": "false"}).build.buildx


def test_make_plan__revision_is_the_head_of_a_pull_request() -> None:
    assert f"--label=org.opencontainers.image.revision={HEAD_SHA}" in build_for(pull_request()).build.buildx


def test_make_plan__users_buildx_arguments_come_last() -> None:
    plan = build_for(push_to(), {"repo2docker-args": "--DockerEngine.extra_buildx_build_args='--secret id=x'"})
    assert plan.build.buildx[-1] == "--secret id=x"
    assert {"--load", "--provenance=false"} <= set(plan.build.buildx)


@pytest.mark.parametrize("name", ["a/b", "quay.io/Org".lower() + "/x", "[::1]:5000/org/image", "localhost:5000/a__b"])
def test_make_local_tag__is_a_reference(name: str) -> None:
    tag = make_local_tag(make_settings({"image-name": name}), push_to())
    assert image.is_reference(tag)
    assert tag.endswith(":4711-2")


def test_make_local_tag__tells_runs_and_names_apart() -> None:
    def tag(name: str, run_id: str, attempt: str) -> str:
        event = make_event("push", GITHUB_RUN_ID=run_id, GITHUB_RUN_ATTEMPT=attempt)
        return make_local_tag(make_settings({"image-name": name}), event)

    tags = {tag(*given) for given in itertools.product(("a/b", "a/c", "quay.io/a/b"), ("1", "2"), ("1", "2"))}
    assert len(tags) == 12


# --- the comment ---


@pytest.mark.parametrize(
    ("event", "mode"),
    [
        pytest.param(pull_request("pull_request_target"), "auto", id="target"),
        pytest.param(pull_request("pull_request_target", head_repository=FORK), "comment", id="fork"),
        pytest.param(pull_request(), "comment", id="pull-request"),
    ],
)
def test_make_plan__comment_on_the_pull_request(event: Event, mode: str) -> None:
    plan = plan_for(event, {"mode": mode})
    assert isinstance(plan, CommentPlan)
    assert (plan.comment.repository, plan.comment.number) == (REPOSITORY, 7)


def test_make_plan__comment_under_workflow_run_is_looked_up_later() -> None:
    plan = plan_for(workflow_run("pull_request", head_repository=FORK))
    assert isinstance(plan, CommentPlan)
    assert plan.comment.number is None


# --- as a whole ---


def every_settings() -> list[Settings]:
    return [
        make_settings(QUAY | {"mode": mode, "push": push})
        for mode in ("auto", "build", "test", "comment")
        for push in ("auto", "true", "false")
    ]


@pytest.mark.parametrize("settings", every_settings(), ids=lambda settings: f"{settings.mode}-{settings.push}")
def test_make_plan__never_pushes_code_of_forks(settings: Settings) -> None:
    for name in ("pull_request", "pull_request_target", "pull_request_review"):
        for head_repository in (FORK, None):
            try:
                plan = make_plan(settings, pull_request(name, head_repository=head_repository), SURROUNDINGS, NOW)
            except RefusedError:
                continue
            assert not isinstance(plan, BuildPlan) or not plan.push


def test_make_plan__same_input_same_plan() -> None:
    settings = make_settings(QUAY)
    assert make_plan(settings, push_to(), SURROUNDINGS, NOW) == make_plan(settings, push_to(), SURROUNDINGS, NOW)


def test_make_plan__tells_the_settings_warnings() -> None:
    for event in (push_to(), make_event("issue_comment"), pull_request("pull_request_target")):
        assert any("'imag' is not known" in warning for warning in plan_for(event, {"imag": "x"}).warnings)


def test_make_plan__no_secret_is_in_it() -> None:
    plan = plan_for(push_to(), {"github-token": "ghs_token"})
    assert LOGIN["password"] not in repr(plan)
    assert "ghs_token" not in repr(plan)


# --- using earlier images again ---


def test_make_plan__a_push_may_use_an_earlier_image() -> None:
    plan = make_build_plan(make_settings(LOGIN), push_to(), NOW)
    assert plan.build.all_known
    assert not plan.build.fresh
    assert plan.earlier


@pytest.mark.parametrize(
    ("inputs", "event"),
    [
        pytest.param({}, make_event("schedule"), id="schedule"),
        pytest.param({"rebuild": "always"}, push_to(), id="asked"),
    ],
)
def test_make_plan__from_the_base_up(inputs: dict[str, str], event: Event) -> None:
    plan = make_build_plan(make_settings(LOGIN | inputs), event, NOW)
    assert plan.build.fresh
    assert not plan.earlier
    assert "--no-cache" in plan.build.buildx


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--progress=plain", True),
        ("--cache-from=type=registry,ref=a/b", True),
        ("--build-context=data=https://example.org/data.tar", False),
        ("--secret=id=x", False),
        ("--no-cache", False),
        ("--build-arg=HOME", False),
    ],
)
def test_make_plan__arguments_that_bring_in_what_is_not_known(argument: str, expected: bool) -> None:
    given = {"repo2docker-args": f"--DockerEngine.extra_buildx_build_args={argument}"}
    assert make_build_plan(make_settings(LOGIN | given), push_to(), NOW).build.all_known is expected


def recipe_of(inputs: dict[str, str] | None = None, event: Event | None = None) -> tuple[str, ...]:
    return make_build_plan(make_settings(LOGIN | (inputs or {})), event or push_to(), NOW).build.identity


def test_recipe__nothing_of_the_commit_or_the_run_counts() -> None:
    other = make_event("push", {"after": "e" * 40}, GITHUB_SHA="e" * 40, GITHUB_RUN_ID="9", GITHUB_REF="refs/heads/dev")
    assert recipe_of(event=other) == recipe_of() == recipe_of(event=pull_request())
    assert recipe_of({"tags": "x", "latest": "false", "image-name": "a/b", "comment": "never"}) == recipe_of()


@pytest.mark.parametrize(
    "inputs",
    [
        {"repo-dir": "/srv/other"},
        {"notebook-user": "alice"},
        {"user-id": "1001"},
        {"base-image": "debian:trixie"},
        {"platform": "linux/arm64"},
        {"build-args": "A=1"},
        {"labels": "a=1"},
        {"repo2docker-args": "--label a=1"},
        {"repo2docker-args": "--Repo2Docker.cache_from=a"},
        {"repo2docker-args": "--DockerEngine.extra_buildx_build_args=--ulimit=nofile=1"},
        {"include-git": "true"},
        {"allow-files": "a/*.pem"},
        {"NO_PUSH": "false", "repo-dir": "/srv/repo", "include-git": "false"},
    ],
    ids=str,
)
def test_recipe__whatever_makes_the_image_counts(inputs: dict[str, str]) -> None:
    assert recipe_of(inputs) != recipe_of()


def test_make_plan__images_of_pull_requests_say_so() -> None:
    labels = dict(make_build_plan(make_settings(LOGIN), pull_request(), NOW).build.labels)
    assert labels["hub-image-action.pull-request"] == "7"
    labels = dict(make_build_plan(make_settings(LOGIN), push_to(), NOW).build.labels)
    assert labels["hub-image-action.pull-request"] == ""


# --- rollouts ---

ROLLOUT = {"rollout": "true", "rollout-paths": "hubs/*.yaml: singleuser.image", "github-token": "ghs_job"}
MODE = ROLLOUT | {"rollout": "false", "mode": "rollout"}


@pytest.mark.parametrize(
    "event", [push_to(), push_to("refs/tags/v1"), release(), workflow_run("push"), make_event("schedule")]
)
def test_make_plan__rolls_out_what_is_published(event: Event) -> None:
    plan = build_for(event, QUAY | ROLLOUT)
    assert plan.push
    assert plan.rollout == RolloutTarget(REPOSITORY, "", may_write=True, supersedes=True)


@pytest.mark.parametrize("event", [pull_request(), push_to("refs/heads/feature"), make_event("merge_group")])
def test_make_plan__rolls_out_nothing_else(event: Event) -> None:
    """Even where it is pushed."""
    plan = build_for(event, QUAY | ROLLOUT | {"push": "true"})
    assert plan.rollout is None
    assert plan.push
    assert any("not rolled out: that is done from the default branch" in notice for notice in plan.notices)


def test_make_plan__rolls_out_nothing_that_is_not_pushed() -> None:
    plan = build_for(push_to(), QUAY | ROLLOUT | {"push": "false"})
    assert (plan.push, plan.rollout, plan.notices) == (False, None, ())


@pytest.mark.parametrize(
    "event",
    [
        pull_request(),
        pull_request("pull_request_target"),
        pull_request(head_repository="Stranger/Course"),
        pull_request(head_repository=None),
        make_event("merge_group"),
        make_event("issue_comment"),
        make_event("pull_request_review"),
        make_event("fork"),
        make_event("anything"),
        workflow_run("pull_request"),
        workflow_run("push", head_repository="Stranger/Course"),
        workflow_run("issue_comment"),
    ],
)
def test_make_plan__mode_rollout_is_refused_to_strangers(event: Event) -> None:
    with pytest.raises(RefusedError):
        plan_for(event, QUAY | MODE)


@pytest.mark.parametrize(
    ("event", "sha"),
    [
        (push_to("refs/heads/feature"), SHORT_SHA),
        (make_event("workflow_dispatch"), SHORT_SHA),
        (release(), SHORT_SHA),
        (workflow_run("push"), SHORT_HEAD_SHA),
    ],
)
def test_make_plan__mode_rollout_names_the_image_of_the_commit(event: Event, sha: str) -> None:
    plan = plan_for(event, QUAY | MODE)
    assert isinstance(plan, RolloutPlan)
    assert plan.mode is PlannedMode.ROLLOUT
    assert plan.image.tag == sha
    assert plan.checkout.commit.startswith(sha)
    # Whoever starts it by hand may want to go back.
    assert plan.rollout.supersedes == (event.name != "workflow_dispatch")


@pytest.mark.parametrize(
    "event",
    [
        workflow_run("push", conclusion="failure"),
        workflow_run("push", head_branch="feature"),
        workflow_run("workflow_dispatch"),
    ],
)
def test_make_plan__mode_rollout_after_a_run_that_published_nothing(event: Event) -> None:
    assert plan_for(event, QUAY | MODE).mode is PlannedMode.NONE


@pytest.mark.parametrize(
    ("inputs", "may_write"),
    [
        ({}, True),
        ({"github-token": ""}, False),
        ({"rollout-repository": "Org/Hub"}, False),
        ({"rollout-repository": "Org/Hub", "rollout-token": "ghs_app"}, True),
        ({"rollout-repository": REPOSITORY.upper()}, True),
    ],
)
def test_make_plan__rollout_needs_a_token_of_its_repository(inputs: dict[str, str], may_write: bool) -> None:
    plan = build_for(push_to(), QUAY | ROLLOUT | inputs)
    assert plan.rollout is not None
    assert plan.rollout.may_write is may_write


# --- trying a pull request on a hub ---

ON_A_HUB = {"hub-url": "https://hub.example.edu", "hub-profile": "custom"}


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_make_plan__pull_request_is_tried_where_the_inputs_say(name: str) -> None:
    plan = plan_for(pull_request(name), ON_A_HUB)
    assert isinstance(plan, BuildPlan | CommentPlan)
    trial = plan.trial
    assert trial
    assert (trial.commit, trial.hub_url, trial.profile) == (HEAD_SHA, "https://hub.example.edu", "custom")


def test_make_plan__nothing_is_tried_without_a_pull_request() -> None:
    assert build_for(push_to(), ON_A_HUB).trial is None


def test_make_plan__link_without_a_push_is_explained() -> None:
    (notice,) = plan_for(pull_request(), ON_A_HUB).notices
    assert "Set preview: true" in notice
    for push in ("push", "preview"):
        assert plan_for(pull_request(), ON_A_HUB | {push: "true"}).notices == ()
    assert plan_for(pull_request(), {"hub-url": "https://hub.example.edu"}).notices == ()
    assert plan_for(pull_request(head_repository=FORK), ON_A_HUB).notices == ()
    assert plan_for(push_to("refs/heads/feature"), ON_A_HUB).notices == ()
