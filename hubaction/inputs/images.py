"""Names of images, from `image-name`, `cache-ref` and `registry`, the registry of names that have none."""

from collections.abc import Mapping, Sequence

from hubaction import image
from hubaction.image import ImageName, Reference
from hubaction.inputs import parsers
from hubaction.inputs.choices import Cache
from hubaction.inputs.problems import Problems


def name_images(texts: Mapping[str, str], repository: str) -> tuple[list[str], list[str]]:
    """Return the names in lower case, and notices about that: people and repositories have names with capitals."""
    given = parsers.split_lines(texts["image-name"])
    capitals = [name for name in given if name != name.lower()]
    notices = [f"image-name '{name}' is used in lower case: registries take no other." for name in capitals]
    return [name.lower() for name in given] or [_name_after(repository)], notices


def _name_after(repository: str) -> str:
    # A repository without an owner would be read as an image of Docker Hub's own.
    path = image.legalize_path(repository)
    return path if "/" in path else ""


def read_images(names: Sequence[str], registry_input: str, problems: Problems) -> tuple[ImageName, ...]:
    registry = image.DOCKER_HUB
    if registry_input:
        registry = problems.check("registry", image.normalize_registry, registry_input, "")
    if names == [""]:
        problems.add("image-name", "is empty and the repository's name gives none; allowed is e.g. my-org/my-image")
        return ()
    found = [
        problems.check("image-name", lambda text: image.parse_image_name(text, registry), text, None) for text in names
    ]
    return tuple(dict.fromkeys(name for name in found if name))


def read_cache_ref(texts: Mapping[str, str], problems: Problems) -> Reference | None:
    text = texts["cache-ref"]
    if not text:
        return None
    if texts["cache"] in {Cache.INLINE, Cache.NONE}:
        problems.add("cache-ref", f"is set, and 'cache' is '{texts['cache']}', which keeps none there; leave one out")
    registry = image.DOCKER_HUB
    if texts["registry"]:
        registry = problems.check("registry", image.normalize_registry, texts["registry"], registry)
    return problems.check("cache-ref", lambda text: image.parse_reference(text, registry), text, None)
