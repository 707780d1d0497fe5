"""Whether everybody can pull an image: the same question as anybody's, asked without a login and without a pull."""

from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, Reference, display_registry
from hubaction.publish.registry import Registry, RegistryError, UnreachableError

_ADVICE = {
    "quay.io": "On quay.io: Repository Settings > Make Public; new repositories start private.",
    "ghcr.io": "On GitHub: the package's settings > Change visibility; new packages start private.",
    DOCKER_HUB: "On Docker Hub: the repository's Settings > Make public.",
}


class PrivateImageError(ActionError):
    """The image is there, and not for everybody."""


def check_public(reference: Reference, *, insecure: bool = False) -> None:
    """Raise PrivateImageError when the image cannot be seen without a login, UnreachableError when nobody can tell."""
    registry = Registry(reference.name.registry, {}, insecure=insecure)
    try:
        found = registry.fetch_manifest(reference)
    except UnreachableError:
        raise
    except RegistryError:
        found = None
    if found is None:
        advice = _ADVICE.get(reference.name.registry, "Make its repository public there.")
        raise PrivateImageError(
            f"{reference} was pushed, and cannot be pulled from {display_registry(reference.name.registry)} without a"
            f" login, so a hub without a pull secret cannot start it. {advice} Or give the hub a pull secret, and leave"
            " the input 'public-check' out.",
            title="Image is private",
        )
