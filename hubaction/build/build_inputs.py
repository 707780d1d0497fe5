"""What goes into an image and its verification: the inputs of a build, as one fingerprint."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hubaction.build.base_images import find_bases, render_dockerfile, resolve_bases
from hubaction.build.context import find_dockerfile, stage_configuration
from hubaction.build.fingerprint import (
    RECIPE,
    Fingerprint,
    hash_context,
    hash_mapping,
    hash_tests,
    hash_texts,
)
from hubaction.build.frontend import find_foreign_frontend
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.build.repo2docker import write_configuration
from hubaction.clients.registry.registry import Registry
from hubaction.decide.build_arguments import CONTEXT_FOLDER, BuildSpec
from hubaction.decide.labels import (
    EXPIRY_LABEL,
)
from hubaction.image import DOCKER_HUB, parse_image_name
from hubaction.inputs.repository_files import ContextFiles
from hubaction.inputs.settings import HubPolicy


@dataclass(frozen=True)
class BuildInputs:
    """All that goes into an image and its tests."""

    fingerprint: Fingerprint | None
    """None when something is not known, and then `unknown` says what."""
    unknown: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)
    """The images that it starts from, each with what it is by now."""
    own_expiry: bool = False
    """Whether the Dockerfile says itself when quay.io is to forget the image."""
    frontend: str = ""
    """What names a frontend other than Docker's own, which makes of the inputs what it likes; '' for Docker's."""


@dataclass(frozen=True)
class InputSources:
    """Where the inputs are read from."""

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


def read_build_inputs(
    spec: BuildSpec,
    sources: InputSources,
    *,
    folder: Path,
    env: Mapping[str, str],
    ask_registry: Callable[[str], str | None],
    ask_engine: Callable[[str], str],
) -> BuildInputs:
    """Read everything once; `folder` is a new one of the run's own. Raises ActionError for unreadable files."""
    with ThreadPoolExecutor(1) as pool:
        context = pool.submit(hash_context, sources.files.source, sources.files.seen)
        dockerfile = _render(spec, sources, folder, env)
        if frontend := _find_frontend(spec, sources, folder, dockerfile):
            unknown = f"what the frontend '{frontend}' makes of the Dockerfile"
            return BuildInputs(None, unknown, own_expiry=EXPIRY_LABEL in dockerfile, frontend=frontend)
        names = find_bases(dockerfile, dict(spec.build_args)) if dockerfile else None
        own_expiry = EXPIRY_LABEL in dockerfile
        if names is None:
            return BuildInputs(None, "which images the Dockerfile starts from", own_expiry=own_expiry)
        bases = resolve_bases(names, ask_registry, ask_engine)
        if bases is None:
            return BuildInputs(None, f"what {' or '.join(names)} is by now", own_expiry=own_expiry)
        parts = {
            "context": context.result(),
            "dockerfile": hash_texts((dockerfile,)),
            "bases": hash_mapping(bases),
            "repo2docker": sources.arguments.digest,
            "settings": hash_texts(spec.identity),
            "platform": hash_texts((sources.platform,)),
            "verification": _hash_verification(sources),
            "action": hash_texts((str(RECIPE),)),
        }
    if not sources.arguments.buildx:
        # Its images get no fingerprint, so one that had this would have it from somebody else.
        return BuildInputs(None, "whose labels an image of a repo2docker without buildx has", bases)
    if not spec.all_known:
        return BuildInputs(None, "what some of your own arguments for buildx bring in", bases, own_expiry)
    return BuildInputs(Fingerprint(parts), bases=bases, own_expiry=own_expiry)


def _hash_verification(sources: InputSources) -> str:
    tests, name = sources.tests, sources.tests_name
    tested = (hash_tests(tests, name, sources.tests_left_out), *sources.test_policy) if tests else ("no tests", name)
    return hash_texts((*tested, repr(sources.hub)))


def _render(spec: BuildSpec, sources: InputSources, folder: Path, env: Mapping[str, str]) -> str:
    stage_configuration(sources.files, folder / CONTEXT_FOLDER)
    write_configuration(spec, sources.arguments.buildx, folder)
    return render_dockerfile(sources.arguments.command, folder, env)


def _find_frontend(spec: BuildSpec, sources: InputSources, folder: Path, rendered: str) -> str:
    """The repository's own Dockerfile is read as it is: what repo2docker prints of it has other ends of lines."""
    name = find_dockerfile(sources.files.source)
    file = folder / CONTEXT_FOLDER / name
    dockerfile = file.read_bytes() if name and file.is_file() else rendered.encode("utf-8", "replace")
    return find_foreign_frontend(dockerfile, spec.repo2docker, sources.arguments.buildx)


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
