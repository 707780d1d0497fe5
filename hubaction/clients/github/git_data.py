"""Commits and branches of a repository on GitHub, written without a checkout.

GitHub signs commits that are made this way with the token of an App or a job:
https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-your-git-database
https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hubaction.clients.github.errors import BranchRulesError, GitHubError, MovedError, NotAllowedError, reading
from hubaction.image import short_sha

if TYPE_CHECKING:
    from hubaction.clients.github.api import GitHub

FILE_MODE = "100644"
UPDATE_REFS = (
    "mutation($repository:ID!,$updates:[RefUpdate!]!){"
    "updateRefs(input:{repositoryId:$repository,refUpdates:$updates}){clientMutationId}}"
)
"""https://docs.github.com/en/graphql/reference/mutations#updaterefs"""
_NOWHERE = "0" * 40
"""Git's target of a branch that does not exist."""


@dataclass(frozen=True)
class RemoteCommit:
    """A commit as GitHub has it; `tree` is its root folder."""

    sha: str
    tree: str
    message: str
    url: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemoteEntry:
    """A file or folder in a folder; the mode is git's, e.g. 100644."""

    name: str
    mode: str
    sha: str
    size: int = 0
    """Bytes of a file."""


@dataclass(frozen=True)
class NewFile:
    """A file of a commit; without a text, the commit removes it."""

    path: str
    text: str | None
    mode: str = FILE_MODE


