"""What follows a push, run by act: Binder starts from the image, is asked to build, and everybody may pull it.

GitHub and Binder are played by servers on the loopback; runner, engine and registries are real.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools.engine import Engine
from devtools.registry import Registry
from hubaction.decide.binder_dockerfile import PATH, render_dockerfile
from tests.github.server import JOB, JOB_TOKEN, REPOSITORY, GitHubServer, running_server
from tests.support.binder_federation import STALL, Chunk, Federation, event, running_federation
from tests.support.handler import REPOSITORIES
from tests.support.registry_contents import tags_of
from tests.support.users import USER
from tests.support.workflows import Run, Workflows

CONTENT = REPOSITORIES / "roll-out"
THEIR_DOCKERFILE = "FROM debian:trixie-slim\nUSER 1000\n"


@dataclass(frozen=True)
class Stage:
    """One user's repository: on GitHub, checked out, and where its image goes."""

    server: GitHubServer
    registry: Registry
    name: str
    workflows: Workflows
    federation: Federation

    def image(self, tag: str) -> str:
        """An image of the registry by its digest."""
        return f"{self.registry.host}/{self.name}@{self.registry.digest(self.name, tag)}"

    def push(self, workflow: str, content: Path = CONTENT, **changes: Any) -> Run:
        return self.workflows.use(content).push(workflow, **changes)


def copy_content(folder: Path, binder_dockerfile: str) -> Path:
    """The repository's content with one file more."""
    content = shutil.copytree(CONTENT, folder / "content")
    (content / PATH).parent.mkdir()
    (content / PATH).write_text(binder_dockerfile)
    return content


MakeStage = Callable[..., Stage]


@pytest.fixture(scope="module")
def make_stage(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, action_folder: Path, registry: Registry, password: str
) -> Iterator[MakeStage]:
    """Make a repository with one commit on GitHub; its image goes to the registry with passwords by default."""
    with ExitStack() as stack:

        def make(name: str, to: Registry = registry, **files: str) -> Stage:
            server = stack.enter_context(running_server())
            federation = stack.enter_context(running_federation())
            server.git.push({"Dockerfile": (CONTENT / "Dockerfile").read_text(), **files})
            image_name = f"lab/roll-out/{name}"
            env = {
                "REGISTRY": to.host,
                "REGISTRY_USERNAME": USER,
                "IMAGE_NAME": image_name,
                "GITHUB_API_URL": server.url,
                "BINDER_URL": federation.url,
            }
            workflows = Workflows(
                tmp_path_factory.mktemp(name) / "checkout",
                engine=engine,
                action=action_folder,
                env=env,
                secrets={"REGISTRY_PASSWORD": password, "GITHUB_TOKEN": JOB_TOKEN},
                full_name=REPOSITORY,
            )
            return Stage(server, to, image_name, workflows, federation)

        yield make


# --- binder-cache: true and binder-prebuild ---


@dataclass(frozen=True)
class TwoPushes:
    """A push to main, and the one that its commit of binder/Dockerfile is: as with a token that starts builds."""

    stage: Stage
    first: Run
    first_tag: str
    committed: str
    """The commit that the first run made."""
    on_request: list[str]
    """What Binder found as binder/Dockerfile when it was asked to build."""
    second: Run


@pytest.fixture(scope="module")
def two_pushes(make_stage: MakeStage, tmp_path_factory: pytest.TempPathFactory) -> TwoPushes:
    stage = make_stage("two-pushes")
    server, federation = stage.server, stage.federation
    on_request: list[str] = []

    def build() -> Iterator[Chunk]:
        on_request.append(server.git.read(PATH))
        yield event("fetching", "Cloning into the harbour\n")
        yield event("building", "Step 1/1 : FROM the tides\n")
        yield event("built", "Image is there\n")
        yield STALL  # next it would launch a server

    federation.chunks = build
    first = stage.push("binder.yaml")
    first_tag = stage.workflows.commit[:12]
    committed = server.git.branches["main"]
    assert server.git.commits[committed].author == JOB, first.log

    content = copy_content(tmp_path_factory.mktemp("second"), server.git.read(PATH))
    federation.chunks = [event("building"), event("failed", "no room in the harbour\n")]
    second = stage.push("binder.yaml", content, after=committed)
    return TwoPushes(stage, first, first_tag, committed, on_request, second)


def test_binder_cache__commits_the_pushed_image(two_pushes: TwoPushes) -> None:
    run, stage = two_pushes.first, two_pushes.stage
    commit = stage.server.git.commits[two_pushes.committed]
    image = stage.image(two_pushes.first_tag)

    assert run.succeeded, run.log
    assert stage.server.git.read(PATH) == render_dockerfile(image)
    assert f"FROM {image}\n" in stage.server.git.read(PATH)
    assert commit.message == f"Start Binder from the new image\n\nBinder-Image: {image}\n"
    assert len(list(stage.server.git.history(two_pushes.committed))) == 2
    assert f"{PATH} on 'main' names this image now. https://github.com/{REPOSITORY}/commit/" in run.log
    assert stage.server.unauthorized == []


