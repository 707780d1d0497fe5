"""The job summary."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.markdown import format_bytes
from hubaction.report.summary import Outcome, render_summary
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to

NAME = ImageName("quay.io", "org/image")
DIGEST = "sha256:" + "a" * 64
REFERENCES = (Reference(NAME, "latest"), Reference(NAME, "v1"))
PLAN = replace(
    make_build_plan(make_settings(LOGIN), push_to(), datetime(2026, 3, 1, tzinfo=UTC)),
    references=REFERENCES,
    image=REFERENCES[1],
)


def pushed(size: int | None = 123_456_789) -> list[PushedReference]:
    return [PushedReference(reference, DIGEST, size) for reference in REFERENCES]


def test_render_summary__pushed() -> None:
    outcome = Outcome(
        PLAN,
        tests="3 passed in 0.12s",
        pushed=pushed(),
        steps=5,
        cached_steps=4,
        image_bytes=1_500_000_000,
        seconds={"build": 61.04, "push": 3.0},
    )
    text = render_summary(outcome)
    assert text.startswith("### ✅ User image `quay.io/org/image:v1`: built, tested and pushed")
    for expected in (
        "quay.io/org/image:latest\nquay.io/org/image:v1\n",
        f"quay.io/org/image@{DIGEST}\n",
        "| Image tests | `3 passed in 0.12s` |",
        "| Download size | 123.5 MB |",
        "| Size on the hub's disk | 1.50 GB |",
        "| Cached steps | 4 of 5 |",
        "| Time to build | 61.0 s |",
        "| Time to push | 3.0 s |",
    ):
        assert expected in text


def test_render_summary__says_how_to_try_a_pull_request() -> None:
    assert "\n\n**Try it**\n\n" in render_summary(Outcome(PLAN, pushed=pushed()), "**Try it**")


def test_render_summary__hub_configuration_is_yaml_with_the_lasting_tag() -> None:
    text = render_summary(Outcome(PLAN, pushed=pushed()))
    block = text.partition("```yaml\n")[2].partition("```")[0]
    assert yaml.safe_load(block) == {"singleuser": {"image": {"name": "quay.io/org/image", "tag": "v1"}}}


@pytest.mark.parametrize("tag", ["1.10", "20260301", "0123", "true", "null", "1e3"])
def test_render_summary__tags_stay_text_in_the_hub_configuration(tag: str) -> None:
    outcome = Outcome(PLAN, pushed=[PushedReference(Reference(NAME, tag), DIGEST, None)])
    block = render_summary(outcome).partition("```yaml\n")[2].partition("```")[0]
    assert yaml.safe_load(block)["singleuser"]["image"]["tag"] == tag


@pytest.mark.parametrize(
    ("tests", "is_pushed", "expected"),
    [
        ("1 passed", True, "built, tested and pushed"),
        (None, True, "built and pushed"),
        ("1 passed", False, "built and tested"),
        (None, False, "built"),
    ],
)
def test_render_summary__headline(tests: str | None, is_pushed: bool, expected: str) -> None:
    outcome = Outcome(PLAN, tests=tests, pushed=pushed() if is_pushed else [])
    assert render_summary(outcome).splitlines()[0].endswith(f": {expected}")


def test_render_summary__not_pushed() -> None:
    text = render_summary(Outcome(replace(PLAN, notices=("There is no <password>.",)), tests="1 passed"))
    assert "Nothing was pushed. It would be: `quay.io/org/image:latest`, `quay.io/org/image:v1`" in text
    assert "> `There is no <password>.`" in text
    assert "singleuser" not in text


def test_render_summary__failure() -> None:
    text = render_summary(Outcome(PLAN, failure="The build failed.\nIn `step` <b>1</b>."))
    assert text.startswith("### ❌ User image `quay.io/org/image:v1`: not published")
    assert "``The build failed. In `step` <b>1</b>.``" in text
    assert "Nothing was pushed" not in text


def test_render_summary__what_was_pushed_before_a_failure_is_listed() -> None:
    text = render_summary(Outcome(PLAN, pushed=pushed()[:1], failure="The second failed."))
    assert text.startswith("### ❌ User image `quay.io/org/image:v1`: pushed, and then the run failed")
    assert "not published" not in text
    assert "quay.io/org/image:latest" in text


@given(st.text())
def test_render_summary__tests_of_others_stay_in_their_cell(text: str) -> None:
    rows = [row for row in render_summary(Outcome(PLAN, tests=text, hub=text)).split("\n") if row.startswith("|")]
    assert len(rows) == 4
    assert all(row.replace("\\|", "").count("|") == 3 for row in rows)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0.0 MB"),
        (1_550_000, "1.6 MB"),
        (999_900_000, "999.9 MB"),
        (1_000_000_000, "1.00 GB"),
        (12_345 * 10**6, "12.35 GB"),
    ],
)
def test_format_bytes__units(size: int, expected: str) -> None:
    assert format_bytes(size) == expected


def test_render_summary__an_earlier_image_again() -> None:
    outcome = Outcome(PLAN, pushed=pushed(), same_as=Reference(NAME, "abc"), compared="Nothing has changed.")
    text = render_summary(outcome)
    assert text.startswith("### ✅ User image `quay.io/org/image:v1`: unchanged, the same as `quay.io/org/image:abc`")
    assert "| Compared | `Nothing has changed.` |" in text


def test_render_summary__files_that_are_left_out() -> None:
    text = render_summary(Outcome(PLAN, left_out=tuple(f"gha-creds-{number}.json" for number in range(7))))
    assert "| Left out for secrets | `gha-creds-0.json`, `gha-creds-1.json`, " in text
    assert "`gha-creds-4.json` and 2 more |" in text
