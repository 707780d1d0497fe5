"""A way to the real registry that fails when told to: an HTTP proxy in this process."""

import contextlib
import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from devtools.registry import Registry
from tests.support.loopback import serving

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
OPEN_SECONDS = 60
TLS_HANDSHAKE = b"\x16"


@dataclass(frozen=True)
class Answer:
    """What the proxy answers in place of the registry."""

    status: int
    body: str = ""
    kind: str = "application/json"


class HangUpError(Exception):
    """Raised by a rule to close the connection without an answer."""


Rule = Callable[[str, str], Answer | None]
"""Takes method and path; None lets the request pass to the registry."""


@dataclass
class FaultyRegistry:
    """`host` is the registry's name as seen through the proxy, `rule` decides each request's fate."""

    host: str
    rule: Rule = field(default=lambda method, path: None)
    requests: list[tuple[str, str]] = field(default_factory=list)
    blobs_up: list[int] = field(default_factory=list)
    """Bytes of each request that carried a part of a blob."""
    blobs_down: list[int] = field(default_factory=list)
    """Bytes of each answer that carried a blob."""

    def asked(self, method: str, part: str) -> int:
        """How often a method was asked for with that in the path."""
        return sum(1 for each, path in self.requests if each == method and part in path)


@contextlib.contextmanager
def faulty_registry(registry: Registry) -> Iterator[FaultyRegistry]:
    """Yield a proxy in front of the registry, on a port of its own; it lets everything pass until told otherwise."""
    server = _Server(("127.0.0.1", 0), _Proxy)
    server.target = registry.port
    server.faulty = FaultyRegistry(f"127.0.0.1:{server.server_port}")
    with serving(server):
        yield server.faulty


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    target: int
    faulty: FaultyRegistry

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that break are the point here."""


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = OPEN_SECONDS
    server: _Server

    def handle_one_request(self) -> None:
        """Answer a TLS handshake as Go's servers do: the containerd store tries TLS first, and then knows better."""
        if self.rfile.peek(1).startswith(TLS_HANDSHAKE):  # type: ignore[attr-defined]
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.\n")
            self.close_connection = True
            return
        super().handle_one_request()

    def handle_request(self) -> None:
        body = b"".join(self._read_chunks()) if self._chunked else self.rfile.read(self._length)
        self.server.faulty.requests.append((self.command, self.path))
        if body and "/blobs/" in self.path:
            self.server.faulty.blobs_up.append(len(body))
        try:
            answer = self.server.faulty.rule(self.command, self.path)
        except HangUpError:
            self.close_connection = True
            return
        if answer is None:
            self._forward(body)
        else:
            self._send(answer.status, {"Content-Type": answer.kind}, answer.body.encode())

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = handle_request  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the tests look at `requests`."""

    @property
    def _chunked(self) -> bool:
        return "chunked" in self.headers.get("Transfer-Encoding", "")

    @property
    def _length(self) -> int:
        return int(self.headers.get("Content-Length", "0"))

    def _read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _forward(self, body: bytes) -> None:
        """Host stays as it is, so that the registry's Location headers lead through here again."""
        # The engine sends a line for each type that it accepts.
        headers = {
            name: ", ".join(self.headers.get_all(name, [])) for name in self.headers if name.lower() not in HOP_BY_HOP
        }
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.target)) as connection:
            connection.request(self.command, self.path, body, {**headers, "Content-Length": str(len(body))})
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
            content = response.read()
            if content and self.command == "GET" and response.status == HTTPStatus.OK and "/blobs/" in self.path:
                self.server.faulty.blobs_down.append(len(content))
            self._send(response.status, kept, content, response.getheader("Content-Length"))

    def _send(self, status: int, headers: dict[str, str], body: bytes, length: str | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length if length is not None and not body else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
