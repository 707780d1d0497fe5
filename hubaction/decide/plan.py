"""The decision: settings and event in, Plan out. Pure, so that it can be printed, tested and trusted.

Every `if event ...` of the project lives here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hubaction.decide.build_arguments import (
    build_arguments,
    buildx_arguments,
    is_all_known,
    make_local_tag,
    make_recipe,
    repo2docker_arguments,
)
from hubaction.decide.labels import EXPIRY_LABEL, SOURCE_LABEL, lasting_labels, make_labels
from hubaction.decide.tags import EarlierTag, Messages, first_of_commit, name_earlier, name_preview, name_references
from hubaction.decide.try_on_hub import HubTrial, plan_trial
from hubaction.errors import ActionError, Help
from hubaction.image import ImageName, Reference
from hubaction.inputs.choices import BinderRef, Choice, CommentChoice, Mode, Rebuild
from hubaction.inputs.event import Event, PullRequest
from hubaction.inputs.settings import Settings, UnseenLogin

PUBLIC_BINDER = "https://mybinder.org"
SAFE_PATTERN = (
    "Build in a workflow on 'pull_request', which has no secrets on forks, and comment from 'pull_request_target' or"
    " 'workflow_run' with mode: comment."
    " https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/"
)


class PlannedMode(StrEnum):
    """What will be done; unlike the input there is no `auto` left, and nothing to do is one of them."""

    NONE = "none"
    BUILD = "build"
    TEST = "test"
    COMMENT = "comment"
    ROLLOUT = "rollout"
    CLEANUP = "cleanup"


class RefusedError(ActionError):
    """The event would give code of strangers access to secrets, to a registry, or to hubs."""


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
class Plan:
    """All that can be decided without looking anything up."""

    mode: PlannedMode
    reason: str
    push: bool = False
    references: tuple[Reference, ...] = ()
    image: Reference | None = None
    """The reference that the output `image` names."""
    local_tag: str = ""
    repo2docker: tuple[str, ...] = ()
    """Arguments, relative to the run's own folder, which holds the configuration file and the context."""
    buildx: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """All that the image gets from this action, in the order in which later ones win."""
    recipe: tuple[str, ...] = ()
    """What of the inputs makes the image what it is, and nothing that changes from commit to commit."""
    build_args: tuple[tuple[str, str], ...] = ()
    """All that the builder is given, repo2docker's own included."""
    all_known: bool = False
    """Whether the inputs, with the files that they name, say all that makes the image."""
    earlier: tuple[EarlierTag, ...] = ()
    """Where earlier images may be: to be used again, or for their layers."""
    fresh: bool = False
    """Whether to build from the base up, without any cache."""
    default_build_pack: bool = False
    """Whether a repository without configuration becomes an image with repo2docker's own choice of Python."""
    head_must_be: str | None = None
    """The commit that the checkout must be at; None when any is fine, and none is when it is empty."""
    repository: str = ""
    """`owner/name` on GitHub."""
    branch: str = ""
    """The branch that is built; empty on tags and pull requests."""
    pushed_commit: str = ""
    """The commit whose push started this run; empty on other events."""
    commit: str = ""
    """The commit that the image is made of."""
    comment: CommentTarget | None = None
    rollout: RolloutTarget | None = None
    preview: bool = False
    """Whether what is pushed is the preview of a pull request."""
    expires: str = ""
    """After how long quay.io forgets this preview, e.g. 4w; empty when nothing of ours says so."""
    binder_branch: str = ""
    """The branch by which Binder starts the pushed preview; empty for none."""
    cleanup: CleanupTarget | None = None
    deletes_merged: bool = False
    """Whether the previews of the pull request that this push merged are deleted once its image is there."""
    trial: HubTrial | None = None
    """How the pull request can be tried on a hub; None where there is no pull request."""
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def builds(self) -> bool:
        return self.mode in {PlannedMode.BUILD, PlannedMode.TEST}


