"""Which arguments buildx gets for the layer cache."""

import pytest

from hubaction.build.layer_cache import CacheArguments, Writes, cache_arguments
from hubaction.image import ImageName, Reference
from hubaction.inputs.choices import Cache

REF = Reference(ImageName("quay.io", "org/image"), "buildcache")
FOUND = ("quay.io/org/image@sha256:1", "quay.io/org/image@sha256:2", "quay.io/org/image@sha256:3")
INLINE = "--cache-to=type=inline"
EXPORT = (
    "--cache-to=type=registry,ref=quay.io/org/image:buildcache,mode=max,image-manifest=true,oci-mediatypes=true,"
    "ignore-error=true"
)


def arguments(
    choice: Cache,
    *,
    explicit_ref: bool = False,
    found: tuple[str, ...] = FOUND,
    cache_found: bool = False,
    can_export: bool = False,
    writes: Writes = Writes.ALL,
    given: tuple[str, ...] = (),
) -> CacheArguments:
    return cache_arguments(
        choice,
        REF,
        explicit_ref=explicit_ref,
        found=found,
        cache_found=cache_found,
        can_export=can_export,
        writes=writes,
        given=given,
    )


def reads(*references: str) -> tuple[str, ...]:
    return tuple(f"--cache-from=type=registry,ref={reference}" for reference in references)


@pytest.mark.parametrize("can_export", [True, False])
@pytest.mark.parametrize("choice", [Cache.AUTO, Cache.INLINE])
def test_cache_arguments__inline_on_every_store(choice: Cache, can_export: bool) -> None:
    assert arguments(choice, can_export=can_export) == CacheArguments((*reads(*FOUND[:2]), INLINE))


def test_cache_arguments__nothing_found_is_nothing_read() -> None:
    assert arguments(Cache.AUTO, found=()) == CacheArguments((INLINE,))


def test_cache_arguments__none() -> None:
    assert arguments(Cache.NONE, cache_found=True, can_export=True) == CacheArguments()


@pytest.mark.parametrize(("choice", "explicit_ref"), [(Cache.REGISTRY, False), (Cache.AUTO, True)])
def test_cache_arguments__registry(choice: Cache, explicit_ref: bool) -> None:
    found = arguments(choice, explicit_ref=explicit_ref, cache_found=True, can_export=True)
    assert found == CacheArguments(reads(str(REF), FOUND[0]), export=(EXPORT,))


def test_cache_arguments__registry_that_has_none_yet() -> None:
    assert arguments(Cache.REGISTRY, can_export=True) == CacheArguments(reads(*FOUND[:2]), export=(EXPORT,))


def test_cache_arguments__registry_on_an_engine_that_cannot_write_it() -> None:
    found = arguments(Cache.REGISTRY, cache_found=True)
    assert found.buildx == (*reads(str(REF), FOUND[0]), INLINE)
    assert "cannot write one to a registry" in found.notices[0]


@pytest.mark.parametrize("choice", list(Cache))
def test_cache_arguments__nothing_is_written_where_nothing_may_be_pushed(choice: Cache) -> None:
    found = arguments(choice, writes=Writes.NOTHING, can_export=True)
    assert not [argument for argument in (*found.buildx, *found.export) if argument.startswith("--cache-to")]
    assert not found.notices


@pytest.mark.parametrize("can_export", [True, False])
def test_cache_arguments__preview_leaves_the_tag_of_the_cache_alone(can_export: bool) -> None:
    """It reads it; what it adds is in its own image, and goes with that."""
    found = arguments(Cache.REGISTRY, writes=Writes.IMAGE, cache_found=True, can_export=can_export)
    assert found == CacheArguments((*reads(str(REF), FOUND[0]), INLINE))


def test_cache_arguments__the_users_own_target_wins() -> None:
    given = ("--cache-to=type=local,dest=/cache",)
    assert arguments(Cache.AUTO, given=given) == CacheArguments(reads(*FOUND[:2]))


@pytest.mark.parametrize("choice", [Cache.AUTO, Cache.NONE])
@pytest.mark.parametrize("writes", list(Writes))
def test_cache_arguments__the_users_own_target_in_a_registry_is_written_early(choice: Cache, writes: Writes) -> None:
    found = arguments(choice, given=("--cache-to=type=registry,ref=quay.io/org/cache",), writes=writes)
    assert "also of an image that then fails its checks" in found.notices[0]
    assert not found.export
