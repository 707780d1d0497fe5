"""Gives an image in a registry further tags, by requests alone: nothing is built, no layer is transferred.

Either the same manifest, byte for byte and with the same digest, or the same layers with other labels, which is
another image with its own digest.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubaction.clients.registry.errors import DeniedError, RegistryError, UnreachableError, UntrustedError
from hubaction.clients.registry.manifest import Manifest, digest_of, read_manifest, read_object
from hubaction.clients.registry.remote_image import NotPromotableError, RemoteImage
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.publish.push import Progress, latest_last, mount_blobs, put_tag, telling_what_arrived
from hubaction.publish.push_errors import explain_overtaken, explain_refusal

if TYPE_CHECKING:
    from hubaction.clients.registry.registry import Registry


def relabel(remote_image: RemoteImage, labels: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return config and manifest of the same image with exactly these labels.

    Raises NotPromotableError when the remote image's own are not valid.
    """
    config, manifest = read_object(remote_image.config), read_object(remote_image.manifest.body)
    inner = config.get("config") or {}
    descriptor = manifest.get("config")
    if not isinstance(inner, dict) or not isinstance(descriptor, dict):
        raise NotPromotableError(f"{remote_image.reference} has a config that is none, so the image is built.")
    config["config"] = inner | {"Labels": dict(labels)}
    new_config = _write(config)
    # `data` may contain a copy of the blob:
    # https://github.com/opencontainers/image-spec/blob/main/descriptor.md#embedded-content
    kept = {key: value for key, value in descriptor.items() if key != "data"}
    manifest["config"] = kept | {"digest": digest_of(new_config), "size": len(new_config)}
    return new_config, _write(manifest)


def _write(described: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(described, separators=(",", ":"), allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise NotPromotableError("The image's description has values that JSON does not, so it is built.") from error


def promote(
    remote_image: RemoteImage,
    references: Sequence[Reference],
    *,
    registries: "Mapping[str, Registry]",
    say: Progress,
    before_each: Callable[[], None] = lambda: None,
) -> list[PushedReference]:
    """Put the remote image's manifest under each reference, `latest` last, and ask the registry for each.

    `registries` has one for each host in the references and for the remote image's. `before_each` is called before each
    reference, and may raise. Another registry than the remote image's must have the image already.

    Raises NotPromotableError when the image has to be built instead, before any tag is moved unless the image vanishes
    meanwhile; PushError, with what to do, when the account may not write or another run moved a tag. Both list what
    was pushed before.
    """
    run = _Promotion(remote_image.reference, remote_image.manifest, b"", registries, say, before_each)
    return run.put(references)


def promote_relabelled(
    remote_image: RemoteImage,
    labels: Mapping[str, str],
    references: Sequence[Reference],
    *,
    registries: "Mapping[str, Registry]",
    say: Progress,
    before_each: Callable[[], None] = lambda: None,
) -> list[PushedReference]:
    """Like `promote`, with exactly these labels. Only a new config is uploaded, and the digest is new.

    For images that must not share a digest, e.g. a pull request's image, which may expire, and production's.
    """
    config, body = relabel(remote_image, labels)
    manifest = read_manifest(body, remote_image.manifest.media_type)
    return _Promotion(remote_image.reference, manifest, config, registries, say, before_each).put(references)


@dataclass(frozen=True)
class _Promotion:
    """A manifest that gets further names; its layers are in the repository of `source`."""

    source: Reference
    manifest: Manifest
    new_config: bytes
    """The config to upload; empty when the repository of the layers has it."""
    registries: "Mapping[str, Registry]"
    say: Progress
    before_each: Callable[[], None]

    def put(self, references: Sequence[Reference]) -> list[PushedReference]:
        ordered = latest_last(references)
        # Read everything before anything is written.
        there = {reference for reference in ordered if self._points_here(reference)}
        firsts: dict[ImageName, Reference] = {}
        for reference in ordered:
            if reference not in there:
                firsts.setdefault(reference.name, reference)
        incomplete = [reference for reference in firsts.values() if self._is_incomplete(reference)]
        for reference in incomplete:
            self.before_each()
            self._complete(reference)
        pushed: list[PushedReference] = []
        for reference in ordered:
            self.before_each()
            if reference not in there:
                with telling_what_arrived(pushed):
                    self._put(reference)
            pushed.append(PushedReference(reference, self.manifest.digest, self.manifest.size))
            self.say(f"{reference}@{self.manifest.digest}{', as before' if reference in there else ''}")
        return pushed

    def _points_here(self, reference: Reference) -> bool:
        return self._look(reference, reference.tag) == self.manifest.digest

    def _look(self, reference: Reference, tag: str) -> str | None:
        try:
            return self._registry(reference).fetch_digest(reference.name, tag)
        except (UnreachableError, UntrustedError) as error:
            raise self._not_promotable(reference, error.message) from error
        except RegistryError:
            # Some registries refuse to show what does not exist yet. The write will tell whether it is allowed.
            return None

    def _is_incomplete(self, reference: Reference) -> bool:
        """Whether the repository needs blobs of the image that we can bring there."""
        registry = self._registry(reference)
        if registry.uses_identity_token:
            raise self._not_promotable(reference, "only the engine can log in there.")
        if reference.name == self.source.name:
            return bool(self.new_config)
        if self._look(reference, self.manifest.digest) == self.manifest.digest:
            return False
        if reference.name.registry != self.source.name.registry:
            raise self._not_promotable(reference, "another registry cannot take it over by requests alone.")
        return True

    def _complete(self, reference: Reference) -> None:
        """Bring config and layers into the repository, where they stay invisible until a manifest names them."""
        registry = self._registry(reference)
        with self._explained(reference):
            if reference.name != self.source.name and not self._mount(reference.name, registry):
                raise self._not_promotable(reference, "the registry wants the layers' bytes.")
            if self.new_config:
                registry.put_blob(reference.name, self.new_config)

    def _mount(self, target: ImageName, registry: "Registry") -> bool:
        config = () if self.new_config else (self.manifest.config_digest,)
        return mount_blobs((*config, *self.manifest.layer_digests), target, self.source.name, registry)

    def _put(self, reference: Reference) -> None:
        with self._explained(reference):
            found = put_tag(reference, self.manifest, self._registry(reference))
        if found is None:
            raise self._not_promotable(reference, "it vanished from the registry meanwhile.")
        if found != self.manifest.digest:
            raise explain_overtaken(reference, found, self.manifest.digest)

    def _registry(self, reference: Reference) -> "Registry":
        return self.registries[reference.name.registry]

    @contextmanager
    def _explained(self, reference: Reference) -> Iterator[None]:
        """Translate a registry's errors."""
        try:
            yield
        except DeniedError as error:
            username = self._registry(reference).auth.get("username", "")
            raise explain_refusal(reference, error.detail, username) or self._not_promotable(
                reference, error.message
            ) from error
        except RegistryError as error:
            raise self._not_promotable(reference, error.message) from error

    def _not_promotable(self, reference: Reference, reason: str) -> NotPromotableError:
        return NotPromotableError(f"{reference} cannot be made of {self.source}, so the image is built: {reason}")
