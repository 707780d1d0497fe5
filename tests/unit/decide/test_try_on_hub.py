"""How a pull request is tried: what of settings and event the links are made of."""

from typing import Any

import pytest

from hubaction.decide.try_on_hub import Content, TryOnHub, plan_try_on_hub
from hubaction.inputs.event import Event
from tests.unit.samples import HEAD_SHA, make_event, make_settings, pull_request, push_to, workflow_run

HUB = {"hub-url": "https://hub.example.edu/base/", "hub-profile": "custom", "hub-content-path": "lectures/01.ipynb"}
FORK = "Stranger/Course"


def with_head(head: dict[str, Any], name: str = "pull_request") -> Event:
    base = {"ref": "main", "repo": {"full_name": "Org/Course"}}
    return make_event(
        name, {"number": 7, "pull_request": {"number": 7, "head": {"sha": HEAD_SHA} | head, "base": base}}
    )


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
@pytest.mark.parametrize("head_repository", ["Org/Course", FORK])
def test_plan_try_on_hub__of_a_pull_request(name: str, head_repository: str) -> None:
    try_on_hub = plan_try_on_hub(make_settings(HUB), pull_request(name, head_repository=head_repository))
    url = f"https://github.com/{head_repository}"
    content = Content(url, "feature", "lectures/01.ipynb", "pr-7-Course", from_fork=head_repository == FORK)
    assert try_on_hub == TryOnHub(HEAD_SHA, "https://hub.example.edu/base", "custom", "image", content)


def test_plan_try_on_hub__of_a_run_whose_number_is_looked_up_later() -> None:
    try_on_hub = plan_try_on_hub(
        make_settings(HUB), workflow_run("pull_request", head_repository=FORK, head_branch="topic")
    )
    assert try_on_hub
    assert try_on_hub.commit == HEAD_SHA
    assert try_on_hub.content == Content(
        f"https://github.com/{FORK}", "topic", "lectures/01.ipynb", f"pr-{HEAD_SHA[:12]}-Course", from_fork=True
    )


@pytest.mark.parametrize("event", [push_to(), make_event("schedule"), workflow_run("push")])
def test_plan_try_on_hub__elsewhere_there_is_none(event: Event) -> None:
    assert plan_try_on_hub(make_settings(HUB), event) is None


def test_plan_try_on_hub__without_a_hub() -> None:
    assert plan_try_on_hub(make_settings(), pull_request()) == TryOnHub(HEAD_SHA, image_option="image")


def test_plan_try_on_hub__of_a_deleted_fork_has_no_content() -> None:
    try_on_hub = plan_try_on_hub(make_settings(HUB), pull_request(head_repository=None))
    assert try_on_hub
    assert try_on_hub.content is None


@pytest.mark.parametrize(("name", "folder"), [("..", "pr-7-.."), ("a b/../c", "pr-7-c"), ("é#?%", "pr-7-----")])
def test_plan_try_on_hub__hostile_names_make_plain_folders(name: str, folder: str) -> None:
    try_on_hub = plan_try_on_hub(make_settings(HUB), with_head({"ref": "x", "repo": {"full_name": f"Org/{name}"}}))
    assert try_on_hub
    assert try_on_hub.content
    assert try_on_hub.content.folder == folder
