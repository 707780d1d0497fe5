"""Payloads and runner variables -> Event, also when the payload is not what it should be."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs.event import ZERO_SHA, read_event, read_payload
from tests.unit.samples import HEAD_SHA, REPOSITORY, SHA, deleting_push, make_event, pull_request, push_to, workflow_run

EVENT_NAMES = (
    "push",
    "pull_request",
    "pull_request_target",
    "workflow_run",
    "workflow_dispatch",
    "repository_dispatch",
    "schedule",
    "release",
    "merge_group",
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "action",
                    "after",
                    "base",
                    "default_branch",
                    "deleted",
                    "event",
                    "full_name",
                    "head",
                    "head_commit",
                    "head_repository",
                    "id",
                    "merge_group",
                    "number",
                    "private",
                    "pull_request",
                    "ref",
                    "release",
                    "repo",
                    "repository",
                    "sha",
                    "tag_name",
                    "workflow_run",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(EVENT_NAMES), json_values)
def test_read_event__any_payload_is_read(name: str, payload: object) -> None:
    event = read_event({"GITHUB_EVENT_NAME": name}, payload)
    texts = [event.action, event.repository, event.default_branch, event.ref, event.sha, event.branch, event.git_tag]
    assert all(isinstance(text, str) for text in texts)


def test_read_event__branch_push() -> None:
    event = push_to("refs/heads/main")
    assert (event.branch, event.git_tag, event.on_default_branch) == ("main", "", True)
    assert (event.sha, event.checkout_sha, event.deleted) == (SHA, SHA, False)
    assert (event.repository, event.run_id, event.run_attempt) == (REPOSITORY, "4711", "2")


def test_read_event__branch_with_slashes() -> None:
    event = push_to("refs/heads/feature/tags/x")
    assert (event.branch, event.git_tag, event.on_default_branch) == ("feature/tags/x", "", False)


def test_read_event__tag_push() -> None:
    event = push_to("refs/tags/v1.0")
    assert (event.branch, event.git_tag, event.on_default_branch) == ("", "v1.0", False)


def test_read_event__tag_named_as_the_default_branch() -> None:
    assert not push_to("refs/tags/main").on_default_branch


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"deleted": True, "after": SHA}, id="flag"),
        pytest.param({"deleted": False, "after": ZERO_SHA}, id="zero-sha"),
    ],
)
def test_read_event__deleted_push(payload: dict[str, object]) -> None:
    assert make_event("push", payload).deleted


def test_read_event__deleted_ref_is_the_payloads() -> None:
    event = make_event("push", {"ref": "refs/heads/feature", "deleted": True}, GITHUB_REF="refs/heads/main")
    assert event.ref == "refs/heads/feature"
    assert not event.on_default_branch


def test_read_event__halves_of_characters_can_be_printed() -> None:
    event = read_event({"GITHUB_EVENT_NAME": "push"}, json.loads('{"ref": "refs/heads/\\ud800"}'))
    assert event.branch.encode()


@pytest.mark.parametrize(
    ("name", "head_repository", "untrusted"),
    [
        ("pull_request", REPOSITORY, False),
        ("pull_request", "Stranger/Course", True),
        ("pull_request", None, True),
        ("pull_request_target", "Stranger/Course", True),
    ],
)
def test_untrusted__pull_requests(name: str, head_repository: str | None, untrusted: bool) -> None:
    assert pull_request(name, head_repository=head_repository).untrusted is untrusted


def test_untrusted__without_a_payload() -> None:
    assert make_event("pull_request").untrusted
    assert not push_to().untrusted


def test_read_event__deleted_is_of_pushes_only() -> None:
    assert not deleting_push("workflow_dispatch").deleted


def test_read_event__pull_request_takes_the_head_commit() -> None:
    event = pull_request()
    assert event.pull_request is not None
    assert (event.sha, event.checkout_sha) == (HEAD_SHA, SHA)
    assert (event.pull_request.number, event.pull_request.head_branch) == (7, "feature")
    assert (event.branch, event.on_default_branch) == ("", False)


@pytest.mark.parametrize(
    ("head_repository", "from_fork"),
    [
        pytest.param(REPOSITORY, False, id="same-repository"),
        pytest.param(REPOSITORY.lower(), False, id="other-spelling"),
        pytest.param("Stranger/Course", True, id="fork"),
        pytest.param(None, True, id="deleted-fork"),
    ],
)
def test_read_event__fork(head_repository: str | None, from_fork: bool) -> None:
    event = pull_request(head_repository=head_repository)
    assert event.pull_request is not None
    assert event.pull_request.from_fork is from_fork


@pytest.mark.parametrize(
    ("head_repository", "from_fork"),
    [(REPOSITORY, False), (REPOSITORY.lower(), False), ("Stranger/Course", True), ("", True)],
)
def test_read_event__workflow_run_of_a_fork(head_repository: str, from_fork: bool) -> None:
    run = workflow_run("pull_request", head_repository=head_repository).workflow_run
    assert run
    assert run.from_fork is from_fork


def test_read_event__workflow_run_of_unknown_repositories_is_not_trusted() -> None:
    run = read_event({"GITHUB_EVENT_NAME": "workflow_run"}, {"workflow_run": {"event": "push"}}).workflow_run
    assert run
    assert run.from_fork


def test_read_event__target_is_not_on_its_base_branch() -> None:
    event = pull_request("pull_request_target")
    assert (event.ref, event.branch, event.on_default_branch) == ("refs/heads/main", "", False)


def test_read_event__schedule_is_on_the_default_branch_without_its_name() -> None:
    event = read_event({"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/trunk"}, {"schedule": "0 4 * * 1"})
    assert event.on_default_branch
    assert event.branch == "trunk"


def test_read_event__unknown_default_branch_is_no_branch() -> None:
    event = read_event({"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}, {})
    assert not event.on_default_branch
    assert not read_event({"GITHUB_EVENT_NAME": "push"}, {}).on_default_branch


def test_read_event__merge_group_has_no_branch() -> None:
    event = make_event("merge_group", GITHUB_REF="refs/heads/gh-readonly-queue/main/pr-1-abc")
    assert event.branch == ""


def test_read_event__workflow_run() -> None:
    event = workflow_run("pull_request", head_repository="Stranger/Course", head_branch="feature")
    assert event.workflow_run is not None
    assert (event.workflow_run.event, event.workflow_run.head_repository) == ("pull_request", "Stranger/Course")
    assert (event.workflow_run.head_sha, event.workflow_run.conclusion) == (HEAD_SHA, "success")
    assert event.pull_request is None


@pytest.mark.parametrize(
    ("name", "payload", "ref", "sha"),
    [
        pytest.param("push", {"ref": "refs/heads/x", "after": SHA}, "refs/heads/x", SHA, id="push"),
        pytest.param(
            "push",
            {"ref": "refs/tags/v1", "after": HEAD_SHA, "head_commit": {"id": SHA}},
            "refs/tags/v1",
            SHA,
            id="annotated-tag",
        ),
        pytest.param("push", {"ref": "refs/heads/x", "after": ZERO_SHA}, "refs/heads/x", "", id="deleted"),
        pytest.param("release", {"release": {"tag_name": "v1"}}, "refs/tags/v1", "", id="release"),
        pytest.param("workflow_dispatch", {"ref": "refs/heads/x"}, "refs/heads/x", "", id="dispatch"),
        pytest.param("workflow_dispatch", {"ref": "x"}, "refs/heads/x", "", id="dispatch-short"),
        pytest.param(
            "repository_dispatch", {"repository": {"default_branch": "main"}}, "refs/heads/main", "", id="repository"
        ),
        pytest.param("merge_group", {"merge_group": {"head_sha": SHA}}, "", SHA, id="merge-group"),
        pytest.param("pull_request", {"number": 1, "pull_request": {"head": {"sha": SHA}}}, "", SHA, id="pull-request"),
        pytest.param("push", {"after": "0123; rm -rf /"}, "", "", id="no-sha"),
    ],
)
def test_read_event__payload_alone(name: str, payload: dict[str, object], ref: str, sha: str) -> None:
    event = read_event({"GITHUB_EVENT_NAME": name}, payload)
    assert (event.ref, event.sha) == (ref, sha)


def test_read_event__runner_variables_win() -> None:
    payload = {"ref": "refs/heads/other", "after": HEAD_SHA, "repository": {"full_name": "a/b"}}
    event = make_event("push", payload, GITHUB_REF="refs/heads/main", GITHUB_SHA=SHA)
    assert (event.ref, event.sha, event.repository) == ("refs/heads/main", SHA, REPOSITORY)


def test_read_event__private() -> None:
    assert read_event({}, json.loads('{"repository": {"private": true}}')).private
    assert not read_event({}, json.loads('{"repository": {"private": "yes"}}')).private


def test_read_event__pull_request_without_number_is_none() -> None:
    assert make_event("pull_request", {"pull_request": {"number": "7"}}).pull_request is None


def test_read_event__server_of_github() -> None:
    assert read_event({}, {}).server_url == "https://github.com"
    assert read_event({"GITHUB_SERVER_URL": "https://git.example"}, {}).server_url == "https://git.example"


# --- the payload's file ---


def test_read_payload__what_stands_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text('{"action": "opened"}', encoding="utf-8")
    assert read_payload(str(tmp_path / "event.json")) == ({"action": "opened"}, ())
    assert read_payload("") == ({}, ())


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_read_payload__unreadable_is_a_warning(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "event.json"
    if content is not None:
        file.write_bytes(content)
    payload, (warning,) = read_payload(str(file))
    assert payload == {}
    assert warning.startswith(f"The event's payload {file} cannot be read: ")
