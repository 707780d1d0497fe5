"""Brings blobs into a repository: mounted from another one, or uploaded.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
"""

from contextlib import suppress
from urllib.parse import quote

import requests

from hubaction.clients.registry.addresses import AddressError, UnsafeAddressError, resolve_address
from hubaction.clients.registry.errors import DeniedError, RegistryError
from hubaction.clients.registry.http import Answer, Connection, describe
from hubaction.clients.registry.logins import AuthorizedConnection, pull, push
from hubaction.clients.registry.manifest import digest_of
from hubaction.image import ImageName


class Uploads:
    """Puts blobs into the repositories of one registry."""

    def __init__(self, connection: Connection, authorized: AuthorizedConnection) -> None:
        self._connection = connection
        self._authorized = authorized

    def mount(self, name: ImageName, digest: str, from_name: ImageName) -> bool:
        """See `Registry.mount_blob`."""
        url = f"{self._url(name)}?mount={quote(digest)}&from={quote(from_name.path, safe='')}"
        scopes = (*push(name), *pull(from_name))
        try:
            answer = self._connection.attempt(self._authorized.send, "POST", url, scopes, body=b"")
        except DeniedError:
            answer = None
        if answer and answer.status == requests.codes.created:
            return True
        if answer and answer.status == requests.codes.accepted:
            location = self._location(name, answer)
        else:
            # The other repository, or mounting as such, may be refused.
            location = self._connection.attempt(self._start, name)
        self._cancel(name, location)
        return False

    def put(self, name: ImageName, body: bytes) -> str:
        """See `Registry.put_blob`."""
        digest = digest_of(body)
        self._connection.attempt(self._upload, name, body, digest)
        return digest

    def _upload(self, name: ImageName, body: bytes, digest: str) -> None:
        """Both requests belong together: an upload that failed half-way starts again."""
        location = self._start(name)
        url = f"{location}{'&' if '?' in location else '?'}digest={quote(digest)}"
        headers = {"Content-Type": "application/octet-stream"}
        answer = self._authorized.send("PUT", url, push(name), headers=headers, body=body)
        if not answer.ok:
            raise denied(name, answer)

    def _start(self, name: ImageName) -> str:
        answer = self._authorized.send("POST", self._url(name), push(name), body=b"")
        if not answer.ok:
            raise denied(name, answer)
        return self._location(name, answer)

    def _location(self, name: ImageName, answer: Answer) -> str:
        """Return the address for the bytes, which may be relative in the answer."""
        location = answer.headers.get("Location", "")
        try:
            if location:
                return resolve_address(self._url(name), location)
        except UnsafeAddressError as error:
            raise self._connection.does_not_follow(error) from None
        except AddressError:
            pass
        raise RegistryError(f"{self._connection.host} does not say where it takes blobs of {name}.")

    def _url(self, name: ImageName) -> str:
        return f"{self._connection.base}/v2/{name.path}/blobs/uploads/"

    def _cancel(self, name: ImageName, location: str) -> None:
        """May fail: registries end abandoned uploads themselves."""
        with suppress(RegistryError):
            self._authorized.send("DELETE", location, push(name))


def denied(name: ImageName, answer: Answer) -> DeniedError:
    detail = describe(answer)
    return DeniedError(f"{name.registry} does not let {name} be written to: {detail}.", detail=detail)
