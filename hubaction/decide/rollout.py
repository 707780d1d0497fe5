"""Whether the image is rolled out, and to which hub configuration."""

from dataclasses import dataclass

from hubaction.decide.messages import Messages
from hubaction.decide.push import is_publishing_event
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings


@dataclass(frozen=True)
class RolloutTarget:
    """The repository with the hubs' configuration."""

    repository: str
    """`owner/name`."""
    branch: str
    """Empty for the repository's default branch."""
    may_write: bool
    """Whether there is a token for it; without one, the changes are only reported."""
    supersedes: bool
    """Whether an image of a newer commit must stay. A run that is started by hand may replace it with an older one."""


ROLLOUT_EVENTS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "workflow_run"})
"""Events that require write access to the repository."""


NOT_FROM_PULL_REQUESTS = (
    "Rolling out on '{event}' is refused: hubs would start an image that nobody has merged. Run mode: rollout on"
    " 'push', 'release', 'schedule' or 'workflow_dispatch'."
)


def decide_rollout(settings: Settings, event: Event, messages: Messages) -> RolloutTarget | None:
    """Target the hubs right after the push; None unless the commit is on the default branch or has a git tag."""
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
