"""The files of a repository that repo2docker reads, and those that belong in its build context."""

from dataclasses import dataclass
from pathlib import Path

BINDER_FOLDERS = ("binder", ".binder")
IGNORE_FILES = (".dockerignore", ".containerignore")
CONFIGURATION_FILES = (
    "Dockerfile",
    "environment.yml",
    "environment.yaml",
    "Pipfile",
    "Pipfile.lock",
    "requirements.txt",
    "requirements3.txt",
    "setup.py",
    "pyproject.toml",
    "Project.toml",
    "JuliaProject.toml",
    "Manifest.toml",
    "REQUIRE",
    "install.R",
    "apt.txt",
    "DESCRIPTION",
    "postBuild",
    "start",
    "runtime.txt",
    "default.nix",
)
"""What repo2docker reads: https://repo2docker.readthedocs.io/en/latest/configuration/"""


@dataclass(frozen=True)
class ContextFiles:
    """What belongs into the image, by name only: no content was read, and nothing was copied."""

    source: Path
    paths: tuple[str, ...]
    """What is staged: files, folders, links and what an image cannot hold, relative to the source, sorted."""
    seen: tuple[str, ...]
    """Those of them that the build may see. Where it is not certain that one is ignored, it is among them."""
    include_git: bool
