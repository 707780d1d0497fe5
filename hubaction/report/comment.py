"""The comment on a pull request: one body, made of sections that different steps keep up to date.

Pure text: `comment_on_github.py` writes it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hubaction.markdown import cut

MARKER = "<!-- hub-image-action -->"
"""First line of the body, invisible on the page. Later runs find the comment by it."""
MAX_BODY_LENGTH = 65_536
"""Characters; GitHub refuses a longer body. https://docs.github.com/en/rest/issues/comments"""
_SECTION = re.compile(
    r"<!-- hub-image-action:section (?P<key>[a-z0-9./:_-]{1,300}) run=(?P<run>\d{1,20})\.(?P<attempt>\d{1,6}) -->\n"
    r"(?P<markdown>.*?)\n?<!-- /hub-image-action:section -->",
    re.DOTALL,
)


@dataclass(frozen=True, order=True)
class RunNumber:
    """Orders runs: GitHub's run ids grow over all workflows of a repository, attempts within a run."""

    run: int
    attempt: int


@dataclass(frozen=True)
class Section:
    """A part of the comment that one kind of step owns. `key` matches `[a-z0-9./:_-]+`."""

    key: str
    run: RunNumber
    markdown: str
    family: bool = False
    """Whether it also replaces sections whose keys start with its own key and a colon."""


def is_ours(body: str) -> bool:
    return body.lstrip().startswith(MARKER)


def parse_body(body: str) -> tuple[Section, ...]:
    """Return the sections of a comment; text between them is dropped."""
    text = body.replace("\r\n", "\n")
    return tuple(
        Section(match["key"], RunNumber(int(match["run"]), int(match["attempt"])), match["markdown"])
        for match in _SECTION.finditer(text)
    )


def merge_sections(*sources: Iterable[Section]) -> tuple[Section, ...]:
    """Return one section per key: that of the newest run, or the first of equals."""
    newest: dict[str, Section] = {}
    for source in sources:
        for section in source:
            known = newest.get(section.key)
            if known is None or section.run > known.run:
                newest[section.key] = section
    replaced = {
        section.key
        for family in newest.values()
        for section in newest.values()
        if family.family and section.key.startswith(f"{family.key}:") and section.run <= family.run
    }
    return tuple(sorted((newest[key] for key in newest.keys() - replaced), key=_reading_order))


def _reading_order(section: Section) -> tuple[bool, str]:
    return section.key != "badge", section.key


def render_body(sections: Sequence[Section], *, limit: int = MAX_BODY_LENGTH) -> str:
    """Return the body, at most `limit` characters long.

    The longest sections are cut at the end of a line. If there are too many, the oldest are left out.
    """
    while (room := limit - len(_join([_replace(section, "") for section in sections]))) < 0:
        oldest = min(sections, key=lambda section: (section.key == "badge", section.run))
        sections = [section for section in sections if section is not oldest]
    longest = _share_room([len(section.markdown) for section in sections], room)
    return _join([_replace(section, cut(section.markdown, longest)) for section in sections])


def _share_room(lengths: Sequence[int], room: int) -> int:
    """Return the maximum length of a section so that all fit; short sections leave their share to others."""
    allowed = room
    left = sorted(lengths)
    for position, length in enumerate(left):
        allowed = room // (len(left) - position)
        if length > allowed:
            return max(allowed, 0)
        room -= length
    return max(allowed, max(lengths, default=0))


def _replace(section: Section, markdown: str) -> Section:
    return Section(section.key, section.run, markdown)


def _join(sections: Sequence[Section]) -> str:
    return "\n\n".join([MARKER, *map(_render_section, sections)]) + "\n"


def _render_section(section: Section) -> str:
    run = f"run={section.run.run}.{section.run.attempt}"
    return (
        f"<!-- hub-image-action:section {section.key} {run} -->\n{section.markdown}\n<!-- /hub-image-action:section -->"
    )
