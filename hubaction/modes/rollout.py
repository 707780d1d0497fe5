"""Gets an image into the configuration of hubs: from mode rollout, and after a push.

The pull request itself is rollout/pull_request.py's; here is what it needs to know, and what people are told.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hubaction.clients.registry.manifest import INDEX_TYPES, Manifest, read_object
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.registry import Registry
from hubaction.clients.registry.remote_image import NotPromotableError, fetch_candidate, read_candidate
from hubaction.decide.labels import PULL_REQUEST_LABEL, UNPROVEN_LABEL
from hubaction.decide.plan import BuildPlan, RolloutPlan
from hubaction.decide.rollout import RolloutTarget
from hubaction.errors import ActionError
from hubaction.image import ImageName, PushedReference, Reference, is_digest, name_in_reference, split_reference
from hubaction.inputs.docker_config import find_docker_config
from hubaction.inputs.settings import Settings
from hubaction.publish.login import temporary_docker_config
from hubaction.report.result_file import load_result
from hubaction.results import ImageFacts
from hubaction.rollout.hub.texts import Story, render_body, render_by_hand, render_comment, render_summary, render_title
from hubaction.runner.job import Job

if TYPE_CHECKING:
    from hubaction.clients.github.api import GitHub
    from hubaction.rollout.hub.edit import NewImage
    from hubaction.rollout.hub.files import Edits, SourceFile
    from hubaction.rollout.hub.pull_request import Proposal, RolledOut, Texts

_AS_ASKED = frozenset({"opened", "updated", "current"})
UNKNOWN_DIGEST = f"sha256:{'0' * 64}"
"""What `--plan` shows in the place of a digest that only the registry knows."""


class NotRolledOutError(ActionError):
    """The image is in its registry, and hubs do not get it."""

    def __init__(self, image: Reference, repository: str, reason: str) -> None:
        super().__init__(
            f"{image} is in its registry, and was not rolled out to {repository}. {reason}", title="Not rolled out"
        )


@dataclass(frozen=True)
class Subject:
    """The image that is rolled out, under each name that it has."""

    references: tuple[PushedReference, ...]
    commit: str
    hub: str = ""
    """What the hub check saw, or empty."""
    tests: str = ""

    @property
    def first(self) -> PushedReference:
        return self.references[0]

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(f"{item.reference}@{item.digest}" for item in self.references)


# --- the two ways to get here ---


def run_rollout_mode(plan: RolloutPlan, settings: Settings, job: Job) -> None:
    """Roll out what the registry has for the commit; raises ActionError when it has nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hub-image-action-", dir="/tmp")))
        config = find_docker_config(job.environ, job.workspace)
        docker_config = stack.enter_context(temporary_docker_config(config, folder / "docker-config"))
        # Without an engine nobody tells which registries have no TLS; those of this machine are known.
        registries = Registries(settings.credentials, docker_config, frozenset())
        with job.console.group("Rollout"):
            subject = _with_result(find_subject(plan, registries), settings, job)
            job.add_summary(_roll_out(plan.rollout, plan, subject, settings, job, registries))


def _with_result(subject: Subject, settings: Settings, job: Job) -> Subject:
    """With what an earlier step says of its checks, if it is about this very image."""
    if not settings.result_file:
        return subject
    try:
        result = load_result(job.workspace, settings.result_file)
    except ActionError as error:
        job.console.warning(error.message)
        return subject
    if subject.first not in result.pushed:
        job.console.notice(f"{settings.result_file} is about another image than {subject.first.reference}.")
        return subject
    return replace(subject, hub=job.console.scrub(result.hub), tests=job.console.scrub(result.tests))


def roll_out_pushed(
    plan: BuildPlan | RolloutPlan, subject: Subject, settings: Settings, job: Job, registries: Registries
) -> str:
    """Roll out what was just pushed; return the part of the summary, raise NotRolledOutError."""
    if plan.rollout is None:
        return ""
    return _roll_out(plan.rollout, plan, subject, settings, job, registries)


