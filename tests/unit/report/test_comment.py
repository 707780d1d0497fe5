"""The comment's body: what is written is read again, the newest section wins, and it fits."""

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.markdown import CUT_NOTE, cut
from hubaction.report.comment import (
    MARKER,
    MAX_BODY_LENGTH,
    RunNumber,
    Section,
    is_ours,
    merge_sections,
    parse_body,
    render_body,
)

KEYS = st.text(string.ascii_lowercase + string.digits + "./:_-", min_size=1, max_size=40)
RUNS = st.builds(RunNumber, st.integers(0, 10**19), st.integers(0, 10**5))
# Sections are made of our own sentences and code spans, in which neither marks nor carriage returns survive.
MARKDOWNS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r<")) | st.text("`a\n ", max_size=30)
SECTIONS = st.builds(Section, KEYS, RUNS, MARKDOWNS)
LISTS = st.lists(SECTIONS, max_size=6, unique_by=lambda section: section.key)
LINES = st.lists(st.sampled_from(["```", "```yaml", "text", "", "a longer line of text", "é😀"]), max_size=60)


def section(key: str = "badge", markdown: str = "text", *, run: int = 1, attempt: int = 1) -> Section:
    return Section(key, RunNumber(run, attempt), markdown)


# --- writing and reading ---


@given(LISTS)
def test_parse_body__reads_what_was_rendered(sections: list[Section]) -> None:
    body = render_body(sections)
    assert is_ours(body)
    assert list(parse_body(body)) == sections


@given(LISTS)
def test_parse_body__reads_other_line_ends(sections: list[Section]) -> None:
    assert list(parse_body(render_body(sections).replace("\n", "\r\n"))) == sections


@given(LISTS)
def test_render_body__is_stable(sections: list[Section]) -> None:
    body = render_body(sections)
    assert render_body(parse_body(body)) == body


@given(st.text())
def test_parse_body__of_any_text(body: str) -> None:
    assert isinstance(parse_body(body), tuple)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        MARKER,
        f"{MARKER}\n<!-- hub-image-action:section badge run=1.1 -->\nnever closed",
        f"{MARKER}\n<!-- hub-image-action:section Badge run=1.1 -->\nx\n<!-- /hub-image-action:section -->",
        f"{MARKER}\n<!-- hub-image-action:section badge run=x.1 -->\nx\n<!-- /hub-image-action:section -->",
        f"{MARKER}\n<!-- hub-image-action:section badge -->\nx\n<!-- /hub-image-action:section -->",
    ],
)
def test_parse_body__without_sections(body: str) -> None:
    assert parse_body(body) == ()


@pytest.mark.parametrize(
    ("body", "ours"), [(MARKER, True), (f"\n {MARKER}\nx", True), (f"> {MARKER}", False), (f"x {MARKER}", False)]
)
def test_is_ours__only_when_the_mark_comes_first(body: str, ours: bool) -> None:
    assert is_ours(body) is ours


# --- merging ---


@given(st.lists(LISTS, max_size=4), st.randoms(use_true_random=False))
def test_merge_sections__newest_run_wins_in_any_order(sources: list[list[Section]], chance: object) -> None:
    merged = merge_sections(*sources)
    every = list(itertools.chain(*sources))
    assert {each.key for each in merged} == {each.key for each in every}
    for each in merged:
        assert each in every
        assert each.run == max(other.run for other in every if other.key == each.key)


@given(st.lists(SECTIONS, max_size=8, unique_by=lambda each: (each.key, each.run)), st.data())
def test_merge_sections__does_not_depend_on_the_order(sections: list[Section], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(sections))
    at = data.draw(st.integers(0, len(shuffled)))
    assert merge_sections(shuffled[:at], shuffled[at:]) == merge_sections(sections)


def test_merge_sections__first_among_equals() -> None:
    assert merge_sections([section(markdown="new")], [section(markdown="old")]) == (section(markdown="new"),)


@pytest.mark.parametrize("older", [section(run=1, attempt=9), section(run=2, attempt=1)])
def test_merge_sections__older_run_never_wins(older: Section) -> None:
    newer = section(markdown="newer", run=2, attempt=2)
    assert merge_sections([older], [newer]) == merge_sections([newer], [older]) == (newer,)


def test_merge_sections__badge_comes_first() -> None:
    merged = merge_sections([section("a"), section("image:x")], [section("badge")])
    assert [each.key for each in merged] == ["badge", "a", "image:x"]


# --- length ---


@given(LISTS, st.integers(0, 3000))
def test_render_body__is_never_longer_than_the_limit(sections: list[Section], room: int) -> None:
    limit = len(render_body([Section(each.key, each.run, "") for each in sections])) + room
    assert len(render_body(sections, limit=limit)) <= limit


@given(st.lists(st.integers(0, 90_000), max_size=5))
def test_render_body__is_never_longer_than_github_takes(lengths: list[int]) -> None:
    sections = [section(f"image:{number}", "line of text\n" * (length // 13)) for number, length in enumerate(lengths)]
    body = render_body(sections)
    assert len(body) <= MAX_BODY_LENGTH
    assert [each.key for each in parse_body(body)] == [each.key for each in sections]
    # Only what had to be cut was cut, and it says so.
    for before, after in zip(sections, parse_body(body), strict=True):
        assert after.markdown == before.markdown or after.markdown.endswith(CUT_NOTE)
    if sum(map(len, (each.markdown for each in sections))) < MAX_BODY_LENGTH - 2000:
        assert list(parse_body(body)) == sections


def test_render_body__short_sections_stay_whole() -> None:
    badge = section("badge", "short")
    body = render_body([badge, section("image:a", "long line\n" * 9000), section("image:b", "long line\n" * 9000)])
    parsed = parse_body(body)
    assert parsed[0] == badge
    assert abs(len(parsed[1].markdown) - len(parsed[2].markdown)) < 50
    assert len(body) > MAX_BODY_LENGTH - 200


@given(LINES, st.integers(150, 900))
def test_cut__ends_at_a_line_with_fences_closed(lines: list[str], length: int) -> None:
    markdown = "\n".join(lines)
    shortened = cut(markdown, length)
    assert len(shortened) <= length
    if len(markdown) <= length:
        assert shortened == markdown
        return
    kept = shortened.removesuffix(CUT_NOTE).splitlines()
    assert shortened.endswith(CUT_NOTE)
    is_open = False
    for line in kept:
        # Within a fence, one with a language does not close it.
        is_open = line != "```" if is_open else line.startswith("```")
    assert not is_open
    whole = kept if kept == lines[: len(kept)] else kept[:-1]
    assert whole == lines[: len(whole)]
    assert kept[len(whole) :] in ([], ["```"])


@given(st.text(), st.integers(-5, 200))
def test_cut__is_never_longer(markdown: str, length: int) -> None:
    assert len(cut(markdown, length)) <= max(length, 0)


def test_cut__ends_a_block_whose_marks_are_longer() -> None:
    """Those of a block with marks in it: what follows would be code."""
    shortened = cut("````diff\n```\n" + "+ a line\n" * 100 + "````\n", 300)
    assert shortened.endswith("\n````" + CUT_NOTE)
    assert len(shortened) <= 300
