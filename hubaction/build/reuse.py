"""Whether an earlier image will do, and from which ones a new image takes its unchanged layers.

All of it only saves time: whatever cannot be found out means that the image is built.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from hubaction.build.build_inputs import BuildInputs
from hubaction.build.fingerprint import (
    Fingerprint,
    differences,
    parse_label,
)
from hubaction.clients.registry.remote_image import RemoteImage
from hubaction.decide.foreign_frontend import is_marked
from hubaction.decide.labels import (
    EXPIRY_LABEL,
    FINGERPRINT_LABEL,
    PREVIEW_EXPIRES_LABEL,
    PULL_REQUEST_LABEL,
    UNPROVEN_LABEL,
)
from hubaction.decide.plan import BuildPlan
from hubaction.decide.tags import EarlierTag

# --- earlier images ---


class EarlierImages:
    """Images of earlier runs, looked up one after the other and only as far as somebody reads on.

    `later` are tags that come last, since something has to be asked before they are known.
    """

    def __init__(
        self,
        tags: Iterable[EarlierTag],
        read: Callable[[EarlierTag], RemoteImage | None],
        *,
        later: Iterable[EarlierTag] = (),
    ) -> None:
        self._known = _read_each(tags, read)
        self._images = chain(self._known, _read_each(later, read))
        self._found: list[tuple[EarlierTag, RemoteImage]] = []

    def read_first(self) -> None:
        """Look for the first one whose tag is known, so that it is there by the time that it is compared."""
        if not self._found:
            self._found += islice(self._known, 1)

    def __iter__(self) -> Iterator[tuple[EarlierTag, RemoteImage]]:
        position = 0
        while position < len(self._found) or self._read_next():
            yield self._found[position]
            position += 1

    def _read_next(self) -> bool:
        found = next(self._images, None)
        if found:
            self._found.append(found)
        return found is not None


def _read_each(
    tags: Iterable[EarlierTag], read: Callable[[EarlierTag], RemoteImage | None]
) -> Iterator[tuple[EarlierTag, RemoteImage]]:
    return ((tag, image) for tag in tags if (image := read(tag)))


@dataclass(frozen=True)
class Comparison:
    """What became of looking for an image that will do."""

    sentence: str
    same: tuple[EarlierTag, RemoteImage] | None = None
    found: tuple[RemoteImage, ...] = ()
    """The images that there are, the best first: for their layers."""


def compare(inputs: BuildInputs, earlier: EarlierImages, *, fresh: bool) -> Comparison:
    """Find an image made of the same; without one, say what has changed since the first that there is."""
    if fresh:
        return Comparison("Built from the base up, without any cache, as schedules and the input 'rebuild' want it.")
    fingerprint = inputs.fingerprint
    found: list[RemoteImage] = []
    changed = ""
    for tag, image in earlier:
        if is_marked(image.labels, image.reference.name) and not inputs.frontend:
            # Its layer cache may pass off layers for those of other instructions, and this image gets a fingerprint.
            changed = (
                changed or f"{tag.reference} ({tag.why}) is by a foreign frontend, so nothing of it is used again."
            )
            continue
        found.append(image)
        if image.labels.get(UNPROVEN_LABEL):
            changed = changed or f"{tag.reference} ({tag.why}) was pushed unproven, so it is not used again."
            continue
        label = parse_label(image.labels.get(FINGERPRINT_LABEL, ""))
        if fingerprint and fingerprint.matches(label):
            return Comparison(f"Nothing has changed since {tag.reference} ({tag.why}).", (tag, image), tuple(found))
        if fingerprint and label and not changed:
            changed = f"Since {tag.reference} ({tag.why}) changed: {', '.join(differences(label, fingerprint))}."
    if fingerprint is None:
        return Comparison(f"Not compared with earlier images: not known is {inputs.unknown}.", None, tuple(found))
    return Comparison(changed or "There is no earlier image to compare with.", None, tuple(found))


def labels_for(plan: BuildPlan, fingerprint: Fingerprint, before: Mapping[str, str]) -> dict[str, str]:
    """The labels of an image that is used again under another purpose, given those that it has.

    Those that are this action's are what a build would give it; the Dockerfile's own stay.
    """
    dropped = {PULL_REQUEST_LABEL} | ({EXPIRY_LABEL} if before.get(PREVIEW_EXPIRES_LABEL) else set())
    kept = {name: value for name, value in before.items() if name not in dropped}
    expiry = expiry_labels(plan, own_expiry=EXPIRY_LABEL in kept)
    return kept | dict(plan.build.labels) | expiry | {FINGERPRINT_LABEL: fingerprint.label()}


def expiry_labels(plan: BuildPlan, *, own_expiry: bool) -> dict[str, str]:
    """The labels by which quay.io forgets a preview; one that the user gave already, as a Dockerfile does, stays."""
    expires = plan.preview.expires if plan.preview and not own_expiry else ""
    return {PREVIEW_EXPIRES_LABEL: expires, EXPIRY_LABEL: expires} if expires else {}


def is_for_the_same(plan: BuildPlan, image: RemoteImage) -> bool:
    """Whether an image may have this run's tags as it is: one of a pull request must stay that pull request's.

    So must its expiry, which would take a tag of production's with it.
    """
    ours = image.labels.get(PREVIEW_EXPIRES_LABEL) or ""
    wanted = expiry_labels(plan, own_expiry=EXPIRY_LABEL in image.labels and not ours)
    same_expiry = ours == wanted.get(PREVIEW_EXPIRES_LABEL, "")
    return same_expiry and (image.labels.get(PULL_REQUEST_LABEL) or "") == dict(plan.build.labels).get(
        PULL_REQUEST_LABEL, ""
    )
