"""Whether an earlier image will do, and from which ones a new image takes its unchanged layers.

All of it only saves time: whatever cannot be found out means that the image is built.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from hubaction.build.base_images import find_bases, render_dockerfile, resolve_bases
from hubaction.build.context import find_dockerfile, stage_configuration
from hubaction.build.fingerprint import (
    RECIPE,
    Fingerprint,
    differences,
    hash_context,
    hash_mapping,
    hash_tests,
    hash_texts,
    parse_label,
)
from hubaction.build.frontend import find_foreign_frontend
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.build.repo2docker import write_configuration
from hubaction.clients.registry.registry import Registry
from hubaction.clients.registry.remote_image import Candidate
from hubaction.decide.build_arguments import CONTEXT_FOLDER
from hubaction.decide.labels import (
    EXPIRY_LABEL,
    FINGERPRINT_LABEL,
    PREVIEW_EXPIRES_LABEL,
    PULL_REQUEST_LABEL,
    UNPROVEN_LABEL,
)
from hubaction.decide.plan import BuildPlan
from hubaction.decide.tags import EarlierTag
from hubaction.image import DOCKER_HUB, parse_image_name
from hubaction.inputs.choices import HubPolicy
from hubaction.inputs.repository_files import ContextFiles

# --- what an image is made of ---


@dataclass(frozen=True)
class Ingredients:
    """All that goes into an image and its tests."""

    fingerprint: Fingerprint | None
    """None when something is not known, and then `unknown` says what."""
    unknown: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)
    """The images that it starts from, each with what it is by now."""
    own_expiry: bool = False
    """Whether the Dockerfile says itself when quay.io is to forget the image."""
    frontend: str = ""
    """What names a frontend other than Docker's own, which makes of the ingredients what it likes; '' for Docker's."""


@dataclass(frozen=True)
class Materials:
    """Where the ingredients are read from."""

    files: ContextFiles
    arguments: BuildArguments
    tests: Path | None
    tests_name: str
    test_policy: tuple[str, ...]
    """How they are run."""
    platform: str
    """What the image is for."""
    hub: HubPolicy | None = None
    """What the hub check holds the image to."""
    tests_left_out: frozenset[str] = frozenset()
    """Files of the tests that are not copied into the image."""


def read_ingredients(
    plan: BuildPlan,
    materials: Materials,
    *,
    folder: Path,
    env: Mapping[str, str],
    ask_registry: Callable[[str], str | None],
    ask_engine: Callable[[str], str],
) -> Ingredients:
    """Read everything once; `folder` is a new one of the run's own. Raises ActionError for unreadable files."""
    with ThreadPoolExecutor(1) as pool:
        context = pool.submit(hash_context, materials.files.source, materials.files.seen)
        dockerfile = _render(plan, materials, folder, env)
        if frontend := _find_frontend(plan, materials, folder, dockerfile):
            unknown = f"what the frontend '{frontend}' makes of the Dockerfile"
            return Ingredients(None, unknown, own_expiry=EXPIRY_LABEL in dockerfile, frontend=frontend)
        names = find_bases(dockerfile, dict(plan.build.build_args)) if dockerfile else None
        own_expiry = EXPIRY_LABEL in dockerfile
        if names is None:
            return Ingredients(None, "which images the Dockerfile starts from", own_expiry=own_expiry)
        bases = resolve_bases(names, ask_registry, ask_engine)
        if bases is None:
            return Ingredients(None, f"what {' or '.join(names)} is by now", own_expiry=own_expiry)
        parts = {
            "context": context.result(),
            "dockerfile": hash_texts((dockerfile,)),
            "bases": hash_mapping(bases),
            "repo2docker": materials.arguments.digest,
            "settings": hash_texts(plan.build.identity),
            "platform": hash_texts((materials.platform,)),
            "verification": _hash_verification(materials),
            "action": hash_texts((str(RECIPE),)),
        }
    if not materials.arguments.buildx:
        # Its images get no fingerprint, so one that had this would have it from somebody else.
        return Ingredients(None, "whose labels an image of a repo2docker without buildx has", bases)
    if not plan.build.all_known:
        return Ingredients(None, "what some of your own arguments for buildx bring in", bases, own_expiry)
    return Ingredients(Fingerprint(parts), bases=bases, own_expiry=own_expiry)


def _hash_verification(materials: Materials) -> str:
    tests, name = materials.tests, materials.tests_name
    tested = (
        (hash_tests(tests, name, materials.tests_left_out), *materials.test_policy) if tests else ("no tests", name)
    )
    return hash_texts((*tested, repr(materials.hub)))


