"""The text of the comment's sections."""

import re

from hubaction.decide.comment import Badge
from hubaction.image import short_sha
from hubaction.markdown import code, table
from hubaction.report.comment import RunNumber, Section
from hubaction.report.result_file import ImageResult, State
from hubaction.report.result_table import cache_rows, check_rows
from hubaction.results import Cleaned, CleanedTag

BINDER_IMAGE = "binder-image"


def badge_section(badge: Badge, run: RunNumber, *, launch_url: str, badge_url: str, commit: str) -> Section:
    """The Binder badge, or the reason why there is none. The URLs are percent-encoded already."""
    if badge.reason:
        return Section("badge", run, f"Binder cannot build this pull request: {badge.reason}.")
    where = f"at {code(badge.ref)}" if badge.ref != commit else f"at commit {code(short_sha(commit))}"
    what = f"the content of {code(badge.content_branch)} in the environment of {code(badge.repository)}"
    text = f"Try {what} on Binder" if badge.content_url else f"Try this pull request {where} on Binder"
    text += ", built from source."
    return Section("badge", run, f"[![Launch on Binder]({badge_url})]({launch_url})\n\n{text}")


def binder_image_section(
    result: ImageResult, run: RunNumber, *, launch_url: str, badge_url: str, commit: str
) -> Section:
    """The badge of the pushed image, or the reason why there is none. The URLs are percent-encoded already."""
    if not result.binder_branch or not result.pushed:
        reason = result.binder_obstacle or "there is none in a registry"
        return Section(BINDER_IMAGE, run, f"Binder does not start this image: {code(reason)}.")
    image = code(str(result.pushed[0].reference))
    text = f"Try this image on Binder: {image}, as it was built at commit {code(short_sha(commit))}."
    return Section(BINDER_IMAGE, run, f"[![Launch this image on Binder]({badge_url})]({launch_url})\n\n{text}")


def gone_branch_section(run: RunNumber) -> Section:
    return Section(BINDER_IMAGE, run, "Binder does not start this image any more: its branch was deleted.")


def cleanup_section(cleaned: Cleaned, run: RunNumber, *, run_url: str) -> Section:
    """The previews of one repository after the cleanup; replaces all sections on its images."""
    name = code(str(cleaned.name))
    if all(item.deleted for item in cleaned.tags):
        headline = f"🧹 The preview of this pull request in {name} is gone: the pull request was closed."
    else:
        headline = f"The pull request was closed, and not all of its previews in {name} are gone."
    lines = [f"- {code(item.reference.tag)} {_fate(item)}" for item in cleaned.tags]
    parts = [
        headline,
        "\n".join(lines),
        code(cleaned.obstacle) if cleaned.obstacle else "",
        f"[Log of the run]({run_url})",
    ]
    return Section(_legal_key(f"image:{cleaned.name}"), run, "\n\n".join(filter(None, parts)), family=True)


def _fate(item: CleanedTag) -> str:
    return "was deleted" if item.deleted else f"stays: {code(item.why)}"


def image_section(result: ImageResult, run: RunNumber, *, commit: str, run_url: str, try_on_hub: str = "") -> Section:
    """The built or reused image. Untrusted texts are shown as code; `try_on_hub` is Markdown already."""
    key = ":".join(filter(None, ("image", str(result.name), result.platform, result.variant)))
    parts = [
        _headline(result, commit),
        _failing(result),
        _pushed(result),
        try_on_hub,
        table(_rows(result)),
        f"[Log of the run]({run_url})",
    ]
    return Section(_legal_key(key), run, "\n\n".join(part for part in parts if part))


def try_on_hub_section(markdown: str, run: RunNumber) -> Section:
    return Section("hub", run, markdown)


def _legal_key(key: str) -> str:
    return re.sub(r"[^a-z0-9./:_-]", "-", key.lower())[:300]


def _headline(result: ImageResult, commit: str) -> str:
    name, at = code(str(result.name)), f"at commit {code(short_sha(commit))}"
    tested = " and tested" if result.tests else ""
    match result.state:
        case State.FAILED:
            return f"❌ The image {name} {at} failed: {code(result.failure)}"
        case State.UNCHANGED:
            same = f"✅ The image {name} {at} is the same as {code(str(result.same_as))}: nothing was built"
            return f"{same}, and it was tagged:" if result.pushed else f"{same}."
        case State.PUSHED:
            return f"✅ The image {name} was built{tested} {at}, and pushed:"
        case State.BUILT:
            return f"✅ The image {name} was built{tested} {at}, and not pushed."


def _failing(result: ImageResult) -> str:
    return "\n".join(f"- {code(name)}" for name in result.failing)


def _pushed(result: ImageResult) -> str:
    return "\n".join(f"- {code(f'{item.reference}@{item.digest}')}" for item in result.pushed)


def _rows(result: ImageResult) -> list[tuple[str, str]]:
    rows = [*check_rows(result, result.left_out), *cache_rows(result)]
    if result.seconds:
        rows.append(("Time", ", ".join(f"{step} {seconds:.0f} s" for step, seconds in result.seconds.items())))
    return rows
