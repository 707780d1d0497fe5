"""Run inside the image, where the ignored files are not."""

import os
from importlib.metadata import version
from pathlib import Path


def test_ignored_files__are_absent() -> None:
    assert [path.name for path in Path("data").iterdir()] == ["tides.csv"]
    assert not Path("drafts").exists()
    assert not Path("README.md").exists()


def test_ignored_files__were_absent_during_the_build() -> None:
    seen = Path("seen-by-post-build.txt").read_text().split()
    assert "data" in seen
    assert not {"drafts", "README.md"} & set(seen)


def test_start__of_the_binder_folder_ran() -> None:
    assert os.environ["STARTED_WITH"] == "/srv/repo/binder/start"


def test_requirements__that_environment_names_are_installed() -> None:
    assert version("humanize")
