"""The image that is rolled out: as it was pushed, or as its registry has it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubaction.clients.registry.manifest import INDEX_TYPES, Manifest, read_object
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.registry import Registry
from hubaction.clients.registry.remote_image import NotPromotableError, fetch_remote_image
from hubaction.decide.labels import PULL_REQUEST_LABEL, UNPROVEN_LABEL
from hubaction.errors import ActionError
from hubaction.image import PushedReference, Reference, is_digest


@dataclass(frozen=True)
class Subject:
    """An image under each name that it has, always with the same tag."""

    references: tuple[PushedReference, ...]
    commit: str
    """That it was built from."""
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
    """The pushed references with the tag of the image, one for each name."""
    return tuple(item for item in pushed if item.reference.tag == image.tag)


def find_subject(references: Sequence[Reference], commit: str, registries: Registries) -> Subject:
    """Look the references up; raises ActionError for an image that is missing or not meant for hubs."""
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
        for labels in _read_labels(registry, reference, manifest):
            _refuse_unfit(reference, labels)
        found.append(PushedReference(reference, manifest.digest, manifest.size))
    return Subject(tuple(found), commit)


def _read_labels(registry: Registry, reference: Reference, manifest: Manifest) -> Iterator[Mapping[str, str]]:
    """The labels of exactly this manifest, since its tag may move; for an index, those of each image in it.

    Raises ActionError if they are unknown.
    """
    images = _images_of(manifest) if manifest.media_type in INDEX_TYPES else (manifest.digest,)
    for digest in images:
        try:
            if not is_digest(digest):
                raise NotPromotableError("its index has an entry without a digest.")
            yield fetch_remote_image(registry, Reference(reference.name, digest)).labels
        except NotPromotableError as error:
            raise ActionError(
                f"{reference} is not rolled out, for hubs could not start it: {error.message}", title="Not rolled out"
            ) from error


def _images_of(index: Manifest) -> Iterator[str]:
    """Digests of what a hub may start; an attestation has no platform that is known."""
    listed = read_object(index.body).get("manifests")
    for each in listed if isinstance(listed, list) else []:
        entry = each if isinstance(each, dict) else {}
        platform = entry.get("platform")
        if not (isinstance(platform, dict) and platform.get("architecture") == "unknown"):
            yield str(entry.get("digest"))


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