def choose_pushed(plan: BuildPlan | RolloutPlan, pushed: Sequence[PushedReference]) -> tuple[PushedReference, ...]:
    """Of all that was pushed, the tag that names the commit, under each name of the image."""
    return tuple(item for item in pushed if item.reference.tag == plan.image.tag)


def find_subject(plan: RolloutPlan, registries: Registries) -> Subject:
    """What the registry has under the plan's names; raises ActionError when it has none, or none that is for hubs."""
    wanted = [each for each in plan.references if each.tag == plan.image.tag]
    found = []
    for reference in wanted:
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
    return Subject(tuple(found), plan.checkout.commit)


def _read_labels(registry: Registry, reference: Reference, manifest: Manifest) -> Iterator[Mapping[str, str]]:
    """Those of this very manifest, for its tag may move; of an index, those of each image in it.

    Raises ActionError when nobody tells.
    """
    images = _images_of(manifest) if manifest.media_type in INDEX_TYPES else (manifest.digest,)
    for digest in images:
        try:
            if not is_digest(digest):
                raise NotPromotableError("its index has an entry without a digest.")
            yield fetch_candidate(registry, Reference(reference.name, digest)).labels
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


# --- what both do ---


def _roll_out(
    target: RolloutTarget,
    plan: BuildPlan | RolloutPlan,
    subject: Subject,
    settings: Settings,
    job: Job,
    registries: Registries,
) -> str:
    teller = _Teller(plan, subject, settings, job, registries)
    if not target.may_write:
        job.console.notice(
            f"{subject.first.reference} is not rolled out, for there is no token for {target.repository}: the job"
            " summary has the change to make by hand. With the input 'rollout-token' it becomes a pull request."
        )
        return _tell_by_hand(target, subject, settings, job, teller)
    try:
        done = _propose(target, subject, settings, job, teller)
    except ActionError as error:
        raise NotRolledOutError(
            subject.first.reference, target.repository, _explain(error, target, settings)
        ) from error
    for warning in done.warnings:
        job.console.warning(warning)
    for note in done.edits.notes:
        job.console.say(f"  {note}")
    (job.console.say if done.kind in _AS_ASKED else job.console.notice)(f"{done.sentence} {done.url}".strip())
    if done.url:
        job.outputs.set_output("rollout-url", done.url)
    return render_summary(done.sentence, done.url, done.edits.diff, done.edits.notes)


def _propose(target: RolloutTarget, subject: Subject, settings: Settings, job: Job, teller: "_Teller") -> "RolledOut":
    from hubaction.rollout.hub.pull_request import roll_out

    with closing(_open(job, settings.rollout.token or settings.github_token, target.repository)) as hub:
        repository = hub.read_repository()
        base = target.branch or repository.default_branch
        done = roll_out(hub, repository.full_name, _make_proposal(target, subject, settings, base, teller))
    if repository.private and target.repository.lower() != teller.plan.checkout.repository.lower():
        # This job's log and summary may have more readers than that repository.
        return replace(done, edits=replace(done.edits, changed=(), notes=()))
    return done


def _make_proposal(
    target: RolloutTarget, subject: Subject, settings: Settings, base: str, teller: "_Teller"
) -> "Proposal":
    from hubaction.rollout.hub.files import choose_files, edit_files
    from hubaction.rollout.hub.pull_request import Proposal, name_branch

    rollout = settings.rollout
    return Proposal(
        base=base,
        branch=name_branch(str(subject.first.reference.name), base),
        images=subject.images,
        run=teller.job.run_number,
        choose=lambda names: choose_files(names, rollout.paths),
        edit=lambda files, images: edit_files(files, rollout.paths, read_images(images)),
        write=teller.write,
        find_newer=teller.find_newer if target.supersedes else lambda references: "",
        labels=rollout.labels,
        reviewers=rollout.reviewers,
        draft=rollout.draft,
        automerge=rollout.automerge,
    )


