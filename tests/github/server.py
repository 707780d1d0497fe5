"""GitHub's REST API as far as comments and commits need it: stateful and threaded, on the loopback.

It stands in for GitHub, and its answers have all that GitHub's own description of the API demands, which
tests/github/prism.py checks. It fails, stalls, and lets requests overtake each other when it is told to.
"""

import json
import re
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.github.answers import (
    BAD_CREDENTIALS,
    HANG_UP,
    NOT_FOUND,
    READ_ONLY,
    UNPROCESSABLE,
    Answer,
    Request,
    Route,
    refusal,
)
from tests.github.git import Git
from tests.github.git_api import GitApi
from tests.github.pulls_api import Opened, PullsApi
from tests.github.turns import FreeForAll, Turns
from tests.support.loopback import serving

JOB = "github-actions[bot]"
JOB_TOKEN = "ghs_job0token0that0stands0nowhere0else"
READ_ONLY_TOKEN = "ghs_job0token0of0a0run0for0a0fork000"
USER_TOKEN = "ghp_users0token0that0stands0nowhere0e"
APP_TOKEN = "ghs_apps0token0that0stands0nowhere0else"
"""Of an App that is installed in both repositories."""
USER = "maintainer"
APP = "hub-rollout[bot]"
REPOSITORY = "Org/Course"
OTHER_REPOSITORY = "Org/Hub"
"""Where a job's own token may only read."""
MAX_BODY_LENGTH = 65_536
PATIENCE = 20
"""Seconds that a held request waits at most: a test that forces an impossible order fails, and ends."""


@dataclass
class Comment:
    """A comment; `author` is None when the account was deleted."""

    id: int
    number: int
    author: str | None
    body: str
    repository: str = REPOSITORY


@dataclass(frozen=True)
class Pull:
    """A pull request."""

    number: int
    head_sha: str
    state: str = "open"
    head_repository: str = REPOSITORY
    branch: str = "topic"
    merge_commit_sha: str | None = None
    """What it would be, or was, merged as."""
    merged: bool = False


@dataclass
class _Rule:
    pattern: str
    hook: Callable[[Request], Answer | None]
    left: int
    afterwards: bool


