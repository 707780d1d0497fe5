"""The texts of a rollout: pull request, comment and job summary."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hubaction.markdown import code, cut, format_bytes, table
from hubaction.results import ChangedFile, ImageFacts

MAX_LISTED = 50
MAX_LENGTH = 60_000
"""Characters of a body, a comment or the part of the summary; GitHub accepts 65,536."""


@dataclass(frozen=True)
class Story:
    """The facts that the texts are made of. URLs consist of checked parts."""

    image: ImageFacts
    old: ImageFacts | None
    """The first image that is replaced; None if unknown."""
    repository: str
    """`owner/name`, that the image is built from."""
    server_url: str
    run_url: str
    pull_number: int | None
    """The merged pull request that the commit came from."""
    hub: str
    """What the hub check saw, or empty."""
    tests: str


def render_title(image: str) -> str:
    return f"Roll out {image}"


def render_body(story: Story, files: Sequence[ChangedFile], notes: Sequence[str]) -> str:
    """The body of the pull request, without the markers around it."""
    parts = [
        f"The image {code(story.image.reference)} is in its registry. Merge this to have hubs start it.",
        _comparison(story),
        _facts(story),
        _places(files, notes),
        f"_[A run of {_link_text(story.repository)}]({story.run_url}) wrote this, and the next one with a new tag"
        " brings it up to date, unless others push to this branch._",
    ]
    return cut("\n\n".join(part for part in parts if part), MAX_LENGTH)


def render_comment(story: Story, diff: str) -> str:
    """For a pull request whose branch people have changed: the diff that it would have now."""
    text = (
        f"There is a newer image, {code(story.image.reference)}. This pull request has changes of others, so it was"
        " left as it is. Its own change would be by now:\n\n"
        f"{fence(diff, 'diff')}\n\nTo have the next run open a new one, close this one and delete its branch.\n\n"
        f"[Log of the run]({story.run_url})"
    )
    return cut(text, MAX_LENGTH)


def render_summary(sentence: str, url: str, diff: str, notes: Sequence[str]) -> str:
    """The part of the job summary if there is a pull request, or if none is needed."""
    parts = ["#### Rollout", sentence + (f" {url}" if url else ""), fence(diff, "diff") if diff else "", _list(notes)]
    return cut("\n\n".join(part for part in parts if part), MAX_LENGTH)


def render_by_hand(
    story: Story, repository: str, places: Sequence[str], diff: str, why: str, notes: Sequence[str] = ()
) -> str:
    """The part of the job summary with which people make the change themselves."""
    what = f"To roll out {code(story.image.reference)}, change {code(repository)} by hand"
    where = "\n".join(f"- {code(place)}" for place in places)
    parts = [
        "#### Rollout",
        f"{what}: {why}",
        fence(diff, "diff")
        if diff
        else f"Give the image its new tag, {code(_tag_of(story.image.reference))}, here:\n\n{where}",
        _list(notes),
    ]
    return cut("\n\n".join(part for part in parts if part), MAX_LENGTH)


def compare_url(story: Story) -> str:
    """The page with the commits between the two images; empty if a commit is unknown."""
    old = story.old.commit if story.old else ""
    if not _is_commit(old) or not _is_commit(story.image.commit) or old == story.image.commit:
        return ""
    return f"{story.server_url}/{story.repository}/compare/{old}...{story.image.commit}"


def fence(text: str, language: str) -> str:
    """A fenced code block whose content cannot close it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    mark = "`" * max(longest + 1, 3)
    return f"{mark}{language}\n{text.rstrip(chr(10))}\n{mark}"


def _comparison(story: Story) -> str:
    old, new = story.old or ImageFacts(""), story.image
    rows = [
        ("Tag", code(_tag_of(old.reference)) if old.reference else "?", code(_tag_of(new.reference))),
        ("Digest", _or_unknown(old.digest), _or_unknown(new.digest)),
        ("Download size", _size(old.size), _size(new.size) + _difference(old.size, new.size)),
        ("Commit", _commit(story, old.commit), _commit(story, new.commit)),
    ]
    lines = ["| | before | after |", "|---|---|---|", *(f"| {name} | {was} | {now} |" for name, was, now in rows)]
    return "\n".join(lines)


def _facts(story: Story) -> str:
    rows = []
    if link := compare_url(story):
        rows.append(("Changes", f"[commits between the two images]({link})"))
    if story.pull_number:
        rows.append(("Pull request", f"{story.server_url}/{story.repository}/pull/{story.pull_number}"))
    rows += [("Hub check", code(story.hub))] if story.hub else []
    rows += [("Image tests", code(story.tests))] if story.tests else []
    return table(rows) if rows else ""


def _places(files: Sequence[ChangedFile], notes: Sequence[str]) -> str:
    lines = [
        f"- {code(f'{file.path}:{change.line}')} {code(change.old)} → {code(change.new)}"
        for file in files
        for change in file.changes
    ]
    more = len(lines) - MAX_LISTED
    listed = lines[:MAX_LISTED] + ([f"- and {more} more"] if more > 0 else [])
    return "\n\n".join(part for part in ("What changes:\n\n" + "\n".join(listed), _list(notes)) if part)


def _list(notes: Sequence[str]) -> str:
    return "\n".join(f"> {code(note)}\n>" for note in notes[:MAX_LISTED]).rstrip(">\n")


def _commit(story: Story, commit: str) -> str:
    if not _is_commit(commit):
        return "?"
    return f"[{code(commit[:12])}]({story.server_url}/{story.repository}/commit/{commit})"


def _is_commit(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{12,64}", text) is not None


def _tag_of(reference: str) -> str:
    name, _, _ = reference.partition("@")
    last = name.rpartition("/")[2]
    return last.partition(":")[2] or "none"


def _or_unknown(text: str) -> str:
    return code(text) if text else "?"


def _size(size: int | None) -> str:
    return format_bytes(size) if size else "?"


def _difference(old: int | None, new: int | None) -> str:
    if not old or not new or old == new:
        return ""
    return f" ({'+' if new > old else '-'}{format_bytes(abs(new - old))})"


def _link_text(repository: str) -> str:
    return re.sub(r"[^A-Za-z0-9._/-]", "", repository)
