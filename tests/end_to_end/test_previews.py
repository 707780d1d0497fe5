"""Previews by a user's workflow, run by act: opened, with links that work; closed, cleaned up; merged, promoted.

Runner, engine and registry are real; GitHub is played by a server, and links to Binder are taken apart as Binder does.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from devtools.engine import Engine
from devtools.registry import MANIFESTS, Registry
from hubaction.decide.binder_dockerfile import PATH
from hubaction.decide.labels import EXPIRY_LABEL
from tests.github.runs import FORK, HEAD_SHA, NUMBER, pull_request_payload
from tests.github.server import JOB_TOKEN, READ_ONLY_TOKEN, REPOSITORY, GitHubServer, Pull, running_server
from tests.support.handler import REPOSITORIES
from tests.support.registry_contents import read_config, tags_of
from tests.support.users import USER
from tests.support.workflows import Run, Workflows
from tests.unit.report.test_links import launch

CONTENT = REPOSITORIES / "pull-requests"
TAG = f"pr-{NUMBER}-{HEAD_SHA[:12]}"
BRANCH = f"binder-pr-{NUMBER}"


@dataclass(frozen=True)
class Stage:
    """A user's repository: on GitHub, checked out, and where its image goes."""

    server: GitHubServer
    registry: Registry
    name: str
    workflows: Workflows

    @property
    def tags(self) -> set[str]:
        return tags_of(self.registry, self.name)

    def pull_request(self, action: str, *, head_repository: str = REPOSITORY, merged: bool = False) -> Run:
        payload: dict[str, Any] = pull_request_payload(head_repository=head_repository) | {"action": action}
        payload["pull_request"]["merged"] = merged
        token = JOB_TOKEN if head_repository == REPOSITORY else READ_ONLY_TOKEN
        secrets = {"REGISTRY_PASSWORD": "any", "GITHUB_TOKEN": token}
        return self.workflows.use(CONTENT).run("preview.yaml", "pull_request", payload, secrets=secrets)

    def body(self) -> str:
        (body,) = self.server.bodies()
        return body


@pytest.fixture
def stage(
    tmp_path: Path, engine: Engine, action_folder: Path, public_registry: Registry, image_name: str
) -> Iterator[Stage]:
    with running_server() as server:
        server.git.push({"README.md": "Tides\n"})
        env = {
            "REGISTRY": public_registry.host,
            "REGISTRY_USERNAME": USER,
            "IMAGE_NAME": image_name,
            "GITHUB_API_URL": server.url,
        }
        workflows = Workflows(
            tmp_path / "checkout",
            engine=engine,
            action=action_folder,
            env=env,
            secrets={"REGISTRY_PASSWORD": "any", "GITHUB_TOKEN": JOB_TOKEN},
            full_name=REPOSITORY,
        )
        yield Stage(server, public_registry, image_name, workflows)


def succeeded(run: Run) -> Run:
    assert run.succeeded, run.log
    return run


def can_be_pulled(reference: str) -> bool:
    """Whether a registry shows an image, `host/name@digest`, to somebody without a login."""
    name, _, digest = reference.partition("@")
    host, _, path = name.partition("/")
    url = f"http://{host}/v2/{path}/manifests/{digest}"
    return requests.get(url, headers={"Accept": MANIFESTS}, timeout=30).ok


def test_pull_request__opened_and_closed(stage: Stage) -> None:
    opened = succeeded(stage.pull_request("opened"))

    assert stage.tags == {TAG}
    reference = f"{stage.registry.host}/{stage.name}:{TAG}"
    digest = stage.registry.digest(stage.name, TAG)
    assert (opened.outputs["image"], opened.outputs["digest"]) == (reference, digest)
    assert read_config(stage.registry, stage.name, TAG)["config"]["Labels"][EXPIRY_LABEL] == "10d"

    body = stage.body()
    assert f"`{reference}@{digest}`" in body
    (link,) = re.findall(r"\[!\[Launch this image on Binder\]\([^)]+\)\]\(([^)]+)\)", body)
    launched = launch("https://mybinder.org", link)
    assert (launched.repository, launched.ref, launched.urlpath) == (REPOSITORY, BRANCH, "lab")
    dockerfile = stage.server.git.read(PATH, branch=launched.ref)
    (started,) = re.findall(r"(?m)^FROM (.+)$", dockerfile)
    assert started == f"{stage.registry.host}/{stage.name}@{digest}"
    assert can_be_pulled(started)

    closed = succeeded(stage.pull_request("closed"))

    assert stage.tags == set()
    assert not can_be_pulled(started)
    assert set(stage.server.git.branches) == {"main"}
    assert json.loads(closed.outputs["deleted"]) == [reference]
    assert closed.outputs["mode"] == "cleanup"
    after = stage.body()
    assert "🧹 The preview of this pull request" in after
    assert "mybinder.org" not in after
    assert digest not in after
    assert "::group::Build" not in closed.log
    assert stage.server.unauthorized == []


def test_pull_request__merged(stage: Stage) -> None:
    succeeded(stage.pull_request("opened"))
    preview = stage.registry.digest(stage.name, TAG)
    closed = succeeded(stage.pull_request("closed", merged=True))
    assert stage.tags == {TAG}
    assert "the run on the merge uses it" in stage.body()
    assert json.loads(closed.outputs["deleted"]) == []

    workflows = stage.workflows.use(CONTENT)
    stage.server.pulls = [Pull(NUMBER, HEAD_SHA, "closed", merge_commit_sha=workflows.commit, merged=True)]
    pushed = succeeded(workflows.push("preview.yaml"))

    assert "::group::Build" not in pushed.log
    assert stage.tags == {workflows.commit[:12], "latest"}
    assert stage.registry.digest(stage.name, "latest") != preview
    assert EXPIRY_LABEL not in read_config(stage.registry, stage.name, "latest")["config"]["Labels"]


def test_pull_request__of_a_fork(stage: Stage) -> None:
    """Unlike GitHub this gives a fork's run the password: nothing is pushed although it could be."""
    opened = succeeded(stage.pull_request("opened", head_repository=FORK))
    closed = succeeded(stage.pull_request("closed", head_repository=FORK))

    assert stage.tags == set()
    assert "this pull request comes from a fork" in opened.log
    assert closed.outputs["mode"] == "none"
    assert set(stage.server.git.branches) == {"main"}
