"""The repositories that are built, and a commit for each scenario."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from devtools import places, repository
from devtools.repository import commit_all, git

Kind = Literal["generated", "dockerfile"]
"""By repo2docker's conda build pack from environment.yml, or from a Dockerfile of its own."""

Scenario = Literal["cold", "unchanged", "readme", "notebook", "package", "tag", "pull-request", "comment"]

FULL_NAME = "lab/bench"
ZERO = "0" * 40
HERE = Path(__file__).resolve().parent / "repositories"
NOTEBOOK = "random-walk.ipynb"
PULL_REQUEST = 7
GIT_TAG = "v1.0"


@dataclass(frozen=True)
class Change:
    """What happened on GitHub: the commit that is checked out, and the event that says so."""

    scenario: Scenario
    sha: str
    event_name: str
    ref: str
    payload: dict[str, Any]
    tags: tuple[str, ...]
    """Those of the image that are pushed, the one that names the commit first; empty on pull requests."""


@dataclass(frozen=True)
class Repository:
    """A git repository with one commit on main, `first`, and commits for the scenarios that follow it."""

    kind: Kind
    folder: Path
    first: str

    def check_out(self, change: Change, destination: Path) -> None:
        """A fresh clone, as actions/checkout makes it: file times and all are new."""
        git(self.folder, "clone", "--quiet", "--no-checkout", "--no-hardlinks", self.folder, destination)
        git(destination, "checkout", "--quiet", change.sha)
        git(destination, "remote", "set-url", "origin", f"https://github.com/{FULL_NAME}.git")

    def change(self, scenario: Scenario) -> Change:
        if scenario == "tag":
            return self._tag()
        if scenario == "pull-request":
            return self._pull_request()
        sha = self.first if scenario == "cold" else git(self.folder, "rev-parse", scenario)
        payload = _push("refs/heads/main", ZERO if scenario == "cold" else self.first, sha)
        return Change(scenario, sha, "push", "refs/heads/main", payload, (sha[:12], "latest"))

    def _tag(self) -> Change:
        """A git tag on the commit that was built last."""
        ref = f"refs/tags/{GIT_TAG}"
        payload = _push(ref, ZERO, self.first) | {"created": True, "base_ref": "refs/heads/main"}
        return Change("tag", self.first, "push", ref, payload, (self.first[:12], GIT_TAG.removeprefix("v")))

    def _pull_request(self) -> Change:
        """It changes the notebook; what is checked out is GitHub's merge commit."""
        head, merge = (git(self.folder, "rev-parse", name) for name in ("notebook", "merge"))
        pull_request = {
            "number": PULL_REQUEST,
            "title": "Change the notebook",
            "user": {"login": "ada"},
            "head": {"sha": head, "ref": "topic", "repo": {"full_name": FULL_NAME}},
            "base": {"sha": self.first, "ref": "main", "repo": {"full_name": FULL_NAME}},
        }
        payload = {"action": "opened", "number": PULL_REQUEST, "pull_request": pull_request, "repository": _about()}
        return Change("pull-request", merge, "pull_request", f"refs/pull/{PULL_REQUEST}/merge", payload, ())


def make_repository(kind: Kind, destination: Path, *, base: str, megabytes: int) -> Repository:
    """The same name, base and size always give the same commits."""
    content = destination.with_name(f"{destination.name}-content")
    shutil.copytree(HERE / kind, content)
    for file in content.iterdir():
        file.write_text(file.read_text().replace("@BASE@", base).replace("@MEGABYTES@", str(megabytes)))
    # What the template has: the README does not belong into the image.
    shutil.copy2(places.PROJECT / "template" / ".dockerignore", content)
    shutil.copy2(places.PROJECT / "examples" / "conda" / NOTEBOOK, content)
    (content / "README.md").write_text("# An image\n")
    first = repository.make_repository(content, destination, full_name=FULL_NAME)
    shutil.rmtree(content)
    _commit_scenarios(destination, first, "environment.yml" if kind == "generated" else "packages.txt")
    return Repository(kind, destination, first)


def _commit_scenarios(folder: Path, first: str, packages: str) -> None:
    """A branch for each, named like the scenario."""
    git(folder, "checkout", "--quiet", "-b", "unchanged", first)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Change nothing")
    _commit_change(folder, first, "readme", "README.md", "# An image\n\nWith an explanation.\n")
    notebook = json.loads((folder / NOTEBOOK).read_text())
    notebook["cells"][0]["source"] = ["# A longer random walk"]
    _commit_change(folder, first, "notebook", NOTEBOOK, json.dumps(notebook, indent=1) + "\n")
    git(folder, "checkout", "--quiet", "-b", "merge", first)
    git(folder, "merge", "--quiet", "--no-ff", "--message", "Merge topic", "notebook")
    git(folder, "checkout", "--quiet", first)
    more = "  - tree\n" if packages == "environment.yml" else "tree 1\n"
    _commit_change(folder, first, "package", packages, (folder / packages).read_text() + more)
    git(folder, "checkout", "--quiet", "main")


def _commit_change(folder: Path, first: str, branch: str, file: str, text: str) -> None:
    git(folder, "checkout", "--quiet", "-b", branch, first)
    (folder / file).write_text(text)
    commit_all(folder, f"Change {file}")


def _push(ref: str, before: str, sha: str) -> dict[str, Any]:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""
    commit = {"id": sha, "message": "Change something"}
    return {
        "ref": ref,
        "before": before,
        "after": sha,
        "created": False,
        "deleted": False,
        "forced": False,
        "head_commit": commit,
        "commits": [commit],
        "repository": _about(),
        "sender": {"login": "ada", "type": "User"},
    }


def _about() -> dict[str, Any]:
    owner, _, name = FULL_NAME.partition("/")
    return {
        "name": name,
        "full_name": FULL_NAME,
        "private": False,
        "fork": False,
        "default_branch": "main",
        "html_url": f"https://github.com/{FULL_NAME}",
        "owner": {"login": owner},
    }
