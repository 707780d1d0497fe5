"""Whether the image goes to hubs, and to which configuration."""

from dataclasses import dataclass

from hubaction.decide.messages import Messages
from hubaction.decide.push import is_publishing_event
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings


@dataclass(frozen=True)
class RolloutTarget:
    """The configuration of hubs that is to name the image."""

    repository: str
    """`owner/name`."""
    branch: str
    """Empty for the repository's default branch."""
    may_write: bool
    """Whether there is a token for it; without one, what would change is only told."""
    supersedes: bool
    """Whether an image of an older commit is not to replace one of a newer commit: somebody who starts a run by hand
    may want just that."""


ROLLOUT_EVENTS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "workflow_run"})
"""Those that nobody without the right to write can start."""


NOT_FROM_PULL_REQUESTS = (
    "Rolling out on '{event}' is refused: hubs would start an image that nobody has merged. Run mode: rollout on"
    " 'push', 'release', 'schedule' or 'workflow_dispatch'."
)


def decide_rollout(settings: Settings, event: Event, messages: Messages) -> RolloutTarget | None:
    """Whether what was pushed goes to hubs at once: only what was merged, or given a version."""
    if not settings.rollout.after_push:
        return None
    if event.name not in ROLLOUT_EVENTS or not is_publishing_event(event):
        messages.notices.append(
            "The image is not rolled out: that is done from the default branch and from git tags. For others, use a"
            " step with mode: rollout."
        )
        return None
    return target_rollout(settings, event)


def target_rollout(settings: Settings, event: Event) -> RolloutTarget:
    repository = settings.rollout.repository or event.repository
    own = repository.lower() == event.repository.lower()
    return RolloutTarget(
        repository,
        settings.rollout.branch,
        may_write=bool(settings.rollout.token or (own and settings.github_token)),
        supersedes=event.name != "workflow_dispatch",
    )
