"""What is reported when a build ends, however it ends, and that no secret is in it. GitHub is played."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import responses

from hubaction.decide.plan import BuildPlan
from hubaction.errors import ActionError, SeveralProblemsError
from hubaction.image import PushedReference
from hubaction.report.report import Report
from hubaction.report.reporting import reporting
from hubaction.results import (
    Built,
    CaseOutcome,
    CaseResult,
    Commented,
    Compared,
    Failed,
    HubChecked,
    HubCheckFailed,
    JUnitFile,
    LeftOut,
    Published,
    ResultFile,
    Tested,
)
from hubaction.runner.cancel import Cancelled
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.support.planted import characters
from tests.support.runner_rules import read_commands
from tests.unit.samples import LOGIN, REPOSITORY, make_build_plan, make_settings, pull_request

SECRET = characters(24)
ODD_SECRET = f"{characters(10)}|{characters(10)}"
"""As people choose passwords; Markdown's tables write its middle otherwise."""
INPUTS = LOGIN | {"github-token": "ghs_x", "result-file": "result.json", "junit-file": "junit.xml", "path": "image"}
COMMENTS = f"https://api.github.com:443/repos/{REPOSITORY}/issues/7/comments"
PASSED = CaseResult("test_a", CaseOutcome.PASSED, 0.1)


class Build:
    """A build of a pull request that comments, and whose results the test says."""

    def __init__(self, folder: Path, mock: responses.RequestsMock) -> None:
        self._mock = mock
        self._stream = io.StringIO()
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        self._summary = folder / "summary"
        self.settings = make_settings(INPUTS)
        self.plan = make_build_plan(self.settings, pull_request(), datetime(2026, 3, 1, tzinfo=UTC))
        console = Console(self._stream)
        console.hide(SECRET, ODD_SECRET)
        environ = {"GITHUB_WORKSPACE": str(self.workspace), "GITHUB_STEP_SUMMARY": str(self._summary)}
        self.job = Job(environ, console)
        self.report = Report(self.job)
        comment = {"id": 5, "user": {"login": "github-actions[bot]"}, "body": "", "html_url": "https://github.com/c"}
        mock.get(COMMENTS, json=[])
        mock.post(COMMENTS, json=comment)

    def run(self, *results: object, error: BaseException | None = None) -> None:
        with reporting(self.plan, self.settings, self.job, self.report):
            self.report.add(*results)
            if error:
                raise error

    @property
    def log(self) -> str:
        return self._stream.getvalue()

    @property
    def summary(self) -> str:
        return self._summary.read_text(encoding="utf-8")

    @property
    def result_file(self) -> str:
        return (self.workspace / "result.json").read_text(encoding="utf-8")

    @property
    def junit_file(self) -> str:
        return (self.workspace / "junit.xml").read_text(encoding="utf-8")

    @property
    def comment(self) -> str:
        (body,) = [call.request.body for call in self._mock.calls if call.request.method == "POST"]
        assert body
        return str(json.loads(body)["body"])

    @property
    def warnings(self) -> list[str]:
        return [command.data for command in read_commands(self.log) if command.name == "warning"]


@pytest.fixture
def build(tmp_path: Path, wire: responses.RequestsMock) -> Build:
    """A build that reports all that there is, the comment included."""
    return Build(tmp_path, wire)


# --- how it ends ---


def test_reporting__success(build: Build) -> None:
    build.run(Built("sha256:1", 5, 0, 0), Tested((PASSED,)))
    assert "### ✅ User image" in build.summary
    assert json.loads(build.result_file)["tests"] == "1 passed"
    assert json.loads(build.result_file)["failure"] == ""
    assert 'name="test_a"' in build.junit_file
    assert "built and tested" in build.comment
    assert build.report.find(ResultFile) == ResultFile("result.json")
    assert build.report.find(JUnitFile) == JUnitFile("junit.xml")
    assert build.report.find(Commented) == Commented(5, "https://github.com/c")
    assert build.report.find(Failed) is None


def test_reporting__failure_is_told_everywhere(build: Build) -> None:
    with pytest.raises(ActionError, match="It failed"):
        build.run(Tested((PASSED,)), error=ActionError("It failed."))
    assert "not published\n\n`It failed.`" in build.summary
    assert json.loads(build.result_file)["failure"] == "It failed."
    assert 'name="test_a"' in build.junit_file
    assert "`It failed.`" in build.comment


def test_reporting__places_of_a_failure_are_from_the_root_of_the_repository(build: Build) -> None:
    parts = [ActionError("a", file="Dockerfile", line=3), ActionError("b", file="x/y"), ActionError("c")]
    with pytest.raises(SeveralProblemsError) as caught:
        build.run(error=SeveralProblemsError("a and b", parts, title="t"))
    assert [part.file for part in caught.value.parts] == ["image/Dockerfile", "image/x/y", None]


