"""A registry that redirects to another address: the program is real and so are the sockets, the registries are played.

What the other address asks for, the program must not give it: neither the password nor a token of the registry's own.
"""

import base64
import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from devtools.engine import Engine
from tests.support.commits import Commits, Ran, new_sha
from tests.support.faulty_registry import FaultyRegistry
from tests.support.loopback import serving

USER = "robot"


class Place(ThreadingHTTPServer):
    """A server on a port of its own, which remembers what it was asked, and with which login."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.challenge = ""
        """Of whoever has no login; empty when none is asked for."""
        self.always = False
        """Whether a login does not help, so that the next one may be tried."""
        self.redirect: tuple[int, str] | None = None
        self.token = secrets.token_hex(16)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def logins(self) -> set[str]:
        return {login for _, login in self.asked}

    def asked_for(self, part: str) -> bool:
        return any(part in path for path, _ in self.asked)


class _Handler(BaseHTTPRequestHandler):
    server: Place

    def handle_request(self) -> None:
        login = self.headers.get("Authorization", "")
        self.server.asked.append((self.path, login))
        if self.path.startswith("/token"):
            self._send(200, {}, json.dumps({"token": self.server.token}).encode())
        elif self.server.challenge and (self.server.always or not login):
            self._send(401, {"WWW-Authenticate": self.server.challenge})
        elif self.server.redirect:
            status, target = self.server.redirect
            self._send(status, {"Location": f"{target}{self.path}"})
        else:
            self._send(404, {})

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the tests look at `asked`."""

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@dataclass
class Journey:
    """The registry, the server of its tokens, and the address that it redirects to."""

    registry: Place
    tokens: Place
    other: Place
    folder: Path
    engine: Engine
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{USER}:{self.password}".encode()).decode()

    def clean_up(self) -> Ran:
        login = {"username": USER, "password": self.password}
        commits = Commits(self.folder, self.engine, FaultyRegistry(self.registry.host), "lab/course", login)
        return commits.pull_request(new_sha(), closed=True, preview="true")


@pytest.fixture
def journey(tmp_path: Path, engine: Engine) -> Iterator[Journey]:
    with contextlib.ExitStack() as stack:
        own, tokens, other = places = [Place() for _ in range(3)]
        for place in places:
            stack.enter_context(serving(place))
        yield Journey(own, tokens, other, tmp_path, engine)


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("kind", ["Basic", "Bearer"])
def test_redirect__gives_the_password_to_nobody(journey: Journey, status: int, kind: str) -> None:
    journey.registry.redirect = (status, journey.other.url)
    journey.other.challenge = f'{kind} realm="{journey.other.url}/token",service="other"'
    journey.other.always = True

    ran = journey.clean_up()

    assert journey.other.asked_for("/v2/")
    assert journey.other.asked_for("/token") is (kind == "Bearer")
    assert journey.other.logins <= {"", f"Bearer {journey.other.token}"}
    assert journey.registry.logins == {""}
    assert ran.code == 1
    assert f"{journey.registry.host} sends us to {journey.other.host}, which asks for a login" in ran.log


def test_redirect__the_registry_s_own_token_server_gets_the_password(journey: Journey) -> None:
    """And the other address, at the same time, a token for everybody."""
    journey.registry.challenge = f'Bearer realm="{journey.tokens.url}/token",service="own"'
    journey.registry.redirect = (307, journey.other.url)
    journey.other.challenge = f'Bearer realm="{journey.other.url}/token",service="other"'

    ran = journey.clean_up()

    assert journey.tokens.logins == {journey.basic}
    assert journey.registry.logins == {"", f"Bearer {journey.tokens.token}"}
    assert journey.other.logins == {"", f"Bearer {journey.other.token}"}
    assert ran.code == 0, ran.log


def test_redirect__the_registry_itself_gets_the_password(journey: Journey) -> None:
    journey.registry.challenge = 'Basic realm="own"'
    ran = journey.clean_up()
    assert journey.registry.logins == {"", journey.basic}
    assert ran.code == 0, ran.log
