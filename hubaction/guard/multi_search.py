"""Searches for many texts at once, in content that is read piece by piece."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from ahocorasick_rs import BytesAhoCorasick, Implementation

T = TypeVar("T")


class MultiSearch(Generic[T]):
    """Texts to search for, each with its meaning."""

    def __init__(self, meanings: Mapping[bytes, T]) -> None:
        self._meanings = tuple(meanings.values())
        self._overlap = max(map(len, meanings), default=1) - 1
        self._automaton = BytesAhoCorasick(list(meanings), implementation=Implementation.DFA)

    def find(self, pieces: Iterable[bytes]) -> Iterator[tuple[int, T]]:
        """Yield the offset of each text that is found, in bytes, and its meaning; also across the ends of pieces."""
        tail, position = b"", 0
        for piece in pieces:
            searched = tail + piece if tail else piece
            begins = position - len(tail)
            for number, start, end in self._automaton.find_matches_as_indexes(searched, overlapping=True):
                if end > len(tail):  # otherwise it was found in the piece before
                    yield begins + start, self._meanings[number]
            position += len(piece)
            tail = searched[-self._overlap :] if self._overlap else b""