def test_reporting__one_place_of_a_failure(build: Build) -> None:
    with pytest.raises(ActionError) as caught:
        build.run(error=ActionError("a", file="Dockerfile", line=3))
    assert (caught.value.file, caught.value.line) == ("image/Dockerfile", 3)


@pytest.mark.parametrize("error", [Cancelled(2), KeyboardInterrupt(), ValueError("a bug")])
def test_reporting__a_run_that_is_ended_has_time_for_the_summary_only(tmp_path: Path, error: BaseException) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        build = Build(tmp_path, mock)
        with pytest.raises(type(error)):
            build.run(Tested((PASSED,)), error=error)
        assert len(mock.calls) == 0
    assert "The step was ended before it was done." in build.summary
    assert list(build.workspace.iterdir()) == []
    assert build.report.find(Commented) is None


def test_reporting__summary_of_a_run_that_is_ended_has_no_links_to_a_hub(tmp_path: Path) -> None:
    build = Build(tmp_path, responses.RequestsMock(assert_all_requests_are_fired=False))
    settings = make_settings(INPUTS | {"hub-url": "https://hub.example.org", "hub-content-path": "a.ipynb"})
    build.plan = make_build_plan(settings, pull_request(), datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(Cancelled):
        build.run(error=Cancelled(2))
    assert "hub.example.org" not in build.summary


def test_reporting__a_plan_in_the_report_takes_the_place_of_the_first(build: Build) -> None:
    notices = ("It is not pushed.",)
    build.run(replace(build.plan, notices=notices))
    assert build.plan.notices != notices
    assert isinstance(build.report.find(BuildPlan), BuildPlan)
    assert "> `It is not pushed.`" in build.summary


# --- files ---


def test_reporting__no_junit_file_without_tests(build: Build) -> None:
    build.run(Tested())
    assert not (build.workspace / "junit.xml").exists()
    assert build.report.find(JUnitFile) is None


@pytest.mark.parametrize(
    ("file", "input_name", "kind"), [("result.json", "result-file", ResultFile), ("junit.xml", "junit-file", JUnitFile)]
)
def test_reporting__a_file_that_cannot_be_written_is_a_warning(
    build: Build, file: str, input_name: str, kind: type
) -> None:
    (build.workspace / file).mkdir()
    build.run(Tested((PASSED,)))
    (warning,) = build.warnings
    assert warning.startswith(f"input '{input_name}': '{file}' cannot be written")
    assert build.report.find(kind) is None
    assert "### ✅ User image" in build.summary
    assert build.report.find(Commented)


# --- secrets ---


@pytest.mark.parametrize("secret", [SECRET, ODD_SECRET], ids=["plain", "with a pipe"])
@pytest.mark.parametrize("padding", [0, 180, 480], ids=["short", "cut in a cell", "cut in a text"])
def test_reporting__no_secret_leaves_the_machine(build: Build, secret: str, padding: int) -> None:
    """Neither whole nor cut, nor as Markdown would write it."""
    text = "x" * padding + f" {secret}"
    cases = (
        CaseResult(f"test[{text}]", CaseOutcome.FAILED, 0.1, message=text),
        CaseResult("test_b", CaseOutcome.SKIPPED, 0.1, message=text),
    )
    results = (
        Compared(text),
        LeftOut((f"keys/{text}",)),
        HubChecked(1.0, versions={"python": text, text: "1"}, kernels=(text,)),
        Tested(cases),
    )
    with pytest.raises(ActionError):
        build.run(*results, error=ActionError(text))
    assert "***" in build.summary
    assert_absent(secret, build)


@pytest.mark.parametrize("secret", [SECRET, ODD_SECRET], ids=["plain", "with a pipe"])
def test_reporting__no_secret_in_what_a_failed_hub_check_says(build: Build, secret: str) -> None:
    build.run(HubCheckFailed(f"It said {secret}"))
    assert_absent(secret, build)


def assert_absent(secret: str, build: Build) -> None:
    texts = {
        "summary": build.summary,
        "result file": build.result_file,
        "junit file": build.junit_file if (build.workspace / "junit.xml").exists() else "",
        "comment": build.comment,
        "log": build.log,
    }
    found = [place for place, text in texts.items() if secret[:8] in text]
    assert found == []


# --- the links ---


def test_reporting__no_link_to_a_hub_for_an_image_of_a_run_that_failed(build: Build) -> None:
    hub = {"hub-url": "https://hub.example.edu", "hub-profile": "custom", "preview": "true"}
    build.settings = make_settings(INPUTS | hub)
    build.plan = make_build_plan(build.settings, pull_request(), datetime(2026, 3, 1, tzinfo=UTC))
    pushed = (PushedReference(build.plan.image, f"sha256:{'a' * 64}", 1),)
    with pytest.raises(ActionError):
        build.run(Published(build.plan.image, pushed), error=ActionError("It is private."))
    assert "pushed, and then the run failed" in build.summary
    assert "hub.example.edu" not in build.summary + build.comment
