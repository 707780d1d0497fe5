"""Git's objects as the test server for GitHub has them: blobs, trees, commits and branches, by git's own names."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FILE, EXECUTABLE, LINK, FOLDER = "100644", "100755", "120000", "040000"
DATE = "2026-01-02T03:04:05Z"

Tree = Mapping[str, tuple[str, str]]
"""By name: the mode and the object."""


@dataclass(frozen=True)
class Commit:
    """A commit."""

    tree: str
    parents: tuple[str, ...]
    message: str
    author: str


@dataclass
class Git:
    """All objects of one repository."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    # --- what a test arranges and asks ---

    def push(
        self, files: Mapping[str, str], *, branch: str = "main", message: str = "Change files", mode: str = FILE
    ) -> str:
        """Add a commit that writes files, and return its name; the branch is made where there is none."""
        parent = self.branches.get(branch)
        tree = self.commits[parent].tree if parent else self._add_tree({})
        for path, text in files.items():
            tree = self.write(tree, path, mode, text.encode())
        self.branches[branch] = self.add_commit(tree, [parent] if parent else [], message, "maintainer")
        return self.branches[branch]

    def read(self, path: str, *, branch: str = "main") -> str:
        """The text of a file; raises KeyError when there is none."""
        sha = self.commits[self.branches[branch]].tree
        for name in path.split("/"):
            sha = self.trees[sha][name][1]
        return self.blobs[sha].decode()

    def walk(self, tree: str, prefix: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
        """All entries of a tree and of its folders, by their paths."""
        for name, (mode, sha) in self.trees[tree].items():
            yield f"{prefix}{name}", (mode, sha)
            if mode == FOLDER:
                yield from self.walk(sha, f"{prefix}{name}/")

    def files(self, commit: str) -> dict[str, str]:
        """The texts of all files of a commit, by their paths."""
        entries = self.walk(self.commits[commit].tree)
        return {path: self.blobs[sha].decode() for path, (mode, sha) in entries if mode != FOLDER}

    def history(self, sha: str) -> Iterator[str]:
        """The commit and all before it."""
        yield sha
        for parent in self.commits[sha].parents:
            yield from self.history(parent)

    # --- objects ---

    def write(self, tree: str, path: str, mode: str, content: bytes) -> str:
        """Return the tree that differs from another in one file."""
        name, _, rest = path.partition("/")
        entries = dict(self.trees[tree])
        if rest:
            inner = entries[name][1] if entries.get(name, ("", ""))[0] == FOLDER else self._add_tree({})
            entries[name] = (FOLDER, self.write(inner, rest, mode, content))
        else:
            sha = _name("blob", content)
            self.blobs[sha] = content
            entries[name] = (mode, sha)
        return self._add_tree(entries)

    def remove(self, tree: str, path: str) -> str:
        """Return the tree without a file; a folder that is left empty goes, too."""
        name, _, rest = path.partition("/")
        entries = dict(self.trees[tree])
        inner = self.remove(entries[name][1], rest) if rest else ""
        if inner and self.trees[inner]:
            entries[name] = (FOLDER, inner)
        else:
            del entries[name]
        return self._add_tree(entries)

    def empty_tree(self) -> str:
        return self._add_tree({})

    def add_commit(self, tree: str, parents: Sequence[str], message: str, author: str) -> str:
        commit = Commit(tree, tuple(parents), message, author)
        sha = _name("commit", repr(commit).encode())
        self.commits[sha] = commit
        return sha

    def _add_tree(self, entries: Tree) -> str:
        ordered = dict(sorted(entries.items()))
        sha = _name(
            "tree", b"".join(f"{m.lstrip('0')} {n}\0".encode() + bytes.fromhex(s) for n, (m, s) in ordered.items())
        )
        self.trees[sha] = ordered
        return sha


def _name(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


# --- objects as GitHub shows them; `url` is the address of the repository's /git ---


def show_ref(url: str, branch: str, sha: str) -> dict[str, Any]:
    target = {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"}
    name = f"refs/heads/{branch}"
    return {"ref": name, "node_id": f"REF_{branch}", "url": f"{url}/{name}", "object": target}


def show_commit(url: str, repository: str, sha: str, commit: Commit) -> dict[str, Any]:
    page = f"https://github.com/{repository}/commit"
    who = {"name": commit.author, "email": f"{commit.author}@users.noreply.github.com", "date": DATE}
    parents = [{"sha": each, "url": f"{url}/commits/{each}", "html_url": f"{page}/{each}"} for each in commit.parents]
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": f"{url}/commits/{sha}",
        "html_url": f"{page}/{sha}",
        "author": who,
        "committer": who,
        "tree": {"sha": commit.tree, "url": f"{url}/trees/{commit.tree}"},
        "message": commit.message,
        "parents": parents,
        "verification": dict.fromkeys(("signature", "payload", "verified_at"))
        | {"verified": False, "reason": "unsigned"},
    }


def show_tree(url: str, sha: str, tree: Tree, blobs: Mapping[str, bytes]) -> dict[str, Any]:
    entries = []
    for name, (mode, entry) in tree.items():
        kind = "tree" if mode == FOLDER else "blob"
        size = {"size": len(blobs[entry])} if kind == "blob" else {}
        entries.append(
            {"path": name, "mode": mode, "type": kind, "sha": entry, "url": f"{url}/{kind}s/{entry}", **size}
        )
    return {"sha": sha, "url": f"{url}/trees/{sha}", "tree": entries, "truncated": False}


def show_blob(url: str, sha: str, content: bytes) -> dict[str, Any]:
    """Base64 with a line end at its end, as GitHub has it."""
    return {
        "sha": sha,
        "node_id": f"B_{sha}",
        "size": len(content),
        "url": f"{url}/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }
