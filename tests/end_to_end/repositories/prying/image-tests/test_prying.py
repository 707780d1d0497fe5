"""Tries to see what a build and a test must not see, and prints it, so that the log would hold a leaked secret."""

import os
import re
import sys
from pathlib import Path

import pytest

FORBIDDEN = re.compile(r"^(GITHUB|ACTIONS|INPUT|RUNNER|DOCKER)_", re.MULTILINE)
HERE = "\n".join(f"{name}={value}" for name, value in os.environ.items())


@pytest.mark.parametrize("environment", [Path("build-environment.txt").read_text(), HERE], ids=["build", "tests"])
def test_environment__has_nothing_of_the_runner(environment: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(environment)
    assert "PATH=" in environment
    assert not FORBIDDEN.search(environment)


def test_folders__of_the_build_have_no_socket() -> None:
    assert "docker.sock" not in Path("build-folders.txt").read_text()


def test_folders__of_the_tests_are_not_the_runners() -> None:
    assert not Path("/var/run/docker.sock").exists()
    assert not Path("/github").exists()


def test_user__is_the_notebook_user() -> None:
    assert os.getuid() == 1000
    assert os.getgid() == 1000
