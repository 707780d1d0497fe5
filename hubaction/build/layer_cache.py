"""The layer cache: which arguments make buildx read and write it. Pure.

https://docs.docker.com/build/cache/backends/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hubaction.image import Reference
from hubaction.inputs.choices import Cache

CACHE_TAG = "buildcache"
MAX_SOURCES = 2
"""Each costs requests in every build, and a third one hardly has layers that two others do not."""


class Writes(Enum):
    """What a build may write for the next one."""

    NOTHING = "nothing is pushed"
    IMAGE = "only what is in the image: the tag of the cache belongs to the branches that hubs start"
    ALL = "all"


@dataclass(frozen=True)
class CacheArguments:
    """Arguments for buildx, and what the user should know about them."""

    buildx: tuple[str, ...] = ()
    export: tuple[str, ...] = ()
    """Makes another build write the cache, after the image is verified: everyone who can pull may read it."""
    notices: tuple[str, ...] = ()


def cache_arguments(
    choice: Cache,
    cache_ref: Reference,
    *,
    explicit_ref: bool,
    found: Sequence[str],
    cache_found: bool,
    can_export: bool,
    writes: Writes,
    given: Sequence[str] = (),
) -> CacheArguments:
    """Decide where layers are read from and written to.

    `found` are earlier images by digest, the best first. `cache_found` says whether `cache_ref` exists: buildx gets
    only sources that do. `can_export` says whether the engine can write a cache beside the image. `given` are the
    user's own arguments for buildx, which take precedence.
    """
    own = [argument for argument in given if argument.startswith("--cache-to")]
    early = (_WRITES_EARLY,) if any("type=registry" in argument for argument in own) else ()
    if choice is Cache.NONE:
        return CacheArguments(notices=early)
    wants_registry = choice is Cache.REGISTRY or explicit_ref
    sources = [str(cache_ref)] if wants_registry and cache_found else []
    sources += found[: MAX_SOURCES - len(sources)]
    reads = tuple(f"--cache-from=type=registry,ref={source}" for source in sources)
    if writes is Writes.NOTHING or own:
        return CacheArguments(reads, notices=early)
    exports = wants_registry and writes is Writes.ALL
    if exports and can_export:
        return CacheArguments(reads, export=(f"--cache-to={_export_to(cache_ref)}",))
    notices = (_CANNOT_EXPORT,) if exports else ()
    return CacheArguments((*reads, "--cache-to=type=inline"), notices=notices)


_CANNOT_EXPORT = (
    "The layer cache is kept in the image itself: this engine's image store cannot write one to a registry. With"
    " Docker's containerd image store it can (https://docs.docker.com/engine/storage/containerd/)."
)


_WRITES_EARLY = (
    "--cache-to=type=registry in 'repo2docker-args' puts layers into the registry while the image is built, also of an"
    " image that then fails its checks. With 'cache: registry', and 'cache-ref', they get there after the image."
)


def _export_to(reference: Reference) -> str:
    # All stages; as an image manifest, which every registry takes; and a failure costs the cache, not the image.
    return f"type=registry,ref={reference},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"
