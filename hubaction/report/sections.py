"""What the sections of the comment say."""

import re

from hubaction.decide.comment import Badge
from hubaction.markdown import code, format_bytes, list_left_out, table
from hubaction.report.comment import RunNumber, Section
from hubaction.report.result_file import ImageResult
from hubaction.results import Cleaned, CleanedTag

BINDER_IMAGE = "binder-image"


def badge_section(badge: Badge, run: RunNumber, *, launch_url: str, badge_url: str, commit: str) -> Section:
    """The Binder badge; where Binder cannot help it says why, for a dead link helps nobody.

    The addresses are percent-encoded already.
    """
    if badge.reason:
        return Section("badge", run, f"Binder cannot build this pull request: {badge.reason}.")
    where = f"at {code(badge.ref)}" if badge.ref != commit else f"at commit {code(commit[:12])}"
    what = f"the content of {code(badge.content_branch)} in the environment of {code(badge.repository)}"
    text = f"Try {what} on Binder" if badge.content_url else f"Try this pull request {where} on Binder"
    text += ", built from source."
    return Section("badge", run, f"[![Launch on Binder]({badge_url})]({launch_url})\n\n{text}")


def binder_image_section(
    result: ImageResult, run: RunNumber, *, launch_url: str, badge_url: str, commit: str
) -> Section:
    """The badge of the very image that was pushed; the addresses are percent-encoded already."""
    if not result.binder_branch or not result.pushed:
        reason = result.binder_obstacle or "there is none in a registry"
        return Section(BINDER_IMAGE, run, f"Binder does not start this image: {code(reason)}.")
    image = code(str(result.pushed[0].reference))
    text = f"Try this image on Binder: {image}, as it was built at commit {code(commit[:12])}."
    return Section(BINDER_IMAGE, run, f"[![Launch this image on Binder]({badge_url})]({launch_url})\n\n{text}")


def gone_branch_section(run: RunNumber) -> Section:
    return Section(BINDER_IMAGE, run, "Binder does not start this image any more: its branch was deleted.")


def cleanup_section(cleaned: Cleaned, run: RunNumber, *, run_url: str) -> Section:
    """What became of the previews in one repository; it takes the place of all that was said of its images."""
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


def image_section(result: ImageResult, run: RunNumber, *, commit: str, run_url: str, trial: str = "") -> Section:
    """What was built; texts that builds and tests had a hand in are shown as code.

    `trial` is Markdown already.
    """
    key = ":".join(filter(None, ("image", str(result.name), result.platform, result.variant)))
    parts = [
        _headline(result, commit),
        _failing(result),
        _pushed(result),
        trial,
        table(_rows(result)),
        f"[Log of the run]({run_url})",
    ]
    return Section(_legal_key(key), run, "\n\n".join(part for part in parts if part))


def trial_section(markdown: str, run: RunNumber) -> Section:
    """How to try the pull request on a hub, where no image is told of."""
    return Section("hub", run, markdown)


def _legal_key(key: str) -> str:
    return re.sub(r"[^a-z0-9./:_-]", "-", key.lower())[:300]


def _headline(result: ImageResult, commit: str) -> str:
    name, at = code(str(result.name)), f"at commit {code(commit[:12])}"
    if result.failure:
        return f"❌ The image {name} {at} failed: {code(result.failure)}"
    if result.same_as:
        same = f"✅ The image {name} {at} is the same as {code(str(result.same_as))}: nothing was built"
        return f"{same}, and it was tagged:" if result.pushed else f"{same}."
    tested = " and tested" if result.tests else ""
    if not result.pushed:
        return f"✅ The image {name} was built{tested} {at}, and not pushed."
    return f"✅ The image {name} was built{tested} {at}, and pushed:"


def _failing(result: ImageResult) -> str:
    return "\n".join(f"- {code(name)}" for name in result.failing)


def _pushed(result: ImageResult) -> str:
    return "\n".join(f"- {code(f'{item.reference}@{item.digest}')}" for item in result.pushed)


def _rows(result: ImageResult) -> list[tuple[str, str]]:
    rows = [("Image tests", code(result.tests) if result.tests else "none")]
    rows.append(("Hub check", code(result.hub) if result.hub else "none"))
    if result.left_out:
        rows.append(("Left out for secrets", list_left_out(result.left_out)))
    rows += [("Download size", format_bytes(item.size)) for item in result.pushed[:1] if item.size]
    if result.steps:
        rows.append(("Cached steps", f"{result.cached_steps} of {result.steps}"))
    if result.seconds:
        rows.append(("Time", ", ".join(f"{step} {seconds:.0f} s" for step, seconds in result.seconds.items())))
    return rows
