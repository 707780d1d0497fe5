"""Pull requests that this action opens and updates, and comparisons of commits.

https://docs.github.com/en/rest/pulls/pulls
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hubaction.clients.github.errors import GitHubError, NotAllowedError, reading
from hubaction.image import short_sha

if TYPE_CHECKING:
    from hubaction.clients.github.api import GitHub

MERGE_WHEN_READY = (
    "mutation($pull:ID!,$method:PullRequestMergeMethod!){"
    "enablePullRequestAutoMerge(input:{pullRequestId:$pull,mergeMethod:$method}){clientMutationId}}"
)
"""https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge"""
MAX_LISTED = 300
"""Files that a comparison lists at most. GitHub does not report when there are more."""


@dataclass(frozen=True)
class RemotePull:
    """A pull request as GitHub has it."""

    number: int
    node_id: str
    url: str
    open: bool
    merged: bool
    title: str
    body: str
    head_sha: str
    base: str
    """The target branch."""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    """Requested so far: users, and teams by their short names."""


@dataclass(frozen=True)
class ComparedCommit:
    """A commit of a comparison."""

    sha: str
    tree: str
    message: str
    parents: int


@dataclass(frozen=True)
class Comparison:
    """What a head has and its base does not, since their merge base."""

    status: str
    """Of the head: identical, ahead, behind or diverged."""
    merge_base: str
    commits: tuple[ComparedCommit, ...]
    """Oldest first."""
    files: tuple[tuple[str, str], ...]
    """Path and blob of each file that differs; the blob is empty for a deleted file."""
    complete: bool
    """Whether all commits and files are listed."""


class PullRequests:
    """The pull requests of one repository. Every method raises GitHubError."""

    def __init__(self, github: "GitHub", repository: str) -> None:
        self._github = github
        self._repository = repository

    def find(self, branch: str) -> list[RemotePull]:
        """Pull requests from a branch of this repository, open or closed, newest first."""
        action = f"look for pull requests from '{branch}'"
        owner = self._repository.partition("/")[0]
        query = f"head={quote(f'{owner}:{branch}', safe='')}&state=all&sort=created&direction=desc&per_page=100"
        found = self._github.request(action, "GET", f"pulls?{query}")
        with reading(action):
            return [_read_pull(answer) for answer in found if self._is_from(answer["head"], branch)]

    def _is_from(self, head: dict[str, Any], branch: str) -> bool:
        # A fork by the same owner has the same label.
        here = head["repo"] is not None and head["repo"]["full_name"].lower() == self._repository.lower()
        return here and head["ref"] == branch

    def create(self, *, title: str, body: str, branch: str, base: str, draft: bool) -> RemotePull:
        action = f"open a pull request from '{branch}'"
        pull = {"title": title, "body": body, "head": branch, "base": base, "draft": draft}
        try:
            answer = self._github.request(action, "POST", "pulls", pull)
        except GitHubError as error:
            if error.status == 403 and "not permitted to create" in error.reason:
                raise NotAllowedError(_SWITCH_OF_THE_REPOSITORY) from error
            raise
        with reading(action):
            return _read_pull(answer)

    def edit(self, number: int, *, title: str, body: str) -> None:
        self._github.request(f"edit pull request {number}", "PATCH", f"pulls/{number}", {"title": title, "body": body})

    def add_labels(self, number: int, labels: Sequence[str]) -> None:
        body = {"labels": list(labels)}
        self._github.request(f"label pull request {number}", "POST", f"issues/{number}/labels", body)

    def request_reviews(self, number: int, reviewers: Sequence[str]) -> None:
        """Ask users, and teams as `organisation/team`."""
        people = [each for each in reviewers if "/" not in each]
        teams = [each.partition("/")[2] for each in reviewers if "/" in each]
        action = f"ask for reviews of pull request {number}"
        body = {"reviewers": people, "team_reviewers": teams}
        self._github.request(action, "POST", f"pulls/{number}/requested_reviewers", body)

    def merge_when_ready(self, pull: RemotePull, method: str) -> None:
        """Enable auto-merge; `method` is merge, squash or rebase."""
        action = f"merge pull request {pull.number} automatically"
        self._github.query(action, MERGE_WHEN_READY, {"pull": pull.node_id, "method": method.upper()})

    def compare(self, base: str, head: str) -> Comparison:
        """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
        action = f"compare {short_sha(base)} and {short_sha(head)}"
        answer = self._github.request(action, "GET", f"compare/{quote(base, safe='')}...{quote(head, safe='')}")
        with reading(action):
            return _read_comparison(answer)

    def find_commit_message(self, sha: str) -> str:
        """The message of a commit; empty when the commit is gone."""
        action = f"read commit {short_sha(sha)}"
        try:
            answer = self._github.request(action, "GET", f"git/commits/{quote(sha, safe='')}")
        except GitHubError as error:
            if error.is_missing:
                return ""
            raise
        with reading(action):
            return str(answer["message"])


_SWITCH_OF_THE_REPOSITORY = (
    "A job's own token may open pull requests only when Settings > Actions > General > 'Allow GitHub Actions to create"
    " and approve pull requests' is on, and what it opens starts no workflows. A GitHub App's token needs neither."
)


def _read_pull(answer: dict[str, Any]) -> RemotePull:
    people = [each["login"] for each in answer.get("requested_reviewers") or []]
    teams = [each["slug"] for each in answer.get("requested_teams") or []]
    return RemotePull(
        answer["number"],
        answer["node_id"],
        answer["html_url"],
        answer["state"] == "open",
        bool(answer["merged_at"]),
        answer["title"],
        answer["body"] or "",
        answer["head"]["sha"],
        answer["base"]["ref"],
        tuple(label["name"] for label in answer["labels"]),
        (*people, *teams),
    )


def _read_comparison(answer: dict[str, Any]) -> Comparison:
    commits = tuple(
        ComparedCommit(each["sha"], each["commit"]["tree"]["sha"], each["commit"]["message"], len(each["parents"]))
        for each in answer["commits"]
    )
    listed = answer.get("files") or []
    files = tuple((each["filename"], "" if each["status"] == "removed" else each["sha"]) for each in listed)
    # A renamed file is two changes.
    whole = not any(each["status"] == "renamed" for each in listed) and len(files) < MAX_LISTED
    complete = whole and len(commits) == answer["total_commits"]
    return Comparison(answer["status"], answer["merge_base_commit"]["sha"], commits, files, complete)
