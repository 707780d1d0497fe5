"""The decisions about previews: what is pushed, how long it stays, and who deletes it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.decide.labels import EXPIRY_LABEL, PULL_REQUEST_LABEL
from hubaction.decide.mode import PlannedMode
from hubaction.decide.plan import BuildPlan, CleanupPlan, NothingToDo, Plan, make_plan
from hubaction.decide.preview import CleanupTarget, Preview
from hubaction.decide.tags import is_preview_tag, name_of_pull_request
from hubaction.image import ImageName, Reference
from hubaction.inputs.event import Event
from tests.unit.decide.test_plan import FORK, NOW
from tests.unit.samples import (
    HEAD_SHA,
    LOGIN,
    REPOSITORY,
    SHORT_HEAD_SHA,
    SURROUNDINGS,
    make_build_plan,
    make_event,
    make_settings,
    pull_request,
    push_to,
    workflow_run,
)

PREVIEW = {
    "registry": "quay.io",
    "image-name": "org/image",
    "preview": "true",
    "github-token": "ghs_token",
    **LOGIN,
}
NAME = ImageName("quay.io", "org/image")
TAG = f"pr-7-{SHORT_HEAD_SHA}"


def plan_for(event: Event, inputs: Mapping[str, str] | None = None) -> Plan:
    return make_plan(make_settings(PREVIEW | dict(inputs or {})), event, SURROUNDINGS, NOW)


def build_for(event: Event, inputs: Mapping[str, str] | None = None) -> BuildPlan:
    return make_build_plan(make_settings(PREVIEW | dict(inputs or {})), event, NOW)


def preview_for(event: Event, inputs: Mapping[str, str] | None = None) -> Preview:
    preview = build_for(event, inputs).preview
    assert preview
    return preview


def cleanup_for(event: Event, inputs: Mapping[str, str] | None = None) -> CleanupPlan:
    plan = plan_for(event, inputs)
    assert isinstance(plan, CleanupPlan)
    return plan


def closed(*, merged: bool = False, base: str = "main", **changes: str | None) -> Event:
    event = pull_request(action="closed", **changes)  # type: ignore[arg-type]
    assert event.pull_request
    return replace(event, pull_request=replace(event.pull_request, merged=merged, base_branch=base))


# --- pushing ---


@pytest.mark.parametrize("mode", ["auto", "build", "test"])
def test_make_plan__preview_is_pushed_with_an_expiry(mode: str) -> None:
    plan = build_for(pull_request(), {"mode": mode})
    assert plan.push
    assert [str(reference) for reference in plan.references] == [f"quay.io/org/image:{TAG}"]
    assert plan.preview == Preview("4w", "binder-pr-7")
    assert plan.notices == ()
    assert not plan.deletes_merged


@pytest.mark.parametrize("tags", ["{sha}", "{branch}\n{date}", "latest\n{sha}", "release"])
def test_make_plan__preview_has_its_one_name_whatever_tags_says(tags: str) -> None:
    plan = build_for(pull_request(), {"tags": tags, "latest": "true"})
    assert [reference.tag for reference in plan.references] == [TAG]
    assert plan.earlier[0].reference.tag == TAG


def test_make_plan__preview_goes_to_every_repository() -> None:
    plan = build_for(pull_request(), {"image-name": "org/a\norg/b"})
    assert [str(reference) for reference in plan.references] == [f"quay.io/org/a:{TAG}", f"quay.io/org/b:{TAG}"]


@pytest.mark.parametrize(
    "event",
    [push_to(), push_to("refs/tags/v1"), make_event("schedule"), make_event("merge_group"), workflow_run("push")],
    ids=lambda event: f"{event.name} {event.ref}",
)
def test_make_plan__what_is_no_pull_request_never_expires(event: Event) -> None:
    plan = build_for(event, {"push": "true", "mode": "build"})
    assert plan.push
    assert plan.preview is None
    assert EXPIRY_LABEL not in dict(plan.build.labels)
    assert not any(EXPIRY_LABEL in word for word in plan.build.buildx)


def test_make_plan__pull_request_that_is_pushed_otherwise_has_no_expiry_of_ours() -> None:
    plan = build_for(pull_request(), {"preview": "false", "push": "true", "tags": "{sha}"})
    assert plan.push
    assert plan.preview is None
    assert [reference.tag for reference in plan.references] == [SHORT_HEAD_SHA]


def test_make_plan__preview_is_off_by_default() -> None:
    plan = make_build_plan(make_settings({"registry": "quay.io"} | LOGIN), pull_request(), NOW)
    assert (plan.push, plan.preview, plan.deletes_merged) == (False, None, False)


@pytest.mark.parametrize("head_repository", [FORK, None])
def test_make_plan__preview_of_a_fork_is_none(head_repository: str | None) -> None:
    plan = build_for(pull_request(head_repository=head_repository))
    assert not plan.push
    assert "comes from a fork" in plan.notices[0]


def test_make_plan__preview_without_secrets_is_told_and_does_not_fail() -> None:
    plan = build_for(pull_request(), {"password": "", "username": ""})
    assert not plan.push
    assert plan.notices == (
        "The image is not pushed: there is no password for quay.io. Pull requests by Dependabot see Dependabot's"
        " secrets only.",
    )


def test_make_plan__push_false_forbids_previews_too() -> None:
    plan = build_for(pull_request(), {"push": "false"})
    assert not plan.push
    assert "the input 'push' is false" in plan.notices[0]


@pytest.mark.parametrize("expires", ["36h", "10d", "12W"])
def test_make_plan__expiry_is_what_the_input_says(expires: str) -> None:
    assert preview_for(pull_request(), {"preview-expires": expires}).expires == expires.lower()


@pytest.mark.parametrize(
    "inputs",
    [
        {"labels": f"{EXPIRY_LABEL}=1d"},
        {"repo2docker-args": f"--label {EXPIRY_LABEL}=1d"},
        {"repo2docker-args": f"--DockerEngine.extra_buildx_build_args=--label={EXPIRY_LABEL}=1d"},
    ],
)
def test_make_plan__expiry_of_the_users_own_is_stronger(inputs: Mapping[str, str]) -> None:
    assert preview_for(pull_request(), inputs).expires == ""


def test_make_plan__preview_names_its_pull_request_and_production_none() -> None:
    """So that they have no digest in common."""
    assert dict(build_for(pull_request()).build.labels)[PULL_REQUEST_LABEL] == "7"
    assert dict(build_for(push_to()).build.labels)[PULL_REQUEST_LABEL] == ""


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.text("0123456789abcdef", min_size=12, max_size=12))
def test_is_preview_tag__only_of_that_pull_request(number: int, other: int, sha: str) -> None:
    assert is_preview_tag(f"pr-{number}-{sha}", number)
    assert is_preview_tag(f"pr-{other}-{sha}", number) is (number == other)


@pytest.mark.parametrize(
    "tag",
    [
        "pr-12-0123456789ab",
        "pr-1",
        "pr-1-",
        "pr-1-latest",
        "pr-1-0123456789abc",
        "pr-1-0123456789AB",
        "x-pr-1-0123456789ab",
        "pr-1-0123456789ab\n",
        "pr-01-0123456789ab",
        "buildcache",
        "latest",
    ],
)
def test_is_preview_tag__not_what_merely_looks_like_it(tag: str) -> None:
    assert not is_preview_tag(tag, 1)


def test_name_of_pull_request__is_the_previews_when_there_are_previews() -> None:
    found = name_of_pull_request(make_settings(PREVIEW | {"tags": "{sha}\n{branch}"}), 7, HEAD_SHA, NOW)
    assert found
    assert found.reference == Reference(NAME, TAG)


# --- the branch for Binder ---


@pytest.mark.parametrize("inputs", [{"binder-image-branch": " "}, {"github-token": ""}])
def test_make_plan__no_branch_for_binder(inputs: Mapping[str, str]) -> None:
    assert preview_for(pull_request(), inputs).binder_branch == ""


def test_make_plan__no_branch_where_binder_cannot_look() -> None:
    assert preview_for(replace(pull_request(), private=True)).binder_branch == ""
    elsewhere = replace(pull_request(), server_url="https://git.example.org")
    assert preview_for(elsewhere).binder_branch == ""
    assert preview_for(elsewhere, {"binder-url": "https://binder.example.org"}).binder_branch == "binder-pr-7"


# --- after the pull request ---


def test_make_plan__closed_pull_request_is_cleaned_up() -> None:
    plan = cleanup_for(closed())
    assert (plan.mode, plan.reason) == (PlannedMode.CLEANUP, "the pull request was closed")
    assert plan.cleanup == CleanupTarget(
        REPOSITORY, 7, (NAME,), f"https://github.com/{REPOSITORY}", binder_branch="binder-pr-7"
    )
    assert plan.comment
    assert plan.comment.number == 7


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
@pytest.mark.parametrize(("preview", "mode"), [("true", "auto"), ("true", "cleanup"), ("false", "cleanup")])
def test_make_plan__cleanup(name: str, preview: str, mode: str) -> None:
    plan = plan_for(pull_request(name, action="closed"), {"preview": preview, "mode": mode})
    assert plan.mode is PlannedMode.CLEANUP


@pytest.mark.parametrize("mode", ["build", "test"])
def test_make_plan__closed_pull_request_gets_no_preview_any_more(mode: str) -> None:
    """Nothing would ever delete it."""
    plan = build_for(closed(), {"mode": mode})
    assert (plan.push, plan.preview) == (False, None)


def test_make_plan__closed_without_previews_is_nothing_to_do() -> None:
    plan = plan_for(closed(), {"preview": "false"})
    assert isinstance(plan, NothingToDo)


@pytest.mark.parametrize(
    "event",
    [push_to(), make_event("schedule"), pull_request(), pull_request(action="synchronize"), make_event("issues")],
    ids=lambda event: f"{event.name}-{event.action}",
)
def test_make_plan__cleanup_of_what_is_not_closed(event: Event) -> None:
    plan = plan_for(event, {"mode": "cleanup"})
    assert isinstance(plan, NothingToDo)
    assert "when a pull request is closed" in plan.reason


@pytest.mark.parametrize("mode", ["auto", "cleanup"])
@pytest.mark.parametrize("head_repository", [FORK, None])
def test_make_plan__forks_left_nothing(head_repository: str | None, mode: str) -> None:
    plan = plan_for(closed(head_repository=head_repository), {"mode": mode})
    assert isinstance(plan, NothingToDo)
    assert "comes from a fork" in plan.reason


def test_make_plan__cleanup_without_a_password_leaves_the_registry_alone() -> None:
    plan = cleanup_for(
        closed(), {"image-name": "org/image\nghcr.io/org/image", "registry-auth": "", "registry": "quay.io"}
    )
    assert plan.cleanup.images == (NAME,)
    assert plan.notices[0].startswith("Previews are not deleted where there is no password: ghcr.io.")


def test_make_plan__merge_keeps_the_last_preview_for_the_push() -> None:
    plan = cleanup_for(closed(merged=True))
    assert plan.cleanup.kept == (Reference(NAME, TAG),)
    assert plan.cleanup.binder_branch == "binder-pr-7"


@pytest.mark.parametrize("event", [closed(), closed(base="develop"), closed(merged=True, base="develop")])
def test_make_plan__nothing_is_kept_that_no_push_asks_for(event: Event) -> None:
    plan = cleanup_for(event)
    assert plan.cleanup.kept == ()


def test_make_plan__push_to_the_default_branch_deletes_what_was_kept_for_it() -> None:
    assert build_for(push_to()).deletes_merged
    assert not build_for(push_to(), {"preview": "false"}).deletes_merged
    assert not build_for(push_to(), {"github-token": ""}).deletes_merged
    assert not build_for(push_to(), {"push": "false"}).deletes_merged
    assert not build_for(push_to("refs/heads/topic"), {"push": "true"}).deletes_merged
    assert not build_for(push_to("refs/tags/v1")).deletes_merged


def test_make_plan__closed_pull_request_that_cannot_be_named_is_not_trusted() -> None:
    plan = plan_for(make_event("pull_request", {"action": "closed"}), {"mode": "cleanup"})
    assert isinstance(plan, NothingToDo)