class GitHubServer:
    """The state, what is to go wrong, and a record of all requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        """Where answers say that the API is; a proxy in front puts its own address here."""
        self.closing = threading.Event()
        self._changed = threading.Condition(threading.RLock())
        self.reset()

    def reset(self) -> None:
        self.logins = {JOB_TOKEN: JOB, READ_ONLY_TOKEN: JOB, USER_TOKEN: USER, APP_TOKEN: APP}
        self.read_only = {READ_ONLY_TOKEN}
        self.comments: dict[int, Comment] = {}
        self.pulls: list[Pull] = []
        self.opened: list[Opened] = []
        """Pull requests that were opened by requests."""
        self.jobs_may_open = True
        """The switch 'Allow GitHub Actions to create and approve pull requests'."""
        self.auto_merging = {REPOSITORY, OTHER_REPOSITORY}
        """Repositories with the switch 'Allow auto-merge'."""
        self.private: set[str] = set()
        self.gits = {REPOSITORY: Git(), OTHER_REPOSITORY: Git()}
        self.requests: list[Request] = []
        self.unauthorized: list[Request] = []
        """Requests that did not carry a known token as their Authorization."""
        self.turns: Turns | FreeForAll = FreeForAll()
        self._finished: list[str] = []
        self._rules: list[_Rule] = []
        self._last_id = 1_000

    # --- what a test arranges and asks ---

    @property
    def git(self) -> Git:
        """What the repository that runs belong to has."""
        return self.gits[REPOSITORY]

    def may_write(self, token: str, repository: str) -> bool:
        return token not in self.read_only and (token != JOB_TOKEN or repository == REPOSITORY)

    def name_of(self, node_id: str) -> str:
        """The repository that the other API calls so, or nothing."""
        return next((name for name in self.gits if show_repository(self.url, name)["node_id"] == node_id), "")

    def add_comment(self, number: int, body: str, *, author: str | None = JOB, repository: str = REPOSITORY) -> Comment:
        with self._changed:
            self._last_id += 1
            self.comments[self._last_id] = Comment(self._last_id, number, author, body, repository)
            return self.comments[self._last_id]

    def bodies(self, *, author: str = JOB) -> list[str]:
        return [comment.body for comment in self.comments.values() if comment.author == author]

    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.method != "GET" and request.path != "/graphql"]

    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    def tell(self, pattern: str, answer: Answer, *, times: int = 1, afterwards: bool = False) -> None:
        """Give this answer to the next requests whose `METHOD /path` has the pattern in it.

        With `afterwards` the request is carried out first: the client only hears otherwise.
        """
        self._rules.append(_Rule(pattern, lambda _: answer, times, afterwards))

    def before(self, pattern: str, act: Callable[[], object], *, times: int = 1) -> None:
        """Have something happen after a request arrived and before it is carried out."""

        def hook(_: Request) -> None:
            act()

        self._rules.append(_Rule(pattern, hook, times, afterwards=False))

    def stall(self, pattern: str, *, times: int = 1) -> None:
        """Leave requests without an answer for as long as the server runs."""

        def hook(_: Request) -> Answer:
            self.closing.wait(PATIENCE)
            return HANG_UP

        self._rules.append(_Rule(pattern, hook, times, afterwards=False))

    def hold(self, pattern: str, *, until: str) -> None:
        """Hold the next request of a kind until one of another kind was answered."""

        def passed() -> bool:
            return self.closing.is_set() or any(re.search(until, line) for line in self._finished)

        def wait() -> None:
            with self._changed:
                if not self._changed.wait_for(passed, PATIENCE):
                    raise AssertionError(f"no request like {until!r} came while {pattern!r} was held")

        self.before(pattern, wait)

    # --- answering ---

    def handle(self, request: Request, *, authorized: bool) -> Answer:
        with self._changed:
            self.requests.append(request)
            if not authorized:
                self.unauthorized.append(request)
        with self.turns.of(request.token):
            rule = self._take_rule(request)
            told = rule.hook(request) if rule and not rule.afterwards else None
            answer = told or self._carry_out(request, authorized=authorized)
            if rule and rule.afterwards:
                answer = rule.hook(request) or answer
        with self._changed:
            self._finished.append(str(request))
            self._changed.notify_all()
        return answer

    def _take_rule(self, request: Request) -> _Rule | None:
        with self._changed:
            for rule in self._rules:
                if rule.left > 0 and re.search(rule.pattern, str(request)):
                    rule.left -= 1
                    return rule
        return None

    def _carry_out(self, request: Request, *, authorized: bool) -> Answer:
        if not authorized:
            return BAD_CREDENTIALS
        if request.method != "GET" and request.token in self.read_only:
            return READ_ONLY
        with self._changed:
            for method, pattern, work in self._routes():
                match = re.fullmatch(pattern, request.path)
                if match and method == request.method:
                    writes = method != "GET" and request.path.startswith("/repos/")
                    if writes and not self.may_write(request.token, match[1]):
                        return READ_ONLY
                    return work(request, *match.groups())
        return NOT_FOUND

    def _routes(self) -> Sequence[Route]:
        repository = rf"/repos/({'|'.join(map(re.escape, self.gits))})"
        comment = rf"{repository}/issues/comments/(\d+)"
        return (
            ("GET", repository, self._get_repository),
            ("GET", rf"{repository}/issues/(\d+)/comments", self._list_comments),
            ("POST", rf"{repository}/issues/(\d+)/comments", self._create_comment),
            ("GET", comment, self._get_comment),
            ("PATCH", comment, self._edit_comment),
            ("DELETE", comment, self._delete_comment),
            ("GET", rf"{repository}/commits/([0-9a-f]+)/pulls", self._list_pulls_of_commit),
            ("GET", rf"{repository}/pulls", self._list_pulls),
            *GitApi(self).routes(repository),
            *PullsApi(self).routes(repository),
            ("GET", "/user", self._get_user),
            ("POST", "/graphql", self._query),
        )

    def _get_repository(self, _: Request, repository: str) -> Answer:
        counts = {"network_count": 0, "subscribers_count": 0, "has_discussions": False}
        methods = {"allow_merge_commit": False, "allow_squash_merge": True, "allow_rebase_merge": True}
        shown = show_repository(self.url, repository) | counts | methods | {"private": repository in self.private}
        return Answer(200, shown)

    def _list_comments(self, request: Request, repository: str, number: str) -> Answer:
        where = (repository, int(number))
        found = [comment for comment in self.comments.values() if (comment.repository, comment.number) == where]
        return self._page(request, [self._show(comment) for comment in sorted(found, key=lambda each: each.id)])

    def _page(self, request: Request, items: Sequence[Any]) -> Answer:
        """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
        size = min(int(request.query.get("per_page", "30")), 100)
        page = int(request.query.get("page", "1"))
        last = max((len(items) + size - 1) // size, 1)
        address = f"{self.url}{request.path}?per_page={size}&page="
        links = [f'<{address}{page + 1}>; rel="next", <{address}{last}>; rel="last"'] if page < last else []
        links += [f'<{address}1>; rel="first", <{address}{page - 1}>; rel="prev"'] if page > 1 else []
        return Answer(200, items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {})

    def _create_comment(self, request: Request, repository: str, number: str) -> Answer:
        if refused := _refuse_body(request.body):
            return refused
        author = self.logins[request.token]
        comment = self.add_comment(int(number), request.body["body"], author=author, repository=repository)
        return Answer(201, self._show(comment), {"Location": self._show(comment)["url"]})

    def _get_comment(self, _: Request, _repository: str, comment_id: str) -> Answer:
        comment = self.comments.get(int(comment_id))
        return Answer(200, self._show(comment)) if comment else NOT_FOUND

    def _edit_comment(self, request: Request, _repository: str, comment_id: str) -> Answer:
        comment = self.comments.get(int(comment_id))
        if comment is None:
            return NOT_FOUND
        if refused := _refuse_body(request.body):
            return refused
        comment.body = request.body["body"]
        return Answer(200, self._show(comment))

    def _delete_comment(self, _: Request, _repository: str, comment_id: str) -> Answer:
        return Answer(204) if self.comments.pop(int(comment_id), None) else NOT_FOUND

    def _list_pulls(self, request: Request, repository: str) -> Answer:
        state = request.query.get("state", "open")
        owner = request.query.get("head", "").partition(":")[0].lower()
        found = [
            pull
            for pull in self.pulls
            if state in {pull.state, "all"} and owner in {"", pull.head_repository.partition("/")[0].lower()}
        ]
        arranged = [show_pull(self.url, pull) for pull in found] if repository == REPOSITORY else []
        return self._page(request, [*PullsApi(self).list(request, repository), *arranged])

    def _list_pulls_of_commit(self, request: Request, repository: str, sha: str) -> Answer:
        """GitHub looks in the base repository only, where a fork's commits are not until they are merged."""
        found = [
            pull
            for pull in self.pulls
            if (pull.head_sha == sha and pull.head_repository == REPOSITORY)
            or (pull.merged and pull.merge_commit_sha == sha)
        ]
        return self._page(request, [show_pull(self.url, pull) for pull in found])

    def _get_user(self, request: Request) -> Answer:
        """A job's own token belongs to no user."""
        if request.token != USER_TOKEN:
            return READ_ONLY
        counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        texts = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio"))
        dates = {"created_at": DATE, "updated_at": DATE}
        return Answer(200, show_user(self.url, USER) | counts | texts | dates | {"blog": ""})

    def _query(self, request: Request) -> Answer:
        """The other API: the questions and changes that this program asks for."""
        query = request.body["query"]
        if query == "{viewer{login}}":  # which an App's token may ask
            return Answer(200, {"data": {"viewer": {"login": self.logins[request.token]}}})
        if "updateRefs(" in query:
            return GitApi(self).update_refs(request)
        if "enablePullRequestAutoMerge(" in query:
            return PullsApi(self).merge_when_ready(request)
        return NOT_FOUND

    def _show(self, comment: Comment) -> dict[str, Any]:
        repository = f"{self.url}/repos/{comment.repository}"
        return {
            "id": comment.id,
            "node_id": f"IC_{comment.id}",
            "url": f"{repository}/issues/comments/{comment.id}",
            "html_url": f"https://github.com/{comment.repository}/pull/{comment.number}#issuecomment-{comment.id}",
            "issue_url": f"{repository}/issues/{comment.number}",
            "body": comment.body,
            "user": show_user(self.url, comment.author) if comment.author else None,
            "author_association": "NONE",
            "created_at": DATE,
            "updated_at": DATE,
            "performed_via_github_app": None,
        }


def _refuse_body(body: Any) -> Answer | None:
    text = body.get("body") if isinstance(body, dict) else None
    if isinstance(text, str) and re.search("[\ud800-\udfff]", text):
        return refusal(400, "Problems parsing JSON")
    if isinstance(text, str) and text.strip() and len(text) <= MAX_BODY_LENGTH:
        return None
    problem = "Body is too long (maximum is 65536 characters)" if text else "Body cannot be blank"
    error = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": problem}
    return Answer(422, {**UNPROCESSABLE.body, "errors": [error]})


# --- objects as GitHub shows them ---

DATE = "2026-01-02T03:04:05Z"
_USER_LINKS = (
    "events", "followers", "following", "gists", "organizations", "received_events", "repos", "starred",
    "subscriptions",
)  # fmt: skip
_REPOSITORY_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones",
    "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams",
    "trees", "clone", "git", "ssh", "svn", "mirror",
)  # fmt: skip
_REPOSITORY_SWITCHES = (
    "fork", "private", "archived", "disabled", "has_downloads", "has_issues", "has_pages", "has_projects", "has_wiki",
)  # fmt: skip
_REPOSITORY_COUNTS = (
    "forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers",
    "watchers_count",
)  # fmt: skip


