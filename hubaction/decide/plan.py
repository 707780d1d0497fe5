"""The decision: settings and event in, plan out. Pure, so that it can be printed, tested and trusted.

Every `if event ...` of the project is in this folder.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from hubaction.decide.build_arguments import BuildSpec, make_build_spec
from hubaction.decide.comment import CommentTarget, target_comment, target_image_section
from hubaction.decide.labels import SOURCE_LABEL, lasting_labels
from hubaction.decide.messages import Messages
from hubaction.decide.mode import EVENTS_OF_THEIR_CODE, PlannedMode, RefusedError, choose_mode, refuse_unsafe
from hubaction.decide.preview import CleanupTarget, Preview, ends_previews, name_binder_branch, plan_preview
from hubaction.decide.push import DEPENDABOT_HAS_ITS_OWN, decide_push, find_missing_logins, is_publishing_event
from hubaction.decide.rollout import (
    NOT_FROM_PULL_REQUESTS,
    ROLLOUT_EVENTS,
    RolloutTarget,
    decide_rollout,
    target_rollout,
)
from hubaction.decide.tags import EarlierTag, first_of_commit, name_earlier, name_preview, name_references
from hubaction.decide.try_on_hub import HubTrial, plan_trial
from hubaction.errors import ActionError
from hubaction.image import Reference
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings
from hubaction.inputs.surroundings import Surroundings


@dataclass(frozen=True, kw_only=True)
class _Decided:
    """What every plan says."""

    mode: PlannedMode
    reason: str
    """Why this mode; completes "Mode: build, because ..."."""
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NothingToDo(_Decided):
    """The event asks for nothing."""


@dataclass(frozen=True)
class Checkout:
    """The commit that the image is made from."""

    repository: str
    """`owner/name` on GitHub."""
    branch: str
    """The branch that is built; empty on tags and pull requests."""
    commit: str
    pushed_commit: str = ""
    """The commit whose push started this run; empty on other events."""
    must_be: str | None = None
    """Commit that must be checked out. None accepts any commit; an empty string accepts none."""


@dataclass(frozen=True, kw_only=True)
class BuildPlan(_Decided):
    """Build, verify, and push if `push` is true."""

    push: bool
    references: tuple[Reference, ...]
    """What the image is called, each name with each tag."""
    image: Reference
    """The reference that names the commit; the output `image`."""
    checkout: Checkout
    build: BuildSpec
    earlier: tuple[EarlierTag, ...] = ()
    """Where earlier images may be: to be reused, or for their layers."""
    proposed: bool = False
    """Whether the code is not merged yet: of a pull request, or of a merge queue."""
    preview: Preview | None = None
    """Set on the image of a pull request that is pushed before the merge."""
    deletes_merged: bool = False
    """Whether the previews of the pull request that this push merged are deleted once its image is pushed."""
    rollout: RolloutTarget | None = None
    comment: CommentTarget | None = None
    trial: HubTrial | None = None
    """How the pull request can be tried on a hub; None where there is no pull request."""

    @property
    def without_push(self) -> "BuildPlan":
        """The same plan, with nothing that reaches a registry or follows a push."""
        return replace(self, push=False, preview=None, deletes_merged=False, rollout=None)


@dataclass(frozen=True, kw_only=True)
class CommentPlan(_Decided):
    """Comment on a pull request."""

    comment: CommentTarget
    trial: HubTrial | None = None


@dataclass(frozen=True, kw_only=True)
class RolloutPlan(_Decided):
    """Roll out an image that is in the registry."""

    references: tuple[Reference, ...]
    image: Reference
    checkout: Checkout
    rollout: RolloutTarget


@dataclass(frozen=True, kw_only=True)
class CleanupPlan(_Decided):
    """Delete the previews of a closed pull request."""

    cleanup: CleanupTarget
    comment: CommentTarget | None = None


Plan = NothingToDo | BuildPlan | CommentPlan | RolloutPlan | CleanupPlan


def make_plan(settings: Settings, event: Event, surroundings: Surroundings, now: datetime) -> Plan:
    """Decide what to do; `now` is an aware time.

    Raises RefusedError for builds and rollouts under unsafe events, ActionError when pushing is wanted without a
    password or when no tag is left.
    """
    mode, reason = choose_mode(settings, event)
    match mode:
        case PlannedMode.BUILD | PlannedMode.TEST:
            return _plan_build(mode, reason, settings, event, surroundings, now)
        case PlannedMode.COMMENT:
            return _plan_comment(reason, settings, event)
        case PlannedMode.ROLLOUT:
            return _plan_rollout(reason, settings, event, now)
        case PlannedMode.CLEANUP:
            return _plan_cleanup(reason, settings, event, surroundings)
        case PlannedMode.NONE:
            return _plan_nothing(reason, settings)


def _plan_nothing(reason: str, settings: Settings) -> NothingToDo:
    return NothingToDo(mode=PlannedMode.NONE, reason=reason, warnings=settings.warnings, notices=settings.notices)


def _plan_build(
    mode: PlannedMode, reason: str, settings: Settings, event: Event, surroundings: Surroundings, now: datetime
) -> BuildPlan:
    refuse_unsafe(event)
    messages = Messages.of_settings(settings)
    messages.warnings += surroundings.warnings
    references = name_references(settings, event, now, messages)
    push = decide_push(mode, settings, event, surroundings, messages)
    build = make_build_spec(settings, event, surroundings.appendix, now)
    return BuildPlan(
        mode=mode,
        reason=reason,
        push=push,
        references=references,
        image=first_of_commit(references, event.sha),
        checkout=Checkout(
            event.repository,
            event.branch,
            event.sha,
            pushed_commit=event.sha if event.name == "push" else "",
            must_be=None if event.name in EVENTS_OF_THEIR_CODE else event.checkout_sha,
        ),
        build=build,
        earlier=() if build.fresh else name_earlier(settings, event, now),
        proposed=event.about_pull_request or event.name == "merge_group",
        preview=plan_preview(settings, event),
        deletes_merged=push and ends_previews(settings, event),
        rollout=decide_rollout(settings, event, messages) if push else None,
        comment=target_image_section(settings, event),
        trial=plan_trial(settings, event),
        warnings=tuple(messages.warnings),
        notices=tuple(messages.notices),
    )


def _plan_comment(reason: str, settings: Settings, event: Event) -> CommentPlan:
    return CommentPlan(
        mode=PlannedMode.COMMENT,
        reason=reason,
        comment=target_comment(settings, event),
        trial=plan_trial(settings, event),
        warnings=settings.warnings,
        notices=settings.notices,
    )


def _plan_rollout(reason: str, settings: Settings, event: Event, now: datetime) -> RolloutPlan | NothingToDo:
    """Roll out the image that an earlier step or run pushed for the event's commit."""
    if event.name not in ROLLOUT_EVENTS:
        raise RefusedError(NOT_FROM_PULL_REQUESTS.format(event=event.name))
    refuse_unsafe(event)
    run = event.workflow_run
    if run and not is_publishing_event(event):
        why = f"the run before this one, on '{run.head_branch}', was no push to the default branch that succeeded"
        return _plan_nothing(why, settings)
    if run:
        # GITHUB_SHA is the newest commit of the default branch, and the image that of the run that has ended.
        event = replace(event, sha=run.head_sha)
    messages = Messages.of_settings(settings)
    references = name_references(settings, event, now, messages)
    return RolloutPlan(
        mode=PlannedMode.ROLLOUT,
        reason=reason,
        references=references,
        image=first_of_commit(references, event.sha),
        checkout=Checkout(event.repository, event.branch, event.sha),
        rollout=target_rollout(settings, event),
        warnings=tuple(messages.warnings),
        notices=tuple(messages.notices),
    )


