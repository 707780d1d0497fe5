"""How a pull request can be tried on a hub, as far as that is known before anything is built or looked up; no I/O."""

import re
from dataclasses import dataclass

from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings


@dataclass(frozen=True)
class Content:
    """What nbgitpuller fetches into the reviewer's server, and what of it opens."""

    repository_url: str
    branch: str
    path: str
    """A file or folder of the repository; a dot is all of it."""
    folder: str
    """Where it goes: apart from the reviewer's own clone, with whose changes it would be merged."""
    from_fork: bool = False


@dataclass(frozen=True)
class HubTrial:
    """Where a pull request is tried; its image is known only when it was pushed."""

    commit: str
    hub_url: str = ""
    """Empty when no hub is named."""
    profile: str = ""
    """Empty when a link cannot fill in the hub's form."""
    image_option: str = ""
    content: Content | None = None


def plan_trial(settings: Settings, event: Event) -> HubTrial | None:
    """Return how the event's pull request is tried; None for an event that has none."""
    head, run = event.pull_request, event.workflow_run
    if head:
        name = f"pr-{head.number}"
        content = _content(
            settings, event, head.head_repository or "", head.head_branch, name, from_fork=head.from_fork
        )
        return _trial(settings, head.head_sha, content)
    if run and run.event == "pull_request":
        # The number is looked up, later, by this very commit.
        name = f"pr-{run.head_sha[:12]}"
        content = _content(settings, event, run.head_repository, run.head_branch, name, from_fork=run.from_fork)
        return _trial(settings, run.head_sha, content)
    return None


def _trial(settings: Settings, commit: str, content: Content | None) -> HubTrial:
    wanted = settings.try_on_hub
    return HubTrial(commit, wanted.hub_url, wanted.profile, wanted.image_option, content)


def _content(
    settings: Settings, event: Event, repository: str, branch: str, name: str, *, from_fork: bool
) -> Content | None:
    """None without a path to open, and when the fork was deleted."""
    path = settings.try_on_hub.content_path
    if not path or not repository or not branch:
        return None
    folder = re.sub(r"[^A-Za-z0-9._-]", "-", f"{name}-{repository.rpartition('/')[2]}")
    url = f"{event.server_url.rstrip('/')}/{repository}"
    return Content(url, branch, path, folder, from_fork=from_fork)
