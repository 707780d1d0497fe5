"""A search for many texts at once, in what is read piece by piece."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from ahocorasick_rs import BytesAhoCorasick, Implementation

T = TypeVar("T")


class MultiSearch(Generic[T]):
    """Texts to look for, each with what it means."""

    def __init__(self, meanings: Mapping[bytes, T]) -> None:
        self._meanings = tuple(meanings.values())
        self._overlap = max(map(len, meanings), default=1) - 1
        self._automaton = BytesAhoCorasick(list(meanings), implementation=Implementation.DFA)

    def find(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, T]]:
        """Yield where a text begins, in bytes from the start, and what it means; also where pieces meet."""
        tail, position = b"", 0
        for piece in pieces:
            searched = tail + piece if tail else piece
            begins = position - len(tail)
            for number, start, end in self._automaton.find_matches_as_indexes(searched, overlapping=True):
                if end > len(tail):  # else it was found before
                    yield begins + start, self._meanings[number]
            position += len(piece)
            tail = searched[-self._overlap :] if self._overlap else b""
