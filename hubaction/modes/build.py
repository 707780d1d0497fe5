"""The story of a run: check, build, verify, publish, report. Steps take what they need; this makes it."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from hubaction.build.context import (
    ContextError,
    find_dockerfile,
    has_configuration,
    list_context,
    resolve_source,
    stage_context,
)
from hubaction.build.git_folder import read_head
from hubaction.build.layer_cache import CACHE_TAG, Writes, cache_arguments
from hubaction.build.other_repo2docker import BuildArguments, arguments_for, install_repo2docker
from hubaction.build.repo2docker import BuiltImage, build_image, check_buildx, own_arguments
from hubaction.build.reuse import (
    Comparison,
    EarlierImages,
    Ingredients,
    Materials,
    ask_for_base,
    compare,
    expiry_labels,
    is_for_the_same,
    labels_for,
    read_ingredients,
)
from hubaction.build.uncached_requirements import find_uncached
from hubaction.build.unread_files import Configuration, find_shadowed
from hubaction.clients.engine.disk import LOW_DISK_BYTES, free_disk_bytes
from hubaction.clients.engine.engine import Engine
from hubaction.clients.engine.values import EngineInfo
from hubaction.clients.process import child_environment
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.remote_image import Candidate, NotPromotableError, read_candidate
from hubaction.decide.build_arguments import CONTEXT_FOLDER
from hubaction.decide.labels import FINGERPRINT_LABEL
from hubaction.decide.plan import Plan
from hubaction.decide.tags import EarlierTag, name_of_pull_request
from hubaction.errors import ActionError
from hubaction.guard.context import check_git_copy, find_made_by_workflow, guard_context
from hubaction.guard.given_secrets import HeldSecret, hold_secrets
from hubaction.image import Reference
from hubaction.inputs.choices import Cache, HubCheck
from hubaction.inputs.docker_config import find_docker_config
from hubaction.inputs.repository_files import ContextFiles
from hubaction.inputs.settings import Settings, read_secrets
from hubaction.markdown import format_bytes
from hubaction.modes.comment import make_binder_image_section, make_image_section, write_comment
from hubaction.modes.follow_up import AfterPush
from hubaction.modes.verify import ImageToProve, prove
from hubaction.publish.login import log_in, temporary_docker_config
from hubaction.publish.promote import promote, promote_relabelled
from hubaction.publish.push import push_references
from hubaction.report.junit import render_junit
from hubaction.report.result_file import write_result
from hubaction.report.summary import Outcome, render_summary
from hubaction.report.try_on_hub import tell_trial
from hubaction.runner.file_commands import FileCommands
from hubaction.runner.job import Job
from hubaction.runner.workspace_file import store_file
from hubaction.verify.image_tests import find_image_tests


def run_pipeline(plan: Plan, settings: Settings, job: Job) -> None:
    """Carry out a plan that builds; raises ActionError after everybody was told what was reached."""
    outcome = Outcome(plan)
    failure = None
    try:
        _run_steps(plan, settings, job, outcome)
    except ActionError as error:
        # What leaves this machine is not masked by the runner.
        outcome.failure = job.console.scrub(error.message)
        for part in error.parts:
            part.file = part.file and settings.from_root(part.file)
        failure = error
    except BaseException:
        outcome.failure = "The step was ended before it was done."
        job.outputs.add_summary(render_summary(outcome))
        raise
    tried = tell_trial(plan.trial, () if failure else outcome.pushed)
    job.outputs.add_summary(render_summary(outcome, tried))
    _hand_over(outcome, settings, job)
    if failure:
        raise failure


def _run_steps(plan: Plan, settings: Settings, job: Job, outcome: Outcome) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(_work_folder())
        engine = stack.enter_context(Engine.connect(job.environ))
        # In a folder of its own, whose name nothing in the build context can guess.
        secret_folder = stack.enter_context(_work_folder())
        docker_config = stack.enter_context(
            temporary_docker_config(find_docker_config(job.environ, job.workspace), secret_folder / "docker-config")
        )
        env = child_environment(job.environ, home=folder, docker_config=docker_config)
        run = _Run(plan, settings, job, outcome, folder, docker_config, env, engine)
        stack.callback(run.remove_local_image)
        run.check()
        if not run.reuse():
            run.build()
            run.prove()
            run.push()
        _write_outputs(outcome, job.outputs)
        if outcome.pushed:
            AfterPush(plan, settings, job, outcome, engine, run.info, run.registries, find_merged=run.find_merged).run()
            run.write_cache()


def _hand_over(outcome: Outcome, settings: Settings, job: Job) -> None:
    """Leave the result for a workflow that may comment, and comment where this one may."""
    result = outcome.result(settings.platform, settings.variant)
    if settings.result_file:
        _leave(write_result(result), settings.result_file, "result-file", job)
    if settings.tests.junit_file and outcome.cases:
        _leave(render_junit(outcome.cases), settings.tests.junit_file, "junit-file", job)
    if target := outcome.plan.comment:
        sections = [make_image_section(result, target, job.environ, outcome.plan.trial)]
        if result.binder_branch or result.binder_obstacle:
            sections.append(make_binder_image_section(result, target, settings, job.environ))
        write_comment(target, sections, settings, job)


def _leave(text: str, file: str, name: str, job: Job) -> None:
    """`name` is that of the input, and of the output."""
    try:
        store_file(text, job.workspace, file, name)
        job.outputs.set_output(name, file)
    except ActionError as error:
        job.console.warning(error.message)  # the image is what it is, told or not


def remove_leftovers(plan: Plan, job: Job) -> None:
    """Remove what a killed run of this plan left on the engine; says so when there was something."""
    with Engine.connect(job.environ) as engine:
        containers = engine.remove_containers(plan.local_tag)
        if containers:
            job.console.say(f"Removed {containers} container(s) that the step left behind.")
        left = engine.find_image(plan.local_tag)
        for reference in (*map(str, plan.references), plan.local_tag):
            # The same tag on another image is not ours: it belongs to whoever owns this machine.
            if left and engine.find_image(reference) == left:
                engine.remove_image(reference)


@contextmanager
def _work_folder() -> Iterator[Path]:
    """A private folder of this container, not RUNNER_TEMP: that one belongs to the host and later steps see it."""
    folder = Path(tempfile.mkdtemp(prefix="hub-image-action-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Run:
    """What the steps of one run share."""

    plan: Plan
    settings: Settings
    job: Job
    outcome: Outcome
    folder: Path
    docker_config: Path
    env: Mapping[str, str]
    engine: Engine
    source: Path = field(init=False)
    """The folder that is built; known once `check` has found it."""
    held: tuple[HeldSecret, ...] = field(init=False, repr=False)
    tests: Path | None = field(init=False, default=None)
    tests_left_out: frozenset[str] = field(init=False, default=frozenset())
    info: EngineInfo = field(init=False)
    files: ContextFiles = field(init=False)
    arguments: BuildArguments = field(init=False)
    cache_export: tuple[str, ...] = field(init=False, default=())
    built: str = field(init=False)
    """The id of the image that was built: its name may be given to another one while this is proven."""
    ingredients: Ingredients = field(init=False)
    earlier: EarlierImages = field(init=False)
    comparison: Comparison = field(init=False)
    registries: Registries = field(init=False)
    merged: tuple[tuple[int, str] | None, ...] = field(init=False, default=())
    """What GitHub said of the merged pull request; empty before it is asked."""

    def check(self) -> None:
        """Everything that can fail before any work does so here, the logins included; what can overlap does."""
        with self.job.step("check", self.outcome.seconds), ThreadPoolExecutor(3) as pool:
            self.info = self._check_engine()
            self.registries = Registries(self.settings.credentials, self.docker_config, self.info.insecure_registries)
            buildx = pool.submit(check_buildx, self.env, self.folder)
            self.source = resolve_source(self.job.workspace, self.settings.path)
            self._check_head()
            self.tests = (
                find_image_tests(self.source, self.settings.tests.folder) if self.settings.tests.folder else None
            )
            self.files = list_context(self.source, include_git=self.settings.include_git, leave_out=self._own_files())
            self._guard()
            login = pool.submit(log_in, self.settings.credentials, env=self.env, cwd=self.folder)
            self.earlier = EarlierImages(self._earlier_tags(), self._read_earlier)
            first = pool.submit(self.earlier.read_first)
            self.job.console.say(buildx.result())
            self.arguments = self._choose_repo2docker()
            self.ingredients = self._read_ingredients()
            login.result()
            for entry in self.settings.credentials:
                self.job.console.say(f"Logged in to {entry.registry} as {entry.username}")
            first.result()

    def _check_engine(self) -> EngineInfo:
        info = self.engine.info()
        self.job.console.say(f"Engine {info.version}, image store {info.image_store}")
        free = free_disk_bytes()
        self.job.console.say(f"Free disk space: {format_bytes(free)}")
        if free < LOW_DISK_BYTES:
            self.job.console.warning(
                f"Only {format_bytes(free)} of disk space are free; an image with a scientific environment needs"
                f" {format_bytes(LOW_DISK_BYTES)} and more. Free some in a step before this one, e.g. with"
                " 'sudo rm -rf /usr/local/lib/android /usr/share/dotnet /opt/ghc' on hosted runners."
            )
        return info

    def _guard(self) -> None:
        """Look for secrets in what goes into the image; what the workflow itself made with one is left out."""
        self.held = hold_secrets(read_secrets(self.job.environ), self.job.environ, self.plan.build_args)
        # The builder prints commands with their build arguments in place.
        self.job.console.hide(*(secret.value for secret in self.held))
        guarded = guard_context(
            self.files, workspace=self.job.workspace, held=self.held, allowed=self.settings.allow_files
        )
        self.files = guarded.files
        for file, warning in guarded.warnings():
            self.job.console.warning(warning, file=self.settings.from_root(file))
        left_out = (self.settings.from_root(finding.file) for finding in guarded.left_out)
        self.outcome.left_out = tuple(self.job.console.scrub(file) for file in left_out)
        if self.tests:
            # What the image ignores is copied to its tests all the same.
            self.tests_left_out = find_made_by_workflow(self.tests, workspace=self.job.workspace, held=self.held)
        for file in sorted(self.tests_left_out):
            self.job.console.say(f"Not among the image tests, since it holds a secret and is not in git: {file}")

    # --- earlier images ---

    def _read_ingredients(self) -> Ingredients:
        platform = self.settings.platform or self.info.platform
        settings = self.settings
        policy = (str(settings.tests.timeout), str(settings.tests.notebook_outputs))
        materials = Materials(
            self.files,
            self.arguments,
            self.tests,
            settings.tests.folder,
            policy,
            platform,
            settings.hub,
            self.tests_left_out,
        )
        return read_ingredients(
            self.plan,
            materials,
            folder=self.folder / "render",
            env=self.env,
            ask_registry=lambda name: ask_for_base(name, self.registries.look_in, self.engine),
            ask_engine=self.engine.find_image,
        )

    def _earlier_tags(self) -> Iterator[EarlierTag]:
        yield from self.plan.earlier
        if self.plan.earlier and self.plan.pushed_commit and self.settings.github_token and self.plan.branch:
            yield from self._merged_tags()

    def _merged_tags(self) -> Iterator[EarlierTag]:
        """The image of the pull request that was merged; it costs a request, so it is asked for last."""
        try:
            found = self.find_merged()
        except ActionError:
            return  # it may not ask, or GitHub is away: the image is built
        tag = found and name_of_pull_request(self.settings, *found, datetime.now(UTC))
        if tag:
            yield tag

    def find_merged(self) -> tuple[int, str] | None:
        """Number and head of the pull request that was merged; asked for once. Raises ActionError."""
        if not self.merged:
            from hubaction.clients.github.api import GitHub

            with closing(GitHub(self.job.api_url, self.settings.github_token, self.plan.repository, timeout=10)) as hub:
                self.merged = (hub.find_merged_pull_request(self.plan.pushed_commit),)
        return self.merged[0]

    def _read_earlier(self, tag: EarlierTag) -> Candidate | None:
        return read_candidate(self.registries.look_in(tag.reference.name.registry), tag.reference)

    def reuse(self) -> bool:
        """Use an earlier image that is made of the same; False when there is none."""
        with self.job.step("compare", self.outcome.seconds):
            comparison = compare(self.ingredients, self.earlier, fresh=self.plan.fresh)
            self.comparison = comparison
            self.outcome.compared = comparison.sentence
            self.job.console.say(comparison.sentence)
            if comparison.same is None:
                return False
        tag, image = comparison.same
        if self.plan.push and not self._promote(image):
            return False
        self.outcome.same_as = tag.reference
        self.outcome.tests = "passed when that image was built" if self.tests else None
        self.outcome.hub = "done when that image was built" if self.settings.hub.check is HubCheck.TRUE else None
        return True

    def _promote(self, image: Candidate) -> bool:
        hosts = {reference.name.registry for reference in self.plan.references}
        registries = {host: self.registries.open(host) for host in hosts}
        console, before_each = self.job.console, self.job.cancellation.check
        fingerprint = self.ingredients.fingerprint
        try:
            with self.job.step("push", self.outcome.seconds):
                if fingerprint is None or is_for_the_same(self.plan, image):
                    self.outcome.pushed = promote(
                        image, self.plan.references, registries=registries, say=console.say, before_each=before_each
                    )
                else:
                    self.outcome.pushed = promote_relabelled(
                        image,
                        labels_for(self.plan, fingerprint, image.labels),
                        self.plan.references,
                        registries=registries,
                        say=console.say,
                        before_each=before_each,
                    )
        except NotPromotableError as error:
            self.outcome.compared += f" {error.message}"
            console.say(error.message)
            return False
        made = self.registries.requests_made + sum(registry.requests_made for registry in registries.values())
        console.say(f"Requests to registries: {made}; layers moved: none.")
        return True

    def _check_head(self) -> None:
        wanted = self.plan.head_must_be
        if wanted is None:
            return
        head = read_head(self.source, self.job.workspace)
        if not wanted or head != wanted:
            raise ContextError(
                f"On this event only the commit that it names, {wanted[:12] or 'which is missing'}, is built, and"
                f" checked out is {head[:12] or 'something else'}: code of others could reach your secrets. Use"
                " actions/checkout without 'ref' or 'repository'."
            )

    def build(self) -> None:
        with self.job.step("build", self.outcome.seconds):
            context = stage_context(self.files, self.folder / CONTEXT_FOLDER)
            if self.settings.include_git:
                check_git_copy(context.folder, self.held)
            self.job.console.say(f"Build context: {context.files} files, {format_bytes(context.bytes)}")
            if context.skipped:
                self.job.console.say(f"Left out, being neither files nor links: {', '.join(context.skipped[:10])}")
            if self.plan.default_build_pack and not has_configuration(self.source):
                self.job.console.warning(
                    "There is no configuration file that repo2docker knows, so the image gets a Python of its choice"
                    " and no packages of yours. Add e.g. an environment.yml; with the inputs' new names this is an"
                    " error."
                )
            self._remark(context.folder)
            self.arguments = self._with_cache_and_label()
            built = self._build(self.arguments)
        for notice in self.outcome.notices:
            self.job.console.notice(notice)
        self.outcome.steps, self.outcome.cached_steps = built.steps, built.cached_steps
        image = self.engine.inspect(self.plan.local_tag)
        self.built, self.outcome.image_bytes = image.id, image.size

    def _build(self, arguments: BuildArguments) -> BuiltImage:
        with self.job.console.untrusted() as write:
            return build_image(
                self.plan,
                arguments,
                folder=self.folder,
                dockerfile=find_dockerfile(self.source),
                env=self.env,
                on_line=write,
            )

    def write_cache(self) -> None:
        """Build once more, of cached steps only, to write the layer cache; it is no reason to fail."""
        if not self.cache_export:
            return
        buildx = [argument for argument in self.arguments.buildx if argument not in {"--no-cache", "--pull"}]
        with self.job.step("write the layer cache", self.outcome.seconds):
            # repo2docker does not build what the engine has already.
            self.remove_local_image()
            try:
                self._build(replace(self.arguments, buildx=(*buildx, *self.cache_export)))
            except ActionError as error:
                self.job.console.warning(f"The image was pushed, and its layer cache was not: {error.message}")

    def _remark(self, context: Path) -> None:
        """Say what of the repository has no effect, or costs time; only of our own repo2docker is that known."""
        if self.settings.repo2docker_version:
            return
        configuration = Configuration(context)
        for remark in (*find_shadowed(configuration), *find_uncached(configuration)):
            self.job.console.notice(remark.message, file=self.settings.from_root(remark.file), line=remark.line)

    def _with_cache_and_label(self) -> BuildArguments:
        if not self.arguments.buildx:
            return self.arguments  # a repo2docker that builds without buildx
        choice = self.settings.cache_ref or Reference(self.plan.references[0].name, CACHE_TAG)
        wants_ref = self.settings.cache is Cache.REGISTRY or self.settings.cache_ref is not None
        lookup = self.registries.look_in(choice.name.registry)
        cache = cache_arguments(
            Cache.NONE if self.plan.fresh and not self.plan.push else self.settings.cache,
            choice,
            explicit_ref=self.settings.cache_ref is not None,
            found=[f"{image.reference.name}@{image.manifest.digest}" for image in self.comparison.found],
            cache_found=wants_ref and not self.plan.fresh and bool(lookup.look_up_digest(choice.name, choice.tag)),
            can_export=self.info.exports_cache,
            writes=_what_cache_writes(self.plan),
            given=self.settings.repo2docker_args.buildx,
        )
        self.outcome.notices += cache.notices
        self.cache_export = cache.export
        fingerprint = self.ingredients.fingerprint
        labels = expiry_labels(self.plan, own_expiry=self.ingredients.own_expiry)
        if fingerprint:
            labels[FINGERPRINT_LABEL] = fingerprint.label()
        label = [f"--label={name}={value}" for name, value in labels.items()]
        pull = ["--pull"] if self._has_stale_base() else []
        return replace(self.arguments, buildx=(*self.arguments.buildx, *label, *pull, *cache.buildx))

    def _has_stale_base(self) -> bool:
        """Whether the engine would start from an older base image than the registry has by now.

        The builder takes a local image as it is. When the engine's own is the only one there is, it is not stale.
        """
        return any(
            (known := self.engine.digests_of(name, name.rpartition(":")[0])) and digest not in known
            for name, digest in self.ingredients.bases.items()
            if "@" not in name and self.engine.find_image(name) not in {"", digest}
        )

    def _choose_repo2docker(self) -> BuildArguments:
        """The version that the workflow asks for, installed apart from ours; else ours."""
        wanted = self.settings.repo2docker_version
        if not wanted:
            return own_arguments(self.plan)
        with self.job.console.untrusted() as write:
            installed = install_repo2docker(wanted, self.folder, env=self.env, on_line=write)
        self.outcome.repo2docker = installed.text
        arguments = arguments_for(self.plan.repo2docker, self.plan.buildx, installed)
        self.outcome.notices += arguments.notices
        return arguments

    def _own_files(self) -> list[Path]:
        """What this or an earlier run leaves in the workspace, from the folder that is built."""
        names = filter(None, (self.settings.result_file, self.settings.tests.junit_file))
        files = [self.job.workspace.resolve() / name for name in names]
        return [file.relative_to(self.source) for file in files if file.is_relative_to(self.source)]

    def prove(self) -> None:
        image = ImageToProve(self.built, self.source, self.tests, self.tests_left_out, self.held)
        prove(image, self.plan, self.settings, self.job, self.outcome, self.engine)

    def push(self) -> None:
        if not self.plan.push:
            return
        hosts = {reference.name.registry for reference in self.plan.references}
        with self.job.step("push", self.outcome.seconds):
            self.outcome.pushed = push_references(
                self.plan.references,
                local_tag=self.built,
                engine=self.engine,
                registries={host: self.registries.open(host) for host in hosts},
                say=self.job.console.say,
                notice=self.job.console.notice,
                before_each=self.job.cancellation.check,
            )

    def remove_local_image(self) -> None:
        with suppress(ActionError):
            self.engine.remove_image(self.plan.local_tag)


def _what_cache_writes(plan: Plan) -> Writes:
    if not plan.push:
        return Writes.NOTHING
    return Writes.IMAGE if plan.preview else Writes.ALL


def _write_outputs(outcome: Outcome, outputs: FileCommands) -> None:
    """Only what is true by now: nothing about an image that is not in the registry."""
    outputs.set_output("mode", outcome.plan.mode)
    outputs.set_output("pushed", "true" if outcome.pushed else "false")
    outputs.set_output("tags", json.dumps([str(item.reference) for item in outcome.pushed]))
    _write_old_outputs(outcome, outputs)
    main = next((item for item in outcome.pushed if item.reference == outcome.plan.image), None)
    if main:
        outputs.set_output("image", str(main.reference))
        outputs.set_output("digest", main.digest)
        outputs.set_output("size", "" if main.size is None else str(main.size))


def _write_old_outputs(outcome: Outcome, outputs: FileCommands) -> None:
    """Those of jupyterhub/repo2docker-action, for the steps that follow; it also named what it had not pushed."""
    image = outcome.plan.image
    if image and (outcome.pushed or outcome.plan.default_build_pack):
        outputs.set_output("IMAGE_SHA_NAME", str(image))
        outputs.set_output("IMAGE_SHA_TAG", image.tag)
        outputs.set_output("PUSH_STATUS", "true" if outcome.pushed else "false")