def _plan_cleanup(reason: str, settings: Settings, event: Event, surroundings: Surroundings) -> CleanupPlan:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request"""
    head = event.pull_request
    if head is None:
        raise ActionError("Previews cannot be deleted: the event's payload names no pull request.")
    missing = find_missing_logins(settings, surroundings)
    messages = Messages.of_settings(settings)
    if missing:
        messages.notices.append(
            f"Previews are not deleted where there is no password: {', '.join(missing)}. {DEPENDABOT_HAS_ITS_OWN}"
        )
    # The push of the merge makes its image of the last preview, by requests alone, and deletes it then.
    waited_for = head.merged and bool(event.default_branch) and head.base_branch == event.default_branch
    cleanup = CleanupTarget(
        event.repository,
        head.number,
        tuple(name for name in settings.images if name.registry not in missing),
        lasting_labels(settings, event).get(SOURCE_LABEL, ""),
        kept=name_preview(settings, head.number, head.head_sha) if waited_for else (),
        binder_branch=name_binder_branch(settings, event),
    )
    return CleanupPlan(
        mode=PlannedMode.CLEANUP,
        reason=reason,
        cleanup=cleanup,
        comment=target_image_section(settings, event),
        warnings=tuple(messages.warnings),
        notices=tuple(messages.notices),
    )
