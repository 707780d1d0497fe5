"""Run inside the image: what the tests find is what a user will find."""

import os
from pathlib import Path


def test_user__is_the_notebook_user() -> None:
    assert os.getuid() == 1000
    assert os.getgid() == 1000


def test_start__ran_before_the_tests() -> None:
    assert os.environ["STARTED_WITH"] == "start"


def test_repository__is_where_the_tests_start() -> None:
    assert Path.cwd() == Path(os.environ["REPO_DIR"])
    assert Path("random-walk.ipynb").is_file()