def read_images(images: Sequence[str]) -> "NewImage":
    """What `name:tag@digest`, for each name, says; raises ValueError when that is no image."""
    from hubaction.rollout.hub.edit import NewImage

    digests: dict[ImageName, str] = {}
    tag = ""
    for image in images:
        parts = split_reference(image)
        name = name_in_reference(parts[0]) if parts else None
        if parts is None or name is None or not parts[1]:
            raise ValueError(image)
        tag = parts[1]
        digests[name] = parts[2]
    return NewImage(tag, digests)


def _tell_by_hand(target: RolloutTarget, subject: Subject, settings: Settings, job: Job, teller: "_Teller") -> str:
    """The change as a diff where the files may be read, else in words. Never fails: nothing was asked for but that."""
    places = [str(path) for path in settings.rollout.paths]
    why = "there is no token for it (see 'rollout-token')."
    try:
        edits = _read_edits(target, subject, settings, job)
    except ActionError as error:
        story = teller.story("")
        return render_by_hand(story, target.repository, places, "", why, [job.console.scrub(error.message)])
    story = teller.story(next(iter(edits.old_references), ""))
    if not edits.changed:
        return render_summary(
            "The configuration of hubs names this image already, or another one.", "", "", edits.notes
        )
    return render_by_hand(story, target.repository, places, edits.diff, why, edits.notes)


def _read_edits(target: RolloutTarget, subject: Subject, settings: Settings, job: Job) -> "Edits":
    """Public repositories may be read by the job's token, too."""
    from hubaction.clients.github.git_data import GitData
    from hubaction.rollout.hub.files import choose_files, edit_files
    from hubaction.rollout.hub.pull_request import read_files

    if not settings.github_token:
        raise ActionError("The input 'github-token' is empty, so the configuration cannot be read.")
    paths = settings.rollout.paths
    with closing(_open(job, settings.github_token, target.repository)) as hub:
        git = GitData(hub)
        head = git.get_head(target.branch or hub.read_repository().default_branch)
        files = read_files(git, head, lambda names: choose_files(names, paths))
        return edit_files(files, paths, read_images(subject.images))


def _explain(error: ActionError, target: RolloutTarget, settings: Settings) -> str:
    """The reason, and what helps a token that may not do it."""
    from hubaction.clients.github.errors import BadTokenError, BranchRulesError, NotAllowedError

    own = not settings.rollout.token
    given = "github-token" if own else "rollout-token"
    if isinstance(error, BadTokenError):
        return f"GitHub does not accept the token of the input '{given}': renew it."
    if isinstance(error, BranchRulesError):
        return f"{error.message} Let the token's owner create and replace branches below hub-image-action/."
    if isinstance(error, NotAllowedError):
        rights = "'contents: write' and 'pull-requests: write'"
        where = "to the job's permissions" if own else f"to the token's rights, for {target.repository}"
        return f"{error.message} Add {rights} {where}."
    return error.message


def _open(job: Job, token: str, repository: str) -> "GitHub":
    from hubaction.clients.github.api import GitHub

    return GitHub(job.api_url, token, repository)


