"""A server that hands out tokens for a registry, as quay.io, Docker Hub, GHCR, Harbor and Azure have one.

The protocol: https://distribution.github.io/distribution/spec/auth/token/ (GET with a password) and
https://distribution.github.io/distribution/spec/auth/oauth/ (POST with a refresh token).
"""

import base64
import contextlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization

from devtools.registry import TokenServer
from tests.support.certificates import Signed, make_authority
from tests.support.loopback import serving

ISSUER = "hub-image-action tests"
SECONDS_OF_A_TOKEN = 300


@dataclass
class Tokens:
    """What the server knows. `asked` are users and scopes in the order of their questions; nobody is ''."""

    users: Mapping[str, str]
    signer: Signed
    refresh: bool
    """Whether a login is answered with a refresh token, which the docker client keeps in place of the password."""
    realm: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    refresh_tokens: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> TokenServer:
        return TokenServer(self.realm, ISSUER, self.signer.pem)

    def answer(self, user: str, service: str, scopes: list[str], *, offline: bool) -> dict[str, object]:
        """The answer's body, with a token for what was asked: a user may do all, nobody nothing."""
        self.asked.append((user, " ".join(scopes)))
        token = self._sign(user, service, scopes if user else [])
        answer: dict[str, object] = {"token": token, "access_token": token, "expires_in": SECONDS_OF_A_TOKEN}
        if self.refresh and offline and user:
            answer["refresh_token"] = secrets.token_hex(20)
            self.refresh_tokens[str(answer["refresh_token"])] = user
        return answer

    def _sign(self, user: str, service: str, scopes: list[str]) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": user,
            "aud": service,
            "nbf": now - 10,
            "iat": now,
            "exp": now + SECONDS_OF_A_TOKEN,
            "jti": secrets.token_hex(8),
            "access": [_access(scope) for scope in scopes],
        }
        chain = [base64.b64encode(self.signer.certificate.public_bytes(serialization.Encoding.DER)).decode()]
        return jwt.encode(claims, self.signer.key, algorithm="ES256", headers={"x5c": chain})


def _access(scope: str) -> dict[str, object]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return {"type": kind, "name": name, "actions": actions.split(",")}


@contextlib.contextmanager
def running_token_server(users: Mapping[str, str], *, refresh: bool = False) -> Iterator[Tokens]:
    """Yield a token server on a port of its own."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.tokens = Tokens(users, make_authority(ISSUER), refresh)
    server.tokens.realm = f"http://127.0.0.1:{server.server_port}/token"
    with serving(server):
        yield server.tokens


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    tokens: Tokens


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        fields = parse_qs(urlsplit(self.path).query)
        user = self._user_of_password()
        if user is None:
            self._send(401, {"details": "incorrect username or password"})
            return
        self._answer(user, fields)

    def do_POST(self) -> None:
        fields = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        tokens = self.server.tokens
        if not tokens.refresh:
            # The docker client then asks once more, with GET.
            self._send(404, {})
            return
        kind = fields.get("grant_type", [""])[0]
        if kind == "refresh_token":
            user = tokens.refresh_tokens.get(fields.get("refresh_token", [""])[0])
        else:
            name, password = fields.get("username", [""])[0], fields.get("password", [""])[0]
            user = name if tokens.users.get(name) == password else None
        if user is None:
            self._send(401, {"error": "invalid_grant"})
            return
        self._answer(user, fields)

    def _answer(self, user: str, fields: Mapping[str, list[str]]) -> None:
        scopes = [scope for text in fields.get("scope", []) for scope in text.split()]
        offline = fields.get("offline_token") == ["true"] or fields.get("access_type") == ["offline"]
        self._send(200, self.server.tokens.answer(user, fields.get("service", [""])[0], scopes, offline=offline))

    def _user_of_password(self) -> str | None:
        """The user, '' without a login, None when it is wrong."""
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        if not kind:
            return ""
        name, _, password = base64.b64decode(encoded).decode().partition(":")
        return name if self.server.tokens.users.get(name) == password else None

    def _send(self, status: int, body: Mapping[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the tests look at `asked`."""
