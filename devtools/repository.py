"""Git repositories to try the action with: a user's repository, and a copy of this project."""

import shutil
from pathlib import Path

from devtools import places, process

AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T12:00:00+00:00",
    "GIT_COMMITTER_NAME": "Ada Example",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_COMMITTER_DATE": "2026-01-01T12:00:00+00:00",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}
"""The same content always gets the same commit, whoever commits it."""


def git(repository: Path, *arguments: str | Path) -> str:
    return process.run(["git", "-C", repository, *arguments], env=AUTHOR).strip()


def make_repository(content: Path, destination: Path, *, full_name: str = "lab/user-image") -> str:
    """The commit of a fresh repository with one branch, main, that holds a copy of a folder."""
    shutil.copytree(content, destination, symlinks=True)
    git(destination, "init", "--quiet", "--initial-branch=main")
    git(destination, "remote", "add", "origin", f"https://github.com/{full_name}.git")
    return commit_all(destination, "Describe the image")


def commit_all(repository: Path, message: str) -> str:
    """The new commit, with everything that changed in the work tree."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)
    return git(repository, "rev-parse", "HEAD")


def copy_project(destination: Path) -> Path:
    """This project as it is in the work tree: tracked and new files, without what .gitignore names."""
    listed = git(places.PROJECT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        source, target = places.PROJECT / name, destination / name
        if source.is_symlink() or source.exists():  # deleted files are still listed
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return destination


def archive_project(destination: Path, *, commit: str = "HEAD") -> Path:
    """This project as it was committed."""
    destination.mkdir(parents=True, exist_ok=True)
    archive = destination.with_suffix(".tar")
    git(places.PROJECT, "archive", "--format=tar", f"--output={archive}", commit)
    shutil.unpack_archive(archive, destination, filter="data")
    archive.unlink()
    return destination
