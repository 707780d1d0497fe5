"""HTTP requests to a registry: time-outs, bounded bodies, redirects, retries."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ParamSpec, Protocol, TypeVar

import requests
import urllib3
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from hubaction.clients.registry.addresses import (
    AddressError,
    UnsafeAddressError,
    api_host,
    is_loopback,
    resolve_address,
    same_origin,
)
from hubaction.clients.registry.errors import RegistryError, UnreachableError, UntrustedError
from hubaction.clients.registry.manifest import read_object
from hubaction.errors import Help

TIMEOUT_SECONDS = 30
LOOK_UP_SECONDS = 5
"""Time-out of optional look-ups, whose failure only means that an image is built."""
ATTEMPTS = 4
MAX_REDIRECTS = 5
MAX_REASON = 500
_SHORTEST_LOGIN = 4
MAX_ANSWER_BYTES = 4 * 1024**2
"""The specification allows manifests of this size, and configs need less."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A registry's answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def redirects_to(self) -> str:
        return self.headers.get("Location", "") if self.status in _REDIRECTS else ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        return read_object(self.body)

    def errors(self) -> list[dict[str, Any]]:
        """https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes"""
        listed = self.json().get("errors")
        return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []

    def error_codes(self) -> set[str]:
        return {str(entry.get("code", "")) for entry in self.errors()}


def describe(answer: Answer) -> str:
    """Status and reason, e.g. `403 DENIED: requested access to the resource is denied`."""
    said = [f"{entry.get('code', '')}: {entry.get('message', '')}" for entry in answer.errors()]
    text = "; ".join(said) or answer.body[:MAX_REASON].decode(errors="replace")
    return f"{answer.status} {' '.join(text.split())[:MAX_REASON] or 'without a reason'}"


class Ask(Protocol):
    """Makes one request. `stayed` is whether all addresses so far have the origin of the first one."""

    def __call__(self, address: str, *, stayed: bool) -> Answer: ...


