"""Pushes references, and asks the registry whether they are there."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from hubaction.clients.engine.values import PushEvent
from hubaction.clients.registry.errors import RegistryError, UntrustedError
from hubaction.clients.registry.manifest import Manifest
from hubaction.errors import ActionError
from hubaction.image import ImageName, PushedReference, Reference, display_registry
from hubaction.publish.push_errors import ATTEMPTS, PassingPushError, explain_overtaken, explain_push

if TYPE_CHECKING:
    from hubaction.clients.engine.engine import Engine
    from hubaction.clients.registry.registry import Registry

SECONDS_BETWEEN_LINES = 5.0
MOUNTS_AT_ONCE = 4


class Progress(Protocol):
    """Takes lines for the log."""

    def __call__(self, text: str, /) -> None: ...


def push_references(
    references: Sequence[Reference],
    *,
    local_tag: str,
    engine: "Engine",
    registries: "Mapping[str, Registry]",
    say: Progress,
    notice: Progress,
    before_each: Callable[[], None] = lambda: None,
) -> list[PushedReference]:
    """Push each reference and ask the registry for it; `latest` comes last.

    The engine uploads once to each registry. Further tags and repositories there are requests of ours, if we can
    reach the registry.

    `registries` has one for each host in the references. `notice` takes what the user should see once. `before_each`
    is called before each reference, and may raise. Raises ActionError, which lists what was pushed before.
    """
    pushed: list[PushedReference] = []
    notice_once = _once(notice)
    uploads = {
        host: _Upload(registry, local_tag=local_tag, engine=engine, say=say, notice=notice_once)
        for host, registry in registries.items()
    }
    for reference in latest_last(references):
        before_each()
        with telling_what_arrived(pushed):
            pushed.append(uploads[reference.name.registry].publish(reference))
        say(f"{reference}@{pushed[-1].digest}")
    return pushed


def _once(notice: Progress) -> Progress:
    told: set[str] = set()

    def notice_once(text: str, /) -> None:
        if text not in told:
            told.add(text)
            notice(text)

    return notice_once


def latest_last(references: Sequence[Reference]) -> list[Reference]:
    return sorted(references, key=lambda reference: reference.tag == "latest")


@contextmanager
def telling_what_arrived(pushed: Sequence[PushedReference]) -> Iterator[None]:
    """Add to an error what was pushed before it."""
    try:
        yield
    except ActionError as error:
        if pushed:
            error.message += f" Pushed before that: {', '.join(str(item.reference) for item in pushed)}."
        raise


class _Upload:
    """Uploads an image to one registry once, and copies it to further names there."""

    def __init__(
        self, registry: "Registry", *, local_tag: str, engine: "Engine", say: Progress, notice: Progress
    ) -> None:
        self._registry = registry
        self._local_tag = local_tag
        self._engine = engine
        self._say = say
        self._notice = notice
        self._uploaded: tuple[ImageName, Manifest] | None = None
        """Repository and manifest that the engine uploaded, if we can read it."""
        self._complete: set[ImageName] = set()
        """The repositories that have all blobs."""

    def publish(self, reference: Reference) -> PushedReference:
        """Raises PushError, and what the engine raises."""
        copied = self._copy(reference, *self._uploaded) if self._uploaded else None
        return copied or self._push(reference)

    def _push(self, reference: Reference) -> PushedReference:
        manifest = _publish(
            reference,
            local_tag=self._local_tag,
            engine=self._engine,
            registry=self._registry,
            say=self._say,
            notice=self._notice,
        )
        if manifest.body:
            self._uploaded = (reference.name, manifest)
            self._complete = {reference.name}
        return PushedReference(reference, manifest.digest, manifest.size)

    def _copy(self, reference: Reference, source: ImageName, manifest: Manifest) -> PushedReference | None:
        """Put the uploaded manifest under a further name; None when the engine has to push it."""
        try:
            if reference.name not in self._complete and not self._mount(reference.name, source, manifest):
                return None
            self._complete.add(reference.name)
            found = put_tag(reference, manifest, self._registry)
        except RegistryError as error:
            self._say(f"The engine has to push {reference} itself: {error.message}")
            return None
        if found != manifest.digest:
            raise explain_overtaken(reference, found, manifest.digest)
        return PushedReference(reference, manifest.digest, manifest.size)

    def _mount(self, target: ImageName, source: ImageName, manifest: Manifest) -> bool:
        blobs = (manifest.config_digest, *manifest.layer_digests)
        # An index names manifests, which cannot be mounted.
        return bool(manifest.config_digest) and mount_blobs(blobs, target, source, self._registry)


def mount_blobs(digests: Sequence[str], target: ImageName, source: ImageName, registry: "Registry") -> bool:
    """Mount blobs of one repository in another one of the same registry, without a transfer.

    False when the registry neither mounts them nor has them already. Raises RegistryError.
    """

    def mount(digest: str) -> bool:
        return registry.mount_blob(target, digest, source) or registry.has_blob(target, digest)

    # A registry that cannot mount refuses the first one.
    if not mount(digests[0]):
        return False
    with ThreadPoolExecutor(MOUNTS_AT_ONCE) as pool:
        return all(pool.map(mount, digests[1:]))


def put_tag(reference: Reference, manifest: Manifest, registry: "Registry") -> str | None:
    """Put a manifest's exact bytes under a tag; return the digest that the registry then has there.

    Raises RegistryError: MissingBlobError, DeniedError, UnreachableError.
    """
    registry.put_manifest(reference.name, reference.tag, manifest.body, manifest.media_type)
    return registry.fetch_digest(reference.name, reference.tag)


def _publish(
    reference: Reference, *, local_tag: str, engine: "Engine", registry: "Registry", say: Progress, notice: Progress
) -> Manifest:
    image = engine.find_image(local_tag)
    with engine.tagged(local_tag, reference):
        digest = _push_with_retries(reference, engine=engine, auth=registry.auth, say=say)
        pushed = frozenset({digest}) if digest else engine.local_digests(reference)
    manifest = _ask_registry(reference, registry=registry, engine=engine, notice=notice)
    # The engine pushes by name, and on a self-hosted runner another job may use the same name meanwhile. The id of
    # an image is the digest of its config, or of its manifest in containerd's image store.
    stolen = bool(manifest.config_digest) and image not in {manifest.config_digest, manifest.digest}
    if stolen or manifest.digest not in pushed:
        raise explain_overtaken(reference, manifest.digest, ", ".join(sorted(pushed)) or "nothing known")
    return manifest


def _push_with_retries(reference: Reference, *, engine: "Engine", auth: Mapping[str, str], say: Progress) -> str:
    """Push, and retry after temporary failures; return the engine's digest, empty when it names none."""
    retrying = Retrying(
        retry=retry_if_exception_type(PassingPushError),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=1, max=16),
        before_sleep=lambda state: say(f"Trying again, {state.attempt_number} of {ATTEMPTS - 1}: {reference}"),
        reraise=True,
    )
    return retrying(_push, reference, engine=engine, auth=auth, say=say)


