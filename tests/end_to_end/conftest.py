"""Repositories to try the action on, and what runs it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.engine import Engine
from devtools.registry import Door, Registry, running_registry
from tests.support.handler import REPOSITORIES, Job
from tests.support.users import USER


@pytest.fixture
def make_job(tmp_path: Path, engine: Engine, action_image: str) -> Callable[[str], Job]:
    """Make a job with one of the repositories checked out, to be run by the launcher."""

    def make(name: str) -> Job:
        return Job(tmp_path / "runner", REPOSITORIES / name, engine=engine, image=action_image)

    return make


@pytest.fixture
def image_name(request: pytest.FixtureRequest) -> str:
    """A name of this test's own in the registry, which all share."""
    file = request.node.path.stem.removeprefix("test_").replace("_", "-")
    name = request.node.originalname.replace("test_", "", 1).replace("__", "-").replace("_", "-")
    return f"lab/{file}/{name.lower()}"


@pytest.fixture
def inputs(registry: Registry, image_name: str, password: str) -> dict[str, str]:
    """The inputs with which a push to main ends in the registry."""
    return {"registry": registry.host, "image-name": image_name, "username": USER, "password": password}


@pytest.fixture(scope="module")
def public_registry(engine: Engine) -> Iterator[Registry]:
    """Yield a registry that shows everybody what it has, as Binder needs it."""
    with running_registry(engine=engine, door=Door(public=True)) as running:
        yield running
