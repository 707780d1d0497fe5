"""What holds for all unit tests: no engine, no network, and nothing of the machine they run on."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import responses


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Collect the folder `build`, which mirrors the package's; pytest skips folders of that name by default."""
    return False if collection_path == Path(__file__).parent / "build" else None


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a real connection impossible: what a unit test talks to is the wire of `responses`."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX or "docker.sock" in str(address):
            raise AssertionError(f"a unit test tried to connect to {address!r}")
        connect(self, str(address))

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a unit test tried to look up a name")

    monkeypatch.setattr(socket.socket, "connect", connect_locally)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Answers requests as told; each answer that was prepared must have been asked for."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be slept, none of which are."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds
