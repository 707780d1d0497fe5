"""What repo2docker and buildx are told, and what of that makes the image what it is. No I/O."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from hubaction.decide.labels import lasting_labels, make_labels
from hubaction.image import ImageName, legalize_path, sanitize_tag
from hubaction.inputs.choices import Rebuild
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings

CONFIG_FILE = "repo2docker_config.json"
CONTEXT_FOLDER = "context"


@dataclass(frozen=True)
class BuildSpec:
    """What repo2docker and buildx are called with, as far as the inputs and the event say."""

    local_tag: str
    """The image's name on the engine until it is proven."""
    repo2docker: tuple[str, ...]
    """Arguments, relative to the run's own folder, which holds the configuration file and the build context."""
    buildx: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    """All labels that this action gives to the image, in the order in which later ones win."""
    identity: tuple[str, ...]
    """The part of the inputs that makes the image what it is, and nothing that changes from commit to commit."""
    build_args: tuple[tuple[str, str], ...]
    """All build arguments, repo2docker's own included."""
    all_known: bool
    """Whether the inputs, with the files that they name, say all that makes the image."""
    fresh: bool
    """Whether to build from the base image up, without any cache."""
    default_build_pack: bool
    """Whether a repository without configuration becomes an image with repo2docker's own choice of Python."""


def make_build_spec(settings: Settings, event: Event, appendix: str, now: datetime) -> BuildSpec:
    local_tag = make_local_tag(settings, event)
    labels = make_labels(settings, event, now)
    fresh = settings.rebuild is Rebuild.ALWAYS or event.name == "schedule"
    return BuildSpec(
        local_tag,
        repo2docker_arguments(settings, appendix, local_tag),
        buildx_arguments(settings, labels, fresh=fresh),
        labels,
        identity=make_identity(settings, event, appendix),
        build_args=build_arguments(settings),
        all_known=is_all_known(settings),
        fresh=fresh,
        default_build_pack=settings.uses_old_inputs,
    )


def make_local_tag(settings: Settings, event: Event) -> str:
    """The name under which the engine keeps the image until it is proven, unique to this run, name and build.

    The jobs of a matrix may share run and name, and on a runner of one's own the engine, too.
    """
    name = settings.images[0]
    jobs = hashlib.sha256(repr((settings.tags, settings.build_args)).encode()).hexdigest()[:8] if settings.tags else ""
    parts = (event.run_id or "local", event.run_attempt or "1", settings.variant, settings.platform, jobs)
    return f"hub-image-action/{legalize_path(_flatten(name))}:{sanitize_tag('-'.join(filter(None, parts)))}"


def _flatten(name: ImageName) -> str:
    return str(name).replace("/", "-").replace(":", "-")


def repo2docker_arguments(settings: Settings, appendix: str, local_tag: str) -> tuple[str, ...]:
    options = [
        ("--config", CONFIG_FILE),
        ("--image-name", local_tag),
        ("--user-id", str(settings.user_id)),
        ("--user-name", settings.notebook_user),
        ("--target-repo-dir", settings.repo_dir),
        *([("--appendix", appendix)] if appendix else []),
        *(("--build-arg", f"{key}={value}") for key, value in settings.build_args),
    ]
    traits = {"base_image": settings.base_image, "platform": settings.platform}
    return (
        "jupyter-repo2docker",
        "--no-run",
        "--no-push",
        *(word for option in options for word in option),
        *(f"--Repo2Docker.{trait}={value}" for trait, value in traits.items() if value),
        *settings.repo2docker_args.arguments,
        CONTEXT_FOLDER,
    )


def buildx_arguments(settings: Settings, labels: tuple[tuple[str, str], ...], *, fresh: bool) -> tuple[str, ...]:
    """Labels go here: in repo2docker's Dockerfile they would stand before postBuild and void its cache.

    Attestations would turn the image into an index, of which hubs and registries show two `unknown` platforms.
    """
    return (
        "--load",
        "--provenance=false",
        *(f"--label={key}={value}" for key, value in labels),
        *(["--no-cache"] if fresh else []),
        *settings.repo2docker_args.buildx,
    )


def build_arguments(settings: Settings) -> tuple[tuple[str, str], ...]:
    """https://github.com/jupyterhub/repo2docker/blob/main/repo2docker/app.py gives the first three."""
    own = {"NB_USER": settings.notebook_user, "NB_UID": str(settings.user_id), "REPO_DIR": settings.repo_dir}
    words = settings.repo2docker_args.arguments
    given = [value.partition("=") for option, value in pairwise(words) if option == "--build-arg"]
    return tuple({**own, **{name: value for name, _, value in given}, **dict(settings.build_args)}.items())


def make_identity(settings: Settings, event: Event, appendix: str) -> tuple[str, ...]:
    return (
        *repo2docker_arguments(settings, appendix, local_tag=""),
        f"default build pack: {settings.uses_old_inputs}",
        f"git: {settings.include_git}",
        *(f"allowed file: {glob}" for glob in settings.allow_files),
        *(f"label: {key}={value}" for key, value in lasting_labels(settings, event).items()),
        *settings.repo2docker_args.buildx,
    )


_HARMLESS_BUILDX = ("--cache-from", "--cache-to", "--progress", "--memory", "--cpu", "--shm-size", "--ulimit")


def is_all_known(settings: Settings) -> bool:
    """Whether the inputs say all that makes the image: some of buildx's own arguments bring in more from elsewhere."""
    return all(argument.startswith(_HARMLESS_BUILDX) for argument in settings.repo2docker_args.buildx)