def make_plan(settings: Settings, event: Event, now: datetime) -> Plan:
    """Decide what to do; `now` is an aware time.

    Raises RefusedError for builds and rollouts under unsafe events, ActionError when pushing is wanted without a
    password or when no tag is left.
    """
    mode, reason = _choose_mode(settings, event)
    if mode not in {PlannedMode.BUILD, PlannedMode.TEST}:
        return _plan_without_build(mode, reason, settings, event, now)
    _refuse_unsafe(event)
    messages = Messages(list(settings.warnings), list(settings.notices))
    references = name_references(settings, event, now, messages)
    push = _decide_push(mode, settings, event, messages)
    local_tag = make_local_tag(settings, event)
    labels = make_labels(settings, event, now)
    fresh = settings.rebuild is Rebuild.ALWAYS or event.name == "schedule"
    return Plan(
        mode,
        reason,
        push=push,
        references=references,
        image=first_of_commit(references, event.sha),
        local_tag=local_tag,
        repo2docker=repo2docker_arguments(settings, local_tag),
        buildx=buildx_arguments(settings, labels, fresh=fresh),
        labels=labels,
        recipe=make_recipe(settings, event),
        build_args=build_arguments(settings),
        all_known=is_all_known(settings),
        earlier=() if fresh else name_earlier(settings, event, now),
        fresh=fresh,
        default_build_pack=settings.predecessor,
        repository=event.repository,
        branch=event.branch,
        pushed_commit=event.sha if event.name == "push" else "",
        commit=event.sha,
        comment=_target_image_section(settings, event),
        rollout=_decide_rollout(settings, event, messages) if push else None,
        preview=push and _is_preview(settings, event),
        expires=_choose_expiry(settings, event),
        binder_branch=_choose_binder_branch(settings, event) if push and settings.github_token else "",
        deletes_merged=push and _ends_previews(settings, event),
        trial=plan_trial(settings, event),
        head_must_be=None if event.name in _EVENTS_OF_THEIR_CODE else event.checkout_sha,
        warnings=tuple(messages.warnings),
        notices=tuple(messages.notices),
    )


def _plan_without_build(mode: PlannedMode, reason: str, settings: Settings, event: Event, now: datetime) -> Plan:
    if mode is PlannedMode.ROLLOUT:
        return _plan_rollout(settings, event, now, reason)
    if mode is PlannedMode.CLEANUP:
        return _plan_cleanup(reason, settings, event)
    if mode is PlannedMode.NONE:
        return Plan(mode, reason, warnings=settings.warnings)
    comment, trial = _target_comment(settings, event), plan_trial(settings, event)
    return Plan(mode, reason, comment=comment, trial=trial, warnings=settings.warnings)


# --- the mode ---


def will_build(settings: Settings, event: Event) -> bool:
    """Whether the plan will build, for those who read files for it only then."""
    return _choose_mode(settings, event)[0] in {PlannedMode.BUILD, PlannedMode.TEST}


def will_clean_up(settings: Settings, event: Event) -> bool:
    """Whether the plan will delete previews, which takes a login as well."""
    return _choose_mode(settings, event)[0] is PlannedMode.CLEANUP


def _choose_mode(settings: Settings, event: Event) -> tuple[PlannedMode, str]:
    mode = settings.mode
    if event.name == "push" and event.deleted:
        return PlannedMode.NONE, f"the push deleted {event.ref or 'a ref'}: there is nothing to build"
    if mode is Mode.CLEANUP or (mode is Mode.AUTO and settings.preview.on and _is_closed(event)):
        return _mode_of_closed(event)
    if mode is Mode.AUTO and settings.predecessor and not event.name.startswith("pull_request_target"):
        return PlannedMode.BUILD, f"inputs of repo2docker-action are in use, and the event is '{event.name}'"
    if mode is Mode.AUTO:
        return _mode_of_event(event)
    if mode is Mode.COMMENT and event.pull_request is None and event.workflow_run is None:
        return PlannedMode.NONE, f"a comment needs a pull request, and the event '{event.name}' has none"
    return PlannedMode(mode), f"the input 'mode' is '{mode}'"


def _is_closed(event: Event) -> bool:
    return event.name in {"pull_request", "pull_request_target"} and event.action == "closed"


def _mode_of_closed(event: Event) -> tuple[PlannedMode, str]:
    if not _is_closed(event):
        return PlannedMode.NONE, f"previews are deleted when a pull request is closed, and the event is '{event.name}'"
    if event.untrusted:
        return PlannedMode.NONE, "the pull request that was closed comes from a fork, so there is no preview of it"
    return PlannedMode.CLEANUP, "the pull request was closed"


def _mode_of_event(event: Event) -> tuple[PlannedMode, str]:
    reason = f"the event is '{event.name}'" + (f" ({event.action})" if event.action else "")
    if event.name in {"push", "schedule", "workflow_dispatch", "repository_dispatch"}:
        return PlannedMode.BUILD, reason
    if event.name == "release":
        done = event.action == "published"
        return (PlannedMode.BUILD, reason) if done else (PlannedMode.NONE, f"{reason}, not a published release")
    if event.name == "merge_group":
        return PlannedMode.TEST, reason
    if event.name in {"pull_request", "pull_request_target"}:
        return _mode_of_pull_request(event, reason)
    if event.name == "workflow_run":
        return _mode_of_workflow_run(event)
    return (
        PlannedMode.NONE,
        f"nothing is configured for the event '{event.name}'; set the input 'mode' to act on it",
    )


def _mode_of_pull_request(event: Event, reason: str) -> tuple[PlannedMode, str]:
    if event.action == "closed":
        return PlannedMode.NONE, "the pull request was closed"
    if event.pull_request is None:
        return PlannedMode.NONE, f"{reason}, but its payload names no pull request"
    return (PlannedMode.TEST if event.name == "pull_request" else PlannedMode.COMMENT), reason


def _mode_of_workflow_run(event: Event) -> tuple[PlannedMode, str]:
    started_by = event.workflow_run.event if event.workflow_run else ""
    reason = f"the event is 'workflow_run', started by '{started_by or 'unknown'}'"
    if started_by == "push":
        return PlannedMode.BUILD, reason
    if started_by == "pull_request":
        return PlannedMode.COMMENT, reason
    return PlannedMode.NONE, f"{reason}; set the input 'mode' to act on it"


# --- safety ---

_EVENTS_OF_THEIR_CODE = frozenset(
    {"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "pull_request", "merge_group"}
)
"""Events whose checkout is either trusted or without secrets; on others, say a comment, strangers start the run."""
_TRUSTED_STARTERS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "create"})


def _refuse_unsafe(event: Event) -> None:
    if event.name.startswith("pull_request_target"):
        raise RefusedError(
            "Building under 'pull_request_target' is refused: the pull request's code would run where this"
            f" repository's secrets are. {SAFE_PATTERN}"
        )
    if event.workflow_run is None:
        return
    run = event.workflow_run
    if run.event not in _TRUSTED_STARTERS or run.head_repository.lower() != event.repository.lower():
        raise RefusedError(
            f"Building under 'workflow_run' is refused for a run started by '{run.event or 'unknown'}' from"
            f" '{run.head_repository or 'unknown'}': code of a pull request would run where this repository's"
            f" secrets are. {SAFE_PATTERN}"
        )


# --- pushing ---


def _decide_push(mode: PlannedMode, settings: Settings, event: Event, messages: Messages) -> bool:
    if not _push_wanted(mode, settings, event, messages):
        if settings.trial.profile and event.pull_request and not event.untrusted:
            messages.notices.append(_NOTHING_TO_TRY)
        return False
    if event.untrusted:
        messages.notices.append(
            "The image is not pushed: this pull request comes from a fork, whose code must not reach the registry."
        )
        return False
    missing = _without_login(settings)
    if not missing:
        return True
    unseen = _explain_unseen(settings.unseen_login) if settings.unseen_login else ""
    if event.about_pull_request:
        messages.notices.append(
            f"The image is not pushed: there is no password for {', '.join(missing)}."
            f" {unseen or _DEPENDABOT_HAS_ITS_OWN}"
        )
        return False
    raise ActionError(
        f"The image cannot be pushed: there is no password for {', '.join(missing)}."
        f" {unseen or _SET_THE_INPUTS} Or set push: false.",
        title="No password",
    )


def _without_login(settings: Settings) -> list[str]:
    known = {entry.registry for entry in settings.credentials} | settings.logged_in
    return sorted({name.registry for name in settings.images} - known)


