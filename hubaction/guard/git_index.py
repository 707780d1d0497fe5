"""Whether files belong to the repository or were made on this machine, by git's index."""

from pathlib import Path
from typing import Protocol


class _Index(Protocol):
    def __contains__(self, path: bytes) -> bool: ...


class TrackedFiles:
    """Reads the index of a repository in the workspace when one of its files is first looked up."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace.resolve()
        self._indexes: dict[Path, _Index | None] = {}

    def knows(self, file: Path) -> bool | None:
        """Whether the nearest repository above has the file; None when there is none, or it cannot be read."""
        root = next((folder for folder in file.parents if (folder / ".git").exists()), None)
        if root is None or not root.is_relative_to(self._workspace):
            return None
        if root not in self._indexes:
            self._indexes[root] = _read_index(root)
        index = self._indexes[root]
        return None if index is None else str(file.relative_to(root)).encode("utf-8", "surrogateescape") in index


def _read_index(root: Path) -> _Index | None:
    from dulwich.repo import Repo

    try:
        with Repo(str(root)) as repository:
            # Without an index, no file would belong to the repository.
            return repository.open_index() if Path(repository.index_path()).is_file() else None
    except Exception:  # noqa: BLE001 - the folder is the repository's own, and may hold anything
        return None
