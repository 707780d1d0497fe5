"""How to try a pull request on a hub, as far as inputs and event say. No I/O."""

import re
from dataclasses import dataclass

from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings


@dataclass(frozen=True)
class Content:
    """The branch that nbgitpuller fetches into the reviewer's server."""

    repository_url: str
    branch: str
    path: str
    """The file or folder that opens; a dot stands for the repository's root."""
    folder: str
    """Target folder. Not the reviewer's own clone: nbgitpuller would merge into it."""
    from_fork: bool = False


@dataclass(frozen=True)
class TryOnHub:
    """The hub to try a pull request on. The image is added once it is pushed."""

    commit: str
    hub_url: str = ""
    """Empty if no hub is configured."""
    profile: str = ""
    """Empty if a link cannot fill in the hub's form."""
    image_option: str = ""
    content: Content | None = None


def plan_try_on_hub(settings: Settings, event: Event) -> TryOnHub | None:
    head, run = event.pull_request, event.workflow_run
    if head:
        name = f"pr-{head.number}"
        content = _content(
            settings, event, head.head_repository or "", head.head_branch, name, from_fork=head.from_fork
        )
        return _make_try_on_hub(settings, head.head_sha, content)
    if run and run.event == "pull_request":
        # The number is not known yet: the comment's writer looks it up by this commit.
        name = f"pr-{run.head_sha[:12]}"
        content = _content(settings, event, run.head_repository, run.head_branch, name, from_fork=run.from_fork)
        return _make_try_on_hub(settings, run.head_sha, content)
    return None


def _make_try_on_hub(settings: Settings, commit: str, content: Content | None) -> TryOnHub:
    wanted = settings.try_on_hub
    return TryOnHub(commit, wanted.hub_url, wanted.profile, wanted.image_option, content)


def _content(
    settings: Settings, event: Event, repository: str, branch: str, name: str, *, from_fork: bool
) -> Content | None:
    """None if there is no path to open, or the fork was deleted."""
    path = settings.try_on_hub.content_path
    if not path or not repository or not branch:
        return None
    folder = re.sub(r"[^A-Za-z0-9._-]", "-", f"{name}-{repository.rpartition('/')[2]}")
    url = f"{event.server_url.rstrip('/')}/{repository}"
    return Content(url, branch, path, folder, from_fork=from_fork)