_NOTHING_TO_TRY = (
    "There is no link to the hub with this image filled in: 'hub-profile' is set, and the pull request's image is not"
    " pushed. Set preview: true, which never pushes a fork's."
)
_DEPENDABOT_HAS_ITS_OWN = "Pull requests by Dependabot see Dependabot's secrets only."
_SET_THE_INPUTS = (
    "Set the inputs 'username' and 'password', e.g. password: ${{ secrets.REGISTRY_PASSWORD }}, and check that a secret"
    " of that name exists under Settings > Secrets and variables > Actions (a name that does not exist is an empty"
    " text)."
)
UNSEEN_LOGIN_RECIPE = Help.EARLIER_LOGIN
_IN_PLACE_OF: Mapping[str, str] = {
    "docker/login-action": "Move its 'registry', 'username' and 'password' to this step: the names are the same.",
    "aws-actions/amazon-ecr-login": "Give that step an id, and this one username: AWS and password:"
    " ${{ steps.ID.outputs.docker_password_... }}, whose end is the registry's name with _ for each dot and hyphen.",
    "docker login": "Give this step the same user and password, as the inputs 'username' and 'password'.",
    "az acr login": "Have it hand over a password by --expose-token, as the recipe shows.",
    "gcloud auth configure-docker": "Give this step username: oauth2accesstoken and password:"
    " ${{ steps.ID.outputs.access_token }} of google-github-actions/auth with token_format: access_token.",
}
"""What to write instead of a login that writes to the home folder."""


def _explain_unseen(login: UnseenLogin) -> str:
    return (
        f"The login by '{login.tool}' ({login.place}) is not seen here: it goes to the home folder of the runner's"
        f" user, and this action is a container with a home of its own. {_IN_PLACE_OF[login.tool]}"
        f" {UNSEEN_LOGIN_RECIPE}"
    )


def _push_wanted(mode: PlannedMode, settings: Settings, event: Event, messages: Messages) -> bool:
    push = settings.push
    if _is_preview(settings, event):
        if push is Choice.FALSE:
            messages.notices.append("No preview is pushed: the input 'push' is false, which forbids it everywhere.")
        return push is not Choice.FALSE
    if push is not Choice.AUTO:
        return push is Choice.TRUE
    return mode is PlannedMode.BUILD and _is_publishing_event(event)


def _is_publishing_event(event: Event) -> bool:
    if event.workflow_run:
        run = event.workflow_run
        return run.event == "push" and run.head_branch == event.default_branch and run.conclusion == "success"
    publishing = {"push", "schedule", "workflow_dispatch", "repository_dispatch", "release"}
    return event.name in publishing and (event.on_default_branch or bool(event.git_tag))


# --- previews ---


def _is_preview(settings: Settings, event: Event) -> bool:
    return settings.preview.on and event.pull_request is not None and not _is_closed(event)


def _choose_expiry(settings: Settings, event: Event) -> str:
    """Empty where the user has one already: it is stronger than ours, also on what is no preview."""
    given = (*dict(settings.labels), *dict(settings.repo2docker_args.labels), *settings.repo2docker_args.buildx)
    if not _is_preview(settings, event) or any(EXPIRY_LABEL in text for text in given):
        return ""
    return settings.preview.expires


def _choose_binder_branch(settings: Settings, event: Event) -> str:
    """Binder reads public repositories only, and mybinder.org those of github.com."""
    if not _is_preview(settings, event) or event.private or _is_out_of_reach(settings, event):
        return ""
    return _name_binder_branch(settings, event)


def _name_binder_branch(settings: Settings, event: Event) -> str:
    head = event.pull_request
    return settings.preview.binder_branch.replace("{pr}", str(head.number)) if head else ""


def _ends_previews(settings: Settings, event: Event) -> bool:
    """Whether it is the push of a merge, as far as can be seen: GitHub knows which, and needs a token to tell."""
    pushed = event.name == "push" and event.on_default_branch
    return settings.preview.on and pushed and bool(settings.github_token)


