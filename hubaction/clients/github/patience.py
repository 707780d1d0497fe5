"""Time-outs and retries of requests to GitHub."""

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from hubaction.clients.github.errors import PassingError

T = TypeVar("T")

TIMEOUT_SECONDS = 15
LONGEST_WAIT_SECONDS = 60
"""No retry begins later than this, even if GitHub asks for a longer wait."""
ATTEMPTS = 4


def patiently(work: Callable[[], T]) -> T:
    """Retry after temporary failures. Wait as long as GitHub asks for, within a bound.

    All of the work is repeated, so it has to read the current state again before it writes.
    """

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, PassingError) else None
        return min(2.0**state.attempt_number, 16) if asked is None else asked

    def has_lasted(state: RetryCallState) -> bool:
        return max(state.seconds_since_start or 0, state.idle_for) + state.upcoming_sleep > LONGEST_WAIT_SECONDS

    retrying = Retrying(
        retry=retry_if_exception_type(PassingError),
        stop=lambda state: stop_after_attempt(ATTEMPTS)(state) or has_lasted(state),
        wait=wait,
        sleep=time.sleep,
        reraise=True,
    )
    return retrying(work)
