import os
from pathlib import Path


def test_user() -> None:
    assert os.getuid() == 1000


def test_start_folder() -> None:
    assert Path.cwd() == Path("/srv/repo")
    assert Path("notes.txt").exists()
