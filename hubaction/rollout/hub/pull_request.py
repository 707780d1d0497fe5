"""One rolling pull request per image: opened once, and made anew on the newest base with each new tag.

Nobody's work is lost. The branch is replaced only while all that it has is ours, which its commits and files tell, and
only while it still is what was looked at, which GitHub checks in the same step.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import GitHubError, PassingError
from hubaction.clients.github.git_data import GitData, NewFile, RemoteCommit, RemoteEntry
from hubaction.clients.github.patience import patiently
from hubaction.clients.github.pull_requests import PullRequests, RemotePull
from hubaction.errors import ActionError
from hubaction.image import sanitize_tag
from hubaction.inputs.choices import Automerge
from hubaction.results import ChangedFile
from hubaction.rollout.hub.document import MAX_FILE_BYTES
from hubaction.rollout.hub.files import Edits, SourceFile

BEGIN, END = "<!-- hub-image-action:rollout -->", "<!-- /hub-image-action:rollout -->"
"""Around what is ours in the body: people may write before and after it."""
TITLE = "Roll out "
_FILE_MODES = {"100644", "100755"}
_IMAGE = re.compile(r"^Hub-Image: (\S{1,400}@sha256:[0-9a-f]{64})$", re.MULTILINE)
_RUN = re.compile(r"^Hub-Image-Run: (\d{1,20})\.(\d{1,6})$", re.MULTILINE)
_TREE = re.compile(r"^Hub-Image-Tree: ([0-9a-f]{40,64})$", re.MULTILINE)

Files = Mapping[str, SourceFile]
Run = tuple[int, int]
"""GitHub's number of a run, and of its attempt: they grow."""


class RolloutError(ActionError):
    """The pull request could not be made."""


@dataclass(frozen=True)
class Trailers:
    """What a commit of ours says of itself."""

    images: tuple[str, ...]
    """`name:tag@digest`, for each name of the image."""
    run: Run
    tree: str


@dataclass(frozen=True)
class Texts:
    """What people read."""

    title: str
    body: str
    comment: str
    """For a pull request that people changed."""


@dataclass(frozen=True)
class Proposal:
    """What is to be rolled out, and how it is worked out for whatever the files are by then."""

    base: str
    branch: str
    images: tuple[str, ...]
    run: Run
    choose: Callable[[list[str]], list[str]]
    """Of all files the ones that are meant."""
    edit: Callable[[Files, tuple[str, ...]], Edits]
    """Points files to images, given as in the trailers."""
    write: Callable[[Edits], Texts]
    find_newer: Callable[[Sequence[str]], str] = lambda references: ""
    """What to say when one of these images is newer than this one; empty when none is."""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    automerge: Automerge = Automerge.FALSE


class Kind(StrEnum):
    NOTHING = "nothing"
    OPENED = "opened"
    UPDATED = "updated"
    CURRENT = "current"
    COMMENTED = "commented"
    OVERTAKEN = "overtaken"
    CLOSED = "closed"


@dataclass(frozen=True)
class RolledOut:
    """What became of it."""

    kind: Kind
    sentence: str
    edits: Edits
    url: str = ""
    warnings: tuple[str, ...] = ()


def name_branch(image: str, base: str) -> str:
    """The branch for an image: legal for git, and another one for each base.

    https://git-scm.com/docs/git-check-ref-format
    """
    flat = re.sub(r"\.{2,}|\.lock$", "-", sanitize_tag(image.replace("/", "-")))[:100].rstrip(".")
    return f"hub-image-action/{flat}-{hashlib.sha256(f'{image} {base}'.encode()).hexdigest()[:6]}"


def render_message(title: str, images: tuple[str, ...], run: Run, tree: str) -> str:
    lines = [
        *(f"Hub-Image: {image}" for image in images),
        f"Hub-Image-Run: {run[0]}.{run[1]}",
        f"Hub-Image-Tree: {tree}",
    ]
    return f"{title}\n\n" + "\n".join(lines) + "\n"


def read_trailers(message: str) -> Trailers | None:
    """What a commit says of itself; None when it is not ours."""
    last = message.rstrip("\n").rpartition("\n\n")[2]
    run, tree = _RUN.search(last), _TREE.search(last)
    images = tuple(_IMAGE.findall(last))
    return Trailers(images, (int(run[1]), int(run[2])), tree[1]) if images and run and tree else None


def read_files(git: GitData, commit: RemoteCommit, choose: Callable[[list[str]], list[str]]) -> dict[str, SourceFile]:
    """The files of a commit that are meant; links are none of them."""
    entries = {entry.name: entry for entry in git.list_files(commit.tree) if entry.mode in _FILE_MODES}
    return {name: _read_file(git, entries[name]) for name in choose(list(entries))}


def _read_file(git: GitData, entry: RemoteEntry) -> SourceFile:
    if entry.size > MAX_FILE_BYTES:
        return SourceFile(None, entry.mode)
    return SourceFile(git.read_file(entry.sha), entry.mode)


