"""One registry: what it has, and what is put there by requests of ours.

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
    """One registry, with the credentials for it. Thread-safe.

    `patient=False` is for look-ups whose failure only means that an image is built: a short time-out, no retries, and
    no more requests once the registry was unreachable or refused the password.

    Every method raises UnreachableError after retries; UntrustedError when the certificate cannot be verified;
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
        """Whether the login is an identity token, which only the engine can exchange."""
        return bool(self.auth) and not self.auth.get("password")

    # --- reading ---

    def fetch_manifest(self, name: ImageName, tag: str) -> Manifest | None:
        """Return the manifest of a tag or a digest; None when there is none."""
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
        """Return the digest of a tag or a digest, by one HEAD; None when there is none.

        The specification allows an answer without a digest, which is then computed from the manifest.
        """
        pointer = self.fetch_pointer(name, tag)
        return pointer.digest if pointer else None

    def fetch_pointer(self, name: ImageName, tag: str) -> Pointer | None:
        """Like `fetch_digest`, with the kind of manifest."""
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
        """Like `fetch_digest`, but returns None on any error. For optional look-ups."""
        try:
            return self.fetch_digest(name, tag)
        except RegistryError:
            return None

    def fetch_blob(self, name: ImageName, digest: str, max_bytes: int = MAX_ANSWER_BYTES) -> bytes:
        """Return a blob, e.g. an image's config, checked against its digest. Raises MissingBlobError."""
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
        """Whether a repository has a blob, by one HEAD."""
        answer = self._send("HEAD", self._url(name, "blobs", digest), pull(name))
        if answer.status not in {requests.codes.ok, requests.codes.not_found}:
            raise RegistryError(f"{self._host} does not tell whether {name} has {digest}: {describe(answer)}.")
        return answer.ok

    def check_login(self) -> None:
        """Raise DeniedError when the registry refuses the password, like `docker login`.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support
        """
        try:
            answer = self._send("GET", f"{self._connection.base}/v2/", ALL_SCOPES)
        except DeniedError as error:
            if error.detail[:3] in {"401", "403"}:
                raise
            # The token server failed, which says nothing about the password.
            raise RegistryError(error.message) from error
        if answer.status in {requests.codes.unauthorized, requests.codes.forbidden}:
            raise DeniedError(f"{self._host} does not take the login: {describe(answer)}.", detail=describe(answer))

    def list_tags(self, name: ImageName) -> tuple[str, ...]:
        """Return all tags of a repository; none when there is no such repository.

        A list that may be incomplete is an error: deleting relies on there being no other tags.
        """
        return list_tags(name, self._connection.base, lambda url: self._send("GET", url, pull(name)))

    # --- writing ---

    def put_manifest(self, name: ImageName, tag: str, body: bytes, media_type: str) -> None:
        """Put a manifest under a tag, byte for byte.

        Raises MissingBlobError unless the repository has all its blobs, DeniedError when the account, the tag or a
        quota forbids it.
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
        """Delete a manifest and every tag that points to it; False when it is gone already.

        https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests
        Raises DeniedError when the registry cannot, or the account may not.
        """
        url = self._url(name, "manifests", digest)
        answer = self._send("DELETE", url, delete(name))
        if answer.ok:
            return True
        # A registry that cannot delete may answer 404, too.
        if answer.status == requests.codes.not_found and self.fetch_digest(name, digest) is None:
            return False
        detail = describe(answer)
        raise DeniedError(f"{self._host} does not delete {name}@{digest}: {detail}.", detail=detail)

    def mount_blob(self, name: ImageName, digest: str, from_name: ImageName) -> bool:
        """Mount a blob of another repository of this registry, without a transfer.

        False when the registry wants the bytes instead. Raises DeniedError when it would refuse those, too.
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
