"""The previews of pull requests: their expiry, their branch for Binder, and their deletion."""

from dataclasses import dataclass

from hubaction.decide.comment import is_out_of_reach
from hubaction.decide.labels import EXPIRY_LABEL
from hubaction.decide.mode import is_closed
from hubaction.image import ImageName, Reference
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings


@dataclass(frozen=True)
class CleanupTarget:
    """The closed pull request whose previews are deleted."""

    repository: str
    """`owner/name` on GitHub."""
    number: int
    images: tuple[ImageName, ...]
    """Names that may have previews, in registries with a login."""
    source: str
    """The source label of this repository's images; empty if they get none."""
    kept: tuple[Reference, ...] = ()
    """Previews that the run on the merge reuses, and then deletes."""
    binder_branch: str = ""
    """The branch from which Binder starts the preview; empty if there is none."""


@dataclass(frozen=True)
class Preview:
    """The image of a pull request, pushed before the merge."""

    expires: str = ""
    """Time until quay.io deletes it, e.g. 4w; empty if the action sets no expiry."""
    binder_branch: str = ""
    """The branch from which Binder starts it; empty if there is none."""


def is_preview(settings: Settings, event: Event) -> bool:
    return settings.preview.on and event.pull_request is not None and not is_closed(event)


def plan_preview(settings: Settings, event: Event) -> Preview | None:
    if not is_preview(settings, event):
        return None
    return Preview(_choose_expiry(settings), _choose_binder_branch(settings, event))


def _choose_expiry(settings: Settings) -> str:
    """Empty if the user sets the label: theirs takes precedence."""
    given = (*dict(settings.labels), *dict(settings.repo2docker_args.labels), *settings.repo2docker_args.buildx)
    return "" if any(EXPIRY_LABEL in text for text in given) else settings.preview.expires


def _choose_binder_branch(settings: Settings, event: Event) -> str:
    """Binder builds public repositories only, and mybinder.org only those on github.com."""
    if not settings.github_token or event.private or is_out_of_reach(settings, event):
        return ""
    return name_binder_branch(settings, event)


def name_binder_branch(settings: Settings, event: Event) -> str:
    head = event.pull_request
    return settings.preview.binder_branch.replace("{pr}", str(head.number)) if head else ""


def ends_previews(settings: Settings, event: Event) -> bool:
    """Whether this push may be a merge. Finding its pull request takes a request to GitHub, and so a token."""
    pushed = event.name == "push" and event.on_default_branch
    return settings.preview.on and pushed and bool(settings.github_token)
