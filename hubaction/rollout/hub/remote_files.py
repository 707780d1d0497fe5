"""The files of a configuration, read from GitHub without a checkout."""

from collections.abc import Callable, Sequence

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.git_data import GitData, RemoteCommit, RemoteEntry
from hubaction.errors import ActionError
from hubaction.inputs.rollout_paths import ValuePath
from hubaction.rollout.hub.document import MAX_FILE_BYTES
from hubaction.rollout.hub.edit import read_images
from hubaction.rollout.hub.files import Edits, SourceFile, choose_files, edit_files

_FILE_MODES = {"100644", "100755"}


def read_files(git: GitData, commit: RemoteCommit, choose: Callable[[list[str]], list[str]]) -> dict[str, SourceFile]:
    """The selected files of a commit; symbolic links are left out."""
    entries = {entry.name: entry for entry in git.list_files(commit.tree) if entry.mode in _FILE_MODES}
    return {name: _read_file(git, entries[name]) for name in choose(list(entries))}


def _read_file(git: GitData, entry: RemoteEntry) -> SourceFile:
    if entry.size > MAX_FILE_BYTES:
        return SourceFile(None, entry.mode)
    return SourceFile(git.read_file(entry.sha), entry.mode)


def read_edits(configuration: GitHub | None, branch: str, paths: Sequence[ValuePath], images: Sequence[str]) -> Edits:
    """What would change in a repository, which is only read. Raises ActionError."""
    if configuration is None:
        raise ActionError("The input 'github-token' is empty, so the configuration cannot be read.")
    git = GitData(configuration)
    head = git.get_head(branch or configuration.read_repository().default_branch)
    return edit_files(read_files(git, head, lambda names: choose_files(names, paths)), paths, read_images(images))
