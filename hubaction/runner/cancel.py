"""Cancelling: the runner sends SIGINT, after 7.5 s SIGTERM, and 2.5 s later it stops caring about us."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Cancelled(BaseException):
    """Raised wherever the program is when the runner cancels, so that every context manager cleans up."""

    def __init__(self, number: int) -> None:
        super().__init__(f"cancelled by signal {number}")
        self.exit_code = 128 + number


@contextmanager
def cancel_on_signals() -> Iterator[None]:
    """Raise Cancelled at the first signal; later ones must not interrupt the cleaning up."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def cancel(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Cancelled(number)

    before = {number: signal.signal(number, cancel) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
