"""The one door to registries: what a tag points to, asked of the registry itself.

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md, and for tokens
https://distribution.github.io/distribution/spec/auth/token/
"""

import base64
import hashlib
import ipaddress
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.utils import parse_dict_header
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, Reference

TIMEOUT_SECONDS = 30
MAX_ANSWER_BYTES = 4 * 1024**2
RECIPE = "https://github.com/org/hub-image-action/blob/main/docs/registries.md#a-registry-with-a-certificate-of-its-own"
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


class RegistryError(ActionError):
    """The registry answered, and not with what was asked for."""


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
class Manifest:
    """A manifest, by what the registry says."""

    digest: str
    size: int | None
    """Bytes that a hub downloads, config and layers; None when the manifest is an index."""
    config_digest: str
    """Digest of the image's config; empty for an index."""


class Registry:
    """One registry, with the credentials for it."""

    def __init__(self, host: str, auth: Mapping[str, str], *, insecure: bool = False) -> None:
        self._host = host
        self.auth = auth
        self._session = requests.Session()
        # Given any, requests does not look for login data of its own in ~/.netrc.
        self._session.auth = _no_auth
        self._base = f"{'http' if insecure or is_loopback(host) else 'https'}://{api_host(host)}"

    def fetch_manifest(self, reference: Reference) -> Manifest | None:
        """Return what a tag points to, or None when there is no such tag.

        Raises UnreachableError after some tries, UntrustedError when its certificate cannot be verified,
        RegistryError for any other refusal.
        """
        path = f"/v2/{reference.name.path}/manifests/{reference.tag}"
        answer = self._get(path, scope=f"repository:{reference.name.path}:pull")
        if answer.status == requests.codes.not_found:
            return None
        if answer.status != requests.codes.ok:
            raise RegistryError(
                f"{self._host} does not tell what {reference} is: it answers {answer.status}."
                " Pushing may need another right than reading: give the account both."
            )
        return _read_manifest(answer)

    @retry(
        retry=retry_if_exception(_is_worth_another_try),
        stop=stop_after_attempt(4),
        wait=wait_exponential(multiplier=0.5, max=8),
        reraise=True,
    )
    def _get(self, path: str, *, scope: str) -> "_Answer":
        headers = {"Accept": ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))}
        answer = self._request(self._base + path, headers=headers)
        if answer.status == requests.codes.unauthorized:
            headers["Authorization"] = self._answer_challenge(answer.headers.get("WWW-Authenticate", ""), scope)
            answer = self._request(self._base + path, headers=headers)
        return answer

    def _answer_challenge(self, challenge: str, scope: str) -> str:
        """Return the value of the Authorization header that the registry asks for."""
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            return self._basic()
        if kind.lower() != "bearer":
            raise RegistryError(f"{self._host} asks for an unknown kind of login: '{kind[:40]}'.")
        fields = parse_dict_header(rest)  # type: ignore[no-untyped-call]
        token = self._fetch_token(str(fields.get("realm", "")), str(fields.get("service", "")), scope)
        return f"Bearer {token}"

    def _fetch_token(self, realm: str, service: str, scope: str) -> str:
        if not realm.startswith(("https://", self._base.partition("://")[0] + "://")):
            raise RegistryError(f"{self._host} names no safe place to log in at: '{realm[:100]}'.")
        headers = {"Authorization": self._basic()} if self._password else {}
        params = {"service": service, "scope": scope}
        answer = self._request(realm, headers=headers, params={name: value for name, value in params.items() if value})
        body = answer.json()
        token = body.get("token") or body.get("access_token")
        if answer.status != requests.codes.ok or not isinstance(token, str):
            raise RegistryError(f"{self._host} refuses a token for {scope}: it answers {answer.status}.")
        return token

    @property
    def _password(self) -> str:
        return self.auth.get("password", "")

    def _basic(self) -> str:
        # In UTF-8, as the engine does; requests' own would be Latin-1.
        pair = f"{self.auth.get('username', '')}:{self._password}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _request(self, url: str, *, headers: Mapping[str, str], params: Mapping[str, str] | None = None) -> "_Answer":
        try:
            with self._session.get(
                url, headers=dict(headers), params=params, timeout=TIMEOUT_SECONDS, stream=True
            ) as response:
                answer = _Answer(response.status_code, response.headers, _read_body(response))
        except requests.exceptions.RequestException as error:
            if isinstance(error, requests.exceptions.SSLError) and _UNTRUSTED.search(str(error)):
                raise UntrustedError(
                    f"This action does not know the authority behind the certificate of {self._host}. {RECIPE}"
                ) from error
            raise UnreachableError(
                f"{self._host} does not answer ({type(error).__name__}), so the image cannot be checked there."
                " Run again when it is back.",
                on_loopback=is_loopback(self._host),
            ) from error
        except OSError as error:
            # All that requests says of a file that is not there; many a path of the runner's is not, in a container.
            raise UntrustedError(
                f"The file that REQUESTS_CA_BUNDLE names is not there in the action's container, so"
                f" the certificate of {self._host} cannot be checked with it. {RECIPE}"
            ) from error
        if answer.status >= 500 or answer.status == requests.codes.too_many_requests:
            raise UnreachableError(
                f"{self._host} cannot answer now ({answer.status}). Run again when it is back.", on_loopback=False
            )
        return answer


@dataclass(frozen=True)
class _Answer:
    """A registry's answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the object in it; empty when it is anything else."""
        try:
            loaded = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return loaded if isinstance(loaded, dict) else {}


def _read_body(response: requests.Response) -> bytes:
    """Neither an endless answer nor an endlessly slow one is waited for."""
    deadline = time.monotonic() + 2 * TIMEOUT_SECONDS
    body = b""
    for piece in response.iter_content(65536):
        body += piece
        if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
            raise RegistryError("The registry's answer has no end: it is larger, or slower, than any manifest.")
    return body


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


def _read_manifest(answer: _Answer) -> Manifest:
    # Computed and not read from a header: what the bytes are is what a hub will pull.
    digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    manifest = answer.json()
    config = manifest.get("config")
    config_digest = config.get("digest") if isinstance(config, dict) else None
    return Manifest(digest, _download_bytes(manifest), config_digest if isinstance(config_digest, str) else "")


def _download_bytes(manifest: Mapping[str, Any]) -> int | None:
    """Config and layers; None for an index, and for whatever else a registry may answer."""
    layers = manifest.get("layers")
    blobs = [manifest.get("config"), *(layers if isinstance(layers, list) else [])]
    sizes = [blob.get("size") if isinstance(blob, dict) else None for blob in blobs]
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if len(known) == len(sizes) else None


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
