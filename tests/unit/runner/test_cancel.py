"""Cancelling: a signal becomes an exception, and a second one does not disturb the cleaning up."""

import os
import signal

import pytest

from hubaction.runner.cancel import Cancelled, cancel_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancel_on_signals__raises(number: signal.Signals) -> None:
    with pytest.raises(Cancelled) as caught, cancel_on_signals():
        os.kill(os.getpid(), number)
    assert caught.value.exit_code == 128 + number


def test_cancel_on_signals__second_signal_lets_the_cleaning_up_finish() -> None:
    cleaned = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            cleaned.append(True)

    with pytest.raises(Cancelled) as caught, cancel_on_signals():
        work()
    assert caught.value.exit_code == 128 + signal.SIGINT
    assert cleaned == [True]


def test_cancel_on_signals__puts_the_handlers_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with cancel_on_signals():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_cancelled__is_not_caught_as_an_ordinary_error() -> None:
    assert not issubclass(Cancelled, Exception)
