"""Run inside the image before it is pushed: a red test keeps a broken image from its users."""

import importlib
import subprocess

import pytest


@pytest.mark.parametrize("name", ["jupyterlab", "nbgitpuller", "numpy"])
def test_package_can_be_imported(name: str) -> None:
    importlib.import_module(name)


def test_hub_can_start_a_server() -> None:
    subprocess.run(["jupyterhub-singleuser", "--version"], check=True)
