"""Nothing is in the registry that was not proven: no other image of the same name, and no layers of a failure."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import docker
import pytest

from devtools.engine import Engine
from devtools.registry import Registry
from hubaction.clients.engine.engine import RUN_LABEL
from tests.support.program import Program
from tests.support.registry_contents import read_everything, tags_of
from tests.support.users import USER

DOCKERFILE = "FROM debian:trixie-slim AS first\nCOPY . /first\nFROM debian:trixie-slim\nCOPY . /srv/repo/\nUSER 1000\n"
OTHER = "debian:trixie-slim"


@pytest.fixture
def name() -> str:
    return f"integration/proven-{secrets.token_hex(4)}"


@pytest.fixture
def program(tmp_path: Path, engine: Engine, registry: Registry, password: str, name: str) -> Program:
    program = Program(tmp_path, engine, branch="main")
    (program.workspace / "Dockerfile").write_text(DOCKERFILE)
    program.env |= {
        "GITHUB_RUN_ID": secrets.token_hex(6),
        "INPUT_IMAGE-NAME": f"{registry.host}/{name}",
        "INPUT_USERNAME": USER,
        "INPUT_PASSWORD": password,
    }
    return program


@contextmanager
def another_job(engine: Engine) -> Iterator[list[str]]:
    """Gives the name of the image to another one as soon as a container of the first one is there; yields the name."""
    names: list[str] = []
    with closing(docker.DockerClient(base_url=engine.docker_host)) as client:
        events = client.events(filters={"label": RUN_LABEL, "event": "create"}, decode=True)

        def rename() -> None:
            for event in events:
                name, _, tag = event["Actor"]["Attributes"][RUN_LABEL].rpartition(":")
                client.images.get(OTHER).tag(name, tag)
                names.append(name)
                return

        thread = Thread(target=rename)
        thread.start()
        try:
            yield names
        finally:
            events.close()
            thread.join()


def test_push__is_what_was_proven_whoever_has_its_name_by_then(
    program: Program, engine: Engine, registry: Registry, name: str
) -> None:
    marker = secrets.token_hex(20)
    (program.workspace / "marker.txt").write_text(marker)
    with another_job(engine) as renamed:
        ended = program.run()
    assert ended.returncode == 0, ended.log
    assert renamed
    assert marker.encode() in b"".join(read_everything(registry, name, "latest"))


def test_cache__is_written_when_the_image_is_proven_and_not_before(
    program: Program, engine: Engine, registry: Registry, name: str
) -> None:
    program.env["INPUT_CACHE"] = "registry"
    tests = program.workspace / "image-tests"
    tests.mkdir()
    (tests / "test_one.py").write_text("def test_one():\n    pass\n")
    ended = program.run()
    assert ended.returncode == 1, ended.log
    assert "so the tests in 'image-tests' cannot run" in ended.error.data
    assert tags_of(registry, name) == set()
    ended = program.run(**{"INPUT_IMAGE-TESTS": "", "INPUT_REBUILD": "always"})
    assert ended.returncode == 0, ended.log
    # The other store cannot write one, and says so.
    written = {"buildcache"} if engine.store == "containerd" else set()
    assert tags_of(registry, name) == {"1" * 12, "latest"} | written
