"""The folder .git: the commit that is checked out, and credentials that must not get into an image."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from dulwich.config import ConfigFile


def read_head(source: Path, workspace: Path) -> str:
    """Return the commit that is checked out in the folder; empty when unknown.

    The workspace may contain several checkouts, so the nearest repository above the folder counts.
    """
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo

    folders = [source, *source.parents]
    root = next((folder for folder in folders if (folder / ".git").exists()), None)
    if root is None or not root.is_relative_to(workspace.resolve()):
        return ""
    try:
        with Repo(str(root)) as repository:
            return repository.head().decode()
    except (NotGitRepository, KeyError, ValueError):
        return ""


def strip_git_credentials(context: Path) -> None:
    """Remove credentials of actions/checkout, or of a user, from each .git of a staged copy.

    Up to version 5 of the action the token is an `extraheader`, since version 6 an `includeIf` of a file outside:
    https://github.com/actions/checkout/blob/main/src/git-auth-helper.ts
    """
    for git in context.rglob(".git"):
        if git.is_symlink():
            git.unlink()  # its target was not copied, or is a folder that this loop visits
            continue
        for folder, _, names in os.walk(git):
            for name in {"config", "config.worktree"} & set(names):
                _strip_config(Path(folder) / name)
            for name in {"credentials", ".git-credentials"} & set(names):
                (Path(folder) / name).unlink()


def _strip_config(file: Path) -> None:
    """Keep the few settings that a repository needs, instead of removing the known secret ones."""
    if file.is_symlink():
        file.unlink()
        return
    try:
        config = ConfigFile.from_path(str(file))
    except ValueError:
        file.unlink()  # git cannot read it either, and it may contain a token
        return
    kept = ConfigFile()
    for section in config.sections():
        for key, value in config.items(section):
            if key.lower() in _KEPT_SETTINGS.get(section[0].lower(), ()) and not any(map(_has_login, section[1:])):
                kept.add(section, key, re.sub(rb"://[^/]*@", b"://", value, count=1))
    kept.write_to_path(str(file))


_KEPT_SETTINGS: Mapping[bytes, frozenset[bytes]] = {
    b"core": frozenset(
        {b"repositoryformatversion", b"filemode", b"bare", b"logallrefupdates", b"symlinks", b"worktree"}
    ),
    b"extensions": frozenset({b"objectformat", b"partialclone", b"refstorage", b"worktreeconfig"}),
    b"remote": frozenset({b"url", b"pushurl", b"fetch", b"promisor", b"partialclonefilter"}),
    b"branch": frozenset({b"remote", b"merge"}),
    b"submodule": frozenset({b"url", b"active"}),
}
"""By section of https://git-scm.com/docs/git-config"""


def _has_login(url: bytes) -> bool:
    return re.match(rb"[a-z+]+://[^/]*@", url, re.IGNORECASE) is not None
