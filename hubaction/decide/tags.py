"""What the image is called: the references that a run makes. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from hubaction.decide.messages import Messages
from hubaction.errors import ActionError
from hubaction.image import MAX_TAG_LENGTH, Reference, sanitize_tag
from hubaction.inputs.choices import Choice
from hubaction.inputs.event import Event
from hubaction.inputs.settings import Settings

SHA_LENGTH = 12
PREVIEW_TEMPLATE = "pr-{pr}-{sha}"


@dataclass(frozen=True)
class EarlierTag:
    """An earlier image: this run's may be the same, or take its unchanged layers from it."""

    reference: Reference
    why: str
    """What it is, e.g. "the commit before"."""


_LATEST_STAYS = "'latest' is not moved: a pull request's image must not become everybody's."


def name_references(settings: Settings, event: Event, now: datetime, messages: Messages) -> tuple[Reference, ...]:
    templates = _templates(settings, is_pull_request=event.pull_request is not None)
    tags = _render_tags(templates, event, now, messages)
    if not tags:
        raise ActionError(
            f"No tag is left for the image: none of {', '.join(templates)} has a value on the event"
            f" '{event.name}'. Add a line without a placeholder to the input 'tags', or one with {{sha}}.",
            title="No tag",
        )
    if _wants_latest(settings, event, messages) and "latest" not in tags:
        tags.append("latest")
    return tuple(Reference(name, tag) for name in settings.images for tag in tags)


def _templates(settings: Settings, *, is_pull_request: bool) -> tuple[str, ...]:
    """A preview has its one name whatever `tags` says: by that name it is found again, and deleted."""
    if is_pull_request and settings.preview.on:
        return (PREVIEW_TEMPLATE,)
    return settings.tags or (PREVIEW_TEMPLATE if is_pull_request else "{sha}",)


def name_preview(settings: Settings, number: int, head_sha: str) -> tuple[Reference, ...]:
    """What the preview of a pull request's commit is called, in each repository."""
    tag = PREVIEW_TEMPLATE.format(pr=number, sha=head_sha[:SHA_LENGTH])
    return tuple(Reference(name, tag) for name in settings.images)


def is_preview_tag(tag: str, number: int) -> bool:
    """Whether it is the tag of a preview of this very pull request, and not one that somebody made by hand."""
    return re.fullmatch(rf"pr-{number}-[0-9a-f]{{{SHA_LENGTH}}}", tag) is not None


def _wants_latest(settings: Settings, event: Event, messages: Messages) -> bool:
    if (event.about_pull_request or event.name == "merge_group") and settings.latest is Choice.TRUE:
        messages.notices.append(_LATEST_STAYS)
        return False
    if settings.latest is Choice.AUTO:
        return event.on_default_branch
    return settings.latest is Choice.TRUE


def _render_tags(templates: tuple[str, ...], event: Event, now: datetime, messages: Messages) -> list[str]:
    values = _placeholder_values(event, now)
    tags: list[str] = []
    for template in templates:
        names = re.findall(r"\{(\w+)\}", template)
        empty = [f"{{{name}}}" for name in names if not values[name]]
        if empty:
            messages.notices.append(
                f"The tag '{template}' is skipped: {', '.join(empty)} has no value on the event '{event.name}'."
            )
            continue
        if event.about_pull_request and template == "latest":
            messages.notices.append(_LATEST_STAYS)
            continue
        if event.about_pull_request and not {"sha", "pr"} & set(names):
            messages.warnings.append(f"The tag '{template}' does not name the pull request: all of them share it.")
        tag = _render_tag(template, values)
        if tag not in tags:
            tags.append(tag)
    return tags


def _render_tag(template: str, values: dict[str, str]) -> str:
    """A long branch or version gives way, so that what tells commits apart is never cut off."""
    excess = len(template.format_map(values)) - MAX_TAG_LENGTH
    for name in ("branch", "version"):
        if excess > 0 and f"{{{name}}}" in template:
            values = values | {name: values[name][: max(len(values[name]) - excess, 1)]}
    return sanitize_tag(template.format_map(values))


