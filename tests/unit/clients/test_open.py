"""Clients are opened when they are needed, and their libraries are loaded then."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from hubaction.clients.engine.errors import EngineError
from hubaction.clients.open import open_engine, open_git_data, open_github, open_registries
from hubaction.inputs.credentials import Credentials

HEAVY = ("docker", "github", "requests")
LIGHT = (
    "hubaction.clients.open",
    "hubaction.clients.github.git_data",
    "hubaction.clients.github.pull_requests",
    "hubaction.clients.registry.remote_image",
    "hubaction.publish.login",
    "hubaction.publish.previews",
    "hubaction.publish.promote",
    "hubaction.publish.public",
    "hubaction.publish.push",
)


def loaded(statement: str) -> list[str]:
    """Which heavy libraries a fresh interpreter has loaded after a statement."""
    program = f"import sys; {statement}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()


def test_import__loads_no_heavy_library() -> None:
    assert loaded(f"import {', '.join(LIGHT)}") == []


def test_import__of_a_client_loads_its_library() -> None:
    assert loaded("import hubaction.clients.engine.engine, hubaction.clients.github.api") == list(HEAVY)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # docker-py leaves the socket that did not connect
def test_open_engine__without_an_engine(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/no-such.sock"}
    with pytest.raises(EngineError, match="does not answer"), open_engine(environ) as engine:
        engine.info()
    gc.collect()


def test_open_registries__with_the_login_of_the_inputs() -> None:
    registries = open_registries([Credentials("quay.io", "robot", "hunter2-hunter2")], None)
    assert registries.open("quay.io").auth == {"username": "robot", "password": "hunter2-hunter2"}


def test_open_github__asks_nothing_before_it_is_used() -> None:
    with open_github("https://github.example/api", "ghs_x", "org/course") as github:
        assert github.login() == "github-actions[bot]"
    with open_git_data("https://github.example/api", "ghs_x", "org/course") as git:
        assert git
