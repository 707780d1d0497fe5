"""Output cut into lines, however the pieces fall."""

import time
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.clients.lines import MAX_LINE_LENGTH, split_lines


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"a\nb"], ["a", "b"]),
        ([b"a", b"b\n", b"c"], ["ab", "c"]),
        ([b"\xc3", b"\xbc\n"], ["ü"]),
        ([b"a\r\nb\rc\n"], ["a", "b", "c"]),
        ([b"a\r", b"\nb"], ["a", "b"]),
        ([b"a\r", b"", b"\n\nb"], ["a", "", "b"]),
        ([b"\xff\n"], ["\ufffd"]),
        ([], []),
    ],
)
def test_split_lines__pieces(pieces: Iterable[bytes], expected: list[str]) -> None:
    assert list(split_lines(pieces)) == expected


@given(st.lists(st.text(alphabet="ab \n\rü", max_size=10).map(str.encode)))
def test_split_lines__no_line_end_is_left(pieces: list[bytes]) -> None:
    lines = list(split_lines(pieces))
    assert not any("\n" in line or "\r" in line for line in lines)
    assert "".join(lines) == b"".join(pieces).decode().replace("\r", "").replace("\n", "")


def test_split_lines__huge_lines_are_cut() -> None:
    lines = list(split_lines(b"x" * 1000 for _ in range(1000)))
    assert "".join(lines) == "x" * 1_000_000
    assert max(map(len, lines)) < 100_000


@given(st.binary(max_size=200), st.integers(1, 5))
def test_split_lines__loses_nothing_wherever_it_is_cut(data: bytes, size: int) -> None:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    kept = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n") if data else []
    assert list(split_lines(pieces)) == [line.decode(errors="replace") for line in kept]


def test_split_lines__time_grows_with_length_only() -> None:
    """Twice the pieces may take twice the time, and not four times; the bound leaves room for a busy machine."""

    def seconds(pieces: int) -> float:
        started = time.perf_counter()
        assert sum(map(len, split_lines(b"x" for _ in range(pieces)))) == pieces
        return time.perf_counter() - started

    seconds(1000)
    assert seconds(8 * MAX_LINE_LENGTH) < 40 * seconds(MAX_LINE_LENGTH)
