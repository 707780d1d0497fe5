"""What stands in for registries, and for the time that they are waited for."""

import time
from collections.abc import Iterator

import pytest
import responses


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