def _render(plan: BuildPlan, materials: Materials, folder: Path, env: Mapping[str, str]) -> str:
    stage_configuration(materials.files, folder / CONTEXT_FOLDER)
    write_configuration(plan, materials.arguments.buildx, folder)
    return render_dockerfile(materials.arguments.command, folder, env)


def _find_frontend(plan: BuildPlan, materials: Materials, folder: Path, rendered: str) -> str:
    """The repository's own Dockerfile is read as it is: what repo2docker prints of it has other ends of lines."""
    name = find_dockerfile(materials.files.source)
    file = folder / CONTEXT_FOLDER / name
    dockerfile = file.read_bytes() if name and file.is_file() else rendered.encode("utf-8", "replace")
    return find_foreign_frontend(dockerfile, plan.build.repo2docker, materials.arguments.buildx)


# --- earlier images ---


class EarlierImages:
    """Images of earlier runs, looked up one after the other and only as far as somebody reads on.

    `later` are tags that come last, since something has to be asked before they are known.
    """

    def __init__(
        self,
        tags: Iterable[EarlierTag],
        read: Callable[[EarlierTag], Candidate | None],
        *,
        later: Iterable[EarlierTag] = (),
    ) -> None:
        self._known = _read_each(tags, read)
        self._images = chain(self._known, _read_each(later, read))
        self._found: list[tuple[EarlierTag, Candidate]] = []

    def read_first(self) -> None:
        """Look for the first one whose tag is known, so that it is there by the time that it is compared."""
        if not self._found:
            self._found += islice(self._known, 1)

    def __iter__(self) -> Iterator[tuple[EarlierTag, Candidate]]:
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
    tags: Iterable[EarlierTag], read: Callable[[EarlierTag], Candidate | None]
) -> Iterator[tuple[EarlierTag, Candidate]]:
    return ((tag, image) for tag in tags if (image := read(tag)))


@dataclass(frozen=True)
class Comparison:
    """What became of looking for an image that will do."""

    sentence: str
    same: tuple[EarlierTag, Candidate] | None = None
    found: tuple[Candidate, ...] = ()
    """The images that there are, the best first: for their layers."""


def compare(ingredients: Ingredients, earlier: EarlierImages, *, fresh: bool) -> Comparison:
    """Find an image made of the same; without one, say what has changed since the first that there is."""
    if fresh:
        return Comparison("Built from the base up, without any cache, as schedules and the input 'rebuild' want it.")
    fingerprint = ingredients.fingerprint
    found: list[Candidate] = []
    changed = ""
    for tag, image in earlier:
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
        return Comparison(f"Not compared with earlier images: not known is {ingredients.unknown}.", None, tuple(found))
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


def is_for_the_same(plan: BuildPlan, image: Candidate) -> bool:
    """Whether an image may have this run's tags as it is: one of a pull request must stay that pull request's.

    So must its expiry, which would take a tag of production's with it.
    """
    ours = image.labels.get(PREVIEW_EXPIRES_LABEL) or ""
    wanted = expiry_labels(plan, own_expiry=EXPIRY_LABEL in image.labels and not ours)
    same_expiry = ours == wanted.get(PREVIEW_EXPIRES_LABEL, "")
    return same_expiry and (image.labels.get(PULL_REQUEST_LABEL) or "") == dict(plan.build.labels).get(
        PULL_REQUEST_LABEL, ""
    )


class LocalImages(Protocol):
    """What the engine knows of the images that it has."""

    def find_image(self, reference: str, /) -> str: ...
    def digests_of(self, image: str, name: str, /) -> frozenset[str]: ...


def ask_for_base(name: str, registry_of: Callable[[str], Registry], engine: LocalImages) -> str | None:
    """What a base image's tag points to in its registry; None when nobody tells, or the engine's is another one.

    An earlier step may have built the engine's own under the same name, and the builder takes that one: the registry
    then has nothing of it under any of its digests. One that came from there is only older.
    """
    path, _, tag = name.rpartition(":")
    image = parse_image_name(path, DOCKER_HUB)
    registry = registry_of(image.registry)
    current = registry.look_up_digest(image, tag)
    if not current or not engine.find_image(name):
        return current
    known = engine.digests_of(name, path)
    came_from_there = current in known or any(registry.look_up_digest(image, digest) for digest in known)
    return current if came_from_there else None