class GitData:
    """The commits and branches of one repository. Every method raises GitHubError."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github
        self._node_id = ""

    # --- reading ---

    def get_head(self, branch: str) -> RemoteCommit:
        """The commit of a branch; raises NotAllowedError when there is no such branch, or the token may not see it."""
        action = f"read branch '{branch}'"
        return self._read_commit(action, self._read_ref(action, branch))

    def find_head(self, branch: str) -> RemoteCommit | None:
        """The commit of a branch; None when there is no such branch.

        A repository that the token may not see looks the same, so first read something that must exist.
        """
        action = f"look for branch '{branch}'"
        try:
            sha = self._read_ref(action, branch)
        except GitHubError as error:
            if error.is_missing:
                return None
            raise
        return self._read_commit(action, sha)

    def get_commit(self, sha: str) -> RemoteCommit:
        return self._read_commit(f"read commit {short_sha(sha)}", sha)

    def _read_ref(self, action: str, branch: str) -> str:
        answer = self._git(action, "GET", f"ref/heads/{quote(branch)}")
        with reading(action):
            return str(answer["object"]["sha"])

    def _read_commit(self, action: str, sha: str) -> RemoteCommit:
        return _read_commit(action, self._git(action, "GET", f"commits/{quote(sha, safe='')}"))

    def list_folder(self, tree: str) -> list[RemoteEntry]:
        """Entries of a folder, without those of its subfolders."""
        return self._list(tree, "")

    def list_files(self, tree: str) -> list[RemoteEntry]:
        """All files, links and submodules in a folder and its subfolders, by their paths."""
        return [entry for entry in self._list(tree, "?recursive=1") if entry.mode != "040000"]

    def _list(self, tree: str, query: str) -> list[RemoteEntry]:
        action = f"list folder {short_sha(tree)}"
        answer = self._git(action, "GET", f"trees/{quote(tree, safe='')}{query}")
        with reading(action):
            if answer["truncated"]:
                raise GitHubError(f"Folder {short_sha(tree)} has more entries than GitHub lists.")
            return [
                RemoteEntry(entry["path"], entry["mode"], entry["sha"], entry.get("size") or 0)
                for entry in answer["tree"]
            ]

    def read_file(self, blob: str) -> bytes:
        action = f"read file {short_sha(blob)}"
        answer = self._git(action, "GET", f"blobs/{quote(blob, safe='')}")
        with reading(action):
            if answer["encoding"] != "base64":
                raise ValueError(answer["encoding"])
            return base64.b64decode(answer["content"])

    # --- commits ---

    def create_commit(self, files: Sequence[NewFile], message: str, *, parent: RemoteCommit | None) -> RemoteCommit:
        """Make a commit that differs from its parent in these files only. No branch points at it yet.

        Without a parent it has these files only and no history. It names no author: GitHub fills in the token's owner.
        """
        return self.commit_tree(self.create_tree(files, parent=parent), message, parent=parent)

    def create_tree(self, files: Sequence[NewFile], *, parent: RemoteCommit | None) -> str:
        """The first half of `create_commit`, for a message that names the tree."""
        action = f"write {files[0].path if len(files) == 1 else f'{len(files)} files'}"
        base = {"base_tree": parent.tree} if parent else {}
        answer = self._git(action, "POST", "trees", {**base, "tree": [_show_entry(file) for file in files]})
        with reading(action):
            return str(answer["sha"])

    def commit_tree(self, tree: str, message: str, *, parent: RemoteCommit | None) -> RemoteCommit:
        action = f"commit {short_sha(tree)}"
        commit = {"message": message, "tree": tree, "parents": [parent.sha] if parent else []}
        return _read_commit(action, self._git(action, "POST", "commits", commit))

    # --- branches ---

    def create_branch(self, branch: str, commit: RemoteCommit) -> None:
        """Raises MovedError when the branch was created meanwhile."""
        try:
            self._git(f"create branch '{branch}'", "POST", "refs", {"ref": f"refs/heads/{branch}", "sha": commit.sha})
        except GitHubError as error:
            if error.status == 422 and re.search(r"already exists", error.reason, re.IGNORECASE):
                raise MovedError(f"Branch '{branch}' was created meanwhile.", wait=1) from error
            raise _explain_refused_move(branch, error) from error

    def move_branch(self, branch: str, commit: RemoteCommit) -> None:
        """Move a branch to a commit without force. Raises MovedError unless it is still at the commit's parent."""
        action = f"move branch '{branch}' to a new commit"
        try:
            self._git(action, "PATCH", f"refs/heads/{quote(branch)}", {"sha": commit.sha, "force": False})
        except GitHubError as error:
            raise _explain_refused_move(branch, error) from error

    def replace_branch(self, branch: str, commit: RemoteCommit, *, seen: RemoteCommit) -> None:
        """Move a branch to any commit by force. Raises MovedError unless it is still at the commit that was seen.

        GraphQL compares and moves in one step; the REST API cannot.
        """
        self._update_ref(f"replace branch '{branch}'", branch, seen=seen, to=commit.sha)

    def delete_branch(self, branch: str, *, seen: RemoteCommit) -> None:
        """Delete a branch. Raises MovedError unless it is still at the commit that was seen, or gone already."""
        try:
            self._update_ref(f"delete branch '{branch}'", branch, seen=seen, to=_NOWHERE)
        except MovedError:
            if self.find_head(branch):
                raise

    def _update_ref(self, action: str, branch: str, *, seen: RemoteCommit, to: str) -> None:
        update = {"name": f"refs/heads/{branch}", "beforeOid": seen.sha, "afterOid": to, "force": True}
        if not self._node_id:
            self._node_id = self._github.read_repository().node_id
        try:
            self._github.query(action, UPDATE_REFS, {"repository": self._node_id, "updates": [update]})
        except NotAllowedError:
            raise
        except GitHubError as error:
            # GitHub does not document its error for a branch that moved, so look where it is.
            head = self.find_head(branch)
            if head is None or head.sha not in {seen.sha, to}:
                raise MovedError(f"Branch '{branch}' got other commits meanwhile.", wait=1) from error
            if head.sha != to:
                raise

    def _git(self, action: str, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._github.request(action, verb, f"git/{path}", body)


def _show_entry(file: NewFile) -> dict[str, Any]:
    entry = {"path": file.path, "mode": file.mode, "type": "blob"}
    return {**entry, "sha": None} if file.text is None else {**entry, "content": file.text}


def _read_commit(action: str, answer: Any) -> RemoteCommit:
    with reading(action):
        parents = tuple(parent["sha"] for parent in answer["parents"])
        return RemoteCommit(answer["sha"], answer["tree"]["sha"], answer["message"], answer["html_url"], parents)


def _explain_refused_move(branch: str, error: GitHubError) -> GitHubError:
    """https://docs.github.com/en/rest/git/refs#update-a-reference names both statuses, but not what each means."""
    said = f"({error.status}: {error.reason})"
    if error.status == 409 or (error.status == 422 and re.search(r"fast.forward", error.reason, re.IGNORECASE)):
        return MovedError(f"Branch '{branch}' got other commits meanwhile {said}.", wait=1)
    if error.status == 422 and not re.search(r"not exist|no ref found", error.reason, re.IGNORECASE):
        return BranchRulesError(f"The rules of branch '{branch}' forbid it {said}.")
    return error
