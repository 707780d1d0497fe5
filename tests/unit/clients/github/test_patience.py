"""Trying again, within a bound, as GitHub asks for."""

import pytest

from hubaction.clients.github.errors import GitHubError, NotAllowedError, PassingError
from hubaction.clients.github.patience import ATTEMPTS, LONGEST_WAIT_SECONDS, patiently


class Failing:
    """Work that fails some times, each time the same way, and then does not."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_patiently__of_work_that_succeeds(slept: list[float]) -> None:
    assert patiently(Failing()) == "done"
    assert slept == []


def test_patiently__backs_off(slept: list[float]) -> None:
    work = Failing(*[PassingError("x")] * (ATTEMPTS - 1))
    assert patiently(work) == "done"
    assert slept == [2, 4, 8]


def test_patiently__waits_as_long_as_asked(slept: list[float]) -> None:
    assert patiently(Failing(PassingError("x", wait=17), PassingError("x", wait=0.0))) == "done"
    assert slept == [17, 0]


def test_patiently__gives_up_after_some_attempts(slept: list[float]) -> None:
    work = Failing(*[PassingError("x")] * 99)
    with pytest.raises(PassingError):
        patiently(work)
    assert work.calls == ATTEMPTS
    assert sum(slept) <= LONGEST_WAIT_SECONDS


@pytest.mark.parametrize("waits", [[61], [3600], [31, 31], [float("inf")]])
def test_patiently__never_waits_long(slept: list[float], waits: list[float]) -> None:
    with pytest.raises(PassingError):
        patiently(Failing(*(PassingError("x", wait=wait) for wait in waits)))
    assert sum(slept) <= LONGEST_WAIT_SECONDS


def test_patiently__never_repeats_what_was_refused(slept: list[float]) -> None:
    for error in (NotAllowedError("x"), GitHubError("x"), ValueError("x")):
        work = Failing(error)
        with pytest.raises(type(error)):
            patiently(work)
        assert work.calls == 1
    assert slept == []
