"""A proxy between a client and one server: it tells an observer what passes, and when an exchange was open.

It streams, so that gigabytes pass in constant memory. One thread serves one connection, since blocking sockets let go
of the interpreter while they wait and copy.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devtools.bench.http1 import NO_BODY, Head, ProtocolError, Stream

TLS_HANDSHAKE = b"\x16"
SWITCHING = 101
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Interval = tuple[float, float]


class Exchange:
    """One request and its answer, for an observer that wants to know nothing. Others override."""

    def sent(self, content: bytes) -> None:
        """Takes a piece of the request's body."""

    def answered(self, head: Head) -> None:
        """Takes the answer's head."""

    def received(self, content: bytes) -> None:
        """Takes a piece of the answer's body."""

    def ended(self) -> None:
        """The whole answer was passed on."""


Observer = Callable[[Head], Exchange]


@dataclass
class Link:
    """The network that a proxy plays: bits a second each way, and a round trip's seconds. 0 is as fast as it goes.

    A new connection costs one round trip, a request and its answer another. Neither TLS nor a slow start is played.
    """

    bits_per_second: float = 0
    round_trip: float = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _free_at: dict[str, float] = field(default_factory=dict)

    def wait_for_a_round_trip(self) -> None:
        if self.round_trip:
            time.sleep(self.round_trip)

    def wait_for(self, amount: int, direction: str) -> None:
        """All connections share the line, which takes one piece after the other."""
        if not self.bits_per_second:
            return
        with self._lock:
            begin = max(time.monotonic(), self._free_at.get(direction, 0))
            end = self._free_at[direction] = begin + amount * 8 / self.bits_per_second
        time.sleep(max(0, end - time.monotonic()))


class Proxy:
    """Listens until it is closed; `observe`, `connect` and `link` may be replaced between two connections."""

    def __init__(self, listener: socket.socket, connect: Callable[[], socket.socket], observe: Observer) -> None:
        self.connect = connect
        self.observe = observe
        self.link = Link()
        self.authorization = ""
        """Given to the server with requests that bring none of their own."""
        self.busy: list[Interval] = []
        """When exchanges were open, in the seconds of time.monotonic()."""
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = listener
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ProtocolError), self._kept_in_mind(connection):
            client = Stream(connection)
            if client.starts_with(TLS_HANDSHAKE):
                # As Go's servers do: an engine tries TLS first, and then knows better. No request has been made.
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n")
                return
            self.link.wait_for_a_round_trip()
            with self._kept_in_mind(self.connect()) as onward:
                server = Stream(onward)
                while (head := client.read_head()) and self._exchange(head, client, server):
                    pass

    def _exchange(self, request: Head, client: Stream, server: Stream) -> bool:
        """Pass one request on and its answer back; False when no other can follow on this connection."""
        began = time.monotonic()
        exchange = self.observe(request)
        try:
            self.link.wait_for_a_round_trip()
            if request.get("expect"):
                client.connection.sendall(CONTINUE)
                request = request.without("expect")
            if self.authorization and not request.get("authorization"):
                request = request.with_field("Authorization", self.authorization)
            server.connection.sendall(request.encode())
            for piece, is_content in client.read_body(request):
                self.link.wait_for(len(piece), "up")
                server.connection.sendall(piece)
                if is_content:
                    exchange.sent(piece)
            return self._answer(request, exchange, client, server)
        finally:
            exchange.ended()
            self.busy.append((began, time.monotonic()))

    def _answer(self, request: Head, exchange: Exchange, client: Stream, server: Stream) -> bool:
        answer = server.read_head()
        if answer is None:
            return False
        exchange.answered(answer)
        if answer.status == SWITCHING:
            client.connection.sendall(answer.encode())
            _tunnel(client, server)
            return False
        ends_with_connection = not answer.chunked and answer.length is None and answer.status not in NO_BODY
        has_body = request.method != "HEAD" and answer.status not in NO_BODY
        client.connection.sendall(answer.encode())
        if has_body:
            for piece, is_content in server.read_body(answer, to_the_end=True):
                self.link.wait_for(len(piece), "down")
                client.connection.sendall(piece)
                if is_content:
                    exchange.received(piece)
        closes = "close" in (answer.get("connection") + request.get("connection")).lower()
        return not closes and not (has_body and ends_with_connection)

    @contextlib.contextmanager
    def _kept_in_mind(self, connection: socket.socket) -> Iterator[socket.socket]:
        """Closed at the end of the block, or when the proxy is."""
        if connection.family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(connection)
        try:
            yield connection
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _tunnel(client: Stream, server: Stream) -> None:
    """Both ways at once until both sides have closed: what follows an upgrade is no HTTP/1.1 any more."""
    other_way = threading.Thread(target=_pump, args=(client, server.connection), daemon=True)
    other_way.start()
    _pump(server, client.connection)
    other_way.join()


def _pump(source: Stream, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for piece in source.read_rest():
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def ignore(_: Head) -> Exchange:
    """The observer of a proxy that only keeps the time."""
    return Exchange()


@contextlib.contextmanager
def tcp_proxy(connect: Callable[[], socket.socket], observe: Observer) -> Iterator[tuple[Proxy, int]]:
    """A proxy on a free port of the loopback, and the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = int(listener.getsockname()[1])
    proxy = Proxy(listener, connect, observe)
    try:
        yield proxy, port
    finally:
        proxy.close()


@contextlib.contextmanager
def unix_proxy(path: Path, target: Path) -> Iterator[Proxy]:
    """A proxy on a socket of its own, in front of the socket of a server."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(128)
    proxy = Proxy(listener, lambda: connect_unix(target), ignore)
    try:
        yield proxy
    finally:
        proxy.close()
        path.unlink(missing_ok=True)


def connect_unix(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def connect_tcp(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))
