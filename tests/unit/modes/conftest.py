"""A whole build, with all that is outside of it played."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.modes.played import Story, played_story


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    with played_story(tmp_path, monkeypatch) as story:
        yield story
