"""Rolls an image out: by a pull request to the configuration of hubs, or by a diff to apply where there is no token."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import BadTokenError, BranchRulesError, NotAllowedError
from hubaction.clients.registry.registries import Registries
from hubaction.decide.rollout import RolloutTarget
from hubaction.errors import ActionError
from hubaction.image import Reference
from hubaction.inputs.settings import RolloutSettings
from hubaction.results import ImageFacts, RolledOut
from hubaction.rollout.hub.edit import read_images
from hubaction.rollout.hub.files import Edits, choose_files, edit_files
from hubaction.rollout.hub.look_up import LookUp
from hubaction.rollout.hub.proposal import Proposal, Texts, name_branch
from hubaction.rollout.hub.pull_request import Kind, Proposed, propose
from hubaction.rollout.hub.remote_files import read_edits
from hubaction.rollout.hub.subject import Subject
from hubaction.rollout.hub.texts import Story, render_body, render_by_hand, render_comment, render_summary, render_title
from hubaction.rollout.hub.trailers import Run

_AS_ASKED = frozenset({Kind.OPENED, Kind.UPDATED, Kind.CURRENT})
_WHY_BY_HAND = "there is no token for it (see 'rollout-token')."


class NotRolledOutError(ActionError):
    """The image is in its registry, but hubs do not get it."""

    def __init__(self, image: Reference, repository: str, reason: str) -> None:
        super().__init__(
            f"{image} is in its registry, and was not rolled out to {repository}. {reason}", title="Not rolled out"
        )


@dataclass(frozen=True)
class Source:
    """The repository that the image was built from, and the current run."""

    repository: str
    """`owner/name`."""
    server_url: str
    run: Run


@dataclass(frozen=True)
class Rollout:
    """An image on its way to hubs."""

    subject: Subject
    source: Source
    target: RolloutTarget
    settings: RolloutSettings

    @property
    def image(self) -> Reference:
        return self.subject.first.reference


@dataclass(frozen=True)
class Clients:
    """The clients of a rollout."""

    registries: Registries
    source: GitHub | None
    """The repository that the image is built from; None without a token."""
    configuration: GitHub | None
    """The repository with the configuration; None without a token that might read it."""


def roll_out(rollout: Rollout, clients: Clients) -> RolledOut:
    """Propose the change, or show it to those who can make it; raises NotRolledOutError."""
    look_up = LookUp(rollout.subject, rollout.source.repository, clients.registries, clients.source)
    if not rollout.target.may_write or clients.configuration is None:
        return _show(rollout, look_up, clients.configuration)
    try:
        done = _propose(rollout, look_up, clients.configuration)
    except ActionError as error:
        raise NotRolledOutError(rollout.image, rollout.target.repository, _explain(error, rollout)) from error
    notes = done.edits.notes
    markdown = render_summary(done.sentence, done.url, done.edits.diff, notes)
    return RolledOut(done.sentence, markdown, done.kind in _AS_ASKED, done.url, done.warnings, notes)


# --- with a token ---


def _propose(rollout: Rollout, look_up: LookUp, configuration: GitHub) -> Proposed:
    repository = configuration.read_repository()
    base = rollout.target.branch or repository.default_branch
    done = propose(configuration, repository.full_name, make_proposal(rollout, look_up, base))
    if repository.private and rollout.target.repository.lower() != rollout.source.repository.lower():
        # More people may read this job's log and summary than that repository.
        return replace(done, edits=replace(done.edits, changed=(), notes=()))
    return done


def make_proposal(rollout: Rollout, look_up: LookUp, base: str) -> Proposal:
    settings = rollout.settings
    return Proposal(
        base=base,
        branch=name_branch(str(rollout.image.name), base),
        images=rollout.subject.images,
        run=rollout.source.run,
        choose=lambda names: choose_files(names, settings.paths),
        edit=lambda files, images: edit_files(files, settings.paths, read_images(images)),
        write=_make_writer(rollout, look_up),
        find_newer=look_up.find_newer if rollout.target.supersedes else lambda references: "",
        labels=settings.labels,
        reviewers=settings.reviewers,
        draft=settings.draft,
        automerge=settings.automerge,
    )


def _make_writer(rollout: Rollout, look_up: LookUp) -> Callable[[Edits], Texts]:
    def write(edits: Edits) -> Texts:
        story = _make_story(rollout, look_up, edits)
        return Texts(
            title=render_title(str(rollout.image)),
            body=render_body(story, edits.changed, edits.notes),
            comment=render_comment(story, edits.diff),
        )

    return write


def _make_story(rollout: Rollout, look_up: LookUp, edits: Edits) -> Story:
    subject, source = rollout.subject, rollout.source
    old_reference = next(iter(edits.old_references), "")
    return Story(
        image=ImageFacts(str(rollout.image), subject.first.digest, subject.first.size, subject.commit),
        old=look_up.facts_of(old_reference) if old_reference else None,
        repository=source.repository,
        server_url=source.server_url,
        run_url=f"{source.server_url}/{source.repository}/actions/runs/{source.run[0]}",
        pull_number=look_up.pull_number,
        hub=subject.hub,
        tests=subject.tests,
    )


def _explain(error: ActionError, rollout: Rollout) -> str:
    """The reason, and how to fix a token without the necessary permissions."""
    own = not rollout.settings.token
    given = "github-token" if own else "rollout-token"
    if isinstance(error, BadTokenError):
        return f"GitHub does not accept the token of the input '{given}': renew it."
    if isinstance(error, BranchRulesError):
        return f"{error.message} Let the token's owner create and replace branches below hub-image-action/."
    if isinstance(error, NotAllowedError):
        rights = "'contents: write' and 'pull-requests: write'"
        where = "to the job's permissions" if own else f"to the token's rights, for {rollout.target.repository}"
        return f"{error.message} Add {rights} {where}."
    return error.message


# --- without one ---


def _show(rollout: Rollout, look_up: LookUp, configuration: GitHub | None) -> RolledOut:
    """The change as a diff if the files can be read, else in words. Never raises."""
    sentence = (
        f"{rollout.image} is not rolled out, for there is no token for {rollout.target.repository}: the job"
        " summary has the change to make by hand. With the input 'rollout-token' it becomes a pull request."
    )
    try:
        edits = read_edits(configuration, rollout.target.branch, rollout.settings.paths, rollout.subject.images)
    except ActionError as error:
        markdown = _render_by_hand(rollout, look_up, Edits(notes=(error.message,)))
    else:
        markdown = (
            _render_by_hand(rollout, look_up, edits)
            if edits.changed
            else render_summary(
                "The configuration of hubs names this image already, or another one.", "", "", edits.notes
            )
        )
    return RolledOut(sentence, markdown, as_asked=False)


def _render_by_hand(rollout: Rollout, look_up: LookUp, edits: Edits) -> str:
    places = [str(path) for path in rollout.settings.paths]
    story = _make_story(rollout, look_up, edits)
    return render_by_hand(story, rollout.target.repository, places, edits.diff, _WHY_BY_HAND, edits.notes)
