"""Run inside the image: the packages are there, and the user is the one that the workflow asked for."""

import os
import pwd
from importlib.metadata import version


def test_requirements__are_installed_beside_the_base() -> None:
    assert version("humanize")
    assert version("jupyterlab")


def test_user__is_the_one_asked_for() -> None:
    assert os.getuid() == 1234
    assert pwd.getpwuid(1234).pw_name == "ada"
