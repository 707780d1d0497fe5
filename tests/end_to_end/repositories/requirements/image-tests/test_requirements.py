import importlib.metadata
import os
import subprocess


def test_requirements__are_there() -> None:
    assert importlib.metadata.version("tabulate") == "0.9.0"


def test_requirements__are_not_among_the_packages_of_the_image() -> None:
    command = ["/usr/bin/python3", "-c", "import tabulate"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_user__is_the_notebook_user() -> None:
    assert os.getuid() == 1000
