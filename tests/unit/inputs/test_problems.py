"""Problems are collected: one for each error, and the fallback goes on."""

from typing import NoReturn

import pytest

from hubaction.inputs.problems import Problems


def fail(text: str) -> NoReturn:
    raise ValueError(f"'{text}' is wrong")


def fail_twice(text: str) -> NoReturn:
    raise ExceptionGroup("lines", [ValueError(f"'{text}' is wrong"), ValueError("and so is the next")])


def test_check__value_or_fallback() -> None:
    problems = Problems()
    assert problems.check("size", int, "5", 0) == 5
    assert problems.check("size", fail, "x", 0) == 0
    assert problems.check("lines", fail_twice, "y", None) is None
    assert [str(problem) for problem in problems.found] == [
        "input 'size': 'x' is wrong",
        "input 'lines': 'y' is wrong",
        "input 'lines': and so is the next",
    ]
    assert problems.concern("lines")
    assert not problems.concern("mode")


def test_check__a_bug_is_no_problem() -> None:
    def crash(text: str) -> NoReturn:
        raise KeyError(text)

    with pytest.raises(KeyError):
        Problems().check("size", crash, "x", 0)
