"""What the sections say, and that hostile names in them stay text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.decide.comment import Badge
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.comment import RunNumber, Section, merge_sections, parse_body, render_body
from hubaction.report.result_file import ImageResult
from hubaction.report.sections import (
    badge_section,
    binder_image_section,
    cleanup_section,
    gone_branch_section,
    image_section,
)
from hubaction.results import Cleaned, CleanedTag
from tests.github.pages import render
from tests.unit.test_markdown import TEXTS, Elements

RUN = RunNumber(4711, 2)
SHA = "fedcba9876543210fedcba9876543210fedcba98"
NAME = ImageName("quay.io", "org/course")
DIGEST = f"sha256:{'5' * 64}"
LAUNCH_URL = f"https://mybinder.org/v2/gh/Org/Course/{SHA}"
BADGE_URL = "https://mybinder.org/badge_logo.svg"
RUN_URL = "https://github.com/Org/Course/actions/runs/4711"


def make_badge(badge: Badge) -> Section:
    return badge_section(badge, RUN, launch_url=LAUNCH_URL, badge_url=BADGE_URL, commit=SHA)


def make_image(result: ImageResult) -> Section:
    return image_section(result, RUN, commit=SHA, run_url=RUN_URL)


# --- the badge ---


def test_badge_section__of_a_commit() -> None:
    section = make_badge(Badge("", "https://mybinder.org", "Org/Course", SHA))
    assert (section.key, section.run) == ("badge", RUN)
    assert section.markdown == (
        f"[![Launch on Binder]({BADGE_URL})]({LAUNCH_URL})\n\n"
        "Try this pull request at commit `fedcba987654` on Binder, built from source."
    )


def test_badge_section__of_a_branch() -> None:
    section = make_badge(Badge("", "https://mybinder.org", "Org/Course", "topic"))
    assert section.markdown.endswith("Try this pull request at `topic` on Binder, built from source.")


def test_badge_section__of_content_elsewhere() -> None:
    badge = Badge("", "https://mybinder.org", "Org/Env", "HEAD", content_url="https://x/y", content_branch="topic")
    assert make_badge(badge).markdown.endswith(
        "Try the content of `topic` in the environment of `Org/Env` on Binder, built from source."
    )


def test_badge_section__with_a_reason_has_no_link() -> None:
    section = make_badge(Badge(reason="the repository is private"))
    assert section.markdown == "Binder cannot build this pull request: the repository is private."


@given(TEXTS, TEXTS)
def test_badge_section__with_hostile_names(repository: str, branch: str) -> None:
    for badge in (
        Badge("", "https://mybinder.org", repository, branch),
        Badge("", "https://mybinder.org", repository, "HEAD", content_url="https://x/y", content_branch=branch),
    ):
        page = Elements(render(make_badge(badge).markdown))
        assert [tag for tag in page.tags if tag != "code"] == ["p", "a", "img", "p"]
        assert page.outside.split()[0] == "Try"


# --- the very image on Binder ---

PREVIEW = PushedReference(Reference(NAME, "pr-7-fedcba987654"), DIGEST, 5)


def make_binder_image(result: ImageResult) -> Section:
    return binder_image_section(result, RUN, launch_url=LAUNCH_URL, badge_url=BADGE_URL, commit=SHA)


def test_binder_image_section__of_what_was_pushed() -> None:
    section = make_binder_image(ImageResult(NAME, pushed=(PREVIEW,), binder_branch="binder-pr-7"))
    assert (section.key, section.run) == ("binder-image", RUN)
    assert section.markdown == (
        f"[![Launch this image on Binder]({BADGE_URL})]({LAUNCH_URL})\n\nTry this image on Binder:"
        " `quay.io/org/course:pr-7-fedcba987654`, as it was built at commit `fedcba987654`."
    )


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (ImageResult(NAME, pushed=(PREVIEW,), binder_obstacle="private image"), "private image"),
        (ImageResult(NAME, binder_branch="binder-pr-7"), "there is none in a registry"),
        (ImageResult(NAME, binder_obstacle="](x) @all"), "](x) @all"),
    ],
)
def test_binder_image_section__with_a_reason_has_no_link(result: ImageResult, reason: str) -> None:
    markdown = make_binder_image(result).markdown
    assert markdown == f"Binder does not start this image: `{reason}`."


def test_gone_branch_section__takes_the_place_of_the_badge() -> None:
    gone = gone_branch_section(RunNumber(4712, 1))
    assert gone.key == make_binder_image(ImageResult(NAME)).key
    assert "](" not in gone.markdown


# --- previews that were deleted ---


def test_cleanup_section__all_deleted() -> None:
    cleaned = Cleaned(NAME, (CleanedTag(PREVIEW.reference),))
    section = cleanup_section(cleaned, RUN, run_url=RUN_URL)
    assert section.markdown == (
        "🧹 The preview of this pull request in `quay.io/org/course` is gone: the pull request was closed.\n\n"
        "- `pr-7-fedcba987654` was deleted\n\n"
        f"[Log of the run]({RUN_URL})"
    )


def test_cleanup_section__what_stays_is_told_as_text() -> None:
    hostile = "403 DENIED: ](https://evil.example) @everybody <img src=x>"
    tags = (CleanedTag(PREVIEW.reference), CleanedTag(Reference(NAME, "pr-7-0123456789ab"), "the same image is latest"))
    markdown = cleanup_section(Cleaned(NAME, tags, hostile), RUN, run_url=RUN_URL).markdown
    assert "not all of its previews in `quay.io/org/course` are gone" in markdown
    assert "- `pr-7-0123456789ab` stays: `the same image is latest`" in markdown
    page = Elements(render(markdown))
    assert "img" not in page.tags
    assert "everybody" not in page.outside


@pytest.mark.parametrize(("platform", "variant"), [("", ""), ("linux/arm64", ""), ("", "0123abcd")])
def test_cleanup_section__takes_the_place_of_all_that_was_said_of_the_image(platform: str, variant: str) -> None:
    """The links of a build are dead now, whichever job of a matrix it was."""
    built = make_image(ImageResult(NAME, platform, (PREVIEW,), variant=variant))
    other = make_image(ImageResult(ImageName("quay.io", "org/course-more"), platform, (PREVIEW,), variant=variant))
    gone = cleanup_section(Cleaned(NAME, (CleanedTag(PREVIEW.reference),)), RunNumber(4712, 1), run_url=RUN_URL)
    assert set(merge_sections([gone], [built, other])) == {gone, other}
    newer = Section(built.key, RunNumber(4713, 1), "built again")
    assert newer in merge_sections([gone], [newer])


# --- the image ---


@pytest.mark.parametrize(
    ("result", "headline"),
    [
        (ImageResult(NAME), "✅ The image `quay.io/org/course` was built at commit `fedcba987654`, and not pushed."),
        (
            ImageResult(NAME, tests="3 passed"),
            "✅ The image `quay.io/org/course` was built and tested at commit `fedcba987654`, and not pushed.",
        ),
        (
            ImageResult(NAME, same_as=Reference(NAME, "latest")),
            "✅ The image `quay.io/org/course` at commit `fedcba987654` is the same as `quay.io/org/course:latest`:"
            " nothing was built.",
        ),
        (
            ImageResult(
                NAME,
                same_as=Reference(NAME, "latest"),
                pushed=(PushedReference(Reference(NAME, "x"), DIGEST, None),),
            ),
            "✅ The image `quay.io/org/course` at commit `fedcba987654` is the same as `quay.io/org/course:latest`:"
            " nothing was built, and it was tagged:",
        ),
        (
            ImageResult(NAME, pushed=(PushedReference(Reference(NAME, "x"), DIGEST, None),)),
            "✅ The image `quay.io/org/course` was built at commit `fedcba987654`, and pushed:",
        ),
        (
            ImageResult(NAME, failure="The disk\nis `full`."),
            "❌ The image `quay.io/org/course` at commit `fedcba987654` failed: ``The disk is `full`.``",
        ),
    ],
)
def test_image_section__headline(result: ImageResult, headline: str) -> None:
    assert make_image(result).markdown.splitlines()[0] == headline


def test_image_section__says_everything() -> None:
    pushed = tuple(PushedReference(Reference(NAME, tag), DIGEST, 123_456_789) for tag in ("pr-7", "latest"))
    seconds = {"check": 0.4, "build": 61.0, "test": 4.0, "push": 9.6}
    section = make_image(ImageResult(NAME, "", pushed, "3 passed in 0.42s", 9, 7, seconds, hub="ready in 2.1 s"))
    assert section.markdown.splitlines()[1:] == [
        "",
        f"- `quay.io/org/course:pr-7@{DIGEST}`",
        f"- `quay.io/org/course:latest@{DIGEST}`",
        "",
        "| | |",
        "|---|---|",
        "| Image tests | `3 passed in 0.42s` |",
        "| Hub check | `ready in 2.1 s` |",
        "| Download size | 123.5 MB |",
        "| Cached steps | 7 of 9 |",
        "| Time | check 0 s, build 61 s, test 4 s, push 10 s |",
        "",
        f"[Log of the run]({RUN_URL})",
    ]


def test_image_section__names_what_failed() -> None:
    result = ImageResult(NAME, tests="1 failed", failing=("test_a.py: `x` <b>",), failure="The image tests failed.")
    assert "\n- ``test_a.py: `x` <b>``\n" in make_image(result).markdown


def test_image_section__names_what_is_not_in_the_image() -> None:
    markdown = make_image(ImageResult(NAME, left_out=(".netrc", "a|b.json"))).markdown
    assert "| Left out for secrets | `.netrc`, `a\\|b.json` |" in markdown


def test_image_section__leaves_out_what_is_unknown() -> None:
    markdown = make_image(ImageResult(NAME, pushed=(PushedReference(Reference(NAME, "x"), DIGEST, None),))).markdown
    assert "| Image tests | none |" in markdown
    for missing in ("size", "Cached", "Time", "Left out"):
        assert missing not in markdown


def test_image_section__has_a_key_for_each_image_and_platform() -> None:
    keys = {
        make_image(ImageResult(name, platform)).key
        for name in (NAME, ImageName("quay.io", "org/other"), ImageName("localhost:5000", "org/course"))
        for platform in ("", "linux/amd64", "linux/arm64")
    }
    assert len(keys) == 9
    assert all(re.fullmatch(r"[a-z0-9./:_-]{1,300}", key) for key in keys)


@given(st.builds(ImageName, st.text(max_size=200), st.text(max_size=300)), TEXTS, TEXTS)
def test_image_section__with_hostile_texts(name: ImageName, tests: str, failure: str) -> None:
    section = make_image(
        ImageResult(name, tests=tests, failure=failure, failing=(tests, failure), left_out=(tests, failure))
    )
    assert parse_body(render_body([section])) == (section,)
    page = Elements(render(section.markdown))
    assert set(page.tags) <= {"p", "code", "table", "thead", "tbody", "tr", "th", "td", "a", "ul", "li"}
    assert page.tags.count("a") == 1
    assert page.outside.split()[0] in {"✅", "❌"}
