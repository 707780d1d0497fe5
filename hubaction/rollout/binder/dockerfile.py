"""Commits a Dockerfile from which Binder starts the pushed image, named by its digest.

The commit is created object by object (https://docs.github.com/en/rest/git) instead of through the contents API, which
compares only the file. A branch that is moved without force must still be at the commit that we read.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from hubaction.clients.github.errors import BranchRulesError, GitHubError, NotAllowedError
from hubaction.clients.github.git_data import GitData, NewFile, RemoteCommit
from hubaction.clients.github.patience import patiently
from hubaction.decide.binder_dockerfile import FOLDER, PATH, is_our_dockerfile, render_dockerfile
from hubaction.errors import ActionError

DEFAULT_MESSAGE = "Update image tag"
MAX_MESSAGE_LENGTH = 200
_OUR_MESSAGE = re.compile(r"[^\n]+\n\nBinder-Image: \S+@sha256:[0-9a-f]{64}\n?")
_FILE_MODES = {"100644", "100755"}
_FOLDER_MODE = "040000"


class BinderDockerfileError(ActionError):
    """The Dockerfile for Binder was not committed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{PATH} was not committed, so Binder does not get this image. {reason}")


@dataclass(frozen=True)
class DockerfileUpdate:
    """The branch afterwards: `commit` is its head, `url` the page of that commit."""

    changed: bool
    commit: str
    url: str
    advice: str
    """A sentence: what was done or, without `write`, what would be done."""


@dataclass(frozen=True)
class Existing:
    """Binder's configuration in a branch: its folders, and our file."""

    names: Mapping[str, str]
    """Git modes of `binder` and `.binder`, if they exist."""
    files: tuple[str, ...] = ()
    """Names in `binder`."""
    dockerfile: str | None = None


def update_binder_dockerfile(
    git: GitData, *, branch: str, image: str, message: str = DEFAULT_MESSAGE, write: bool, pushed_commit: str = ""
) -> DockerfileUpdate:
    """Commit the Dockerfile on the branch's current head; without `write`, only say what would be done.

    `image` is `name@sha256:...`. `pushed_commit` is the commit whose push started this run, empty on other events: if
    it is one of ours, nothing is committed, for else each build would start the next one. With the job's own token no
    build starts at all: https://docs.github.com/en/actions/concepts/security/github_token

    Raises BinderDockerfileError when configuration is in the way, or the token or the branch's rules forbid it, and
    GitHubError for the rest.
    """
    text = render_dockerfile(image)
    made: list[str] = []

    def try_once() -> DockerfileUpdate:
        head = git.get_head(branch)
        existing = read_existing(git, head)
        if existing.dockerfile == text:
            # The response to an earlier attempt may have been lost.
            return DockerfileUpdate(head.sha in made, head.sha, head.url, f"{PATH} on '{branch}' names this image.")
        if pushed_commit == head.sha and is_our_message(head.message):
            return DockerfileUpdate(
                False, head.sha, head.url, f"{PATH} stays as it is: its own commit started this build."
            )
        obstacle = find_obstacle(existing)
        if not write:
            return DockerfileUpdate(False, head.sha, head.url, say_what_would_be(branch, image, obstacle))
        if obstacle:
            raise BinderDockerfileError(obstacle)
        commit = git.create_commit([NewFile(PATH, text)], render_message(message, image), parent=head)
        made.append(commit.sha)
        git.move_branch(branch, commit)
        return DockerfileUpdate(True, commit.sha, commit.url, f"{PATH} on '{branch}' names this image now.")

    try:
        return patiently(try_once)
    except (NotAllowedError, BranchRulesError) as error:
        raise BinderDockerfileError(f"{error.message} {advise(error)}") from error


def read_existing(git: GitData, head: RemoteCommit) -> Existing:
    """Read Binder's configuration in a commit."""
    root = {entry.name: entry for entry in git.list_folder(head.tree) if entry.name in {FOLDER, f".{FOLDER}"}}
    modes = {name: entry.mode for name, entry in root.items()}
    if modes.get(FOLDER) != _FOLDER_MODE:
        return Existing(modes)
    entries = {entry.name: entry for entry in git.list_folder(root[FOLDER].sha)}
    ours = entries.get("Dockerfile")
    if ours is None or ours.mode not in _FILE_MODES:
        return Existing(modes, tuple(entries))
    return Existing(modes, tuple(entries), git.read_file(ours.sha).decode("utf-8", "replace"))


def find_obstacle(existing: Existing) -> str:
    """Return what our Dockerfile would shadow or overwrite, as a sentence; empty when nothing is in the way.

    repo2docker reads one folder of configuration only, and in it a Dockerfile before anything else:
    https://repo2docker.readthedocs.io/en/latest/configuration/
    """
    if f".{FOLDER}" in existing.names:
        return f"The repository has configuration in .{FOLDER}/, which it would shadow: move that to the root."
    if existing.names.get(FOLDER, _FOLDER_MODE) != _FOLDER_MODE:
        return f"'{FOLDER}' is no folder in this repository, and would be replaced: rename it."
    others = [name for name in existing.files if name != "Dockerfile"]
    if others:
        return f"It would shadow {count(len(others))} in {FOLDER}/: move the configuration to the root."
    if existing.files and not is_our_dockerfile(existing.dockerfile or ""):
        return f"There is a {PATH} that this action did not write: move it to the root, or remove it."
    return ""


def count(files: int) -> str:
    return "another file" if files == 1 else f"{files} other files"


def say_what_would_be(branch: str, image: str, obstacle: str) -> str:
    if obstacle:
        return f"With 'binder-cache: true', {PATH} would not be committed. {obstacle}"
    return f"With 'binder-cache: true', {PATH} on '{branch}' would be committed with 'FROM {image}'."


def render_message(message: str, image: str) -> str:
    """Return the commit's message, its first line being the given text.

    The text may be untrusted, e.g. the title of a pull request. On one line it cannot forge trailers (Co-authored-by,
    ...); invisible characters are removed.
    """
    visible = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in message)
    title = " ".join(visible.split())[:MAX_MESSAGE_LENGTH].strip()
    return f"{title or DEFAULT_MESSAGE}\n\nBinder-Image: {image}\n"


def is_our_message(message: str) -> bool:
    return _OUR_MESSAGE.fullmatch(message) is not None


def advise(error: GitHubError) -> str:
    if isinstance(error, BranchRulesError):
        return (
            "Let GitHub Actions bypass the rule or the protection of this branch, or use 'binder-cache: check' and"
            " commit the file through a pull request."
        )
    return "Add 'contents: write' to the job's permissions; a token of your own needs to read and write contents, too."
