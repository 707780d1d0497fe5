import socket
from collections.abc import Iterator

import pytest

from devtools.bench.http1 import ProtocolError, Stream


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Stream]]:
    """Yield the far end of a connection, and what reads the near one."""
    far, near = socket.socketpair()
    with far, near:
        yield far, Stream(near)


Ends = tuple[socket.socket, Stream]


def test_read_body__of_a_known_length_leaves_the_next_message(ends: Ends) -> None:
    far, stream = ends
    far.sendall(b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: here\r\n\r\n")
    head = stream.read_head()
    assert head
    assert b"".join(piece for piece, _ in stream.read_body(head)) == b"hello"
    following = stream.read_head()
    assert following
    assert (following.method, following.target, following.get("host")) == ("GET", "/b", "here")


def test_read_body__tells_chunks_from_their_framing(ends: Ends) -> None:
    far, stream = ends
    sent = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: here\r\n\r\n"
    far.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + sent)
    head = stream.read_head()
    assert head
    pieces = list(stream.read_body(head))
    assert b"".join(piece for piece, _ in pieces) == sent
    assert b"".join(piece for piece, is_content in pieces if is_content) == b"hello world"


def test_read_body__to_the_end_of_the_connection(ends: Ends) -> None:
    far, stream = ends
    far.sendall(b"HTTP/1.1 200 OK\r\n\r\nall of this")
    far.close()
    head = stream.read_head()
    assert head
    assert b"".join(piece for piece, _ in stream.read_body(head, to_the_end=True)) == b"all of this"
    assert stream.read_head() is None


def test_read_body__that_ends_early(ends: Ends) -> None:
    far, stream = ends
    far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")
    far.close()
    head = stream.read_head()
    assert head
    with pytest.raises(ProtocolError):
        list(stream.read_body(head))
