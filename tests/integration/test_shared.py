"""What the workers of a run share is made by the first, and removed by the last: files and locks are real."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.support.shared import shared


def use(folder: Path, events: list[str]) -> AbstractContextManager[None]:
    return shared(folder, "image", make=lambda: events.append("make"), remove=lambda: events.append("remove"))


def test_shared__by_two(tmp_path: Path) -> None:
    events: list[str] = []
    with ExitStack() as first, use(tmp_path, events):
        first.enter_context(use(tmp_path, events))
        first.close()
        assert events == ["make"]
    assert events == ["make", "remove"]


def test_shared__by_one_after_the_other(tmp_path: Path) -> None:
    events: list[str] = []
    for _ in range(2):
        with use(tmp_path, events):
            pass
    assert events == ["make", "remove"] * 2


def test_shared__that_could_not_be_made_is_tried_by_the_next(tmp_path: Path) -> None:
    events: list[str] = []

    def fail() -> None:
        raise OSError("no engine")

    with pytest.raises(OSError, match="no engine"), shared(tmp_path, "image", make=fail, remove=lambda: None):
        pass
    with use(tmp_path, events):
        assert events == ["make"]