def roll_out(hub: GitHub, repository: str, proposal: Proposal) -> RolledOut:
    """Bring the pull request up to date; raises RolloutError, FileError, PathError and GitHubError."""
    return patiently(_Rollout(hub, repository, proposal).try_once)


class _Rollout:
    def __init__(self, hub: GitHub, repository: str, proposal: Proposal) -> None:
        self._hub = hub
        self._git = GitData(hub)
        self._pulls = PullRequests(hub, repository)
        self._proposal = proposal

    def try_once(self) -> RolledOut:
        """Look at all there is, and write: to be repeated whole."""
        proposal = self._proposal
        head = self._git.get_head(proposal.base)
        edits = proposal.edit(read_files(self._git, head, proposal.choose), proposal.images)
        if not edits.changed:
            return RolledOut(Kind.NOTHING, _say_nothing(edits), edits)
        if newer := proposal.find_newer(edits.old_references):
            return RolledOut(Kind.OVERTAKEN, newer, edits)
        found = self._pulls.find(proposal.branch)
        seen = self._git.find_head(proposal.branch)
        pull = next((each for each in found if each.open), None)
        if pull and seen:
            return self._update(pull, head, seen, edits)
        return self._open(found, head, seen, edits)

    # --- a new one ---

    def _open(self, found: list[RemotePull], head: RemoteCommit, seen: RemoteCommit | None, edits: Edits) -> RolledOut:
        closed = found[0] if found and not found[0].merged else None
        if closed and self._is_about_this(closed):
            sentence = (
                f"Pull request {closed.number} with this image was closed, so it stays closed: the next tag opens"
            )
            return RolledOut(Kind.CLOSED, f"{sentence} a new one.", edits, closed.url)
        if seen and self._read_ours(head, seen) is None:
            raise RolloutError(
                f"Branch '{self._proposal.branch}' has commits of others, and no pull request is open for it: delete"
                " the branch, or open a pull request from it."
            )
        commit = self._commit(self._write_tree(edits, head), head, self._proposal.write(edits).title)
        if seen:
            self._git.replace_branch(self._proposal.branch, commit, seen=seen)
        else:
            self._git.create_branch(self._proposal.branch, commit)
        pull = self._create_pull(commit, edits)
        warnings = (*self._finish(pull), *self._merge_when_ready(pull))
        return RolledOut(Kind.OPENED, f"Opened pull request {pull.number}.", edits, pull.url, warnings)

    def _is_about_this(self, pull: RemotePull) -> bool:
        trailers = read_trailers(self._pulls.find_commit_message(pull.head_sha))
        return trailers is not None and trailers.images == self._proposal.images

    def _create_pull(self, commit: RemoteCommit, edits: Edits) -> RemotePull:
        proposal, texts = self._proposal, self._proposal.write(edits)
        try:
            return self._pulls.create(
                title=texts.title,
                body=f"{BEGIN}\n{texts.body}\n{END}\n",
                branch=proposal.branch,
                base=proposal.base,
                draft=proposal.draft,
            )
        except PassingError:
            raise  # it may be there all the same, which the next try sees
        except GitHubError:
            with suppress(GitHubError):
                self._git.delete_branch(proposal.branch, seen=commit)
            raise

    # --- the one that is open ---

    def _update(self, pull: RemotePull, head: RemoteCommit, seen: RemoteCommit, edits: Edits) -> RolledOut:
        ours = self._read_ours(head, seen) if pull.base == self._proposal.base else None
        if ours is None:
            return self._comment(pull, edits)
        if ours.run > self._proposal.run:
            sentence = f"A newer run than this one has written pull request {pull.number}, so it stays."
            return RolledOut(Kind.OVERTAKEN, sentence, edits, pull.url)
        # A newer run may be of an older commit: its build took longer.
        if ours.images != self._proposal.images and (newer := self._proposal.find_newer(ours.images)):
            return RolledOut(Kind.OVERTAKEN, newer, edits, pull.url)
        tree = self._write_tree(edits, head)
        texts = self._proposal.write(edits)
        is_current = seen.tree == tree and seen.parents == (head.sha,) and ours.images == self._proposal.images
        if not is_current:
            commit = self._commit(tree, head, texts.title)
            self._git.replace_branch(self._proposal.branch, commit, seen=seen)
        title, body = _keep_peoples_words(pull, texts)
        if (title, body) != (pull.title, pull.body.replace("\r\n", "\n")):
            self._pulls.edit(pull.number, title=title, body=body)
        kind, verb = (Kind.CURRENT, "is up to date") if is_current else (Kind.UPDATED, "was updated")
        return RolledOut(kind, f"Pull request {pull.number} {verb}.", edits, pull.url, self._finish(pull))

    def _comment(self, pull: RemotePull, edits: Edits) -> RolledOut:
        body = f"{BEGIN}\n{self._proposal.write(edits).comment}\n"
        marked = [each for each in self._hub.list_comments(pull.number) if each.body.lstrip().startswith(BEGIN)]
        login = self._hub.login([each.author for each in marked])
        own = next((each for each in marked if each.author == login), None)
        if own is None:
            self._hub.create_comment(pull.number, body)
        elif own.body.replace("\r\n", "\n") != body:
            self._hub.edit_comment(own.id, body)
        sentence = f"Pull request {pull.number} was changed by people, so it stays as it is; a comment has the new tag."
        return RolledOut(Kind.COMMENTED, sentence, edits, pull.url)

    # --- what is ours ---

    def _read_ours(self, head: RemoteCommit, seen: RemoteCommit) -> Trailers | None:
        """What our newest commit on the branch says; None when the branch has anything that we did not write.

        Merges of the base, by the button that GitHub has for that, are nobody's work, nor is our commit after a rebase.
        """
        trailers = read_trailers(seen.message)
        if trailers and trailers.tree == seen.tree and len(seen.parents) == 1:
            return trailers
        comparison = self._pulls.compare(head.sha, seen.sha)
        own = [each for each in comparison.commits if each.parents == 1]
        ours = [trailers for each in own if (trailers := read_trailers(each.message))]
        if not comparison.complete or len(ours) != len(own):
            return None
        if not comparison.files:
            untouched = [trailers.tree for trailers in ours] == [each.tree for each in own]
            return (ours or [Trailers((), (0, 0), "")])[-1] if untouched else None
        return ours[-1] if ours and self._blobs_of(ours[-1], comparison.merge_base) == dict(comparison.files) else None

    def _blobs_of(self, trailers: Trailers, commit: str) -> dict[str, str]:
        """What our change of a commit's files makes of them, by git's names for contents."""
        base = self._git.get_commit(commit)
        try:
            edits = self._proposal.edit(read_files(self._git, base, self._proposal.choose), trailers.images)
        except GitHubError:
            raise
        except ActionError:
            return {}
        return {file.path: _name_blob(file.after) for file in edits.changed}

    # --- writing ---

    def _write_tree(self, edits: Edits, parent: RemoteCommit) -> str:
        return self._git.create_tree([_new_file(file) for file in edits.changed], parent=parent)

    def _commit(self, tree: str, parent: RemoteCommit, title: str) -> RemoteCommit:
        message = render_message(title, self._proposal.images, self._proposal.run, tree)
        return self._git.commit_tree(tree, message, parent=parent)

    def _finish(self, pull: RemotePull) -> tuple[str, ...]:
        """Labels and reviewers that are missing; what of them cannot be had is a warning."""
        warnings: list[str] = []
        labels = [label for label in self._proposal.labels if label not in pull.labels]
        asked = {name.lower() for name in pull.reviewers}
        people = [each for each in self._proposal.reviewers if each.rpartition("/")[2].lower() not in asked]
        for wanted, work in ((labels, self._pulls.add_labels), (people, self._pulls.request_reviews)):
            try:
                if wanted:
                    work(pull.number, wanted)
            except GitHubError as error:
                warnings.append(error.message)
        return tuple(warnings)

    def _merge_when_ready(self, pull: RemotePull) -> tuple[str, ...]:
        automerge = self._proposal.automerge
        if automerge is Automerge.FALSE:
            return ()
        try:
            method = automerge.value
            if automerge is Automerge.TRUE:
                method = next(iter(self._hub.read_repository().merge_methods), "merge")
            self._pulls.merge_when_ready(pull, method)
        except GitHubError as error:
            # GitHub says so when it would have to merge at once.
            nothing_to_wait_for = "clean status" in error.message.lower()
            return (f"{error.message} {_NO_CHECKS if nothing_to_wait_for else _NO_AUTOMERGE}",)
        return ()


_NO_CHECKS = (
    "Branch protection, or a ruleset, has to demand a check or a review there: without any, nothing is merged"
    " automatically."
)
_NO_AUTOMERGE = "Settings > General > 'Allow auto-merge' has to be on in that repository."


def _say_nothing(edits: Edits) -> str:
    if edits.current:
        return "Nothing to roll out: the configuration names this image already."
    return "Nothing to roll out: none of the chosen places names this image."


def _keep_peoples_words(pull: RemotePull, texts: Texts) -> tuple[str, str]:
    """Title and body with our part brought up to date, if people have left it there."""
    title = texts.title if pull.title.startswith(TITLE) else pull.title
    body = pull.body.replace("\r\n", "\n")
    before, begin, rest = body.partition(BEGIN)
    _, end, after = rest.partition(END)
    return title, f"{before}{BEGIN}\n{texts.body}\n{END}{after}" if begin and end else body


def _new_file(file: ChangedFile) -> NewFile:
    return NewFile(file.path, file.after, file.mode)


def _name_blob(text: str) -> str:
    content = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
