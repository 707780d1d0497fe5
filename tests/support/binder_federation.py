"""A federation of BinderHubs as far as its build endpoint goes, on the loopback: it stands in for mybinder.org.

The front passes requests on to a member, and the member sends what a test has told it to, event by event.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.loopback import serving

FRONT, MEMBER = "/front", "/member"
PATIENCE = 20
"""Seconds that a stalled stream stays open at most."""

KEEP_ALIVE = b":keepalive\n\n"


class Stall:
    """In place of a chunk: nothing more comes."""


STALL = Stall()
Chunk = bytes | Stall


def event(phase: str, message: str = "", **more: Any) -> bytes:
    """An event as BinderHub writes it."""
    return f"data: {json.dumps({'phase': phase, 'message': message, **more})}\n\n".encode()


@dataclass
class Federation:
    """What it is told to do, and what it was asked."""

    url: str
    """As `binder-url` names it."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    chunks: Sequence[Chunk] | Callable[[], Iterator[Chunk]] = ()
    location: str = MEMBER
    endless_redirects: bool = False
    """Whether the front goes on sending after it has passed a request on."""
    chunked: bool = True
    """As Tornado sends it; without, the end of the connection is the end of the stream."""
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the client has closed a stream that was not at its end."""


@contextmanager
def running_federation() -> Iterator[Federation]:
    """Yield a federation on a free port; at the end no stream is left open."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    federation = Federation(f"http://127.0.0.1:{http.server_port}{FRONT}")
    http.federation = federation  # type: ignore[attr-defined]
    with serving(http):
        try:
            yield federation
        finally:
            federation.closing.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the name of http.server
        federation: Federation = self.server.federation  # type: ignore[attr-defined]
        federation.requests.append((self.path, dict(self.headers)))
        self.close_connection = True
        if self.path.startswith(FRONT):
            self._pass_on(federation)
        elif self.headers.get("Accept") != "text/event-stream":
            self._start(400, {})
        else:
            self._stream(federation)

    def _pass_on(self, federation: Federation) -> None:
        length = {} if federation.endless_redirects else {"Content-Length": "0"}
        self._start(307, {"Location": federation.location + self.path.removeprefix(FRONT), **length})
        try:
            while federation.endless_redirects and not federation.closing.wait(0.02):
                self.wfile.write(b"x" * 1000)
        except OSError:
            pass  # the client has left, as it should

    def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _stream(self, federation: Federation) -> None:
        framing = {"Transfer-Encoding": "chunked"} if federation.chunked else {}
        self._start(federation.status, {**federation.headers, **framing})
        try:
            for chunk in federation.chunks() if callable(federation.chunks) else federation.chunks:
                if isinstance(chunk, Stall):
                    federation.closing.wait(PATIENCE)
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if federation.chunked else chunk)
            if federation.chunked:
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            federation.left.set()

    def log_message(self, *_: object) -> None:
        """Say nothing: tests' output is for people."""