def _placeholder_values(event: Event, now: datetime) -> dict[str, str]:
    """The branch of a pull request is left out: its author chooses it, so it could name a production tag."""
    number = event.pull_request.number if event.pull_request else None
    return _values(now, sha=event.sha, branch=event.branch, number=number, git_tag=event.git_tag)


def _values(
    now: datetime, *, sha: str = "", branch: str = "", number: int | None = None, git_tag: str = ""
) -> dict[str, str]:
    return {
        "sha": sha[:SHA_LENGTH],
        "branch": sanitize_tag(branch),
        "pr": "" if number is None else str(number),
        "date": now.astimezone(UTC).strftime("%Y-%m-%d"),
        "version": sanitize_tag(version_of(git_tag)),
    }


def version_of(git_tag: str) -> str:
    return git_tag[1:] if re.match(r"v[0-9]", git_tag) else git_tag


def first_of_commit(references: tuple[Reference, ...], sha: str) -> Reference:
    """The reference that names the commit, else the first."""
    named = [reference for reference in references if reference.name == references[0].name]
    short = sha[:SHA_LENGTH]
    return next((reference for reference in named if short and short in reference.tag), named[0])


# --- earlier images ---


def name_earlier(settings: Settings, event: Event, now: datetime) -> tuple[EarlierTag, ...]:
    """The likeliest first: the same commit, the one before, the newest; without a listing of what there is."""
    pull_request = event.pull_request
    found = [(_of_commit(settings, event, event.sha, now), "the same commit")]
    if pull_request:
        found += [
            (_of_commit(settings, event, event.before, now), "the pull request's commit before"),
            (_of_branch_commit(settings, pull_request.base_sha, pull_request.base_branch, now), "the base branch"),
        ]
    else:
        found.append((_of_branch_commit(settings, event.before, event.branch, now), "the commit before"))
        found.append((_of_branch(settings, event.branch, now), "the newest of the branch"))
    if settings.latest is not Choice.FALSE:
        found.append(("latest", "the newest of the default branch"))
    reasons: dict[str, str] = {}
    for tag, why in found:
        if tag:
            reasons.setdefault(tag, why)
    return tuple(EarlierTag(Reference(settings.images[0], tag), why) for tag, why in reasons.items())


def name_of_pull_request(settings: Settings, number: int, head_sha: str, now: datetime) -> EarlierTag | None:
    """The image of a pull request, as the run on its last commit named it."""
    templates = _templates(settings, is_pull_request=True)
    tag = _pick_tag(templates, _values(now, sha=head_sha, number=number))
    return EarlierTag(Reference(settings.images[0], tag), f"pull request #{number}") if tag else None


def _of_commit(settings: Settings, event: Event, sha: str, now: datetime) -> str:
    """The tag of another commit of the same pull request, or of the same branch."""
    if not event.pull_request:
        return _of_branch_commit(settings, sha, event.branch, now)
    candidate = name_of_pull_request(settings, event.pull_request.number, sha, now) if sha else None
    return candidate.reference.tag if candidate else ""


def _of_branch_commit(settings: Settings, sha: str, branch: str, now: datetime) -> str:
    templates = _templates(settings, is_pull_request=False)
    return _pick_tag(templates, _values(now, sha=sha, branch=branch)) if sha else ""


def _of_branch(settings: Settings, branch: str, now: datetime) -> str:
    moving = [template for template in settings.tags if re.findall(r"\{(\w+)\}", template) == ["branch"]]
    return _render_tag(moving[0], _values(now, branch=branch)) if moving and branch else ""


def _pick_tag(templates: tuple[str, ...], values: dict[str, str]) -> str:
    """The first tag that names one commit or pull request; empty when none does."""
    for template in templates:
        names = set(re.findall(r"\{(\w+)\}", template))
        if names & {"sha", "pr"} and all(values[name] for name in names):
            return _render_tag(template, values)
    return ""
