"""What people read about a rollout."""

from dataclasses import replace

import pytest

from hubaction.results import Change, ChangedFile, ImageFacts
from hubaction.rollout.hub.texts import (
    MAX_LENGTH,
    Story,
    compare_url,
    fence,
    render_body,
    render_by_hand,
    render_comment,
    render_summary,
)
from tests.github.pages import render

OLD = ImageFacts("quay.io/org/course:old", f"sha256:{'4' * 64}", 1_000_000_000, "4" * 40)
NEW = ImageFacts("quay.io/org/course:new", f"sha256:{'5' * 64}", 1_200_000_000, "5" * 40)
STORY = Story(
    NEW, OLD, "Org/Course", "https://github.com", "https://github.com/Org/Course/actions/runs/1", 7, "ready", "3 passed"
)
CHANGE = Change(4, "image", OLD.reference, NEW.reference)
FILE = ChangedFile("hubs/a.yaml", "", "", (CHANGE,))


def test_render_body__has_all_that_a_reviewer_asks() -> None:
    body = render_body(STORY, [FILE], ["hubs/b.yaml:1: left alone"])
    for part in (
        "| Tag | `old` | `new` |",
        f"| Digest | `{OLD.digest}` | `{NEW.digest}` |",
        "| Download size | 1.00 GB | 1.20 GB (+200.0 MB) |",
        f"https://github.com/Org/Course/compare/{'4' * 40}...{'5' * 40}",
        "https://github.com/Org/Course/pull/7",
        "| Hub check | `ready` |",
        "| Image tests | `3 passed` |",
        "- `hubs/a.yaml:4` `quay.io/org/course:old` → `quay.io/org/course:new`",
        "> `hubs/b.yaml:1: left alone`",
    ):
        assert part in body


def test_render_body__with_little_known() -> None:
    body = render_body(replace(STORY, old=None, pull_number=None, hub="", tests=""), [FILE], [])
    assert "| Tag | ? | `new` |" in body
    assert "Changes" not in body


@pytest.mark.parametrize(
    ("old", "new"), [("", "5" * 40), ("5" * 40, "5" * 40), ("main", "5" * 40), ("4" * 40, "../x"), ("4" * 40, "")]
)
def test_compare_url__needs_two_commits(old: str, new: str) -> None:
    assert compare_url(replace(STORY, old=replace(OLD, commit=old), image=replace(NEW, commit=new))) == ""


HOSTILE = "`</code><img src=x onerror=alert(1)> @everyone <!-- /hub-image-action:rollout --> | [x](javascript:a) ```"


def test_texts__show_what_is_hostile_and_no_more() -> None:
    """Files, and what builds and tests print, are others' words."""
    story = replace(STORY, hub=HOSTILE, tests=HOSTILE, old=replace(OLD, reference=HOSTILE))
    file = replace(FILE, path=HOSTILE, changes=(replace(CHANGE, old=HOSTILE),))
    diff = f"```\n{HOSTILE}\n"
    texts = (
        render_body(story, [file], [HOSTILE]),
        render_comment(story, diff),
        render_summary("Done.", "https://example.org", diff, [HOSTILE]),
        render_by_hand(story, "Org/Hub", [HOSTILE], diff, "why", [HOSTILE]),
        render_by_hand(story, "Org/Hub", [HOSTILE], "", "why"),
    )
    for text in texts:
        page = render(text)
        assert "<img" not in page
        assert "javascript:" not in page.replace("[x](javascript:a)", "")
    assert "<!-- /hub-image-action:rollout -->" not in texts[0]


def test_render_body__is_never_too_long() -> None:
    files = [replace(FILE, path=f"{number}-{'x' * 2000}", changes=(CHANGE,) * 10) for number in range(100)]
    assert len(render_body(STORY, files, ["y" * 3000] * 60)) <= MAX_LENGTH
    assert len(render_comment(STORY, "z\n" * MAX_LENGTH)) <= MAX_LENGTH


def test_render_by_hand__without_the_files() -> None:
    text = render_by_hand(STORY, "Org/Hub", ["hubs/*.yaml: image"], "", "there is no token.")
    assert "change `Org/Hub` by hand: there is no token." in text
    assert "Give the image its new tag, `new`, here:\n\n- `hubs/*.yaml: image`" in text


def test_fence__outlasts_what_is_in_it() -> None:
    assert fence("a\n````\nb\n", "diff") == "`````diff\na\n````\nb\n`````"