def test_binder_cache__is_left_alone_by_the_push_of_its_own_commit(two_pushes: TwoPushes) -> None:
    run, stage = two_pushes.second, two_pushes.stage

    assert run.succeeded, run.log
    assert run.outputs["IMAGE_SHA_TAG"] == two_pushes.committed[:12]
    assert stage.server.git.branches == {"main": two_pushes.committed}
    assert f"{PATH} on 'main' names this image." in run.log


def test_binder_cache__is_no_part_of_the_image(two_pushes: TwoPushes) -> None:
    """The second checkout has the file, and the image is the one of before all the same."""
    stage = two_pushes.stage
    assert "Nothing has changed since" in two_pushes.second.log
    assert stage.image(two_pushes.committed[:12]) == stage.image(two_pushes.first_tag)


def test_binder_prebuild__phases_are_in_the_log(two_pushes: TwoPushes) -> None:
    log = two_pushes.first.log
    asked = [path for path, _ in two_pushes.stage.federation.requests]

    assert asked == [f"/{place}/build/gh/{REPOSITORY}/main" for _ in range(2) for place in ("front", "member")]
    phases = ("fetching", "building", "built")
    places = [log.index(f"Binder: {phase}") for phase in phases]
    assert places == sorted(places)
    assert "Cloning into the harbour" in log
    assert "visitors whom it serves start at once" in log
    assert "::notice::Binder has not built" not in log


def test_binder_prebuild__comes_after_the_commit(two_pushes: TwoPushes) -> None:
    """Else Binder would build what the image is there to spare."""
    assert two_pushes.on_request == [render_dockerfile(two_pushes.stage.image(two_pushes.first_tag))]


def test_binder_prebuild__that_fails_is_a_notice(two_pushes: TwoPushes) -> None:
    run = two_pushes.second

    assert run.succeeded, run.log
    assert "Binder: failed" in run.log
    assert "no room in the harbour" in run.log
    assert "::notice::Binder has not built main. The build failed on 127.0.0.1" in run.log
    assert run.errors == []


def test_binder_cache__refuses_where_the_repository_has_configuration(make_stage: MakeStage, tmp_path: Path) -> None:
    stage = make_stage("configured", **{PATH: THEIR_DOCKERFILE})
    before = dict(stage.server.git.branches)
    run = stage.push("binder.yaml", copy_content(tmp_path, THEIR_DOCKERFILE))

    assert not run.succeeded
    (error,) = run.errors
    assert f"There is a {PATH} that this action did not write: move it to the root, or remove it." in error
    assert stage.server.git.branches == before
    assert stage.server.writes() == []
    assert run.outputs["pushed"] == "true"
    assert run.outputs["digest"] == stage.registry.digest(stage.name, "latest")
    assert re.search("Summary - ### ❌ User image .*: pushed, and then the run failed", run.log)
    assert stage.image("latest") in run.log
    assert stage.federation.requests == []


# --- public-check ---


def test_public_check__passes_where_everybody_may_pull(make_stage: MakeStage, public_registry: Registry) -> None:
    """With it, `binder-cache: check` tells what it would do."""
    stage = make_stage("everybody", public_registry)
    before = dict(stage.server.git.branches)
    run = stage.push("check.yaml")

    assert run.succeeded, run.log
    assert "Everybody can pull the image." in run.log
    image = stage.image("latest")
    assert f"With 'binder-cache: true', {PATH} on 'main' would be committed with 'FROM {image}'." in run.log
    assert stage.server.git.branches == before
    assert stage.server.writes() == []


def test_public_check__fails_where_a_password_is_needed(make_stage: MakeStage) -> None:
    stage = make_stage("private")
    run = stage.push("public.yaml")

    assert not run.succeeded
    (error,) = run.errors
    tag = stage.workflows.commit[:12]
    reference = f"{stage.registry.host}/{stage.name}:{tag}"
    assert f"title=Private image::{reference} is private" in error
    assert f"Make it public at {stage.registry.host}." in error
    assert "Everybody can pull" not in run.log
    # The image is where it was pushed to, as is said, and Binder does not start from it.
    assert tags_of(stage.registry, stage.name) == {tag, "latest"}
    assert run.outputs["image"] == reference
    assert f"Summary - ### ❌ User image `{reference}`: pushed, and then the run failed" in run.log
    assert stage.image(tag) in run.log
    assert stage.server.writes() == []
