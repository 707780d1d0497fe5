"""Logins at a registry: challenges, tokens, scopes, and the origins that credentials may be sent to.

https://distribution.github.io/distribution/spec/auth/token/
"""

import base64
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
from requests.utils import parse_dict_header

from hubaction.clients.registry.addresses import host_of, origin_of, same_origin
from hubaction.clients.registry.errors import DeniedError, RegistryError
from hubaction.clients.registry.http import MAX_ANSWER_BYTES, Answer, Connection, describe
from hubaction.image import ImageName

Scopes = tuple[str, ...]
"""What a token allows: https://distribution.github.io/distribution/spec/auth/scope/"""
ALL_SCOPES: Scopes = ()


def pull(name: ImageName) -> Scopes:
    return (f"repository:{name.path}:pull",)


def push(name: ImageName) -> Scopes:
    return (f"repository:{name.path}:pull,push",)


def delete(name: ImageName) -> Scopes:
    """Some registries require the right to delete, and some know pushing only."""
    return (f"repository:{name.path}:pull,push,delete",)


@dataclass(frozen=True)
class _Challenge:
    """Which address asks for which kind of login: https://www.rfc-editor.org/rfc/rfc9110#section-11.3"""

    address: str
    header: str

    @property
    def name(self) -> str:
        return self.header.partition(" ")[0]

    @property
    def kind(self) -> str:
        return self.name.lower()

    def field(self, name: str) -> str:
        fields = parse_dict_header(self.header.partition(" ")[2])  # type: ignore[no-untyped-call]
        return str(fields.get(name) or "")


class _Logins:
    """Values of the Authorization header, by their scopes."""

    def __init__(self, *, anonymous: bool = False) -> None:
        self.anonymous = anonymous
        """Whether none of them may contain the password."""
        self.challenge: _Challenge | None = None
        """The last challenge for a token, which saves a refused request."""
        self._kept: dict[Scopes, str] = {}

    def find(self, scopes: Scopes) -> str:
        return self._kept.get(scopes) or self._kept.get(ALL_SCOPES, "")

    def keep(self, scopes: Scopes, login: str) -> str:
        for scope in scopes:
            self._kept[(scope,)] = self._kept[(scope.removesuffix(",push"),)] = login
        self._kept[scopes] = login
        return login


