"""Workflows on pull requests, run by act, with a server that plays GitHub's API: what reviewers get to see."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.engine import Engine
from devtools.registry import Registry
from tests.github.runs import FORK, HEAD_SHA, NUMBER, pull_request_payload, workflow_run_payload
from tests.github.server import JOB_TOKEN, READ_ONLY_TOKEN, REPOSITORY, GitHubServer, Pull, running_server
from tests.support.handler import REPOSITORIES
from tests.support.registry_contents import tags_of
from tests.support.workflows import Run, Workflows

CONTENT = REPOSITORIES / "pull-requests"
BADGE = f"[![Launch on Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/{{}}/{HEAD_SHA}?urlpath=lab)"


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def workflows(
    tmp_path: Path, engine: Engine, action_folder: Path, registry: Registry, image_name: str, server: GitHubServer
) -> Workflows:
    env = {"REGISTRY": registry.host, "IMAGE_NAME": image_name, "GITHUB_API_URL": server.url}
    folder = tmp_path / "user-image"
    return Workflows(folder, engine=engine, action=action_folder, env=env, password="", full_name=REPOSITORY)


def run(workflows: Workflows, name: str, event: str, payload: dict[str, Any], token: str = JOB_TOKEN) -> Run:
    return workflows.use(CONTENT).run(f"{name}.yaml", event, payload, secrets={"GITHUB_TOKEN": token})


def test_branch__one_comment_has_the_badge_and_the_image(
    workflows: Workflows, server: GitHubServer, registry: Registry, image_name: str
) -> None:
    payload = pull_request_payload()
    built = run(workflows, "image", "pull_request", payload)
    badge = run(workflows, "binder", "pull_request_target", payload)

    assert built.succeeded, built.log
    assert badge.succeeded, badge.log
    (body,) = server.bodies()
    assert BADGE.format(REPOSITORY) in body
    assert f"`{registry.host}/{image_name}` was built and tested at commit `{HEAD_SHA[:12]}`, and not pushed" in body
    assert re.search(r"\| Image tests \| `1 passed` \|", body)
    assert built.outputs["comment-id"] == badge.outputs["comment-id"] == str(next(iter(server.comments)))
    assert badge.outputs["mode"] == "comment"
    assert tags_of(registry, image_name) == set()


def test_fork__of_which_the_summary_tells(workflows: Workflows, server: GitHubServer) -> None:
    built = run(workflows, "image", "pull_request", pull_request_payload(head_repository=FORK), token=READ_ONLY_TOKEN)

    assert built.succeeded, built.log
    assert server.bodies() == []
    assert len(re.findall("::notice::The comment on the pull request was not written", built.log)) == 1
    assert "workflow_run" in built.log
    assert "built and tested" in built.log
    assert "comment-id" not in built.outputs


def test_fork__gets_a_badge_of_its_own_repository(workflows: Workflows, server: GitHubServer) -> None:
    badge = run(workflows, "binder", "pull_request_target", pull_request_payload(head_repository=FORK))

    assert badge.succeeded, badge.log
    (body,) = server.bodies()
    assert BADGE.format(FORK) in body


def test_fork__hands_its_result_over(
    workflows: Workflows, server: GitHubServer, registry: Registry, image_name: str, tmp_path: Path
) -> None:
    built = run(workflows, "image", "pull_request", pull_request_payload(head_repository=FORK), token=READ_ONLY_TOKEN)
    found = re.search(r"handed over (\{.*\})", built.log)
    assert found, built.log
    assert built.outputs["result-file"] == "result.json"
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content)
    (content / "result.json").write_text(found[1], encoding="utf-8")
    server.pulls.append(Pull(NUMBER, HEAD_SHA, head_repository=FORK))

    commented = workflows.use(content).run(
        "comment.yaml", "workflow_run", workflow_run_payload(), secrets={"GITHUB_TOKEN": JOB_TOKEN}
    )

    assert commented.succeeded, commented.log
    (body,) = server.bodies()
    assert f"`{registry.host}/{image_name}` was built and tested" in body
    assert json.loads(found[1])["tests"] in body
    assert [comment.number for comment in server.comments.values()] == [NUMBER]


def test_failure__is_told_as_well(workflows: Workflows, server: GitHubServer, tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(CONTENT, content)
    (content / "image-tests" / "test_more.py").write_text("def test_more():\n    assert False\n", encoding="utf-8")
    payload = pull_request_payload()
    built = workflows.use(content).run("image.yaml", "pull_request", payload, secrets={"GITHUB_TOKEN": JOB_TOKEN})

    assert not built.succeeded
    (body,) = server.bodies()
    assert "failed" in body
    assert "The image tests failed (1 passed, 1 failed" in body
