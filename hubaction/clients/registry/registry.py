"""The one door to registries: what they have, and what is put there by requests alone.

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md, and for tokens
https://distribution.github.io/distribution/spec/auth/token/
"""

import base64
import hashlib
import ipaddress
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3
from requests.utils import parse_dict_header
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from hubaction.clients.registry.addresses import (
    AddressError,
    UnsafeAddressError,
    host_of,
    origin_of,
    resolve_address,
    same_origin,
)
from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, ImageName, is_tag

TIMEOUT_SECONDS = 30
LOOK_UP_SECONDS = 5
"""What a look-up may wait for, when the worst that its failure means is a build."""
ATTEMPTS = 4
MAX_REDIRECTS = 5
MAX_PAGES = 500
"""Of tags: more are not looked through."""
TAGS_ON_A_PAGE = 100
"""What every registry gives at once."""
MAX_REASON = 500
MAX_ANSWER_BYTES = 4 * 1024**2
"""Manifests may have as much by the specification, and configs need less."""
RECIPE = "https://github.com/org/hub-image-action/blob/main/docs/registries.md#a-registry-with-a-certificate-of-its-own"
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


T = TypeVar("T")


class RegistryError(ActionError):
    """The registry answered, and not with what was asked for."""


class MissingBlobError(RegistryError):
    """A blob is not, or no longer, in the registry."""


class DeniedError(RegistryError):
    """The registry does not allow it; `detail` is what it says, with the status first, e.g. `403 DENIED: no`."""

    def __init__(self, message: str, *, detail: str) -> None:
        super().__init__(message)
        self.detail = detail


class UnreachableError(RegistryError):
    """The registry did not answer, or says that it cannot now."""

    def __init__(self, message: str, *, on_loopback: bool) -> None:
        super().__init__(message)
        self.on_loopback = on_loopback


class UntrustedError(RegistryError):
    """We know nobody who vouches for the registry's certificate; the engine, which has its own list, may."""


_UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED|\[X509|NO_CERTIFICATE_OR_CRL_FOUND")
"""OpenSSL's words for a certificate that nobody vouches for, and for a list of authorities that holds none."""


def _is_worth_another_try(error: BaseException) -> bool:
    # On this machine there is no network that could come back.
    return isinstance(error, UnreachableError) and not error.on_loopback


@dataclass(frozen=True)
class Pointer:
    """What a tag points to."""

    digest: str
    is_single: bool
    """Whether it is surely the manifest of one image; what is not may be an index, which names further manifests."""


@dataclass(frozen=True)
class Manifest:
    """A manifest, by what the registry says."""

    digest: str
    size: int | None
    """Bytes that a hub downloads, config and layers; None when the manifest is an index."""
    config_digest: str
    """Digest of the image's config; empty for an index."""
    body: bytes = field(default=b"", repr=False)
    """The manifest itself, as the registry keeps it; empty when only the engine could ask for it."""
    media_type: str = ""
    layer_digests: tuple[str, ...] = ()
    """Digests of the layers, each once; empty for an index."""


class Registry:
    """One registry, with the credentials for it; safe to use from a few threads.

    With `patient=False` it waits for LOOK_UP_SECONDS, tries nothing again, and asks nothing more of a registry that
    was away or refused the password once: for look-ups whose failure only means that an image is built.
    """

    def __init__(self, host: str, auth: Mapping[str, str], *, insecure: bool = False, patient: bool = True) -> None:
        self._host = host
        self.auth = auth
        self.requests_made = 0
        """Requests so far, those for tokens and after redirects included."""
        self._timeout = TIMEOUT_SECONDS if patient else LOOK_UP_SECONDS
        self._trying = Retrying(
            retry=retry_if_exception(_is_worth_another_try),
            stop=stop_after_attempt(ATTEMPTS if patient else 1),
            wait=wait_exponential(multiplier=0.5, max=8),
            reraise=True,
        )
        self._patient = patient
        self._gave_up = ""
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._logins = _Logins()
        self._anonymous: dict[str, _Logins] = {}
        """By origin: what others than the registry, which it redirects to, give to everybody."""
        self._session = _Session()
        self._base = f"{'http' if insecure or is_loopback(host) else 'https'}://{api_host(host)}"

    @property
    def only_engine_logs_in(self) -> bool:
        """Whether the login is an identity token, which only the engine can trade in."""
        return bool(self.auth) and not self._password

    # --- reading ---

    def fetch_manifest(self, name: ImageName, tag: str) -> Manifest | None:
        """Return what a tag, or a digest, points to, or None when there is no such thing.

        Raises UnreachableError after some tries, UntrustedError when its certificate cannot be verified,
        RegistryError for any other refusal.
        """
        answer = self._ask_for_manifest("GET", name, tag)
        if answer.status == requests.codes.not_found:
            return None
        if answer.status != requests.codes.ok:
            raise self._does_not_tell(name, tag, answer)
        manifest = read_manifest(answer.body, answer.headers.get("Content-Type", ""))
        if tag.startswith("sha256:") and manifest.digest != tag:
            raise RegistryError(f"{self._host} has {manifest.digest} where {tag} should be: run again.")
        return manifest

    def fetch_digest(self, name: ImageName, tag: str) -> str | None:
        """Return the digest that a tag, or a digest, points to, by one HEAD; None when there is no such thing.

        Where the answer names no digest, which the specification allows, it is computed from the manifest.
        Raises UnreachableError after some tries, RegistryError for any other refusal.
        """
        pointer = self.fetch_pointer(name, tag)
        return pointer.digest if pointer else None

    def fetch_pointer(self, name: ImageName, tag: str) -> Pointer | None:
        """As fetch_digest, and what kind of thing it is."""
        answer = self._ask_for_manifest("HEAD", name, tag)
        if answer.status == requests.codes.not_found:
            return None
        digest = answer.headers.get("Docker-Content-Digest", "")
        if answer.status == requests.codes.ok and is_digest(digest):
            return Pointer(digest, answer.headers.get("Content-Type", "").partition(";")[0].strip() in MANIFEST_TYPES)
        if answer.status not in {requests.codes.ok, requests.codes.method_not_allowed}:
            raise self._does_not_tell(name, tag, answer)
        manifest = self.fetch_manifest(name, tag)
        return Pointer(manifest.digest, manifest.media_type in MANIFEST_TYPES) if manifest else None

    def look_up_digest(self, name: ImageName, tag: str) -> str | None:
        """As fetch_digest, and None too when nobody knows: for what only saves time."""
        try:
            return self.fetch_digest(name, tag)
        except RegistryError:
            return None

    def fetch_blob(self, name: ImageName, digest: str, max_bytes: int = MAX_ANSWER_BYTES) -> bytes:
        """Return a blob, e.g. an image's config, which the digest proves to be it.

        Raises MissingBlobError, UnreachableError, RegistryError when it is larger or another one.
        """
        url = f"{self._base}/v2/{name.path}/blobs/{digest}"
        answer = self._try(self._send, "GET", url, _pull(name), limit=max_bytes)
        if answer.status == requests.codes.not_found:
            raise MissingBlobError(f"{self._host} does not have the blob {digest} in {name}.")
        if answer.status != requests.codes.ok:
            raise RegistryError(f"{self._host} does not give the blob {digest} of {name}: {_describe(answer)}.")
        if digest_of(answer.body) != digest:
            raise RegistryError(f"{self._host} gives another blob than {digest} of {name}.")
        return answer.body

    def has_blob(self, name: ImageName, digest: str) -> bool:
        """Whether a repository has a blob, by one HEAD; raises RegistryError when the registry does not say."""
        answer = self._try(self._send, "HEAD", f"{self._base}/v2/{name.path}/blobs/{digest}", _pull(name))
        if answer.status not in {requests.codes.ok, requests.codes.not_found}:
            raise RegistryError(f"{self._host} does not tell whether {name} has {digest}: {_describe(answer)}.")
        return answer.ok

    def check_login(self) -> None:
        """Raise DeniedError when the registry does not take the password, as `docker login` does.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
        Raises UnreachableError after some tries, RegistryError for any other refusal to let anybody in.
        """
        try:
            answer = self._try(self._send, "GET", f"{self._base}/v2/", ALL_SCOPES)
        except DeniedError as error:
            if error.detail[:3] in {"401", "403"}:
                raise
            # The server that hands out tokens is not well, which says nothing of the password.
            raise RegistryError(error.message) from error
        if answer.status in {requests.codes.unauthorized, requests.codes.forbidden}:
            raise DeniedError(f"{self._host} does not take the login: {_describe(answer)}.", detail=_describe(answer))

    def list_tags(self, name: ImageName) -> tuple[str, ...]:
        """All tags of a repository, over all pages; none when there is no such repository.

        Whoever deletes relies on it that there are no others, so a list that may lack some is an error.
        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
        Raises DeniedError when the account may not list them, UnreachableError after some tries, RegistryError.
        """
        first = url = f"{self._base}/v2/{name.path}/tags/list?n={TAGS_ON_A_PAGE}"
        tags: dict[str, None] = {}
        for _ in range(MAX_PAGES):
            answer = self._try(self._send, "GET", url, _pull(name))
            if answer.status == requests.codes.not_found and url == first:
                return ()
            if not answer.ok:
                detail = _describe(answer)
                raise DeniedError(f"{self._host} does not list the tags of {name}: {detail}.", detail=detail)
            page = self._read_tags(name, answer)
            known = len(tags)
            tags |= dict.fromkeys(page)
            next_page = self._next_page(url, answer)
            if not next_page and len(page) >= TAGS_ON_A_PAGE and len(tags) > known:
                # Some cut the list, and do not say that there is more.
                next_page = f"{first}&last={quote(page[-1])}"
            if not next_page:
                return tuple(tags)
            url = next_page
        raise RegistryError(f"{self._host} has no end of tags of {name}.")

    def _read_tags(self, name: ImageName, answer: "_Answer") -> list[str]:
        body = answer.json()
        listed = body.get("tags") or []
        known = isinstance(listed, list) and all(isinstance(tag, str) and is_tag(tag) for tag in listed)
        if not known or not {"name", "tags"} & body.keys():
            raise RegistryError(f"{self._host} answers with something else than a list of the tags of {name}.")
        return listed

    def _next_page(self, url: str, answer: "_Answer") -> str:
        """https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags; empty at the end."""
        links = requests.utils.parse_header_links(answer.headers.get("Link", ""))
        found = next((link.get("url", "") for link in links if link.get("rel") == "next"), "")
        if not found:
            return ""
        try:
            there, here = urlsplit(urljoin(url, found)), urlsplit(self._base)
        except ValueError:
            raise RegistryError(f"{self._host} names no address for more of its tags.") from None
        if there.hostname != here.hostname:
            raise RegistryError(f"{self._host} sends us elsewhere for its tags.")
        # Behind a proxy, some take themselves for http, or for another port.
        return f"{self._base}{there.path}?{there.query}"

    def _ask_for_manifest(self, method: str, name: ImageName, tag: str) -> "_Answer":
        url = f"{self._base}/v2/{name.path}/manifests/{tag}"
        headers = {"Accept": ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))}
        return self._try(self._send, method, url, _pull(name), headers=headers)

    def _does_not_tell(self, name: ImageName, tag: str, answer: "_Answer") -> RegistryError:
        return RegistryError(
            f"{self._host} does not tell what {name}{'@' if ':' in tag else ':'}{tag} is: it answers {answer.status}."
            " Pushing may need another right than reading: give the account both."
        )

    # --- writing ---

    def put_manifest(self, name: ImageName, tag: str, body: bytes, media_type: str) -> None:
        """Put a manifest under a tag, byte for byte; what it names must be in the repository.

        Raises MissingBlobError when some of that is not, DeniedError when the account, the tag or a quota forbids it,
        UnreachableError after some tries.
        """
        url = f"{self._base}/v2/{name.path}/manifests/{tag}"
        headers = {"Content-Type": media_type}
        answer = self._try(self._send, "PUT", url, _push(name), headers=headers, body=body)
        if answer.ok:
            return
        if answer.status == requests.codes.not_found or answer.error_codes() & _MISSING_BLOB:
            raise MissingBlobError(f"{self._host} does not have all of {name}:{tag}: {_describe(answer)}.")
        raise self._denied(name, answer)

    def delete_manifest(self, name: ImageName, digest: str) -> bool:
        """Delete a manifest, and with it every tag that points to it; False when it is gone already.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests
        Raises DeniedError when the registry cannot, or the account may not; UnreachableError after some tries.
        """
        url = f"{self._base}/v2/{name.path}/manifests/{digest}"
        answer = self._try(self._send, "DELETE", url, _delete(name))
        if answer.ok:
            return True
        # One that has never heard of deleting may answer 404, too.
        if answer.status == requests.codes.not_found and self.fetch_digest(name, digest) is None:
            return False
        detail = _describe(answer)
        raise DeniedError(f"{self._host} does not delete {name}@{digest}: {detail}.", detail=detail)

    def mount_blob(self, name: ImageName, digest: str, from_name: ImageName) -> bool:
        """Make a blob of another repository of this registry known in this one, its bytes staying where they are.

        False when the registry wants the bytes instead. Raises DeniedError when it would not take those either,
        UnreachableError after some tries.
        """
        url = f"{self._uploads(name)}?mount={quote(digest)}&from={quote(from_name.path, safe='')}"
        scopes = (*_push(name), *_pull(from_name))
        try:
            answer = self._try(self._send, "POST", url, scopes, body=b"")
        except DeniedError:
            answer = None
        if answer and answer.status == requests.codes.created:
            return True
        if answer and answer.status == requests.codes.accepted:
            location = self._location(name, answer)
        else:
            # It may be the other repository, or mounting as such, that is refused.
            location = self._try(self._start_upload, name)
        self._cancel_upload(name, location)
        return False

    def put_blob(self, name: ImageName, body: bytes) -> str:
        """Upload a small blob in one piece; return its digest.

        Raises DeniedError, UnreachableError after some tries, RegistryError for any other refusal.
        """
        digest = digest_of(body)
        self._try(self._upload, name, body, digest)
        return digest

    def _upload(self, name: ImageName, body: bytes, digest: str) -> None:
        """Both requests belong together: an upload that failed half-way is begun anew."""
        location = self._start_upload(name)
        url = f"{location}{'&' if '?' in location else '?'}digest={quote(digest)}"
        headers = {"Content-Type": "application/octet-stream"}
        answer = self._send("PUT", url, _push(name), headers=headers, body=body)
        if not answer.ok:
            raise self._denied(name, answer)

    def _start_upload(self, name: ImageName) -> str:
        answer = self._send("POST", self._uploads(name), _push(name), body=b"")
        if not answer.ok:
            raise self._denied(name, answer)
        return self._location(name, answer)

    def _location(self, name: ImageName, answer: "_Answer") -> str:
        """Return the address that the registry wants the bytes at, which may be relative in its answer."""
        location = answer.headers.get("Location", "")
        try:
            if location:
                return resolve_address(self._uploads(name), location)
        except UnsafeAddressError as error:
            raise self._does_not_follow(error) from None
        except AddressError:
            pass
        raise RegistryError(f"{self._host} does not say where it takes blobs of {name}.")

    def _uploads(self, name: ImageName) -> str:
        return f"{self._base}/v2/{name.path}/blobs/uploads/"

    def _cancel_upload(self, name: ImageName, location: str) -> None:
        """A courtesy, which may fail: registries end forgotten uploads themselves."""
        with suppress(RegistryError):
            self._send("DELETE", location, _push(name))

    def _denied(self, name: ImageName, answer: "_Answer") -> DeniedError:
        detail = _describe(answer)
        return DeniedError(f"{self._host} does not let {name} be written to: {detail}.", detail=detail)

    # --- asking ---

    def _try(self, ask: Callable[..., T], *arguments: object, **options: object) -> T:
        if self._gave_up:
            raise UnreachableError(self._gave_up, on_loopback=is_loopback(self._host))
        try:
            return self._trying(ask, *arguments, **options)
        except UnreachableError as error:
            self._gave_up = "" if self._patient else error.message
            raise

    def _send(
        self,
        method: str,
        url: str,
        scopes: "Scopes",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> "_Answer":
        """Make a request with the login that it needs; one that no longer holds is renewed once."""
        address = self._resolve(self._base, url)

        def ask(address: str, *, stayed: bool) -> "_Answer":
            def send(login: str) -> "_Answer":
                authorized = {**(headers or {}), **_authorized(login)}
                return self._request(method, address, headers=authorized, body=body, limit=limit)

            return self._ask(address, scopes, self._logins_for(address, stayed=stayed), send)

        if method in {"GET", "HEAD"}:
            return self._follow(address, ask)
        return ask(address, stayed=True)

    def _follow(self, address: str, ask: "Callable[..., _Answer]") -> "_Answer":
        """Follow redirects; `ask` learns whether all addresses so far were of the origin of the first one."""
        first, stayed = address, True
        for _ in range(MAX_REDIRECTS + 1):
            answer: _Answer = ask(address, stayed=stayed)
            if not answer.redirects_to:
                return answer
            address = self._resolve(address, answer.redirects_to)
            stayed = stayed and same_origin(first, address)
        raise RegistryError(
            f"{self._host} redirects more than {MAX_REDIRECTS} times, so it is not followed any further. The"
            " administrator of the registry, or of the proxy in front of it, has to correct that."
        )

    def _resolve(self, base: str, given: str) -> str:
        try:
            return resolve_address(base, given)
        except UnsafeAddressError as error:
            raise self._does_not_follow(error) from None
        except AddressError:
            raise RegistryError(f"{self._host} sends us to what is no address.") from None

    def _does_not_follow(self, error: UnsafeAddressError) -> RegistryError:
        return RegistryError(
            f"{self._host} {error}, so it is not followed. The administrator of the registry, or of the proxy in front"
            " of it, has to correct the addresses in its answers."
        )

    def _logins_for(self, address: str, *, stayed: bool) -> "_Logins":
        """The one place that decides where the login goes: to the registry's own origin, never by way of another."""
        if stayed and same_origin(self._base, address):
            return self._logins
        with self._lock:
            return self._anonymous.setdefault(origin_of(address), _Logins(anonymous=True))

    def _ask(self, address: str, scopes: "Scopes", logins: "_Logins", send: "Callable[[str], _Answer]") -> "_Answer":
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
        # Without the status: it says nothing of the login that we have.
        return DeniedError(reason, detail=reason)

    def _note_refusal(self, answer: "_Answer") -> None:
        """A wrong password is not sent with every look-up: there are registries that lock the account after a few."""
        if answer.status == requests.codes.unauthorized and self._password and not self._patient:
            self._gave_up = f"{self._host} refuses the login, so it is asked nothing more."

    def _find_login(self, logins: "_Logins", scopes: "Scopes") -> str:
        """Return a kept login, or a new one where it is known whom to ask; empty before the first challenge."""
        with self._lock:
            kept = logins.find(scopes)
            if kept or not logins.challenge:
                return kept
            return self._answer_challenge(logins, logins.challenge, scopes)

    def _renew_login(self, logins: "_Logins", scopes: "Scopes", refused: str, challenge: "_Challenge") -> str:
        with self._lock:
            kept = logins.find(scopes)
            if kept and kept != refused:
                return kept  # by another thread meanwhile
            if logins.anonymous:
                return self._get_anonymous(logins, challenge, scopes)
            return self._answer_challenge(logins, challenge, scopes)

    def _answer_challenge(self, logins: "_Logins", challenge: "_Challenge", scopes: "Scopes") -> str:
        """Return the value of the Authorization header that the registry asks for, and keep it."""
        if challenge.kind == "basic":
            return logins.keep(ALL_SCOPES, self._basic())
        if challenge.kind != "bearer":
            raise RegistryError(f"{self._host} asks for an unknown kind of login: '{challenge.name[:40]}'.")
        token = self._fetch_token(challenge, scopes, self._basic() if self._password else "")
        logins.challenge = challenge
        return logins.keep(scopes, f"Bearer {token}")

    def _get_anonymous(self, logins: "_Logins", challenge: "_Challenge", scopes: "Scopes") -> str:
        """As _answer_challenge, without the password; empty when nothing is given to everybody."""
        if challenge.kind != "bearer":
            return ""
        # The repository may have another name there, which only the challenge tells.
        asked = tuple(challenge.field("scope").split())
        try:
            return logins.keep(scopes, f"Bearer {self._fetch_token(challenge, asked or scopes, '')}")
        except DeniedError:
            return ""

    def _fetch_token(self, challenge: "_Challenge", scopes: "Scopes", login: str) -> str:
        realm, service = challenge.field("realm"), challenge.field("service")
        if not realm.startswith(("https://", challenge.address.partition("://")[0] + "://")):
            raise RegistryError(
                f"{self._host} names no safe place to log in at: '{realm[:100]}'. A registry with https must name one"
                " with https, or others can read the login on its way."
            )
        params = [*([("service", service)] if service else []), *(("scope", scope) for scope in scopes)]
        address = self._resolve(challenge.address, realm)
        address = str(requests.Request("GET", address, params=params).prepare().url)
        answer = self._follow(
            address,
            lambda address, *, stayed: self._request("GET", address, headers=_authorized(login if stayed else "")),
        )
        body = answer.json()
        token = body.get("token") or body.get("access_token")
        if login:
            self._note_refusal(answer)
        if answer.status != requests.codes.ok or not isinstance(token, str):
            message = f"{self._host} refuses a token for {' '.join(scopes)}: it answers {answer.status}."
            raise RegistryError(message) if answer.ok else DeniedError(message, detail=_describe(answer))
        return token

    @property
    def _password(self) -> str:
        return self.auth.get("password", "")

    def _basic(self) -> str:
        # In UTF-8, as the engine does; requests' own would be Latin-1.
        pair = f"{self.auth.get('username', '')}:{self._password}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> "_Answer":
        self._count(1)
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
                answer = _Answer(
                    response.status_code, response.headers, _read_body(response, limit, seconds=2 * self._timeout)
                )
        except (OSError, ValueError) as error:  # all of requests' own are OSErrors, and some are ValueErrors, too
            raise self._explain(error) from error
        if answer.status >= 500 or answer.status == requests.codes.too_many_requests:
            raise UnreachableError(
                f"{self._host} cannot answer now ({answer.status}). Run again when it is back.", on_loopback=False
            )
        return answer

    def _explain(self, error: OSError | ValueError) -> RegistryError:
        if isinstance(error, requests.exceptions.SSLError) and _UNTRUSTED.search(str(error)):
            return UntrustedError(
                f"This action does not know the authority behind the certificate of {self._host}. {RECIPE}"
            )
        if isinstance(error, requests.exceptions.RequestException):
            return UnreachableError(
                f"{self._host} does not answer ({type(error).__name__}), so the image cannot be checked there."
                " Run again when it is back.",
                on_loopback=is_loopback(self._host),
            )
        if isinstance(error, ValueError):
            return RegistryError(f"{self._host} sends us to what is no address.")
        # All that requests says of a file that is not there; many a path of the runner's is not, in a container.
        return UntrustedError(
            f"The file that REQUESTS_CA_BUNDLE names is not there in the action's container, so"
            f" the certificate of {self._host} cannot be checked with it. {RECIPE}"
        )

    def _count(self, requests_made: int) -> None:
        with self._counting:
            self.requests_made += requests_made


Scopes = tuple[str, ...]
"""What a token is good for: https://distribution.github.io/distribution/spec/auth/scope/"""
ALL_SCOPES: Scopes = ()
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MISSING_BLOB = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})
"""https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes"""


