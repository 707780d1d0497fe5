"""The command `python -m hubaction migrate`."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.places import PROJECT
from hubaction.migrate.cli import main

OLD = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: jupyterhub/repo2docker-action@master
        with: {NO_PUSH: true, EXTRA_PIP_INSTALL: x}
"""


def run(*arguments: object) -> tuple[int, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    return main(["migrate", *map(str, arguments)], stdout, stderr), stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    file = tmp_path / "image.yaml"
    file.write_text(OLD, encoding="utf-8")
    return file


def test_migrate__rewrites_in_place_and_tells(workflow: Path) -> None:
    code, stdout, stderr = run(workflow)
    assert (code, stderr) == (0, "")
    assert "uses: org/hub-image-action@v1" in workflow.read_text(encoding="utf-8")
    assert f"{workflow}: 1 step of repo2docker-action, and what changes:\n" in stdout
    assert f"{workflow}:8: EXTRA_PIP_INSTALL is left out: it never did anything.\n" in stdout
    assert run(workflow) == (0, f"{workflow}: nothing to migrate\n", "")


def test_migrate__check_writes_nothing(workflow: Path) -> None:
    code, stdout, _ = run("--check", workflow)
    assert code == 1
    assert workflow.read_text(encoding="utf-8") == OLD
    assert "\n-      - uses: jupyterhub/repo2docker-action@master\n" in stdout
    assert "\n+      - uses: org/hub-image-action@v1\n" in stdout
    run(workflow)
    assert run("--check", workflow)[0] == 0


def test_migrate__keeps_the_ends_of_lines(workflow: Path) -> None:
    workflow.write_bytes(OLD.replace("\n", "\r\n").encode())
    assert run("--check", workflow)[0] == 1
    run(workflow)
    assert workflow.read_bytes().count(b"\n") == workflow.read_bytes().count(b"\r\n")


def test_migrate__uses_what_it_is_told(workflow: Path) -> None:
    run("--uses", "org/hub-image-action@0123", workflow)
    assert "uses: org/hub-image-action@0123\n" in workflow.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"a: [\n", ":2: cannot be read as YAML: ", id="no-yaml"),
        pytest.param(b"\xff\xfe", ": cannot be migrated: it is not text in UTF-8", id="no-text"),
        pytest.param(None, ": cannot be migrated: No such file or directory", id="no-file"),
    ],
)
def test_migrate__says_what_it_cannot_read_and_does_the_rest(
    content: bytes | None, message: str, workflow: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    if content is not None:
        broken.write_bytes(content)
    code, _, stderr = run(broken, workflow)
    assert code == 1
    assert f"{broken}{message}" in stderr
    assert stderr.count("\n") == 1
    assert "hub-image-action" in workflow.read_text(encoding="utf-8")


def test_module__is_a_command(workflow: Path) -> None:
    command = [sys.executable, "-m", "hubaction", "migrate", "--check", str(workflow)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "EXTRA_PIP_INSTALL is left out" in done.stdout


def test_module__without_a_command_says_how() -> None:
    with pytest.raises(SystemExit) as caught:
        main([], io.StringIO(), io.StringIO())
    assert caught.value.code == 2
