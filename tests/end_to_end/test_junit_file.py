"""The image tests' results, as a file for the steps that follow."""

from collections.abc import Callable

import pytest

from devtools import process
from hubaction.results import CaseOutcome
from hubaction.verify.junit import read_junit
from tests.support.handler import Job

MakeJob = Callable[[str], Job]


@pytest.mark.parametrize(
    ("repository", "outcome"), [("plain", CaseOutcome.PASSED), ("failing-tests", CaseOutcome.FAILED)]
)
def test_junit_file__is_left_whatever_came_out(
    make_job: MakeJob, inputs: dict[str, str], repository: str, outcome: CaseOutcome
) -> None:
    job = make_job(repository)
    result = job.run({**inputs, "push": "false", "junit-file": "reports/junit.xml"})
    assert result.returncode == (outcome is CaseOutcome.FAILED), process.tail(result.log)
    assert result.outputs["junit-file"] == "reports/junit.xml"
    file = job.workspace / "reports/junit.xml"
    assert file.stat().st_uid == job.workspace.stat().st_uid
    cases = read_junit(file.read_bytes())
    assert {case.outcome for case in cases} == {outcome}
    for case in cases:
        assert (job.workspace / case.file).is_file()


def test_junit_file__is_not_written_without_tests(make_job: MakeJob, inputs: dict[str, str]) -> None:
    job = make_job("plain")
    result = job.run({**inputs, "push": "false", "image-tests": "", "junit-file": "junit.xml"})
    assert result.returncode == 0, process.tail(result.log)
    assert "junit-file" not in result.outputs
    assert not (job.workspace / "junit.xml").exists()
