import os
from pathlib import Path


def test_user() -> None:
    assert os.getuid() == 1000


def test_start_folder() -> None:
    assert Path.cwd() == Path("/home/jovyan")
    assert Path("notes.txt").exists()