def _push(reference: Reference, *, engine: "Engine", auth: Mapping[str, str], say: Progress) -> str:
    progress = _Layers(say, time.monotonic)
    digest = ""
    for event in engine.push(reference, auth):
        if event.error:
            raise explain_push(reference, event.error, auth.get("username", ""))
        progress.read(event)
        digest = event.digest or _digest_in(event.status) or digest
    return digest


def _digest_in(status: str) -> str:
    match = re.search(r"digest: (sha256:[a-f0-9]{64})", status)
    return match[1] if match else ""


def _ask_registry(reference: Reference, *, registry: "Registry", engine: "Engine", notice: Progress) -> Manifest:
    if registry.uses_identity_token:
        return _ask_engine(reference, registry=registry, engine=engine)
    try:
        manifest = registry.fetch_manifest(reference.name, reference.tag)
    except RegistryError as error:
        if not error.engine_may_reach:
            raise
        if isinstance(error, UntrustedError):
            notice(
                f"The engine was asked for the digest in place of {display_registry(reference.name.registry)}, and so"
                f" the size of the download is not known. {error.message}"
            )
        return _ask_engine(reference, registry=registry, engine=engine)
    if manifest is None:
        raise explain_overtaken(reference, None, "")
    return manifest


def _ask_engine(reference: Reference, *, registry: "Registry", engine: "Engine") -> Manifest:
    return Manifest(engine.remote_digest(reference, registry.auth), None, "")


class _Layers:
    """Turns thousands of messages into one line every few seconds."""

    def __init__(self, say: Progress, clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._next_line = clock() + SECONDS_BETWEEN_LINES
        self._current: dict[str, int] = {}
        self._done: set[str] = set()

    def read(self, event: PushEvent) -> None:
        if not event.layer:
            return
        self._current[event.layer] = max(event.current, self._current.get(event.layer, 0))
        if event.status.startswith(("Pushed", "Layer already exists", "Mounted")):
            self._done.add(event.layer)
        if self._clock() >= self._next_line:
            self._next_line = self._clock() + SECONDS_BETWEEN_LINES
            megabytes = sum(self._current.values()) / 1e6
            self._say(f"{len(self._done)} of {len(self._current)} layers, {megabytes:.0f} MB")
