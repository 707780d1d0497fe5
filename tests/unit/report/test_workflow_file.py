"""Finding the line of the workflow that sets an input."""

from pathlib import Path

import pytest

from hubaction.report.workflow_file import Location, locate_input

FILE = ".github/workflows/image.yaml"
REFERENCE = {"GITHUB_WORKFLOW_REF": f"org/course/{FILE}@refs/heads/main"}
WORKFLOW = """\
on: push
jobs:
  image:
    steps:
      - uses: actions/checkout@v4
        with:
          path: x
      - uses: org/hub-image-action@v1
        with:
          image-name: Org/Image
          PATH: ../x
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(WORKFLOW, encoding="utf-8")
    return tmp_path


def test_locate_input__its_line(workspace: Path) -> None:
    assert locate_input(REFERENCE, workspace, "image-name") == Location(FILE, 10)


def test_locate_input__names_have_no_case(workspace: Path) -> None:
    assert locate_input(REFERENCE, workspace, "path") == Location(FILE, 11)


def test_locate_input__not_set_is_the_step(workspace: Path) -> None:
    assert locate_input(REFERENCE, workspace, "mode") == Location(FILE, 8)


def test_locate_input__action_under_another_name(workspace: Path) -> None:
    text = WORKFLOW.replace("org/hub-image-action", "fork/image")
    (workspace / FILE).write_text(text, encoding="utf-8")
    assert locate_input(REFERENCE, workspace, "image-name") is None
    environ = REFERENCE | {"GITHUB_ACTION_REPOSITORY": "fork/image"}
    assert locate_input(environ, workspace, "image-name") == Location(FILE, 10)


def test_locate_input__two_steps_are_not_clear(workspace: Path) -> None:
    twice = WORKFLOW + WORKFLOW[WORKFLOW.index("      - uses: org/") :]
    (workspace / FILE).write_text(twice, encoding="utf-8")
    assert locate_input(REFERENCE, workspace, "image-name") is None


@pytest.mark.parametrize(
    "reference",
    ["", "nonsense", "org/course/.github/workflows/../../etc/passwd.yml@x", "org/course/other.yml@x", f"org/c/{FILE}"],
)
def test_locate_input__odd_references(workspace: Path, reference: str) -> None:
    assert locate_input({"GITHUB_WORKFLOW_REF": reference}, workspace, "mode") is None
    assert locate_input({}, workspace, "mode") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[",
        "jobs: 1",
        "jobs: {a: {steps: 5}}",
        "jobs: {a: {steps: [1, {uses: []}]}}",
        "[" * 1500,
        "\x00",
        "a: *b",
    ],
)
def test_locate_input__odd_workflows(workspace: Path, text: str) -> None:
    (workspace / FILE).write_text(text, encoding="utf-8")
    assert locate_input(REFERENCE, workspace, "mode") is None


def test_locate_input__missing_or_unreadable_file(workspace: Path) -> None:
    (workspace / FILE).write_bytes(b"\xff\xfe\xff")
    assert locate_input(REFERENCE, workspace, "mode") is None
    (workspace / FILE).unlink()
    assert locate_input(REFERENCE, workspace, "mode") is None


def test_locate_input__reusable_workflow_of_another_repository(workspace: Path) -> None:
    (workspace / FILE).unlink()
    assert locate_input({"GITHUB_WORKFLOW_REF": f"other/repository/{FILE}@refs/heads/main"}, workspace, "mode") is None