class AuthorizedConnection:
    """Makes requests with the login that they need. Thread-safe."""

    def __init__(self, connection: Connection, auth: Mapping[str, str]) -> None:
        self._connection = connection
        self._host = connection.host
        self._username = auth.get("username", "")
        self._password = auth.get("password", "")
        self._lock = threading.Lock()
        self._logins = _Logins()
        self._anonymous: dict[str, _Logins] = {}
        """By origin: anonymous tokens of other servers that the registry redirects to."""

    def send(
        self,
        method: str,
        url: str,
        scopes: Scopes,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """Make a request with the login that it needs. An expired login is renewed once."""
        address = self._connection.resolve(self._connection.base, url)

        def ask(address: str, *, stayed: bool) -> Answer:
            def send(login: str) -> Answer:
                authorized = {**(headers or {}), **_authorized(login)}
                return self._connection.request(method, address, headers=authorized, body=body, limit=limit)

            return self._ask(address, scopes, self._logins_for(address, stayed=stayed), send)

        if method in {"GET", "HEAD"}:
            return self._connection.follow(address, ask)
        return ask(address, stayed=True)

    def _logins_for(self, address: str, *, stayed: bool) -> _Logins:
        """The only decision about where credentials are sent: to the registry's own origin, and not after a detour."""
        if stayed and same_origin(self._connection.base, address):
            return self._logins
        with self._lock:
            return self._anonymous.setdefault(origin_of(address), _Logins(anonymous=True))

    def _ask(self, address: str, scopes: Scopes, logins: _Logins, send: Callable[[str], Answer]) -> Answer:
        used = self._find_login(logins, scopes)
        answer = send(used)
        if answer.status != requests.codes.unauthorized:
            return answer
        challenge = _Challenge(address, answer.headers.get("WWW-Authenticate", ""))
        renewed = self._renew_login(logins, scopes, used, challenge)
        if renewed != used:
            answer = send(renewed)
        if renewed.startswith("Basic "):
            self._note_refusal(answer)
        if answer.status == requests.codes.unauthorized and logins.anonymous:
            raise self._asked_elsewhere(address)
        return answer

    def _asked_elsewhere(self, address: str) -> DeniedError:
        reason = f"{self._host} sends us to {host_of(address)}, which asks for a login."
        if self._password:
            reason += (
                f" The one for {self._host} is sent to {self._host} only: name the registry that has the image, and"
                " give the login for that one."
            )
        # Without the status, which says nothing about the login that we have.
        return DeniedError(reason, detail=reason)

    def _note_refusal(self, answer: Answer) -> None:
        """Do not send a wrong password with every look-up: some registries lock the account after a few attempts."""
        if answer.status == requests.codes.unauthorized and self._password:
            self._connection.give_up(f"{self._host} refuses the login, so it is asked nothing more.")

    def _find_login(self, logins: _Logins, scopes: Scopes) -> str:
        """Return a kept login, or a new one once the challenge is known; empty before the first challenge."""
        with self._lock:
            kept = logins.find(scopes)
            if kept or not logins.challenge:
                return kept
            return self._answer_challenge(logins, logins.challenge, scopes)

    def _renew_login(self, logins: _Logins, scopes: Scopes, refused: str, challenge: _Challenge) -> str:
        with self._lock:
            kept = logins.find(scopes)
            if kept and kept != refused:
                return kept  # by another thread meanwhile
            if logins.anonymous:
                return self._get_anonymous(logins, challenge, scopes)
            return self._answer_challenge(logins, challenge, scopes)

    def _answer_challenge(self, logins: _Logins, challenge: _Challenge, scopes: Scopes) -> str:
        """Return the value of the Authorization header that the registry asks for, and keep it."""
        if challenge.kind == "basic":
            return logins.keep(ALL_SCOPES, self._basic())
        if challenge.kind != "bearer":
            raise RegistryError(f"{self._host} asks for an unknown kind of login: '{challenge.name[:40]}'.")
        token = self._fetch_token(challenge, scopes, self._basic() if self._password else "")
        logins.challenge = challenge
        return logins.keep(scopes, f"Bearer {token}")

    def _get_anonymous(self, logins: _Logins, challenge: _Challenge, scopes: Scopes) -> str:
        """Like `_answer_challenge`, but without the password; empty when there is no anonymous token."""
        if challenge.kind != "bearer":
            return ""
        # The repository may have another name there, which only the challenge has.
        asked = tuple(challenge.field("scope").split())
        try:
            return logins.keep(scopes, f"Bearer {self._fetch_token(challenge, asked or scopes, '')}")
        except DeniedError:
            return ""

    def _fetch_token(self, challenge: _Challenge, scopes: Scopes, login: str) -> str:
        realm, service = challenge.field("realm"), challenge.field("service")
        if not realm.startswith(("https://", challenge.address.partition("://")[0] + "://")):
            raise RegistryError(
                f"{self._host} names no safe place to log in at: '{realm[:100]}'. A registry with https must name one"
                " with https, or others can read the login on its way."
            )
        params = [*([("service", service)] if service else []), *(("scope", scope) for scope in scopes)]
        address = self._connection.resolve(challenge.address, realm)
        address = str(requests.Request("GET", address, params=params).prepare().url)
        answer = self._connection.follow(
            address,
            lambda address, *, stayed: self._connection.request(
                "GET", address, headers=_authorized(login if stayed else "")
            ),
        )
        body = answer.json()
        token = body.get("token") or body.get("access_token")
        if login:
            self._note_refusal(answer)
        if answer.status != requests.codes.ok or not isinstance(token, str):
            message = f"{self._host} refuses a token for {' '.join(scopes)}: it answers {answer.status}."
            raise RegistryError(message) if answer.ok else DeniedError(message, detail=describe(answer))
        return token

    def _basic(self) -> str:
        # In UTF-8, like the engine; requests would use Latin-1.
        pair = f"{self._username}:{self._password}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _authorized(login: str) -> dict[str, str]:
    return {"Authorization": login} if login else {}
