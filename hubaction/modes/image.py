"""Builds the image: stages the build context, chooses the layer cache, and runs repo2docker."""

from dataclasses import dataclass, replace
from pathlib import Path

from hubaction.build.context import find_dockerfile, has_configuration, stage_context
from hubaction.build.layer_cache import CACHE_TAG, CacheArguments, Writes, cache_arguments
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.build.repo2docker import BuiltImage, build_image
from hubaction.build.reuse import Comparison, expiry_labels
from hubaction.build.uncached_requirements import find_uncached_requirements
from hubaction.build.unread_files import Configuration, find_unread_files
from hubaction.clients.engine.engine import Engine
from hubaction.decide.build_arguments import CONTEXT_FOLDER
from hubaction.decide.foreign_frontend import mark_image
from hubaction.decide.labels import FINGERPRINT_LABEL, refuse_other_labels
from hubaction.decide.plan import BuildPlan
from hubaction.errors import ActionError
from hubaction.guard.context import check_git_copy
from hubaction.image import Reference
from hubaction.inputs.choices import Cache
from hubaction.inputs.settings import Settings
from hubaction.markdown import format_bytes
from hubaction.modes.check import Checked
from hubaction.modes.workshop import Workshop, remove_image
from hubaction.report.report import Report
from hubaction.results import Built
from hubaction.runner.job import Job


@dataclass(frozen=True)
class MadeImage:
    """An image on the engine, and how it was built."""

    id: str
    """Not a tag: another job may move it meanwhile."""
    arguments: BuildArguments
    cache_export: tuple[str, ...]
    """Arguments with which another build writes the layer cache; empty if there is none."""


def make_image(
    checked: Checked, comparison: Comparison, settings: Settings, job: Job, workshop: Workshop, report: Report
) -> MadeImage:
    """Build the image; raises ActionError if the build fails or changes the labels that it was given."""
    plan = checked.plan
    with report.step("build"):
        _stage(checked, settings, job, workshop)
        cache = _choose_cache(checked, comparison, settings)
        report.notice(*cache.notices)
        arguments = _complete_arguments(checked, cache, workshop.engine)
        built = _run_repo2docker(arguments, checked, job, workshop)
    image = workshop.engine.inspect(plan.build.local_tag)
    asked = dict(plan.build.labels) | _late_labels(checked)
    refuse_other_labels(image.labels, asked, arguments.buildx)
    report.add(Built(image.id, image.size, built.steps, built.cached_steps))
    return MadeImage(image.id, arguments, cache.export)


def write_layer_cache(made: MadeImage, checked: Checked, job: Job, workshop: Workshop, report: Report) -> None:
    """Build again, from cached steps only, to write the layer cache. A failure is only a warning."""
    if not made.cache_export:
        return
    buildx = [argument for argument in made.arguments.buildx if argument not in {"--no-cache", "--pull"}]
    with report.step("write the layer cache"):
        # repo2docker skips the build of an image that the engine has.
        remove_image(checked.plan.build.local_tag, workshop.engine)
        try:
            _run_repo2docker(replace(made.arguments, buildx=(*buildx, *made.cache_export)), checked, job, workshop)
        except ActionError as error:
            job.console.warning(f"The image was pushed, and its layer cache was not: {error.message}")


def _stage(checked: Checked, settings: Settings, job: Job, workshop: Workshop) -> None:
    console = job.console
    context = stage_context(checked.files, workshop.folder / CONTEXT_FOLDER)
    if settings.include_git:
        check_git_copy(context.folder, checked.secrets)
    console.say(f"Build context: {context.files} files, {format_bytes(context.bytes)}")
    if context.skipped:
        console.say(f"Left out, being neither files nor links: {', '.join(context.skipped[:10])}")
    if checked.plan.build.default_build_pack and not has_configuration(checked.source):
        console.warning(
            "There is no configuration file that repo2docker knows, so the image gets a Python of its choice"
            " and no packages of yours. Add e.g. an environment.yml; with the inputs' new names this is an"
            " error."
        )
    if not settings.repo2docker_version:
        _remark(context.folder, settings, job)


def _remark(context: Path, settings: Settings, job: Job) -> None:
    """Report files without effect and slow requirements; these rules hold for our own repo2docker only."""
    configuration = Configuration(context)
    for remark in (*find_unread_files(configuration), *find_uncached_requirements(configuration)):
        job.console.notice(remark.message, file=remark.file and settings.from_root(remark.file), line=remark.line)


def _run_repo2docker(arguments: BuildArguments, checked: Checked, job: Job, workshop: Workshop) -> BuiltImage:
    with job.console.untrusted() as write:
        return build_image(
            checked.plan.build,
            arguments,
            folder=workshop.folder,
            dockerfile=find_dockerfile(checked.source),
            env=workshop.env,
            on_line=write,
        )


# --- arguments that depend on the repository and the registry ---


def _choose_cache(checked: Checked, comparison: Comparison, settings: Settings) -> CacheArguments:
    if not checked.arguments.buildx:
        return CacheArguments()  # a repo2docker that builds without buildx
    plan = checked.plan
    choice = settings.cache_ref or Reference(plan.references[0].name, CACHE_TAG)
    wants_ref = settings.cache is Cache.REGISTRY or settings.cache_ref is not None
    lookup = checked.registries.look_in(choice.name.registry)
    return cache_arguments(
        Cache.NONE if plan.build.fresh and not plan.push else settings.cache,
        choice,
        explicit_ref=settings.cache_ref is not None,
        found=[f"{image.reference.name}@{image.manifest.digest}" for image in comparison.found],
        cache_found=wants_ref and not plan.build.fresh and bool(lookup.look_up_digest(choice.name, choice.tag)),
        can_export=checked.engine.exports_cache,
        writes=limit_cache_writes(plan, checked.inputs.frontend),
        given=settings.repo2docker_args.buildx,
    )


def limit_cache_writes(plan: BuildPlan, frontend: str) -> Writes:
    if not plan.push:
        return Writes.NOTHING
    # A foreign frontend decides what is in a cache, and a cache has no label that would tell.
    return Writes.IMAGE if plan.proposed or frontend else Writes.ALL


def _complete_arguments(checked: Checked, cache: CacheArguments, engine: Engine) -> BuildArguments:
    arguments = checked.arguments
    if not arguments.buildx:
        return arguments
    label = [f"--label={name}={value}" for name, value in _late_labels(checked).items()]
    pull = ["--pull"] if _has_stale_base(checked, engine) else []
    return replace(arguments, buildx=(*arguments.buildx, *label, *pull, *cache.buildx))


def _late_labels(checked: Checked) -> dict[str, str]:
    """Labels that depend on the repository's files; a repo2docker without buildx cannot set them."""
    if not checked.arguments.buildx:
        return {}
    labels = expiry_labels(checked.plan, own_expiry=checked.inputs.own_expiry)
    if checked.inputs.fingerprint:
        labels[FINGERPRINT_LABEL] = checked.inputs.fingerprint.label()
    return labels | (mark_image(checked.plan) if checked.inputs.frontend else {})


def _has_stale_base(checked: Checked, engine: Engine) -> bool:
    """Whether the registry has a newer base image than the engine.

    The builder uses a local image without asking the registry. An image that only the engine has is not stale.
    """
    return any(
        (known := engine.digests_of(name, name.rpartition(":")[0])) and digest not in known
        for name, digest in checked.inputs.bases.items()
        if "@" not in name and engine.find_image(name) not in {"", digest}
    )