@dataclass
class _Teller:
    """Finds out what people are told; whatever cannot be found out is left out."""

    plan: BuildPlan | RolloutPlan
    subject: Subject
    settings: Settings
    job: Job
    registries: Registries
    _facts: dict[str, ImageFacts] = field(default_factory=dict)

    def write(self, edits: "Edits") -> "Texts":
        from hubaction.rollout.hub.pull_request import Texts

        story = self.story(next(iter(edits.old_references), ""))
        return Texts(
            title=render_title(str(self.subject.first.reference)),
            body=render_body(story, edits.changed, edits.notes),
            comment=render_comment(story, edits.diff),
        )

    def story(self, old_reference: str) -> Story:
        """What there is to tell, given what stood in the configuration."""
        environ, first = self.job.environ, self.subject.first
        server_url = environ.get("GITHUB_SERVER_URL") or "https://github.com"
        return Story(
            image=ImageFacts(str(first.reference), first.digest, first.size, self.subject.commit),
            old=self.facts_of(old_reference) if old_reference else None,
            repository=self.plan.checkout.repository,
            server_url=server_url,
            run_url=f"{server_url}/{self.plan.checkout.repository}/actions/runs/{self.job.run_number[0]}",
            pull_number=self._pull_number,
            hub=self.subject.hub,
            tests=self.subject.tests,
        )

    def find_newer(self, references: Sequence[str]) -> str:
        """What to say when one of these images is of a newer commit; empty when none is, or when nobody knows."""
        for reference in references:
            old = self.facts_of(reference).commit
            if old and old != self.plan.checkout.commit and self._is_behind(old):
                return f"Not rolled out: {reference} is of a newer commit. To go back to this one, start it by hand."
        return ""

    def facts_of(self, reference: str) -> ImageFacts:
        """What its registry says of an image; asked for once."""
        if reference not in self._facts:
            self._facts[reference] = self._ask_registry(reference)
        return self._facts[reference]

    def _ask_registry(self, reference: str) -> ImageFacts:
        parts = split_reference(reference)
        name = name_in_reference(parts[0]) if parts else None
        facts = ImageFacts(reference, parts[2] if parts else "")
        ours = name in {each.reference.name for each in self.subject.references}
        if parts is None or name is None or not ours or not (parts[1] or parts[2]):
            return facts
        found = read_candidate(self.registries.look_in(name.registry), Reference(name, parts[2] or parts[1]))
        if found is None:
            return facts
        revision = found.labels.get("org.opencontainers.image.revision", "")
        commit = revision if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) else ""
        return replace(facts, digest=found.manifest.digest, size=found.manifest.size, commit=commit)

    def _is_behind(self, old: str) -> bool:
        from hubaction.clients.github.pull_requests import PullRequests

        try:
            with closing(_open(self.job, self.settings.github_token, self.plan.checkout.repository)) as hub:
                return (
                    PullRequests(hub, self.plan.checkout.repository).compare(old, self.plan.checkout.commit).status
                    == "behind"
                )
        except ActionError:
            return False

    @cached_property
    def _pull_number(self) -> int | None:
        try:
            with closing(_open(self.job, self.settings.github_token, self.plan.checkout.repository)) as hub:
                found = hub.find_merged_pull_request(self.plan.checkout.commit)
        except ActionError:
            return None
        return found[0] if found else None


# --- for `--plan` ---


def preview_rollout(plan: BuildPlan | RolloutPlan, settings: Settings, workspace: Path) -> dict[str, object] | None:
    """What would change in the files of the workspace, when the configuration is checked out there."""
    from hubaction.rollout.hub.files import choose_files, edit_files

    if plan.rollout is None or plan.image is None:
        return None
    paths = settings.rollout.paths
    names = [each.name for each in plan.references if each.tag == plan.image.tag]
    images = [f"{name}:{plan.image.tag}@{UNKNOWN_DIGEST}" for name in names]
    told: dict[str, object] = {
        "repository": plan.rollout.repository,
        "branch": plan.rollout.branch or None,
        "paths": [str(path) for path in paths],
        "writes": plan.rollout.may_write,
    }
    try:
        chosen = choose_files(_list_files(workspace), paths)
        edits = edit_files({name: _read_local(workspace / name) for name in chosen}, paths, read_images(images))
    except (ActionError, OSError) as error:
        reason = error.message if isinstance(error, ActionError) else "a file cannot be read"
        return {**told, "diff": None, "notes": [reason]}
    return {**told, "diff": edits.diff, "notes": list(edits.notes)}


def _read_local(file: Path) -> "SourceFile":
    from hubaction.rollout.hub.document import MAX_FILE_BYTES
    from hubaction.rollout.hub.files import SourceFile

    return SourceFile(None if file.stat().st_size > MAX_FILE_BYTES else file.read_bytes())


def _list_files(folder: Path) -> Iterator[str]:
    """Paths of all files, neither links nor git's own."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            path = Path(place, name)
            if not path.is_symlink() and path.is_file():
                yield path.relative_to(folder).as_posix()
