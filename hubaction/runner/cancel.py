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


class Cancellation:
    """Remembers that the runner cancelled: Python drops what is raised in places such as a destructor."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def check(self) -> None:
        """Raise Cancelled when the runner has cancelled; for the points after which something new would begin."""
        if self.signal is not None:
            raise Cancelled(self.signal)


@contextmanager
def cancel_on_signals() -> Iterator[Cancellation]:
    """Raise Cancelled at the first signal; later ones must not interrupt the cleaning up."""
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