def _pull(name: ImageName) -> Scopes:
    return (f"repository:{name.path}:pull",)


def _push(name: ImageName) -> Scopes:
    return (f"repository:{name.path}:pull,push",)


def _delete(name: ImageName) -> Scopes:
    """Some ask for the right to delete, and some know pushing only."""
    return (f"repository:{name.path}:pull,push,delete",)


def _authorized(login: str) -> dict[str, str]:
    return {"Authorization": login} if login else {}


class _Logins:
    """Values of the Authorization header, each with what it is good for."""

    def __init__(self, *, anonymous: bool = False) -> None:
        self.anonymous = anonymous
        """Whether the password must be in none of them."""
        self.challenge: _Challenge | None = None
        """The last one for a token: who knows it need not be refused first."""
        self._kept: dict[Scopes, str] = {}

    def find(self, scopes: Scopes) -> str:
        return self._kept.get(scopes) or self._kept.get(ALL_SCOPES, "")

    def keep(self, scopes: Scopes, login: str) -> str:
        for scope in scopes:
            self._kept[(scope,)] = self._kept[(scope.removesuffix(",push"),)] = login
        self._kept[scopes] = login
        return login


class _Session(requests.Session):
    """Never takes logins of the machine's (~/.netrc), keeps no cookies, and leaves redirects to us."""

    def __init__(self) -> None:
        super().__init__()
        # Given any, requests does not look for some of its own.
        self.auth = _no_auth
        # They may be as good as a login, and go to every port of a host.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Even where it does not follow, requests would read a redirect's body to its end."""


