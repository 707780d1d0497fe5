"""HTTP/1.1 as much as a proxy needs it: heads as they came, and bodies in pieces, in constant memory."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

PIECE = 256 * 1024
MAX_HEAD = 256 * 1024
NO_BODY = {204, 304}


class ProtocolError(Exception):
    """The other side does not speak HTTP/1.1, or stopped in the middle."""


@dataclass(frozen=True)
class Head:
    """The lines before a body: `first` is the request line or the status line."""

    first: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        return next((value for key, value in self.fields if key.lower() == name), "")

    def with_field(self, name: str, value: str) -> "Head":
        kept = tuple((key, old) for key, old in self.fields if key.lower() != name.lower())
        return Head(self.first, (*kept, (name, value)))

    def without(self, name: str) -> "Head":
        return Head(self.first, tuple((key, value) for key, value in self.fields if key.lower() != name))

    def encode(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @property
    def method(self) -> str:
        return self.first.split(" ")[0]

    @property
    def target(self) -> str:
        return self.first.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.first.split(" ")[1])

    @property
    def chunked(self) -> bool:
        return "chunked" in self.get("transfer-encoding").lower()

    @property
    def length(self) -> int | None:
        text = self.get("content-length")
        return int(text) if text else None


class Stream:
    """A connection, with what was read from it and not used yet."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._kept = b""

    def starts_with(self, prefix: bytes) -> bool:
        if not self._kept:
            self._kept = self.connection.recv(PIECE)
        return self._kept.startswith(prefix)

    def read_head(self) -> Head | None:
        """The next head; None when the other side has closed the connection between two messages."""
        while b"\r\n\r\n" not in self._kept:
            if not self._fill():
                if self._kept:
                    raise ProtocolError("the connection ended within a head")
                return None
            if len(self._kept) > MAX_HEAD:
                raise ProtocolError("the head is too long")
        text, _, self._kept = self._kept.partition(b"\r\n\r\n")
        first, *lines = text.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return Head(first, tuple((name, value.strip()) for name, _, value in pairs))

    def read_body(self, head: Head, *, to_the_end: bool = False) -> Iterator[tuple[bytes, bool]]:
        """Everything up to the next head, each piece with whether it is content: framing of chunks is not.

        A body of unknown length goes on until the connection ends, where `to_the_end` says so.
        """
        if head.chunked:
            yield from self._read_chunks()
        elif head.length is not None:
            yield from ((piece, True) for piece in self._read(head.length))
        elif to_the_end:
            yield from ((piece, True) for piece in self.read_rest())

    def read_rest(self) -> Iterator[bytes]:
        """All that comes until the other side closes."""
        while self._kept or self._fill():
            piece, self._kept = self._kept, b""
            yield piece

    def _read_chunks(self) -> Iterator[tuple[bytes, bool]]:
        while True:
            line = self._read_line()
            yield line, False
            size = int(line.split(b";")[0], 16)
            if not size:
                break
            yield from ((piece, True) for piece in self._read(size))
            yield self._read_line(), False
        while True:  # trailers, and the empty line after them
            line = self._read_line()
            yield line, False
            if line == b"\r\n":
                return

    def _read(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._kept and not self._fill():
                raise ProtocolError("the connection ended within a body")
            piece, self._kept = self._kept[:length], self._kept[length:]
            length -= len(piece)
            yield piece

    def _read_line(self) -> bytes:
        while b"\r\n" not in self._kept:
            if len(self._kept) > MAX_HEAD or not self._fill():
                raise ProtocolError("the connection ended within a chunk")
        line, _, self._kept = self._kept.partition(b"\r\n")
        return line + b"\r\n"

    def _fill(self) -> bool:
        received = self.connection.recv(PIECE)
        self._kept += received
        return bool(received)
