"""Where a run comments, and which Binder badge it shows."""

from dataclasses import dataclass

from hubaction.errors import ActionError
from hubaction.inputs.choices import BinderRef, CommentChoice
from hubaction.inputs.event import Event, PullRequest
from hubaction.inputs.settings import Settings

PUBLIC_BINDER = "https://mybinder.org"


@dataclass(frozen=True)
class Badge:
    """The Binder link of a pull request; either its parts or the reason why there is none."""

    reason: str = ""
    binder_url: str = ""
    repository: str = ""
    """`owner/name` that Binder builds."""
    ref: str = ""
    urlpath: str = ""
    content_url: str = ""
    """The repository that is pulled into the server, when Binder builds another one."""
    content_branch: str = ""


@dataclass(frozen=True)
class CommentTarget:
    """Where a comment goes, and what its badge shows."""

    repository: str
    number: int | None
    """None under workflow_run: the number is looked up by the head commit, which is not a plan's business."""
    head_sha: str
    from_fork: bool
    badge: Badge | None
    """None in build and test modes, which keep another section of the comment."""
    must: bool = False
    """Whether to try with a token that can hardly write, too."""
    head_repository: str = ""
    """`owner/name`; empty when the fork was deleted."""
    head_branch: str = ""
    run_id: int = 0
    """The run that the comment tells of, when it is another one than this."""
    run_attempt: int = 0


def target_comment(settings: Settings, event: Event) -> CommentTarget:
    """Where comment mode writes: the event's pull request, or the one behind the run that started this one."""
    if event.pull_request:
        return _target(settings, event, event.pull_request, badge=True, must=True)
    run = event.workflow_run
    if run is None:
        raise ActionError(f"A comment needs a pull request, and the event '{event.name}' has none.")
    return CommentTarget(
        event.repository,
        None,
        run.head_sha,
        from_fork=run.from_fork,
        badge=_make_badge(settings, event, run.head_repository, run.head_sha, run.head_branch),
        must=True,
        head_repository=run.head_repository,
        head_branch=run.head_branch,
        run_id=run.id,
        run_attempt=run.attempt,
    )


def target_image_section(settings: Settings, event: Event) -> CommentTarget | None:
    """Where a build or test step writes, if anywhere."""
    head = event.pull_request
    if head is None or settings.comment is CommentChoice.NEVER:
        return None
    return _target(settings, event, head, badge=False, must=settings.comment is CommentChoice.ALWAYS)


def _target(settings: Settings, event: Event, head: PullRequest, *, badge: bool, must: bool) -> CommentTarget:
    repository = head.head_repository or ""
    return CommentTarget(
        event.repository,
        head.number,
        head.head_sha,
        from_fork=head.from_fork,
        badge=_make_badge(settings, event, repository, head.head_sha, head.head_branch) if badge else None,
        must=must,
        head_repository=repository,
        head_branch=head.head_branch,
    )


def _make_badge(settings: Settings, event: Event, repository: str, sha: str, branch: str) -> Badge:
    if not repository or not sha:
        return Badge(reason="the repository that the pull request comes from was deleted")
    if event.private:
        return Badge(reason="the repository is private")
    if not settings.binder.repository and is_out_of_reach(settings, event):
        return Badge(reason="mybinder.org reads github.com only; name your own BinderHub in the input 'binder-url'")
    ref = branch if settings.binder.ref is BinderRef.BRANCH and branch else sha
    if not settings.binder.repository:
        return Badge("", settings.binder.url, repository, ref, settings.binder.urlpath)
    environment, _, environment_ref = settings.binder.repository.partition("@")
    return Badge(
        "",
        settings.binder.url,
        environment,
        environment_ref or "HEAD",
        settings.binder.urlpath,
        content_url=f"{event.server_url}/{repository}",
        content_branch=branch,
    )


def is_out_of_reach(settings: Settings, event: Event) -> bool:
    return settings.binder.url == PUBLIC_BINDER and event.server_url.rstrip("/") != "https://github.com"