def _plan_cleanup(reason: str, settings: Settings, event: Event) -> Plan:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request"""
    head = event.pull_request
    if head is None:
        raise ActionError("Previews cannot be deleted: the event's payload names no pull request.")
    missing = _without_login(settings)
    notices = list(settings.notices)
    if missing:
        notices.append(
            f"Previews are not deleted where there is no password: {', '.join(missing)}. {_DEPENDABOT_HAS_ITS_OWN}"
        )
    # The push of the merge makes its image of the last preview, by requests alone, and deletes it then.
    waited_for = head.merged and bool(event.default_branch) and head.base_branch == event.default_branch
    cleanup = CleanupTarget(
        event.repository,
        head.number,
        tuple(name for name in settings.images if name.registry not in missing),
        lasting_labels(settings, event).get(SOURCE_LABEL, ""),
        kept=name_preview(settings, head.number, head.head_sha) if waited_for else (),
        binder_branch=_name_binder_branch(settings, event),
    )
    return Plan(
        PlannedMode.CLEANUP,
        reason,
        repository=event.repository,
        comment=_target_image_section(settings, event),
        cleanup=cleanup,
        warnings=settings.warnings,
        notices=tuple(notices),
    )


# --- the rollout ---

_ROLLOUT_EVENTS = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release", "workflow_run"})
"""Those that nobody without the right to write can start."""
_NOT_FROM_PULL_REQUESTS = (
    "Rolling out on '{event}' is refused: hubs would start an image that nobody has merged. Run mode: rollout on"
    " 'push', 'release', 'schedule' or 'workflow_dispatch'."
)


def _plan_rollout(settings: Settings, event: Event, now: datetime, reason: str) -> Plan:
    """Roll out the image that an earlier step or run pushed for the event's commit."""
    if event.name not in _ROLLOUT_EVENTS:
        raise RefusedError(_NOT_FROM_PULL_REQUESTS.format(event=event.name))
    _refuse_unsafe(event)
    run = event.workflow_run
    if run and not _is_publishing_event(event):
        why = f"the run before this one, on '{run.head_branch}', was no push to the default branch that succeeded"
        return Plan(PlannedMode.NONE, why, warnings=settings.warnings)
    if run:
        # GITHUB_SHA is the newest commit of the default branch, and the image that of the run that has ended.
        event = replace(event, sha=run.head_sha)
    messages = Messages(list(settings.warnings), list(settings.notices))
    references = name_references(settings, event, now, messages)
    return Plan(
        PlannedMode.ROLLOUT,
        reason,
        references=references,
        image=first_of_commit(references, event.sha),
        repository=event.repository,
        branch=event.branch,
        commit=event.sha,
        rollout=_target_rollout(settings, event),
        warnings=tuple(messages.warnings),
        notices=tuple(messages.notices),
    )


def _decide_rollout(settings: Settings, event: Event, messages: Messages) -> RolloutTarget | None:
    """Whether what was pushed goes to hubs at once: only what was merged, or given a version."""
    if not settings.rollout.after_push:
        return None
    if event.name not in _ROLLOUT_EVENTS or not _is_publishing_event(event):
        messages.notices.append(
            "The image is not rolled out: that is done from the default branch and from git tags. For others, use a"
            " step with mode: rollout."
        )
        return None
    return _target_rollout(settings, event)


def _target_rollout(settings: Settings, event: Event) -> RolloutTarget:
    repository = settings.rollout.repository or event.repository
    own = repository.lower() == event.repository.lower()
    return RolloutTarget(
        repository,
        settings.rollout.branch,
        may_write=bool(settings.rollout.token or (own and settings.github_token)),
        supersedes=event.name != "workflow_dispatch",
    )


# --- the comment ---


def _target_comment(settings: Settings, event: Event) -> CommentTarget:
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
        from_fork=run.head_repository.lower() != event.repository.lower(),
        badge=_make_badge(settings, event, run.head_repository, run.head_sha, run.head_branch),
        must=True,
        head_repository=run.head_repository,
        head_branch=run.head_branch,
        run_id=run.id,
        run_attempt=run.attempt,
    )


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
    if not settings.binder.repository and _is_out_of_reach(settings, event):
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


def _is_out_of_reach(settings: Settings, event: Event) -> bool:
    return settings.binder.url == PUBLIC_BINDER and event.server_url.rstrip("/") != "https://github.com"


def _target_image_section(settings: Settings, event: Event) -> CommentTarget | None:
    """Where a build or test step writes, if anywhere."""
    head = event.pull_request
    if head is None or settings.comment is CommentChoice.NEVER:
        return None
    return _target(settings, event, head, badge=False, must=settings.comment is CommentChoice.ALWAYS)
