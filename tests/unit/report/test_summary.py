"""The job summary."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubaction.decide.plan import BuildPlan
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.markdown import format_bytes
from hubaction.report.report import Report
from hubaction.report.summary import render_summary
from hubaction.results import (
    Built,
    CaseOutcome,
    CaseResult,
    Compared,
    Failed,
    HubCheckFailed,
    LeftOut,
    Noticed,
    OtherRepo2docker,
    Published,
    Reused,
    Tested,
)
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to

NAME = ImageName("quay.io", "org/image")
DIGEST = "sha256:" + "a" * 64
REFERENCES = (Reference(NAME, "latest"), Reference(NAME, "v1"))
PLAN = replace(
    make_build_plan(make_settings(LOGIN), push_to(), datetime(2026, 3, 1, tzinfo=UTC)),
    references=REFERENCES,
    image=REFERENCES[1],
)


def pushed(size: int | None = 123_456_789) -> tuple[PushedReference, ...]:
    return tuple(PushedReference(reference, DIGEST, size) for reference in REFERENCES)


def tested(count: int) -> Tested:
    return Tested(tuple(CaseResult(f"test_{number}", CaseOutcome.PASSED, 0.1) for number in range(count)))


def summary_of(*results: object, plan: BuildPlan = PLAN, trial: str = "", steps: Sequence[str] = ()) -> str:
    job = Job({}, Console(io.StringIO()))
    report = Report(job)
    for step in steps:
        with report.step(step):
            pass
    report.add(*results)
    return render_summary(plan, report, trial)


def test_render_summary__pushed() -> None:
    built = Built("sha256:1", 1_500_000_000, steps=5, cached_steps=4)
    text = summary_of(tested(3), built, Published(PLAN.image, pushed()), steps=["build", "push"])
    assert text.startswith("### ✅ User image `quay.io/org/image:v1`: built, tested and pushed")
    for expected in (
        "quay.io/org/image:latest\nquay.io/org/image:v1\n",
        f"quay.io/org/image@{DIGEST}\n",
        "| Image tests | `3 passed` |",
        "| Download size | 123.5 MB |",
        "| Size on the hub's disk | 1.50 GB |",
        "| Cached steps | 4 of 5 |",
        "| Time to build | 0.0 s |",
        "| Time to push | 0.0 s |",
    ):
        assert expected in text


def test_render_summary__says_how_to_try_a_pull_request() -> None:
    assert "\n\n**Try it**\n\n" in summary_of(Published(PLAN.image, pushed()), trial="**Try it**")


def test_render_summary__hub_configuration_is_yaml_with_the_lasting_tag() -> None:
    text = summary_of(Published(PLAN.image, pushed()))
    block = text.partition("```yaml\n")[2].partition("```")[0]
    assert yaml.safe_load(block) == {"singleuser": {"image": {"name": "quay.io/org/image", "tag": "v1"}}}


@pytest.mark.parametrize("tag", ["1.10", "20260301", "0123", "true", "null", "1e3"])
def test_render_summary__tags_stay_text_in_the_hub_configuration(tag: str) -> None:
    published = Published(PLAN.image, (PushedReference(Reference(NAME, tag), DIGEST, None),))
    block = summary_of(published).partition("```yaml\n")[2].partition("```")[0]
    assert yaml.safe_load(block)["singleuser"]["image"]["tag"] == tag


@pytest.mark.parametrize(
    ("is_tested", "is_pushed", "expected"),
    [
        (True, True, "built, tested and pushed"),
        (False, True, "built and pushed"),
        (True, False, "built and tested"),
        (False, False, "built"),
    ],
)
def test_render_summary__headline(is_tested: bool, is_pushed: bool, expected: str) -> None:
    results = [*([tested(1)] if is_tested else []), *([Published(PLAN.image, pushed())] if is_pushed else [])]
    assert summary_of(*results).splitlines()[0].endswith(f": {expected}")


def test_render_summary__not_pushed() -> None:
    text = summary_of(tested(1), Published(PLAN.image), plan=replace(PLAN, notices=("There is no <password>.",)))
    assert "Nothing was pushed. It would be: `quay.io/org/image:latest`, `quay.io/org/image:v1`" in text
    assert "> `There is no <password>.`" in text
    assert "singleuser" not in text


def test_render_summary__notices_of_the_steps_come_after_the_plans() -> None:
    text = summary_of(Noticed(("b",)), Noticed(("c", "d")), plan=replace(PLAN, notices=("a",)))
    assert text.endswith("> `a`\n\n> `b`\n\n> `c`\n\n> `d`")


def test_render_summary__failure() -> None:
    text = summary_of(Failed("The build failed.\nIn `step` <b>1</b>."))
    assert text.startswith("### ❌ User image `quay.io/org/image:v1`: not published")
    assert "``The build failed. In `step` <b>1</b>.``" in text
    assert "Nothing was pushed" not in text


def test_render_summary__tests_that_did_not_come_to_a_result() -> None:
    assert "| Image tests | `failed` |" in summary_of(Tested(), Failed("They hang."))


def test_render_summary__what_was_pushed_before_a_failure_is_listed() -> None:
    text = summary_of(Published(PLAN.image, pushed()[:1]), Failed("The second failed."))
    assert text.startswith("### ❌ User image `quay.io/org/image:v1`: pushed, and then the run failed")
    assert "not published" not in text
    assert "quay.io/org/image:latest" in text


@given(st.text())
def test_render_summary__texts_of_others_stay_in_their_cell(text: str) -> None:
    summary = summary_of(HubCheckFailed(text), OtherRepo2docker(text or "1"))
    rows = [row for row in summary.split("\n") if row.startswith("|")]
    assert len(rows) == 5
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
    reused = Reused(Reference(NAME, "abc"), tested=True, hub_checked=False)
    text = summary_of(Compared("Nothing has changed."), reused, Published(PLAN.image, pushed()))
    assert text.startswith("### ✅ User image `quay.io/org/image:v1`: unchanged, the same as `quay.io/org/image:abc`")
    assert "| Compared | `Nothing has changed.` |" in text
    assert "| Image tests | `passed when that image was built` |" in text
    assert "| Hub check | none |" in text


def test_render_summary__files_that_are_left_out() -> None:
    text = summary_of(LeftOut(tuple(f"gha-creds-{number}.json" for number in range(7))))
    assert "| Left out for secrets | `gha-creds-0.json`, `gha-creds-1.json`, " in text
    assert "`gha-creds-4.json` and 2 more |" in text
