"""The one door to GitHub's API: PyGithub's objects and exceptions stay behind it.

Rules: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import github
import requests
from github.GithubException import GithubException
from github.IssueComment import IssueComment

from hubaction.clients.github.errors import BadTokenError, GitHubError, NotAllowedError, PassingError
from hubaction.clients.github.patience import TIMEOUT_SECONDS
from hubaction.errors import ActionError

JOB_LOGIN = "github-actions[bot]"
"""Who writes with a job's own token."""
_USER_TOKENS = ("ghp_", "gho_", "ghu_", "github_pat_")


@dataclass(frozen=True)
class RemoteComment:
    """A comment as GitHub has it."""

    id: int
    author: str
    body: str
    url: str


@dataclass(frozen=True)
class RemoteRepository:
    """A repository as GitHub has it."""

    full_name: str
    node_id: str
    """What the other API calls it."""
    default_branch: str
    url: str
    """Of its page."""
    private: bool = False
    merge_methods: tuple[str, ...] = ()
    """How it allows to merge; empty when the token is not told."""


class GitHub:
    """One repository on GitHub, by a token."""

    def __init__(self, api_url: str, token: str, repository: str, *, timeout: int = TIMEOUT_SECONDS) -> None:
        self._token = token
        # It would print, and to the other stream.
        logging.getLogger("github").addHandler(logging.NullHandler())
        with translate(f"open {repository} at {api_url}"):
            self._client = github.Github(
                auth=github.Auth.Token(token),
                base_url=api_url.rstrip("/"),
                timeout=timeout,
                per_page=100,
                # Waiting is bounded here, by `patiently`.
                retry=None,
                seconds_between_requests=None,
                seconds_between_writes=None,
                lazy=True,
            )
            self._repository = self._client.get_repo(repository)

    def close(self) -> None:
        self._client.close()

    def login(self, candidates: Collection[str] = ()) -> str:
        """Who writes with this token, given who wrote what may be ours.

        The token of a job cannot ask, and needs not. A user's costs a request, and so does an App's where one of the
        candidates is an App; which App it is, only the other API tells: https://docs.github.com/en/graphql
        """
        if self._token.startswith(_USER_TOKENS):
            with translate("ask whose token this is"):
                return self._client.get_user().login
        if any(login.endswith("[bot]") and login != JOB_LOGIN for login in candidates):
            return self._viewer() or JOB_LOGIN
        return JOB_LOGIN

    def _viewer(self) -> str:
        try:
            with translate("ask whose token this is"):
                _, answer = self._client.requester.graphql_query("{viewer{login}}", {})
                return str(answer["data"]["viewer"]["login"])
        except GitHubError:
            return ""

    def list_comments(self, number: int) -> list[RemoteComment]:
        """All comments of a pull request, oldest first, over all pages."""
        with translate(f"list the comments of pull request {number}"):
            return [_read(comment) for comment in self._repository.get_issue(number).get_comments()]

    def get_comment(self, number: int, comment_id: int) -> RemoteComment:
        with translate(f"read comment {comment_id}"), _still_there(comment_id):
            return _read(self._repository.get_issue(number).get_comment(comment_id))

    def create_comment(self, number: int, body: str) -> RemoteComment:
        with translate(f"comment on pull request {number}"):
            return _read(self._repository.get_issue(number).create_comment(body))

    def edit_comment(self, number: int, comment_id: int, body: str) -> RemoteComment:
        with translate(f"edit comment {comment_id}"), _still_there(comment_id):
            comment = self._repository.get_issue(number).get_comment(comment_id)
            comment.edit(body)
            return _read(comment)

    def delete_comment(self, number: int, comment_id: int) -> None:
        with translate(f"delete comment {comment_id}"):
            try:
                self._repository.get_issue(number).get_comment(comment_id).delete()
            except github.UnknownObjectException:
                pass  # another run was faster

    def find_pull_requests(self, *, head_repository: str, branch: str, sha: str) -> list[int]:
        """Numbers of the open pull requests whose head is this commit, on this branch of this repository.

        All three: anybody can push another's commit to a fork of their own. Asking by the commit alone would find no
        pull request of a fork, whose commits are not in this repository:
        https://github.com/learningequality/kolibri/pull/14719
        """
        with translate(f"find the pull request of commit {sha[:12]}"):
            owner = head_repository.partition("/")[0]
            found = self._repository.get_pulls(state="open", head=f"{owner}:{branch}")
            return [
                pull.number
                for pull in found
                if pull.head.sha == sha
                and pull.head.ref == branch
                and pull.head.repo is not None
                and pull.head.repo.full_name.lower() == head_repository.lower()
            ]

    def find_merged_pull_request(self, sha: str) -> tuple[int, str] | None:
        """Number and head commit of the pull request of this repository that brought a commit to its branch.

        https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
        """
        with translate(f"find the pull request that commit {sha[:12]} came from"):
            url = f"{self._repository.url}/commits/{quote(sha, safe='')}/pulls"
            found: list[dict[str, Any]] = self._client.requester.requestJsonAndCheck("GET", url)[1]
            for pull in found:
                head = pull["head"]["repo"]
                ours = head is not None and head["full_name"].lower() == self._repository.full_name.lower()
                if ours and pull.get("merged_at"):
                    return int(pull["number"]), str(pull["head"]["sha"])
        return None

    # --- what the rooms behind this door ask for: git_data.py ---

    def read_repository(self) -> RemoteRepository:
        with translate(f"read repository {self._repository.full_name}"):
            answer = self.request("GET", "")
            switches = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
            return RemoteRepository(
                answer["full_name"],
                answer["node_id"],
                answer["default_branch"],
                answer["html_url"],
                private=answer["private"] is not False,
                merge_methods=tuple(method for method, switch in switches.items() if answer.get(switch)),
            )

    def request(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask for something below the repository; an empty path is the repository itself.

        Raises PyGithub's exceptions: to be called within `translate`.
        """
        url = f"{self._repository.url}/{path}".rstrip("/")
        return self._client.requester.requestJsonAndCheck(verb, url, input=body)[1]

    def query(self, action: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Ask the other API, whose refusals come with status 200. Raises GitHubError.

        https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
        """
        with translate(action):
            _, answer = self._client.requester.requestJsonAndCheck(
                "POST", self._client.requester.graphql_url, input={"query": query, "variables": variables}
            )
            if answer.get("errors"):
                raise _explain_query(action, answer["errors"])
            data: dict[str, Any] = answer["data"]
            return data


def _read(comment: IssueComment) -> RemoteComment:
    if not comment.id:
        raise ValueError("no comment")
    # The author of a comment is null when the account was deleted.
    author = comment.user.login if comment.user else ""
    return RemoteComment(comment.id, author, comment.body or "", comment.html_url)


@contextmanager
def _still_there(comment_id: int) -> Iterator[None]:
    try:
        yield
    except github.UnknownObjectException as error:
        raise PassingError(f"Somebody removed comment {comment_id} meanwhile.", wait=0) from error


@contextmanager
def translate(action: str) -> Iterator[None]:
    try:
        yield
    except GithubException as error:
        raise explain(action, error) from error
    except requests.exceptions.RequestException as error:
        raise PassingError(f"GitHub did not answer when asked to {action} ({type(error).__name__}).") from error
    except ActionError:
        raise
    except Exception as error:
        # PyGithub raises anything for an answer, or an address, of another kind.
        raise GitHubError(f"What came back when GitHub was asked to {action} was no answer of its API.") from error


def explain(action: str, error: GithubException) -> GitHubError:
    headers = {key.lower(): value for key, value in (error.headers or {}).items()}
    said = f"{error.status}: {read_message(error)}"
    if error.status >= 500:
        return PassingError(f"GitHub failed when asked to {action} ({said}).")
    if error.status == 429 or (error.status == 403 and _is_rate_limit(headers, said)):
        return PassingError(f"GitHub's rate limit forbids to {action} for now ({said}).", wait=_seconds_asked(headers))
    return _explain_refusal(action, error.status, said)


def _explain_refusal(action: str, status: int, said: str) -> GitHubError:
    if status == 401:
        return BadTokenError(
            f"GitHub does not accept the token ({said}). Renew it, or leave the input 'github-token' out: the job's own"
            " token then does."
        )
    if status == 403 and ("locked" in said or "archived" in said):
        return GitHubError(f"Nobody may {action} any more ({said}).")
    if status in {403, 404}:
        return NotAllowedError(f"The token may not {action} ({said}).")
    return GitHubError(f"GitHub refused to {action} ({said}).")


def _explain_query(action: str, errors: list[dict[str, Any]]) -> GitHubError:
    said = "; ".join(" ".join(str(error.get("message", "")).split()) for error in errors)[:3000]
    kinds = {str(error.get("type", "")) for error in errors}
    if "RATE_LIMITED" in kinds:
        return PassingError(f"GitHub's rate limit forbids to {action} for now ({said}).", wait=60)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"}:
        return NotAllowedError(f"The token may not {action} ({said}).")
    return GitHubError(f"GitHub refused to {action} ({said}).")


def read_message(error: GithubException) -> str:
    data = error.data
    text = data.get("message", "") if isinstance(data, dict) else str(data or "")
    return " ".join(str(text).split())[:3000]


def _is_rate_limit(headers: dict[str, str], said: str) -> bool:
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in said.lower()


def _seconds_asked(headers: dict[str, str]) -> float:
    """Retry-After in seconds, else the time until the limit is reset, else the minute that GitHub demands then."""
    try:
        if "retry-after" in headers:
            return max(float(int(headers["retry-after"])), 1)
        if headers.get("x-ratelimit-remaining") == "0":
            return max(float(headers["x-ratelimit-reset"]) - time.time(), 0) + 1
    except (KeyError, ValueError):
        pass
    return 60
