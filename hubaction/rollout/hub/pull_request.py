"""One rolling pull request per image: opened once, and recreated on the newest base for each new tag.

No work of people is lost. The branch is replaced only if all its commits are ours, and only if it has not moved since
we read it, which GitHub checks in the same request.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import GitHubError, PassingError
from hubaction.clients.github.git_data import GitData, NewFile, RemoteCommit
from hubaction.clients.github.patience import patiently
from hubaction.clients.github.pull_requests import PullRequests, RemotePull
from hubaction.errors import ActionError
from hubaction.results import ChangedFile
from hubaction.rollout.hub.files import Edits
from hubaction.rollout.hub.finishing import add_labels_and_reviewers, merge_when_ready
from hubaction.rollout.hub.own_work import read_ours
from hubaction.rollout.hub.proposal import Proposal, Texts
from hubaction.rollout.hub.remote_files import read_files
from hubaction.rollout.hub.trailers import Trailers, read_trailers, render_message

BEGIN, END = "<!-- hub-image-action:rollout -->", "<!-- /hub-image-action:rollout -->"
"""Around our part of the body; people may write before and after it."""
TITLE = "Roll out "


class RolloutError(ActionError):
    """The pull request could not be made."""


class Kind(StrEnum):
    NOTHING = "nothing"
    OPENED = "opened"
    UPDATED = "updated"
    CURRENT = "current"
    COMMENTED = "commented"
    OVERTAKEN = "overtaken"
    CLOSED = "closed"


@dataclass(frozen=True)
class Proposed:
    """The result of a proposal."""

    kind: Kind
    sentence: str
    edits: Edits
    url: str = ""
    warnings: tuple[str, ...] = ()


def propose(github: GitHub, repository: str, proposal: Proposal) -> Proposed:
    """Bring the pull request up to date; raises RolloutError, FileError, PathError and GitHubError."""
    return patiently(_Attempt(github, repository, proposal).try_once)


class _Attempt:
    def __init__(self, github: GitHub, repository: str, proposal: Proposal) -> None:
        self._github = github
        self._git = GitData(github)
        self._pulls = PullRequests(github, repository)
        self._proposal = proposal

    def try_once(self) -> Proposed:
        """Read everything, then write; repeated as a whole after passing faults."""
        proposal = self._proposal
        head = self._git.get_head(proposal.base)
        edits = proposal.edit(read_files(self._git, head, proposal.choose), proposal.images)
        if not edits.changed:
            return Proposed(Kind.NOTHING, _say_nothing(edits), edits)
        if newer := proposal.find_newer(edits.old_references):
            return Proposed(Kind.OVERTAKEN, newer, edits)
        found = self._pulls.find(proposal.branch)
        seen = self._git.find_head(proposal.branch)
        pull = next((each for each in found if each.open), None)
        if pull and seen:
            return self._update(pull, head, seen, edits)
        return self._open(found, head, seen, edits)

    # --- a new one ---

    def _open(self, found: list[RemotePull], head: RemoteCommit, seen: RemoteCommit | None, edits: Edits) -> Proposed:
        closed = found[0] if found and not found[0].merged else None
        if closed and self._is_about_this(closed):
            sentence = (
                f"Pull request {closed.number} with this image was closed, so it stays closed: the next tag opens"
            )
            return Proposed(Kind.CLOSED, f"{sentence} a new one.", edits, closed.url)
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
        warnings = (*self._finish(pull), *merge_when_ready(self._github, self._pulls, pull, self._proposal.automerge))
        return Proposed(Kind.OPENED, f"Opened pull request {pull.number}.", edits, pull.url, warnings)

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
            raise  # it may exist nevertheless; the next attempt sees that
        except GitHubError:
            with suppress(GitHubError):
                self._git.delete_branch(proposal.branch, seen=commit)
            raise

    # --- the one that is open ---

    def _update(self, pull: RemotePull, head: RemoteCommit, seen: RemoteCommit, edits: Edits) -> Proposed:
        ours = self._read_ours(head, seen) if pull.base == self._proposal.base else None
        if ours is None:
            return self._comment(pull, edits)
        if ours.run > self._proposal.run:
            sentence = f"A newer run than this one has written pull request {pull.number}, so it stays."
            return Proposed(Kind.OVERTAKEN, sentence, edits, pull.url)
        # A newer run may have an older commit, whose build took longer.
        if ours.images != self._proposal.images and (newer := self._proposal.find_newer(ours.images)):
            return Proposed(Kind.OVERTAKEN, newer, edits, pull.url)
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
        return Proposed(kind, f"Pull request {pull.number} {verb}.", edits, pull.url, self._finish(pull))

    def _comment(self, pull: RemotePull, edits: Edits) -> Proposed:
        body = f"{BEGIN}\n{self._proposal.write(edits).comment}\n"
        marked = [each for each in self._github.list_comments(pull.number) if each.body.lstrip().startswith(BEGIN)]
        login = self._github.login([each.author for each in marked])
        own = next((each for each in marked if each.author == login), None)
        if own is None:
            self._github.create_comment(pull.number, body)
        elif own.body.replace("\r\n", "\n") != body:
            self._github.edit_comment(own.id, body)
        sentence = f"Pull request {pull.number} was changed by people, so it stays as it is; a comment has the new tag."
        return Proposed(Kind.COMMENTED, sentence, edits, pull.url)

    # --- what both do ---

    def _read_ours(self, head: RemoteCommit, seen: RemoteCommit) -> Trailers | None:
        return read_ours(self._git, self._pulls, self._proposal, head=head, seen=seen)

    def _finish(self, pull: RemotePull) -> tuple[str, ...]:
        labels, reviewers = self._proposal.labels, self._proposal.reviewers
        return add_labels_and_reviewers(self._pulls, pull, labels=labels, reviewers=reviewers)

    def _write_tree(self, edits: Edits, parent: RemoteCommit) -> str:
        return self._git.create_tree([_new_file(file) for file in edits.changed], parent=parent)

    def _commit(self, tree: str, parent: RemoteCommit, title: str) -> RemoteCommit:
        message = render_message(title, self._proposal.images, self._proposal.run, tree)
        return self._git.commit_tree(tree, message, parent=parent)


def _say_nothing(edits: Edits) -> str:
    if edits.current:
        return "Nothing to roll out: the configuration names this image already."
    return "Nothing to roll out: none of the chosen places names this image."


def _keep_peoples_words(pull: RemotePull, texts: Texts) -> tuple[str, str]:
    """Title and body with our parts updated, unless people have removed them."""
    title = texts.title if pull.title.startswith(TITLE) else pull.title
    body = pull.body.replace("\r\n", "\n")
    before, begin, rest = body.partition(BEGIN)
    _, end, after = rest.partition(END)
    return title, f"{before}{BEGIN}\n{texts.body}\n{END}{after}" if begin and end else body


def _new_file(file: ChangedFile) -> NewFile:
    return NewFile(file.path, file.after, file.mode)
