"""Files of a repository that repo2docker reads, and files of its build context."""

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
"""Files that repo2docker reads: https://repo2docker.readthedocs.io/en/latest/configuration/"""


@dataclass(frozen=True)
class ContextFiles:
    """Files of the build context, by name only: no content was read, and nothing was copied."""

    source: Path
    paths: tuple[str, ...]
    """Everything that is staged: files, folders, links and special files, relative to the source, sorted."""
    seen: tuple[str, ...]
    """Those that the build may see, which includes all that are not certainly ignored."""
    include_git: bool