def show_user(api: str, login: str) -> dict[str, Any]:
    url = f"{api}/users/{quote(login)}"
    return {
        "login": login,
        "id": zlib.crc32(login.encode()),
        "node_id": f"U_{zlib.crc32(login.encode())}",
        "avatar_url": "https://avatars.githubusercontent.com/u/1",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{quote(login)}",
        **{f"{name}_url": f"{url}/{name}" for name in _USER_LINKS},
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
    }


def show_repository(api: str, full_name: str) -> dict[str, Any]:
    owner, _, name = full_name.partition("/")
    url = f"{api}/repos/{full_name}"
    return {
        "id": zlib.crc32(full_name.encode()),
        "node_id": f"R_{zlib.crc32(full_name.encode())}",
        "name": name,
        "full_name": full_name,
        "owner": show_user(api, owner),
        "url": url,
        "html_url": f"https://github.com/{full_name}",
        **{f"{link}_url": f"{url}/{link}" for link in _REPOSITORY_LINKS},
        **dict.fromkeys(_REPOSITORY_SWITCHES, False),
        **dict.fromkeys(_REPOSITORY_COUNTS, 0),
        **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url")),
        "default_branch": "main",
        "created_at": DATE,
        "updated_at": DATE,
        "pushed_at": DATE,
    }


