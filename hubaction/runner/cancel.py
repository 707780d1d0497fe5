"""Cancellation: the runner sends SIGINT, SIGTERM 7.5 s later, and gives up on the step after another 2.5 s."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Cancelled(BaseException):
    """Raised when the runner cancels, wherever the program is, so that every context manager cleans up."""

    def __init__(self, number: int) -> None:
        super().__init__(f"cancelled by signal {number}")
        self.exit_code = 128 + number


class Cancellation:
    """Remembers the cancellation: Python drops exceptions that are raised in a destructor, for example."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def check(self) -> None:
        """Raise Cancelled if the runner has cancelled; call it before a new step begins."""
        if self.signal is not None:
            raise Cancelled(self.signal)


@contextmanager
def cancel_on_signals() -> Iterator[Cancellation]:
    """Raise Cancelled at the first signal; later signals must not interrupt the cleanup."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    cancellation = Cancellation()

    def cancel(number: int, _frame: FrameType | None) -> None:
        if cancellation.signal is None:
            cancellation.signal = number
            raise Cancelled(number)

    before = {number: signal.signal(number, cancel) for number in numbers}
    try:
        yield cancellation
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
