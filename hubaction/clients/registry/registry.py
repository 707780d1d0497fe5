"""The one door to registries: what they have, and what is put there by requests alone.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from collections.abc import Mapping

import requests

from hubaction.clients.registry.errors import DeniedError, MissingBlobError, RegistryError
from hubaction.clients.registry.http import MAX_ANSWER_BYTES, Answer, Connection, describe
from hubaction.clients.registry.logins import ALL_SCOPES, AuthorizedConnection, Scopes, delete, pull, push
from hubaction.clients.registry.manifest import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Manifest,
    Pointer,
    digest_of,
    is_digest,
    read_manifest,
)
from hubaction.clients.registry.tags import list_tags
from hubaction.clients.registry.uploads import Uploads, denied
from hubaction.image import ImageName

_MISSING_BLOB = frozenset({"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"})
"""https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes"""


class Registry:
    """One registry, with the credentials for it. Safe to use from a few threads.

    With `patient=False` it is for look-ups whose failure only means that an image is built: it waits for a few seconds,
    tries nothing again, and asks nothing more of a registry that was away or refused the password once.

    Every method raises UnreachableError, after some tries; UntrustedError when the certificate cannot be verified;
    DeniedError or RegistryError for any other refusal.
    """

    def __init__(self, host: str, auth: Mapping[str, str], *, insecure: bool = False, patient: bool = True) -> None:
        self.auth = auth
        self._host = host
        self._connection = Connection(host, insecure=insecure, patient=patient)
        self._authorized = AuthorizedConnection(self._connection, auth)
        self._uploads = Uploads(self._connection, self._authorized)

    @property
    def requests_made(self) -> int:
        """Requests so far, those for tokens and after redirects included."""
        return self._connection.requests_made

    @property
    def uses_identity_token(self) -> bool:
        """Whether the login is an identity token, which only the engine can trade in."""
        return bool(self.auth) and not self.auth.get("password")

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
        url = self._url(name, "blobs", digest)
        answer = self._send("GET", url, pull(name), limit=max_bytes)
        if answer.status == requests.codes.not_found:
            raise MissingBlobError(f"{self._host} does not have the blob {digest} in {name}.")
        if answer.status != requests.codes.ok:
            raise RegistryError(f"{self._host} does not give the blob {digest} of {name}: {describe(answer)}.")
        if digest_of(answer.body) != digest:
            raise RegistryError(f"{self._host} gives another blob than {digest} of {name}.")
        return answer.body

    def has_blob(self, name: ImageName, digest: str) -> bool:
        """Whether a repository has a blob, by one HEAD; raises RegistryError when the registry does not say."""
        answer = self._send("HEAD", self._url(name, "blobs", digest), pull(name))
        if answer.status not in {requests.codes.ok, requests.codes.not_found}:
            raise RegistryError(f"{self._host} does not tell whether {name} has {digest}: {describe(answer)}.")
        return answer.ok

    def check_login(self) -> None:
        """Raise DeniedError when the registry does not take the password, as `docker login` does.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
        Raises UnreachableError after some tries, RegistryError for any other refusal to let anybody in.
        """
        try:
            answer = self._send("GET", f"{self._connection.base}/v2/", ALL_SCOPES)
        except DeniedError as error:
            if error.detail[:3] in {"401", "403"}:
                raise
            # The server that hands out tokens is not well, which says nothing of the password.
            raise RegistryError(error.message) from error
        if answer.status in {requests.codes.unauthorized, requests.codes.forbidden}:
            raise DeniedError(f"{self._host} does not take the login: {describe(answer)}.", detail=describe(answer))

    def list_tags(self, name: ImageName) -> tuple[str, ...]:
        """All tags of a repository, over all pages; none when there is no such repository.

        Who deletes relies on it that there are no others, so a list that may lack some is an error.
        """
        return list_tags(name, self._connection.base, lambda url: self._send("GET", url, pull(name)))

    # --- writing ---

    def put_manifest(self, name: ImageName, tag: str, body: bytes, media_type: str) -> None:
        """Put a manifest under a tag, byte for byte; what it names must be in the repository.

        Raises MissingBlobError when some of that is not, DeniedError when the account, the tag or a quota forbids it,
        UnreachableError after some tries.
        """
        url = self._url(name, "manifests", tag)
        headers = {"Content-Type": media_type}
        answer = self._send("PUT", url, push(name), headers=headers, body=body)
        if answer.ok:
            return
        if answer.status == requests.codes.not_found or answer.error_codes() & _MISSING_BLOB:
            raise MissingBlobError(f"{self._host} does not have all of {name}:{tag}: {describe(answer)}.")
        raise denied(name, answer)

    def delete_manifest(self, name: ImageName, digest: str) -> bool:
        """Delete a manifest, and with it every tag that points to it; False when it is gone already.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests
        Raises DeniedError when the registry cannot, or the account may not; UnreachableError after some tries.
        """
        url = self._url(name, "manifests", digest)
        answer = self._send("DELETE", url, delete(name))
        if answer.ok:
            return True
        # One that has never heard of deleting may answer 404, too.
        if answer.status == requests.codes.not_found and self.fetch_digest(name, digest) is None:
            return False
        detail = describe(answer)
        raise DeniedError(f"{self._host} does not delete {name}@{digest}: {detail}.", detail=detail)

    def mount_blob(self, name: ImageName, digest: str, from_name: ImageName) -> bool:
        """Make a blob of another repository of this registry known in this one, its bytes staying where they are.

        False when the registry wants the bytes instead. Raises DeniedError when it would not take those either.
        """
        return self._uploads.mount(name, digest, from_name)

    def put_blob(self, name: ImageName, body: bytes) -> str:
        """Upload a small blob in one piece; return its digest."""
        return self._uploads.put(name, body)

    # --- asking ---

    def _ask_for_manifest(self, method: str, name: ImageName, tag: str) -> Answer:
        url = self._url(name, "manifests", tag)
        headers = {"Accept": ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))}
        return self._send(method, url, pull(name), headers=headers)

    def _does_not_tell(self, name: ImageName, tag: str, answer: Answer) -> RegistryError:
        return RegistryError(
            f"{self._host} does not tell what {name}{'@' if ':' in tag else ':'}{tag} is: it answers {answer.status}."
            " Pushing may need another right than reading: give the account both."
        )

    def _url(self, name: ImageName, kind: str, key: str) -> str:
        return f"{self._connection.base}/v2/{name.path}/{kind}/{key}"

    def _send(
        self,
        method: str,
        url: str,
        scopes: Scopes,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        return self._connection.attempt(
            self._authorized.send, method, url, scopes, headers=headers, body=body, limit=limit
        )
