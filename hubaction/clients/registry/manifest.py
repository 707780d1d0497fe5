"""Manifests and digests: parsing what a registry says of an image."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


@dataclass(frozen=True)
class Pointer:
    """What a tag points to."""

    digest: str
    is_single: bool
    """Whether it is certainly the manifest of one image. Anything else may be an index of manifests."""


@dataclass(frozen=True)
class Manifest:
    """A manifest, or an index, as the registry has it."""

    digest: str
    size: int | None
    """Bytes that a hub downloads, config and layers; None for an index."""
    config_digest: str
    """Digest of the image's config; empty for an index."""
    body: bytes = field(default=b"", repr=False)
    """The exact bytes; empty when only the engine could fetch them."""
    media_type: str = ""
    layer_digests: tuple[str, ...] = ()
    """Digests of the layers, each once; empty for an index."""


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether it is a digest of the kind that we compute. Registries may use others."""
    return bool(re.fullmatch(r"sha256:[a-f0-9]{64}", text))


def read_manifest(body: bytes, content_type: str) -> Manifest:
    """Parse a manifest or an index. Fields that are not valid are left empty."""
    # Computed and not read from a header: a hub will pull these bytes.
    digest = digest_of(body)
    manifest = read_object(body)
    config = manifest.get("config")
    config_digest = config.get("digest") if isinstance(config, dict) else None
    # Prefer the media type in the bytes; only OCI manifests may leave it out.
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
    """Config and layers; None for an index and for anything that is not a manifest."""
    layers = manifest.get("layers")
    blobs = [manifest.get("config"), *(layers if isinstance(layers, list) else [])]
    sizes = [blob.get("size") if isinstance(blob, dict) else None for blob in blobs]
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if len(known) == len(sizes) else None


def read_object(text: bytes) -> dict[str, Any]:
    """Parse a JSON object; empty when it is anything else."""
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
