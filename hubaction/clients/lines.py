"""Splits bytes of output into lines as they come."""

import codecs
from collections.abc import Iterable, Iterator

MAX_LINE_LENGTH = 65536
"""Characters. A longer line is passed on in pieces, so that no output can fill the memory."""


def split_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield lines without their ends, split where a terminal and the runner would: at CR, LF and both.

    Time is linear in the output's length, however small the pieces are.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    begun: list[str] = []
    length = 0
    after_cr = False
    for piece in pieces:
        text = decoder.decode(piece)
        if after_cr and text:
            text = text.removeprefix("\n")  # the second half of CR LF
            after_cr = False
        after_cr = after_cr or text.endswith("\r")
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in lines:
            yield "".join([*begun, line])
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
        if length > MAX_LINE_LENGTH:
            yield "".join(begun)
            begun, length = [], 0
    if last := "".join([*begun, decoder.decode(b"", final=True)]):
        yield last
