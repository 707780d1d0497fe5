"""The previews of pull requests: how long they live, what starts them on Binder, and when they are deleted."""

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
    """Where previews may be, as far as there is a login."""
    source: str
    """The label of images that are made from this repository; empty when the workflow gives them none."""
    kept: tuple[Reference, ...] = ()
    """Previews that the push of the merge makes its image of, and then deletes."""
    binder_branch: str = ""
    """The branch by which Binder starts the preview; empty when there is none."""


@dataclass(frozen=True)
class Preview:
    """How the image of a pull request is offered before it is merged."""

    expires: str = ""
    """After how long quay.io deletes it, e.g. 4w; empty when the action sets no expiry."""
    binder_branch: str = ""
    """The branch by which Binder starts it; empty for none."""


def is_preview(settings: Settings, event: Event) -> bool:
    return settings.preview.on and event.pull_request is not None and not is_closed(event)


def plan_preview(settings: Settings, event: Event) -> Preview | None:
    """Return None where the image is not a preview."""
    if not is_preview(settings, event):
        return None
    return Preview(_choose_expiry(settings), _choose_binder_branch(settings, event))


def _choose_expiry(settings: Settings) -> str:
    """Empty where the user sets one: theirs takes precedence."""
    given = (*dict(settings.labels), *dict(settings.repo2docker_args.labels), *settings.repo2docker_args.buildx)
    return "" if any(EXPIRY_LABEL in text for text in given) else settings.preview.expires


def _choose_binder_branch(settings: Settings, event: Event) -> str:
    """Binder reads public repositories only, and mybinder.org only those of github.com."""
    if not settings.github_token or event.private or is_out_of_reach(settings, event):
        return ""
    return name_binder_branch(settings, event)


def name_binder_branch(settings: Settings, event: Event) -> str:
    head = event.pull_request
    return settings.preview.binder_branch.replace("{pr}", str(head.number)) if head else ""


def ends_previews(settings: Settings, event: Event) -> bool:
    """Whether this may be the push of a merge. GitHub knows which pull request it merged, and needs a token to say."""
    pushed = event.name == "push" and event.on_default_branch
    return settings.preview.on and pushed and bool(settings.github_token)
