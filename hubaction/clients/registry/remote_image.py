"""An image in a registry: its manifest, its config and its labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubaction.clients.registry.errors import RegistryError
from hubaction.clients.registry.manifest import MANIFEST_TYPES, Manifest, is_digest, read_object
from hubaction.errors import ActionError
from hubaction.image import Reference

if TYPE_CHECKING:
    from hubaction.clients.registry.registry import Registry

CONFIG_TYPES = frozenset({"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"})


class NotPromotableError(ActionError):
    """The image cannot be promoted, so it has to be built."""


@dataclass(frozen=True)
class RemoteImage:
    """An image in a registry that may be promoted."""

    reference: Reference
    manifest: Manifest
    config: bytes
    labels: Mapping[str, str]


def find_remote_image(
    registry: "Registry", reference: Reference, *, explain: Callable[[str], None] = lambda text: None
) -> RemoteImage | None:
    """Return the image under a tag; None when it cannot be promoted, with the reason for `explain`.

    An index cannot: its images may have different labels. Raises nothing, whatever the registry answers.
    """
    try:
        return fetch_remote_image(registry, reference)
    except (RegistryError, NotPromotableError) as error:
        explain(f"{reference} cannot be reused: {error.message}")
        return None


def fetch_remote_image(registry: "Registry", reference: Reference) -> RemoteImage:
    """Like `find_remote_image`, but raises NotPromotableError or RegistryError."""
    manifest = registry.fetch_manifest(reference.name, reference.tag)
    if manifest is None:
        raise NotPromotableError("it is not in the registry.")
    _require_single_image(manifest)
    config = registry.fetch_blob(reference.name, manifest.config_digest)
    return RemoteImage(reference, manifest, config, _read_labels(read_object(config)))


def _require_single_image(manifest: Manifest) -> None:
    config = read_object(manifest.body).get("config")
    kind = config.get("mediaType") if isinstance(config, dict) else None
    single = manifest.media_type in MANIFEST_TYPES and kind in CONFIG_TYPES and manifest.layer_digests
    if not single or not is_digest(manifest.config_digest):
        raise NotPromotableError("it is not the manifest of a single image.")


def _read_labels(config: Mapping[str, object]) -> dict[str, str]:
    inner = config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return {key: value for key, value in labels.items() if isinstance(value, str)} if isinstance(labels, dict) else {}
