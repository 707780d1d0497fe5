"""The image that is rolled out: as it was pushed, or as its registry has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.registry import INDEX_TYPES, Manifest, Registry
from hubaction.clients.registry.remote_image import NotPromotableError, fetch_candidate
from hubaction.decide.labels import PULL_REQUEST_LABEL, UNPROVEN_LABEL
from hubaction.errors import ActionError
from hubaction.image import PushedReference, Reference


@dataclass(frozen=True)
class Subject:
    """An image under each name that it has, always with the same tag."""

    references: tuple[PushedReference, ...]
    commit: str
    """It was built from."""
    hub: str = ""
    """What the hub check saw, or empty."""
    tests: str = ""

    @property
    def first(self) -> PushedReference:
        return self.references[0]

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(f"{item.reference}@{item.digest}" for item in self.references)


def choose_pushed(pushed: Sequence[PushedReference], image: Reference) -> tuple[PushedReference, ...]:
    """Of all that was pushed, the tag that names the commit, under each name of the image."""
    return tuple(item for item in pushed if item.reference.tag == image.tag)


def find_subject(references: Sequence[Reference], commit: str, registries: Registries) -> Subject:
    """What the registry has under these references; raises ActionError for what is missing or not for hubs."""
    found = []
    for reference in references:
        registry = registries.open(reference.name.registry)
        manifest = registry.fetch_manifest(reference.name, reference.tag)
        if manifest is None:
            raise ActionError(
                f"{reference} is not in its registry, so hubs could not start it: push it in a step or a job before"
                " this one, with the same 'image-name' and 'tags'.",
                title="Not rolled out",
            )
        _refuse_unfit(reference, _read_labels(registry, reference, manifest))
        found.append(PushedReference(reference, manifest.digest, manifest.size))
    return Subject(tuple(found), commit)


def _read_labels(registry: Registry, reference: Reference, manifest: Manifest) -> Mapping[str, str]:
    """Those of the manifest itself, for its tag may move; an index has none. Raises ActionError if they are unknown."""
    if manifest.media_type in INDEX_TYPES:
        return {}
    try:
        return fetch_candidate(registry, Reference(reference.name, manifest.digest)).labels
    except NotPromotableError as error:
        raise ActionError(
            f"{reference} is not rolled out, for hubs could not start it: {error.message}", title="Not rolled out"
        ) from error


def _refuse_unfit(reference: Reference, labels: Mapping[str, str]) -> None:
    if labels.get(PULL_REQUEST_LABEL):
        raise ActionError(
            f"{reference} was built for a pull request, which nobody has merged by that, so it is not rolled out: push"
            " the image of the merged commit first.",
            title="Not rolled out",
        )
    if labels.get(UNPROVEN_LABEL):
        raise ActionError(
            f"{reference} was pushed with hub-check: warn, which does not say whether a hub can start it, so it is not"
            " rolled out: push it with hub-check: true first.",
            title="Not rolled out",
        )
