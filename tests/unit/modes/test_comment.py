"""What comment mode makes of a plan: the badge's link, and what it believes of a result of others."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.decide.comment import Badge, CommentTarget
from hubaction.decide.mode import PlannedMode
from hubaction.decide.plan import CommentPlan
from hubaction.decide.try_on_hub import Content, HubTrial
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.inputs.read import read_settings
from hubaction.modes.comment import run_comment
from hubaction.report.comment import RunNumber
from hubaction.report.comment_sections import make_badge_section, make_image_section, make_sections
from hubaction.report.report import Report
from hubaction.report.result_file import ImageResult, write_result
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.report.test_links import BRANCHES, REPOSITORIES, launch, pull
from tests.unit.samples import make_settings

SHA = "fedcba9876543210fedcba9876543210fedcba98"
HUB = "https://mybinder.org"
ENVIRON = {"GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_REPOSITORY": "Org/Course"}
OURS = ImageName("quay.io", "org/course")
THEIRS = ImageName("evil.example", "org/course")
DIGEST = f"sha256:{'5' * 64}"


def make_target(badge: Badge | None = None, *, from_fork: bool = False) -> CommentTarget:
    return CommentTarget("Org/Course", 7, SHA, from_fork, badge, must=True)


def link_in(markdown: str) -> str:
    return markdown.partition(")](")[2].partition(")")[0]


# --- the badge ---


@given(REPOSITORIES, BRANCHES | st.just(SHA), st.sampled_from(["", "lab", "lab/tree/a b&c.ipynb", "rstudio"]))
def test_make_badge_section__links_to_the_commit(repository: str, ref: str, urlpath: str) -> None:
    section = make_badge_section(make_target(Badge("", HUB, repository, ref, urlpath)), ENVIRON)
    launched = launch(HUB, link_in(section.markdown))
    assert (launched.repository, launched.ref, launched.urlpath or "") == (repository, ref, urlpath)


@given(REPOSITORIES, BRANCHES)
def test_make_badge_section__links_to_content_elsewhere(repository: str, branch: str) -> None:
    content = f"https://github.com/{repository}"
    badge = Badge("", HUB, "Org/Env", "main", content_url=content, content_branch=branch)
    launched = launch(HUB, link_in(make_badge_section(make_target(badge), ENVIRON).markdown))
    assert (launched.repository, launched.ref) == ("Org/Env", "main")
    asked = pull(launched.urlpath or "")
    assert (asked["repo"], asked["branch"]) == (content, branch)


def test_make_badge_section__without_a_badge() -> None:
    section = make_badge_section(make_target(), ENVIRON)
    assert section.markdown == "Binder cannot build this pull request: no Binder was asked for."


@pytest.mark.parametrize(
    ("run", "attempt", "number"),
    [
        ("4711", "2", RunNumber(4711, 2)),
        ("", "", RunNumber(0, 0)),
        ("x", "-1", RunNumber(0, 0)),
        ("٣", "1", RunNumber(0, 1)),
        ("9" * 30, "1", RunNumber(0, 1)),
    ],
)
def test_make_badge_section__is_of_this_run(run: str, attempt: str, number: RunNumber) -> None:
    environ = {"GITHUB_RUN_ID": run, "GITHUB_RUN_ATTEMPT": attempt}
    assert make_badge_section(make_target(), environ).run == number


def test_make_image_section__links_to_the_log() -> None:
    on_server = {"GITHUB_SERVER_URL": "https://git.example"} | ENVIRON
    assert "(https://git.example/Org/Course/actions/runs/4711)" in section_of(on_server)
    assert "(https://github.com/Org/Course/actions/runs/4711)" in section_of(ENVIRON)


def section_of(environ: dict[str, str]) -> str:
    return make_image_section(ImageResult(OURS), make_target(), environ).markdown


# --- a result of others; without a token the text goes to the summary, and nothing is asked of anybody ---


def summary_of(folder: Path, result: ImageResult, *, from_fork: bool, images: Sequence[ImageName] = (OURS,)) -> str:
    (folder / "result.json").write_text(write_result(result), encoding="utf-8")
    environ = ENVIRON | {
        "INPUT_IMAGE-NAME": "\n".join(map(str, images)),
        "INPUT_RESULT-FILE": "result.json",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    job = Job(environ | {"GITHUB_WORKSPACE": str(folder)}, Console(io.StringIO()))
    run_comment(
        CommentPlan(
            mode=PlannedMode.COMMENT,
            reason="",
            comment=make_target(Badge("", HUB, "Org/Course", SHA), from_fork=from_fork),
        ),
        read_settings(environ),
        job,
        Report(job),
    )
    return (folder / "summary").read_text(encoding="utf-8")


def pushed(name: ImageName) -> PushedReference:
    return PushedReference(Reference(name, "pr-7"), DIGEST, None)


def test_run_comment__shows_what_our_runs_pushed(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, ImageResult(OURS, pushed=(pushed(OURS), pushed(THEIRS))), from_fork=False)
    assert f"`quay.io/org/course:pr-7@{DIGEST}`" in summary
    assert "evil" not in summary


def test_run_comment__shows_no_reference_of_a_fork(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, ImageResult(OURS, pushed=(pushed(OURS), pushed(THEIRS))), from_fork=True)
    assert DIGEST not in summary
    assert "and not pushed" in summary


@pytest.mark.parametrize("from_fork", [False, True])
def test_run_comment__names_no_image_but_ours(tmp_path: Path, from_fork: bool) -> None:
    other = replace(OURS, path="org/other")
    summary = summary_of(tmp_path, ImageResult(THEIRS, tests="1 passed"), from_fork=from_fork, images=[OURS, other])
    assert "The image `quay.io/org/course` was built and tested" in summary
    assert "evil" not in summary


def test_run_comment__shows_the_very_image_beside_what_binder_builds(tmp_path: Path) -> None:
    result = ImageResult(OURS, pushed=(pushed(OURS),), binder_branch="binder-pr-7")
    summary = summary_of(tmp_path, result, from_fork=False)
    assert "on Binder, built from source." in summary
    assert "](https://mybinder.org/v2/gh/Org/Course/binder-pr-7)\n\nTry this image on Binder" in summary


@pytest.mark.parametrize(
    ("result", "from_fork"),
    [
        pytest.param(ImageResult(OURS, pushed=(pushed(OURS),), binder_branch="main"), True, id="a fork's word"),
        pytest.param(ImageResult(OURS, binder_branch="main"), False, id="nothing was pushed"),
        pytest.param(ImageResult(THEIRS, pushed=(pushed(THEIRS),), binder_branch="main"), False, id="not our image"),
    ],
)
def test_run_comment__leads_binder_to_no_branch_of_others(tmp_path: Path, result: ImageResult, from_fork: bool) -> None:
    summary = summary_of(tmp_path, result, from_fork=from_fork)
    assert "this image" not in summary
    assert "/main" not in summary


# --- the hub ---

TRIAL = HubTrial(SHA, "https://hub.example.edu", "custom", "image")
CONTENT = Content("https://github.com/Org/Course", "topic", "01.ipynb", "pr-7-Course")
OF_COMMIT = PushedReference(Reference(OURS, f"pr-7-{SHA[:12]}"), DIGEST, None)


def test_make_image_section__leads_to_the_hub() -> None:
    result = ImageResult(OURS, pushed=(OF_COMMIT,))
    text = make_image_section(result, make_target(), ENVIRON, TRIAL).markdown
    assert "](https://hub.example.edu/hub/login?next=/hub/spawn%23fancy-forms-config%3D" in text
    assert "hub.example.edu" not in make_image_section(result, make_target(), ENVIRON).markdown


@pytest.mark.parametrize("result", [ImageResult(OURS), ImageResult(OURS, pushed=(OF_COMMIT,), failure="It failed.")])
def test_make_image_section__leads_to_no_image_that_is_not_there_or_failed(result: ImageResult) -> None:
    assert "hub.example.edu" not in make_image_section(result, make_target(), ENVIRON, TRIAL).markdown


def sections_of(result: ImageResult | None, trial: HubTrial | None) -> dict[str, str]:
    target = make_target(Badge("", HUB, "Org/Course", SHA))
    plan = CommentPlan(mode=PlannedMode.COMMENT, reason="", comment=target, trial=trial)
    sections = make_sections(plan, result, make_settings(), ENVIRON)
    return {section.key: section.markdown for section in sections}


def test_make_sections__content_has_a_section_of_its_own_without_an_image() -> None:
    with_content = replace(TRIAL, content=CONTENT)
    assert list(sections_of(None, with_content)) == ["badge", "hub"]
    assert "/hub/user-redirect/git-pull?" in sections_of(None, with_content)["hub"]
    told = sections_of(ImageResult(OURS), with_content)
    assert list(told) == ["badge", "image:quay.io/org/course"]
    assert "/hub/user-redirect/git-pull?" in told["image:quay.io/org/course"]


@pytest.mark.parametrize("trial", [TRIAL, HubTrial(SHA), None])
def test_make_sections__no_section_without_anything_to_try(trial: HubTrial | None) -> None:
    assert list(sections_of(None, trial)) == ["badge"]


def trial_in_summary(folder: Path, *, from_fork: bool) -> str:
    (folder / "result.json").write_text(write_result(ImageResult(OURS, pushed=(OF_COMMIT,))), encoding="utf-8")
    environ = ENVIRON | {
        "INPUT_IMAGE-NAME": str(OURS),
        "INPUT_RESULT-FILE": "result.json",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    target = make_target(Badge("", HUB, "Org/Course", SHA), from_fork=from_fork)
    job = Job(environ | {"GITHUB_WORKSPACE": str(folder)}, Console(io.StringIO()))
    run_comment(
        CommentPlan(mode=PlannedMode.COMMENT, reason="", comment=target, trial=TRIAL),
        read_settings(environ),
        job,
        Report(job),
    )
    return (folder / "summary").read_text(encoding="utf-8")


def test_run_comment__links_to_the_image_that_was_handed_over(tmp_path: Path) -> None:
    assert "%252Fcourse%253Apr-7-fedcba987654" in trial_in_summary(tmp_path, from_fork=False)


def test_run_comment__links_to_no_image_that_a_fork_claims(tmp_path: Path) -> None:
    summary = trial_in_summary(tmp_path, from_fork=True)
    assert "built" in summary
    assert "hub.example.edu" not in summary