def show_pull(api: str, pull: Pull) -> dict[str, Any]:
    url = f"{api}/repos/{REPOSITORY}/pulls/{pull.number}"
    page = f"https://github.com/{REPOSITORY}/pull/{pull.number}"
    issue = f"{api}/repos/{REPOSITORY}/issues/{pull.number}"
    links = {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{url}/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/repos/{REPOSITORY}/statuses/{pull.head_sha}",
    }
    named = {f"{name}_url": address for name, address in links.items() if name not in {"self", "html", "issue"}}
    return {
        "id": pull.number,
        "node_id": f"PR_{pull.number}",
        "number": pull.number,
        "url": url,
        "html_url": page,
        "issue_url": issue,
        **named,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "state": pull.state,
        "locked": False,
        "title": "Describe the image",
        "user": show_user(api, pull.head_repository.partition("/")[0]),
        **dict.fromkeys(("body", "closed_at", "assignee", "milestone", "auto_merge")),
        "merge_commit_sha": pull.merge_commit_sha,
        "merged_at": DATE if pull.merged else None,
        "labels": [],
        "created_at": DATE,
        "updated_at": DATE,
        "author_association": "NONE",
        "head": _show_end(api, pull.head_repository, pull.branch, pull.head_sha),
        "base": _show_end(api, REPOSITORY, "main", "0" * 40),
        "_links": {name: {"href": address} for name, address in links.items()},
    }


def _show_end(api: str, repository: str, branch: str, sha: str) -> dict[str, Any]:
    owner = repository.partition("/")[0]
    return {
        "label": f"{owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": show_user(api, owner),
        "repo": show_repository(api, repository),
    }


# --- HTTP ---


@contextmanager
def running_server() -> Iterator[GitHubServer]:
    """Yield a server on a free port of the loopback; at the end no request is left waiting."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _RequestHandler)
    http.daemon_threads = True
    http.github = GitHubServer(f"http://127.0.0.1:{http.server_port}")  # type: ignore[attr-defined]
    with serving(http):
        try:
            yield http.github  # type: ignore[attr-defined]
        finally:
            http.github.closing.set()  # type: ignore[attr-defined]


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet; two would wait for each other's acknowledgement.
    wbufsize = -1

    def _serve(self) -> None:
        github: GitHubServer = self.server.github  # type: ignore[attr-defined]
        request = self._read()
        # https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api
        scheme = self.headers.get("Authorization", "").partition(" ")[0].lower()
        authorized = scheme in {"token", "bearer"} and request.token in github.logins
        self._write(github.handle(request, authorized=authorized))

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = do_HEAD = _serve  # noqa: N815 - the names of http.server

    def _read(self) -> Request:
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        token = self.headers.get("Authorization", "").partition(" ")[2]
        # Under /api/v3 it is a GitHub Enterprise Server, too.
        path = url.path.removeprefix("/api/v3")
        return Request(self.command, path, query, json.loads(content) if content else None, token)

    def _write(self, answer: Answer) -> None:
        if not answer.status:
            self.close_connection = True
            return
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        content = b"" if answer.body is None else text.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **answer.headers}.items():
            if answer.body is not None or name != "Content-Type":
                self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the record is for tests, and the tests' output for people."""
