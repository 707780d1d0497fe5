"""These tests run inside the image. While one of them fails, the image is not pushed, and your users keep theirs."""

import importlib
import subprocess

import pytest


# Add the packages that your users import; some have another name here than in environment.yml.
@pytest.mark.parametrize("name", ["jupyterhub", "jupyterlab", "nbgitpuller"])
def test_package_can_be_imported(name: str) -> None:
    importlib.import_module(name)


def test_hub_can_start_a_server() -> None:
    subprocess.run(["jupyterhub-singleuser", "--version"], check=True)
