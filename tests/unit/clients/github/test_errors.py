"""Whose fault it is when an answer cannot be read."""

import pytest

from hubaction.clients.github.errors import GitHubError, PassingError, reading


@pytest.mark.parametrize("error", [KeyError("sha"), IndexError(), TypeError(), ValueError(), AttributeError()])
def test_reading__an_answer_of_another_shape(error: Exception) -> None:
    with (
        pytest.raises(GitHubError, match="asked to read commit 1 was no answer of its API") as caught,
        reading("read commit 1"),
    ):
        raise error
    assert caught.value.__cause__ is error


def test_reading__an_error_of_its_own_stays() -> None:
    with pytest.raises(PassingError, match="x"), reading("read commit 1"):
        raise PassingError("x")
