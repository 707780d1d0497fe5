"""What the paths between this code and the real engine and registry need."""

import io
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine as RunningEngine
from devtools.registry import Registry
from hubaction.clients.engine.engine import Engine
from tests.github.prism import Prism, running_prism
from tests.github.server import GitHubServer, running_server
from tests.support.faulty_registry import FaultyRegistry, faulty_registry
from tests.support.users import USER


@pytest.fixture
def engine_door(engine: RunningEngine) -> Iterator[Engine]:
    """Yield the action's own door to the engine."""
    with Engine.connect(engine.environment()) as door:
        yield door


@pytest.fixture
def faulty(registry: Registry) -> Iterator[FaultyRegistry]:
    """Yield a way to the registry that fails when told to."""
    with faulty_registry(registry) as proxy:
        yield proxy


@pytest.fixture
def auth(password: str) -> dict[str, str]:
    """The login for the registry, as the engine takes it."""
    return {"username": USER, "password": password}


@pytest.fixture
def tiny_image(tmp_path: Path, engine: RunningEngine) -> Iterator[str]:
    """Import an image of one new file; yield its local tag."""
    content = secrets.token_bytes(2000)
    with tarfile.open(tmp_path / "tiny.tar", "w") as archive:
        member = tarfile.TarInfo("data")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    tag = f"hub-image-action/tests-tiny:{secrets.token_hex(6)}"
    process.run(["docker", "import", tmp_path / "tiny.tar", tag], env=engine.environment())
    yield tag
    process.run(["docker", "image", "rm", "--force", tag], env=engine.environment())


@pytest.fixture(scope="session")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GitHubServer, Prism]]:
    """Yield GitHub's server, played, and the proxy in front that checks what passes; it takes seconds to start."""
    with running_server() as server, running_prism(server.url, tmp_path_factory.mktemp("prism")) as prism:
        # So that the links to further pages go through the proxy, too.
        server.url = prism.url
        yield server, prism


@pytest.fixture
def checked_server(proxied: tuple[GitHubServer, Prism]) -> Iterator[GitHubServer]:
    """Yield the server as if just started; afterwards the proxy may have found nothing wrong."""
    server, prism = proxied
    server.reset()
    before = len(prism.complaints())
    yield server
    assert prism.complaints()[before:] == []
    assert server.unauthorized == []
