"""GitHub's API. PyGithub and its exceptions are known here only.

Rules: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api and
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import github
import requests
from github.GithubException import GithubException

from hubaction.clients.github.errors import (
    BadTokenError,
    GitHubError,
    NotAllowedError,
    PassingError,
    no_answer,
    reading,
)
from hubaction.clients.github.patience import TIMEOUT_SECONDS
from hubaction.image import short_sha

JOB_LOGIN = "github-actions[bot]"
"""Author of what is written with a job's own token."""
_USER_TOKENS = ("ghp_", "gho_", "ghu_", "github_pat_")


@dataclass(frozen=True)
class RemoteComment:
    """A comment as GitHub has it."""

    id: int
    author: str
    """Empty when the account was deleted."""
    body: str
    url: str


@dataclass(frozen=True)
class RemoteRepository:
    """A repository as GitHub has it."""

    full_name: str
    node_id: str
    """What the GraphQL API calls it."""
    default_branch: str
    private: bool = False
    merge_methods: tuple[str, ...] = ()
    """Allowed merge methods; empty when the token may not read them."""


class GitHub:
    """One repository on GitHub, by a token. Every method raises GitHubError."""

    def __init__(self, api_url: str, token: str, repository: str, *, timeout: int = TIMEOUT_SECONDS) -> None:
        self._token = token
        self._repository = repository
        # Without a handler, its messages go to standard error.
        logging.getLogger("github").addHandler(logging.NullHandler())
        with _translate(f"open {repository} at {api_url}"):
            self._client = github.Github(
                auth=github.Auth.Token(token),
                base_url=api_url.rstrip("/"),
                timeout=timeout,
                # Waiting is bounded by `patiently`.
                retry=None,
                seconds_between_requests=None,
                seconds_between_writes=None,
            )

    def close(self) -> None:
        self._client.close()

    # --- who writes ---

    def login(self, candidates: Collection[str] = ()) -> str:
        """Login of the token's owner. `candidates` are the authors of comments that may be ours.

        A job's token cannot ask, and need not. For a user's token it takes a request, and for an App's token when one
        of the candidates is an App; only GraphQL knows which App it is: https://docs.github.com/en/graphql
        """
        if self._token.startswith(_USER_TOKENS):
            action = "ask whose token this is"
            _, answer = self._ask(action, "GET", "/user")
            with reading(action):
                return str(answer["login"])
        if any(login.endswith("[bot]") and login != JOB_LOGIN for login in candidates):
            return self._viewer() or JOB_LOGIN
        return JOB_LOGIN

    def _viewer(self) -> str:
        action = "ask whose token this is"
        try:
            data = self.query(action, "{viewer{login}}", {})
            with reading(action):
                return str(data["viewer"]["login"])
        except GitHubError:
            return ""

    # --- comments ---

    def list_comments(self, number: int) -> list[RemoteComment]:
        """All comments of a pull request, oldest first, over all pages."""
        action = f"list the comments of pull request {number}"
        comments = self._list(action, f"issues/{number}/comments?per_page=100")
        with reading(action):
            return [_read_comment(comment) for comment in comments]

    def get_comment(self, comment_id: int) -> RemoteComment:
        action = f"read comment {comment_id}"
        with _still_there(comment_id):
            answer = self.request(action, "GET", f"issues/comments/{comment_id}")
        with reading(action):
            return _read_comment(answer)

    def create_comment(self, number: int, body: str) -> RemoteComment:
        action = f"comment on pull request {number}"
        answer = self.request(action, "POST", f"issues/{number}/comments", {"body": body})
        with reading(action):
            return _read_comment(answer)

    def edit_comment(self, comment_id: int, body: str) -> None:
        with _still_there(comment_id):
            self.request(f"edit comment {comment_id}", "PATCH", f"issues/comments/{comment_id}", {"body": body})

    def delete_comment(self, comment_id: int) -> None:
        try:
            self.request(f"delete comment {comment_id}", "DELETE", f"issues/comments/{comment_id}")
        except GitHubError as error:
            if not error.is_missing:  # another run was faster
                raise

    # --- pull requests of a commit ---

    def find_pull_requests(self, *, head_repository: str, branch: str, sha: str) -> list[int]:
        """Numbers of the open pull requests whose head is this commit, on this branch of this repository.

        All three must match, because anyone can push another person's commit to their own fork. A search by the
        commit alone would find no pull request of a fork, whose commits are not in this repository:
        https://github.com/learningequality/kolibri/pull/14719
        """
        action = f"find the pull request of commit {short_sha(sha)}"
        head = f"{head_repository.partition('/')[0]}:{branch}"
        pulls = self._list(action, f"pulls?{urlencode({'state': 'open', 'head': head, 'per_page': 100})}")
        with reading(action):
            heads = [(int(pull["number"]), pull["head"]) for pull in pulls]
            return [
                number
                for number, head in heads
                if head["sha"] == sha and head["ref"] == branch and _is_in(head, head_repository)
            ]

    def find_merged_pull_request(self, sha: str) -> tuple[int, str] | None:
        """Number and head commit of the pull request of this repository that brought a commit to its branch.

        https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit
        """
        action = f"find the pull request that commit {short_sha(sha)} came from"
        found = self.request(action, "GET", f"commits/{quote(sha, safe='')}/pulls")
        with reading(action):
            for pull in found:
                if _is_in(pull["head"], self._repository) and pull.get("merged_at"):
                    return int(pull["number"]), str(pull["head"]["sha"])
        return None

    # --- what git_data.py and pull_requests.py build on ---

    def read_repository(self) -> RemoteRepository:
        action = f"read repository {self._repository}"
        answer = self.request(action, "GET", "")
        switches = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
        with reading(action):
            return RemoteRepository(
                answer["full_name"],
                answer["node_id"],
                answer["default_branch"],
                private=answer["private"] is not False,
                merge_methods=tuple(method for method, switch in switches.items() if answer.get(switch)),
            )

    def request(self, action: str, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask for something below the repository; an empty path is the repository itself. Read it within `reading`.

        `action` completes "GitHub refused to ...".
        """
        return self._ask(action, verb, f"{self._root}/{path}".rstrip("/"), body)[1]

    def query(self, action: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the GraphQL API, whose refusals come with status 200.

        https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
        """
        body = {"query": query, "variables": variables}
        _, answer = self._ask(action, "POST", self._client.requester.graphql_url, body)
        with reading(action):
            if answer.get("errors"):
                raise _explain_query(action, answer["errors"])
            data: dict[str, Any] = answer["data"]
            return data

    @property
    def _root(self) -> str:
        return f"/repos/{quote(self._repository)}"

    def _list(self, action: str, path: str) -> list[Any]:
        items: list[Any] = []
        url = f"{self._root}/{path}"
        while url:
            headers, page = self._ask(action, "GET", url)
            with reading(action):
                if not isinstance(page, list):
                    raise TypeError(type(page))
                links = requests.utils.parse_header_links(headers.get("link", ""))
                url = next((link["url"] for link in links if link.get("rel") == "next"), "")
            items += page
        return items

    def _ask(
        self, action: str, verb: str, url: str, body: Mapping[str, Any] | None = None
    ) -> tuple[Mapping[str, str], Any]:
        with _translate(action):
            return self._client.requester.requestJsonAndCheck(verb, url, input=body)


def _read_comment(answer: Mapping[str, Any]) -> RemoteComment:
    author = str(answer["user"]["login"]) if answer.get("user") else ""
    return RemoteComment(int(answer["id"]), author, answer["body"] or "", str(answer["html_url"]))


def _is_in(head: Mapping[str, Any], repository: str) -> bool:
    """The repository is null once the fork is deleted."""
    return head["repo"] is not None and head["repo"]["full_name"].lower() == repository.lower()


@contextmanager
def _still_there(comment_id: int) -> Iterator[None]:
    try:
        yield
    except GitHubError as error:
        if not error.is_missing:
            raise
        raise PassingError(f"Somebody removed comment {comment_id} meanwhile.", wait=0) from error


@contextmanager
def _translate(action: str) -> Iterator[None]:
    """Around calls of PyGithub only: bugs in our own code must not be reported as a bad answer."""
    try:
        yield
    except GithubException as error:
        raise _explain(action, error) from error
    except requests.exceptions.RequestException as error:
        raise PassingError(f"GitHub did not answer when asked to {action} ({type(error).__name__}).") from error
    except Exception as error:
        # PyGithub raises many kinds of errors for a malformed answer or address.
        raise no_answer(action) from error


def _explain(action: str, error: GithubException) -> GitHubError:
    status, reason = error.status, _read_message(error)
    said = f"{status}: {reason}"
    headers = {key.lower(): value for key, value in (error.headers or {}).items()}
    if status >= 500:
        message = f"GitHub failed when asked to {action} ({said})."
        return PassingError(message, status=status, reason=reason)
    if status == 429 or (status == 403 and _is_rate_limit(headers, said)):
        message = f"GitHub's rate limit forbids to {action} for now ({said})."
        return PassingError(message, wait=_seconds_asked(headers), status=status, reason=reason)
    kind, message = _explain_refusal(action, status, said)
    return kind(message, status=status, reason=reason)


def _explain_refusal(action: str, status: int, said: str) -> tuple[type[GitHubError], str]:
    if status == 401:
        return BadTokenError, (
            f"GitHub does not accept the token ({said}). Renew it, or leave the input 'github-token' out: the job's own"
            " token then does."
        )
    if status == 403 and ("locked" in said or "archived" in said):
        return GitHubError, f"Nobody may {action} any more ({said})."
    if status in {403, 404}:
        return NotAllowedError, f"The token may not {action} ({said})."
    return GitHubError, f"GitHub refused to {action} ({said})."


def _explain_query(action: str, errors: list[dict[str, Any]]) -> GitHubError:
    said = "; ".join(" ".join(str(error.get("message", "")).split()) for error in errors)[:3000]
    kinds = {str(error.get("type", "")) for error in errors}
    if "RATE_LIMITED" in kinds:
        return PassingError(f"GitHub's rate limit forbids to {action} for now ({said}).", wait=60)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"}:
        return NotAllowedError(f"The token may not {action} ({said}).")
    return GitHubError(f"GitHub refused to {action} ({said}).")


def _read_message(error: GithubException) -> str:
    data = error.data
    text = data.get("message", "") if isinstance(data, dict) else str(data or "")
    return " ".join(str(text).split())[:3000]


def _is_rate_limit(headers: dict[str, str], said: str) -> bool:
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in said.lower()


def _seconds_asked(headers: dict[str, str]) -> float:
    """Retry-After, else the time until the limit is reset, else a minute, as GitHub demands."""
    try:
        if "retry-after" in headers:
            return max(float(int(headers["retry-after"])), 1)
        if headers.get("x-ratelimit-remaining") == "0":
            return max(float(headers["x-ratelimit-reset"]) - time.time(), 0) + 1
    except (KeyError, ValueError):
        pass
    return 60
