"""repo2docker itself, as what our reading of its rules is held against."""

import importlib
import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Render = Callable[[Path], str]


@pytest.fixture(scope="session")
def repo2docker() -> Any:
    """The module; what it imports warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("repo2docker")


@pytest.fixture
def render(repo2docker: Any, monkeypatch: pytest.MonkeyPatch) -> Render:
    """Return a function that has repo2docker render a folder's Dockerfile, without what it would ask the network."""
    monkeypatch.setattr(repo2docker.app.JuliaProjectTomlBuildPack, "all_julias", ["1.6.7", "1.9.4", "1.10.2"])
    monkeypatch.setattr(repo2docker.app.RBuildPack, "get_rspm_snapshot_url", lambda _, day: f"https://{day}.example")
    monkeypatch.setattr(logging.getLogger("repo2docker"), "disabled", True)
    classes = [*repo2docker.Repo2Docker().buildpacks, repo2docker.app.PythonBuildPack]

    def render_folder(folder: Path) -> str:
        monkeypatch.chdir(folder)
        packs = [made("docker.io/library/buildpack-deps:24.04") for made in classes]
        chosen = next((pack for pack in packs[:-1] if pack.detect()), packs[-1])
        chosen.platform = "linux/amd64"
        try:
            return str(chosen.render())
        except RuntimeError as error:  # such as for R 3.11, which it takes from the version of Python
            return f"refused in {folder.name}: {error}"

    return render_folder