@dataclass(frozen=True)
class _Challenge:
    """Who asks for a login, and for what kind: https://www.rfc-editor.org/rfc/rfc9110#section-11.3"""

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


@dataclass(frozen=True)
class _Answer:
    """A registry's answer, read whole."""

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


def _describe(answer: _Answer) -> str:
    """Status and reason, e.g. `403 DENIED: requested access to the resource is denied`."""
    said = [f"{entry.get('code', '')}: {entry.get('message', '')}" for entry in answer.errors()]
    text = "; ".join(said) or answer.body[:MAX_REASON].decode(errors="replace")
    return f"{answer.status} {' '.join(text.split())[:MAX_REASON] or 'without a reason'}"


def read_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object in it; empty when it is anything else."""
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _read_body(response: requests.Response, limit: int, *, seconds: float) -> bytes:
    """Neither an endless answer nor an endlessly slow one is waited for."""
    deadline = time.monotonic() + seconds
    body = b""
    while piece := _read_piece(response):
        body += piece
        if len(body) > limit or time.monotonic() > deadline:
            raise RegistryError("The registry's answer has no end: it is larger, or slower, than any manifest.")
    return body


def _read_piece(response: requests.Response) -> bytes:
    """What has come, not what `iter_content` waits for: a piece of a given size could take for ever to arrive."""
    try:
        return bytes(response.raw.read1(65536, decode_content=True))
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from error


def is_loopback(host: str) -> bool:
    """Whether the engine takes a registry without TLS for granted, as it does on this machine."""
    name = host.rpartition(":")[0] or host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def api_host(registry: str) -> str:
    return "registry-1.docker.io" if registry == DOCKER_HUB else registry


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether it is a digest of the kind that we compute; registries may have others."""
    return bool(re.fullmatch(r"sha256:[a-f0-9]{64}", text))


