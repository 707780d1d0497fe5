"""Which outputs there are, by what was reached."""

import io
import json
from pathlib import Path

import pytest

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.outputs import OUTPUTS, write_outputs
from hubaction.report.report import Report
from hubaction.results import (
    CaseOutcome,
    CaseResult,
    Commented,
    Deleted,
    Finished,
    HubChecked,
    JUnitFile,
    Published,
    ResultFile,
    RolledOut,
    Tested,
)
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.support.planted import characters
from tests.support.runner_rules import read_file_command

SECRET = characters(24)
IMAGE = Reference(ImageName("quay.io", "org/image"), "v1")
LATEST = Reference(IMAGE.name, "latest")
DIGEST = f"sha256:{'a' * 64}"
PUSHED = (PushedReference(IMAGE, DIGEST, 123), PushedReference(LATEST, DIGEST, 123))


@pytest.fixture
def outputs_file(tmp_path: Path) -> Path:
    return tmp_path / "output"


def outputs_of(file: Path, *results: object) -> dict[str, str]:
    console = Console(io.StringIO())
    console.hide(SECRET)
    job = Job({"GITHUB_OUTPUT": str(file)}, console)
    report = Report(job)
    report.add(*results)
    write_outputs(report, job)
    return read_file_command(file.read_text(encoding="utf-8")) if file.exists() else {}


def test_write_outputs__none_without_results(outputs_file: Path) -> None:
    assert outputs_of(outputs_file) == {}


def test_write_outputs__all_of_them(outputs_file: Path) -> None:
    written = outputs_of(
        outputs_file,
        Finished("build"),
        Published(IMAGE, PUSHED),
        Tested((CaseResult("a", CaseOutcome.PASSED, 0.1),)),
        HubChecked(3.25, 90_000_000, {"python": "3.13.0"}),
        Commented(5, "https://github.com/c"),
        ResultFile("result.json"),
        JUnitFile("junit.xml"),
        RolledOut("", "", url="https://github.com/p"),
        Deleted((IMAGE,)),
    )
    assert written == {
        "mode": "build",
        "pushed": "true",
        "tags": json.dumps([str(IMAGE), str(LATEST)]),
        "image": str(IMAGE),
        "digest": DIGEST,
        "size": "123",
        "IMAGE_SHA_NAME": str(IMAGE),
        "IMAGE_SHA_TAG": "v1",
        "PUSH_STATUS": "true",
        "tests": "1 passed",
        "hub-ready-seconds": "3.2",
        "hub-memory-bytes": "90000000",
        "hub-versions": '{"python": "3.13.0"}',
        "comment-id": "5",
        "comment-url": "https://github.com/c",
        "result-file": "result.json",
        "junit-file": "junit.xml",
        "rollout-url": "https://github.com/p",
        "deleted": json.dumps([str(IMAGE)]),
    }
    assert list(written) == [output.name for output in OUTPUTS]


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        pytest.param(Published(IMAGE), {"pushed": "false", "tags": "[]"}, id="not pushed"),
        pytest.param(
            Published(IMAGE, old_outputs=True),
            {
                "pushed": "false",
                "tags": "[]",
                "IMAGE_SHA_NAME": str(IMAGE),
                "IMAGE_SHA_TAG": "v1",
                "PUSH_STATUS": "false",
            },
            id="not pushed, and old inputs",
        ),
        pytest.param(
            Published(IMAGE, (PushedReference(IMAGE, DIGEST, None),)),
            {
                "pushed": "true",
                "tags": json.dumps([str(IMAGE)]),
                "image": str(IMAGE),
                "digest": DIGEST,
                "size": "",
                "IMAGE_SHA_NAME": str(IMAGE),
                "IMAGE_SHA_TAG": "v1",
                "PUSH_STATUS": "true",
            },
            id="size not known",
        ),
    ],
)
def test_write_outputs__of_an_image(outputs_file: Path, published: Published, expected: dict[str, str]) -> None:
    assert outputs_of(outputs_file, published) == expected


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(Tested(), id="tests that did not end"),
        pytest.param(RolledOut("Nothing to do.", ""), id="rollout without a pull request"),
    ],
)
def test_write_outputs__no_value_is_no_output(outputs_file: Path, result: object) -> None:
    assert outputs_of(outputs_file, result) == {}


def test_write_outputs__memory_that_the_image_cannot_see(outputs_file: Path) -> None:
    assert outputs_of(outputs_file, HubChecked(1.0)) == {"hub-ready-seconds": "1.0", "hub-versions": "{}"}


def test_write_outputs__the_newest_result_counts(outputs_file: Path) -> None:
    tested = Tested((CaseResult("a", CaseOutcome.FAILED, 0.1),))
    assert outputs_of(outputs_file, Tested(), tested) == {"tests": "1 failed"}


def test_write_outputs__what_the_image_says_is_scrubbed(outputs_file: Path) -> None:
    written = outputs_of(outputs_file, HubChecked(1.0, versions={"python": f"3 {SECRET}", SECRET: "1"}))
    assert json.loads(written["hub-versions"]) == {"python": "3 ***", "***": "1"}
    assert SECRET not in outputs_file.read_text(encoding="utf-8")


def test_write_outputs__names_that_decide_are_not_scrubbed(outputs_file: Path) -> None:
    """A later step has to find the image, whatever is secret in this one."""
    image = Reference(ImageName("quay.io", f"org/{SECRET.lower()}"), "v1")
    console = Console(io.StringIO())
    console.hide(SECRET.lower())
    job = Job({"GITHUB_OUTPUT": str(outputs_file)}, console)
    report = Report(job)
    report.add(Published(image, (PushedReference(image, DIGEST, 1),)))
    write_outputs(report, job)
    assert read_file_command(outputs_file.read_text(encoding="utf-8"))["image"] == str(image)
