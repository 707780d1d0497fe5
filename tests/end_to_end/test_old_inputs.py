"""Workflows of jupyterhub/repo2docker-action with their inputs as they are, run by act.

In these files only the name after `uses` is another one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.engine import Engine
from devtools.registry import Door, Registry, running_registry
from hubaction.decide.binder_dockerfile import PATH, render_dockerfile
from tests.github.runs import HEAD_SHA, pull_request_payload
from tests.github.server import JOB_TOKEN, REPOSITORY, GitHubServer, running_server
from tests.support.handler import REPOSITORIES
from tests.support.registry_contents import tags_of
from tests.support.users import USER
from tests.support.workflows import Run, Workflows

CONTENT = REPOSITORIES / "old-inputs"


@pytest.fixture(scope="module")
def server() -> Iterator[GitHubServer]:
    """Yield GitHub's API with the repository's only commit."""
    with running_server() as running:
        running.git.push({"Dockerfile": (CONTENT / "Dockerfile").read_text()})
        yield running


@pytest.fixture(scope="module")
def secrets(password: str) -> Mapping[str, str]:
    return {"QUAY_USERNAME": USER, "QUAY_PASSWORD": password, "GITHUB_TOKEN": JOB_TOKEN}


# --- Binder's cache, an additional tag, no tag latest ---


@dataclass(frozen=True)
class Pushed:
    """A push to main that ended in a registry."""

    run: Run
    registry: Registry
    name: str
    commit: str

    @property
    def tag(self) -> str:
        return self.commit[:12]


@pytest.fixture(scope="module")
def cached(
    tmp_path_factory: pytest.TempPathFactory,
    engine: Engine,
    action_folder: Path,
    server: GitHubServer,
    secrets: Mapping[str, str],
) -> Iterator[Pushed]:
    """Yield the outcome in a registry that shows everybody what it has."""
    with running_registry(engine=engine, door=Door(public=True)) as registry:
        env = {"REGISTRY": registry.host, "IMAGE_NAME": "Lab/Predecessor/Tide-Tables", "GITHUB_API_URL": server.url}
        folder = tmp_path_factory.mktemp("cached") / "checkout"
        workflows = Workflows(
            folder, engine=engine, action=action_folder, env=env, secrets=secrets, full_name=REPOSITORY
        )
        run = workflows.use(CONTENT).push("binder-cache.yaml")
        yield Pushed(run, registry, "lab/predecessor/tide-tables", workflows.commit)


def test_push__has_the_old_tags(cached: Pushed) -> None:
    assert cached.run.succeeded, cached.run.log
    assert tags_of(cached.registry, cached.name) == {cached.tag, "summer-school"}
    digests = {cached.registry.digest(cached.name, tag) for tag in (cached.tag, "summer-school")}
    assert len(digests) == 1


def test_push__later_steps_use_the_old_outputs(cached: Pushed) -> None:
    reference = f"{cached.registry.host}/{cached.name}:{cached.tag}"
    assert f"The hub gets {reference}, tag {cached.tag}\n" in cached.run.log


def test_push__keeps_binders_cache(cached: Pushed, server: GitHubServer) -> None:
    image = f"{cached.registry.host}/{cached.name}@{cached.registry.digest(cached.name, cached.tag)}"
    head = server.git.commits[server.git.branches["main"]]
    assert server.git.read(PATH) == render_dockerfile(image)
    assert head.message == f"Image of {cached.commit}\n\nBinder-Image: {image}\n"
    assert "Everybody can pull the image." in cached.run.log


def test_push__tells_what_is_done_with_the_old_inputs(cached: Pushed) -> None:
    assert "::notice::IMAGE_NAME 'Lab/Predecessor/Tide-Tables' is used in lower case" in cached.run.log
    assert "is not known and has no effect" not in cached.run.log
    assert cached.run.errors == []


# --- NO_PUSH ---


@pytest.fixture
def workflows(
    tmp_path: Path,
    engine: Engine,
    action_folder: Path,
    registry: Registry,
    image_name: str,
    server: GitHubServer,
    secrets: Mapping[str, str],
) -> Workflows:
    env = {"REGISTRY": registry.host, "IMAGE_NAME": image_name, "GITHUB_API_URL": server.url}
    folder = tmp_path / "checkout"
    made = Workflows(folder, engine=engine, action=action_folder, env=env, secrets=secrets, full_name=REPOSITORY)
    return made.use(CONTENT)


def test_no_push__is_false_on_main(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.push("main-and-pull-request.yaml")

    assert run.succeeded, run.log
    tag = workflows.commit[:12]
    assert tags_of(registry, image_name) == {tag, "latest"}
    assert f"The hub gets {registry.host}/{image_name}:{tag}, tag {tag}\n" in run.log
    assert "The hub would get" not in run.log


def test_no_push__is_true_on_pull_requests(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.run("main-and-pull-request.yaml", "pull_request", pull_request_payload())

    assert run.succeeded, run.log
    assert tags_of(registry, image_name) == set()
    assert f"The hub would get {registry.host}/{image_name}:{HEAD_SHA[:12]}, tag {HEAD_SHA[:12]}\n" in run.log
    assert not re.search(r"\| The hub gets", run.log)
