"""The real parts that integration and end-to-end tests share: engine, registry, this action's own image."""

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import hypothesis
import pytest

from devtools import images, places, process, repository
from devtools import registry as registries
from devtools.engine import Engine, Store, running_engine
from devtools.registry import Registry
from tests.github.server import GitHubServer, running_server
from tests.support import shared
from tests.support.users import SECOND_USER, USER

# A loaded machine is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

collect_ignore = ["end_to_end/repositories"]
"""What users have in their repositories: run inside of images, not here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=get_args(Store),
        help="the engine's image store; by default that of the engine which is there, else overlay2",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs an engine: every test that asks for the fixture, by whatever way."""
    for item in items:
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Yield an engine with the base images; what was not running before is stopped at the end."""
    with running_engine(request.config.getoption("--store")) as running:
        images.ensure_debian(running)
        images.ensure_runner(running)
        yield running


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of this run that all workers see."""
    return shared.run_folder(tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def users(run_folder: Path) -> dict[str, str]:
    """Who may log in to the registry, each with a password that stands nowhere by chance; all workers know them."""
    file = run_folder / "users.json"
    with places.locked(run_folder / "users.lock"):
        if not file.exists():
            file.write_text(json.dumps({name: secrets.token_hex(24) for name in (USER, SECOND_USER)}))
    known: dict[str, str] = json.loads(file.read_text())
    return known


@pytest.fixture(scope="session")
def password(users: dict[str, str]) -> str:
    return users[USER]


@pytest.fixture(scope="session")
def registry(engine: Engine, users: dict[str, str], run_folder: Path) -> Iterator[Registry]:
    """Yield a registry on a port of its own that is empty at first; one for all workers, for the engine to push to.

    The engine compresses and sends a layer once for each registry.
    """
    folder = run_folder / "registry"

    def start() -> None:
        started = registries.start_registry(registries.free_port(), users, folder=folder, engine=engine)
        (folder / "host").write_text(started.host)

    def stop() -> None:
        registries.stop_registry(folder)
        shutil.rmtree(folder)

    with shared.shared(run_folder, "registry", make=start, remove=stop):
        yield Registry((folder / "host").read_text(), folder, users)


@pytest.fixture(scope="session")
def action_folder(run_folder: Path) -> Iterator[Path]:
    """A copy of this project as it is now, which later edits do not reach; one for all workers."""
    folder = run_folder / "action"

    def copy() -> None:
        repository.copy_project(folder)

    with shared.shared(run_folder, "action-folder", make=copy, remove=lambda: shutil.rmtree(folder)):
        yield folder


@pytest.fixture(scope="session")
def action_image(engine: Engine, action_folder: Path, run_folder: Path, testrun_uid: str) -> Iterator[str]:
    """Build the action's image from that copy, once for all workers, with the classic builder as runners may do."""
    docker = engine.environment() | {"DOCKER_BUILDKIT": "0"}
    tag = f"hub-image-action/tests:{testrun_uid}"

    def build() -> None:
        process.run(["docker", "build", "--quiet", "--tag", tag, action_folder], env=docker)

    def remove() -> None:
        process.run(["docker", "image", "rm", "--force", tag], env=docker)

    with shared.shared(run_folder, "action-image", make=build, remove=remove):
        yield tag


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
