"""Run inside the image before it is pushed: a red test keeps a broken image from its users."""

import importlib
import os
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["jupyterhub", "jupyterlab", "nbgitpuller"])
def test_package_can_be_imported(name: str) -> None:
    importlib.import_module(name)


def test_hub_can_start_a_server() -> None:
    subprocess.run(["jupyterhub-singleuser", "--version"], check=True)


def test_user_can_write_to_the_home_folder() -> None:
    assert os.getuid() == 1000
    assert os.access(Path.home(), os.W_OK)
