"""The real parts that integration and end-to-end tests share: engine, registry, this action's own image."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import hypothesis
import pytest

from devtools import images, process, repository
from devtools import registry as registries
from devtools.engine import Engine, Store, running_engine
from devtools.registry import Registry
from tests.github.server import GitHubServer, running_server
from tests.support.users import SECOND_USER, USER

# A loaded machine is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

ACTION_IMAGE = "hub-image-action/tests:action"

collect_ignore = ["end_to_end/repositories"]
"""What users have in their repositories: run inside of images, not here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=get_args(Store),
        help="the engine's image store; by default that of the engine which is there, else overlay2",
    )


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Yield an engine with the base images; what was not running before is stopped at the end."""
    with running_engine(request.config.getoption("--store")) as running:
        images.ensure_debian(running)
        images.ensure_runner(running)
        yield running


@pytest.fixture(scope="session")
def password() -> str:
    """The password for the registry: a text that stands nowhere by chance."""
    return secrets.token_hex(24)


@pytest.fixture(scope="session")
def registry(engine: Engine, password: str) -> Iterator[Registry]:
    """Yield an empty registry on a port of its own that lets two users in, each with a password of its own."""
    users = {USER: password, SECOND_USER: secrets.token_hex(24)}
    with registries.running_registry(users=users, engine=engine) as running:
        yield running


@pytest.fixture(scope="session")
def action_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this project as it is now, which later edits do not reach."""
    return repository.copy_project(tmp_path_factory.mktemp("project") / "action")


@pytest.fixture(scope="session")
def action_image(engine: Engine, action_folder: Path) -> Iterator[str]:
    """Build the action's image from that copy, with the classic builder as runners and act may do."""
    docker = engine.environment() | {"DOCKER_BUILDKIT": "0"}
    process.run(["docker", "build", "--quiet", "--tag", ACTION_IMAGE, action_folder], env=docker)
    yield ACTION_IMAGE
    process.run(["docker", "image", "rm", "--force", ACTION_IMAGE], env=docker)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[GitHubServer]:
    """Yield one of GitHub's servers, played, for all tests of a file."""
    with running_server() as server:
        yield server


@pytest.fixture
def server(shared_server: GitHubServer) -> GitHubServer:
    """GitHub's server as if just started."""
    shared_server.reset()
    return shared_server