class Connection:
    """Makes requests to one registry, and where it redirects to. Thread-safe.

    One that is not patient has a time-out of LOOK_UP_SECONDS and does not retry, and makes no more requests once the
    registry was unreachable.
    """

    def __init__(self, host: str, *, insecure: bool, patient: bool) -> None:
        self.host = host
        self.base = f"{'http' if insecure or is_loopback(host) else 'https'}://{api_host(host)}"
        self.requests_made = 0
        self._patient = patient
        self._timeout = TIMEOUT_SECONDS if patient else LOOK_UP_SECONDS
        self._trying = Retrying(
            retry=retry_if_exception(_is_worth_another_try),
            stop=stop_after_attempt(ATTEMPTS if patient else 1),
            wait=wait_exponential(multiplier=0.5, max=8),
            reraise=True,
        )
        self._gave_up = ""
        self._counting = threading.Lock()
        self._session = _Session()

    def attempt(self, work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call `work`, and retry when the registry is unreachable. Raises UnreachableError at once after `give_up`."""
        if self._gave_up:
            raise UnreachableError(self._gave_up, on_loopback=is_loopback(self.host))
        try:
            return self._trying(work, *arguments, **options)
        except UnreachableError as error:
            self.give_up(error.message)
            raise

    def give_up(self, reason: str) -> None:
        """Make no more requests, unless this connection is patient."""
        self._gave_up = "" if self._patient else reason

    def follow(self, address: str, ask: Ask) -> Answer:
        """Make a request and follow redirects."""
        first, stayed = address, True
        for _ in range(MAX_REDIRECTS + 1):
            answer = ask(address, stayed=stayed)
            if not answer.redirects_to:
                return answer
            address = self.resolve(address, answer.redirects_to)
            stayed = stayed and same_origin(first, address)
        raise RegistryError(
            f"{self.host} redirects more than {MAX_REDIRECTS} times, so it is not followed any further. The"
            " administrator of the registry, or of the proxy in front of it, has to correct that."
        )

    def resolve(self, base: str, given: str) -> str:
        """Return an address from an answer to a request for `base`; raises RegistryError for one not to be followed."""
        try:
            return resolve_address(base, given)
        except UnsafeAddressError as error:
            raise self.does_not_follow(error) from None
        except AddressError:
            raise RegistryError(f"{self.host} sends us to what is no address.") from None

    def does_not_follow(self, error: UnsafeAddressError) -> RegistryError:
        return RegistryError(
            f"{self.host} {error}, so it is not followed. The administrator of the registry, or of the proxy in front"
            " of it, has to correct the addresses in its answers."
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """Make one request; raises UnreachableError, UntrustedError, RegistryError."""
        with self._counting:
            self.requests_made += 1
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                content = _read_body(response, limit, seconds=2 * self._timeout)
                if not response.ok:
                    content = _without_login(content, headers)
                answer = Answer(response.status_code, response.headers, content)
        except (OSError, ValueError) as error:  # all of requests' own are OSErrors, and some are ValueErrors, too
            raise _explain(self.host, error) from error
        if answer.status >= 500 or answer.status == requests.codes.too_many_requests:
            raise UnreachableError(
                f"{self.host} cannot answer now ({answer.status}). Run again when it is back.", on_loopback=False
            )
        return answer


def _is_worth_another_try(error: BaseException) -> bool:
    # On the loopback there is no network that could recover.
    return isinstance(error, UnreachableError) and not error.on_loopback


class _Session(requests.Session):
    """Reads no credentials of the machine (~/.netrc), keeps no cookies, and follows no redirects."""

    def __init__(self) -> None:
        super().__init__()
        # With any `auth`, requests does not read ~/.netrc.
        self.auth = _no_auth
        # Cookies may work like a login, and are sent to every port of a host.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Without this, requests reads the whole body of a redirect, even when it does not follow it."""


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read_body(response: requests.Response, limit: int, *, seconds: float) -> bytes:
    """Bound both size and duration of a response."""
    deadline = time.monotonic() + seconds
    body = b""
    while piece := _read_piece(response):
        body += piece
        if len(body) > limit or time.monotonic() > deadline:
            raise RegistryError("The registry's answer has no end: it is larger, or slower, than any manifest.")
    return body


def _read_piece(response: requests.Response) -> bytes:
    """Read what has arrived. `iter_content` would wait for a whole piece, which could take for ever."""
    try:
        return bytes(response.raw.read1(65536, decode_content=True))
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from error


def _without_login(content: bytes, headers: Mapping[str, str]) -> bytes:
    """Some proxies repeat the request on their error pages, and messages of ours quote those.

    The console knows neither tokens nor the logins of earlier steps, so it could not hide them.
    """
    login = headers.get("Authorization", "").partition(" ")[2]
    # A login of a few letters would take codes of errors apart.
    return content.replace(login.encode(), b"***") if len(login) >= _SHORTEST_LOGIN else content


_UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED|\[X509|NO_CERTIFICATE_OR_CRL_FOUND")
"""OpenSSL's messages for a certificate without a trusted CA, and for a CA file without certificates."""


def _explain(host: str, error: OSError | ValueError) -> RegistryError:
    if isinstance(error, requests.exceptions.SSLError) and _UNTRUSTED.search(str(error)):
        return UntrustedError(
            f"This action does not know the authority behind the certificate of {host}. {Help.OWN_CERTIFICATE}"
        )
    if isinstance(error, requests.exceptions.RequestException):
        return UnreachableError(
            f"{host} does not answer ({type(error).__name__}), so the image cannot be checked there."
            " Run again when it is back.",
            on_loopback=is_loopback(host),
        )
    if isinstance(error, ValueError):
        return RegistryError(f"{host} sends us to what is no address.")
    # requests raises a plain OSError for a CA file that does not exist. Paths of the runner often do not exist in
    # the container.
    return UntrustedError(
        f"The file that REQUESTS_CA_BUNDLE names is not there in the action's container, so"
        f" the certificate of {host} cannot be checked with it. {Help.OWN_CERTIFICATE}"
    )
