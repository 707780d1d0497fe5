"""Who may have a request answered, and when: what forces one order upon runs that know nothing of each other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 20
"""Seconds; a run that is never let in fails its test instead of hanging it."""


class FreeForAll:
    """No order at all."""

    @contextmanager
    def of(self, _: str) -> Iterator[None]:
        yield

    def end(self, token: str) -> None:
        """Nobody waits for anybody."""


class Turns:
    """A fixed order of requests by their tokens, e.g. a, b, b, a; whoever has ended is passed over.

    After the last turn requests are answered as they come, one at a time.
    """

    def __init__(self, order: list[str]) -> None:
        self._order = list(order)
        self._ended: set[str] = set()
        self._changed = threading.Condition()
        self.taken: list[str] = []
        """The order as it came about, as long as it was forced."""

    @contextmanager
    def of(self, token: str) -> Iterator[None]:
        """Wait for the token's turn, and give way to the next when the request was answered."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._next() in {token, ""}, PATIENCE):
                raise AssertionError(f"the turn of {token} never came after {self.taken}")
            if self._order:
                self.taken.append(self._order.pop(0))
            try:
                # Still locked: nobody else's request is carried out meanwhile.
                yield
            finally:
                self._changed.notify_all()

    def end(self, token: str) -> None:
        """Pass the token over from now on."""
        with self._changed:
            self._ended.add(token)
            self._changed.notify_all()

    def _next(self) -> str:
        while self._order and self._order[0] in self._ended:
            self._order.pop(0)
        return self._order[0] if self._order else ""