def read_manifest(body: bytes, content_type: str) -> Manifest:
    """Describe a manifest or an index; whatever is odd about it is left out."""
    # Computed and not read from a header: what the bytes are is what a hub will pull.
    digest = digest_of(body)
    manifest = read_object(body)
    config = manifest.get("config")
    config_digest = config.get("digest") if isinstance(config, dict) else None
    # The bytes know best; only the newer format may leave it out of them.
    media_type = manifest.get("mediaType")
    return Manifest(
        digest,
        _download_bytes(manifest),
        config_digest if isinstance(config_digest, str) else "",
        body,
        media_type if isinstance(media_type, str) else content_type.partition(";")[0].strip(),
        _layer_digests(manifest),
    )


def _layer_digests(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return ()
    digests = [layer.get("digest") if isinstance(layer, dict) else None for layer in layers]
    known = [digest for digest in digests if isinstance(digest, str) and is_digest(digest)]
    return tuple(dict.fromkeys(known)) if len(known) == len(digests) else ()


def _download_bytes(manifest: Mapping[str, Any]) -> int | None:
    """Config and layers; None for an index, and for whatever else a registry may answer."""
    layers = manifest.get("layers")
    blobs = [manifest.get("config"), *(layers if isinstance(layers, list) else [])]
    sizes = [blob.get("size") if isinstance(blob, dict) else None for blob in blobs]
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if len(known) == len(sizes) else None


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
