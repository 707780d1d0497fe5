"""Pull requests as the test server answers for them: those that runs open, and those that tests arrange."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.github.answers import NOT_FOUND, READ_ONLY, UNPROCESSABLE, Answer, Request, Route, refuse_query
from tests.github.git import Git, show_commit
from tests.github.git_api import merge_base

if TYPE_CHECKING:
    from tests.github.server import GitHubServer


@dataclass
class Opened:
    """A pull request that was opened by a request, from a branch of the same repository."""

    number: int
    repository: str
    branch: str
    base: str
    title: str
    body: str
    author: str
    draft: bool = False
    state: str = "open"
    merged: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    merge_method: str = ""
    """How GitHub is to merge it once it may; empty when it is not to."""
    last_head: str = ""
    """Where its branch was when it was closed."""


class PullsApi:
    """Handlers of requests; each gets the request, the repository's name and what the path has besides."""

    def __init__(self, server: "GitHubServer") -> None:
        self._server = server

    def routes(self, repository: str) -> Sequence[Route]:
        return (
            ("POST", rf"{repository}/pulls", self._create),
            ("PATCH", rf"{repository}/pulls/(\d+)", self._edit),
            ("POST", rf"{repository}/issues/(\d+)/labels", self._add_labels),
            ("POST", rf"{repository}/pulls/(\d+)/requested_reviewers", self._request_reviews),
            ("GET", rf"{repository}/compare/([0-9a-f]+)\.\.\.([0-9a-f]+)", self._compare),
        )

    def list(self, request: Request, repository: str) -> list[dict[str, Any]]:
        """Newest first, as `sort=created&direction=desc` has them."""
        state, head = request.query.get("state", "open"), request.query.get("head", "")
        found = [
            pull
            for pull in reversed(self._server.opened)
            if pull.repository == repository
            and state in {pull.state, "all"}
            and head in {"", f"{repository.partition('/')[0]}:{pull.branch}"}
        ]
        return [self.show(pull) for pull in found]

    def merge(self, number: int, repository: str) -> str:
        """Merge a pull request as its button does, and delete its branch; return the merge commit."""
        git = self._server.gits[repository]
        pull = self._find(repository, str(number))
        assert pull is not None
        head, base = git.branches[pull.branch], git.branches[pull.base]
        tree = _merge_trees(git, merge_base(git, base, head), base, head)
        git.branches[pull.base] = git.add_commit(tree, [base, head], f"Merge pull request #{number}", "maintainer")
        pull.state, pull.merged, pull.last_head = "closed", True, head
        del git.branches[pull.branch]
        return git.branches[pull.base]

    def update_branch(self, number: int, repository: str) -> None:
        """As the button 'Update branch' does."""
        git = self._server.gits[repository]
        pull = self._find(repository, str(number))
        assert pull is not None
        head, base = git.branches[pull.branch], git.branches[pull.base]
        tree = _merge_trees(git, merge_base(git, base, head), base, head)
        git.branches[pull.branch] = git.add_commit(tree, [head, base], f"Merge branch '{pull.base}'", "maintainer")

    def close(self, number: int, repository: str) -> None:
        pull = self._find(repository, str(number))
        assert pull is not None
        pull.state, pull.last_head = "closed", self._server.gits[repository].branches[pull.branch]

    def merge_when_ready(self, request: Request) -> Answer:
        """The mutation `enablePullRequestAutoMerge`."""
        variables = request.body["variables"]
        pull = next((each for each in self._server.opened if self._node(each) == variables["pull"]), None)
        if pull is None:
            return refuse_query("NOT_FOUND", "Could not resolve to a node with the global id")
        if not self._server.may_write(request.token, pull.repository):
            return refuse_query("FORBIDDEN", "Resource not accessible by integration")
        if pull.repository not in self._server.auto_merging:
            return refuse_query("UNPROCESSABLE", "Auto merge is not allowed for this repository")
        pull.merge_method = variables["method"]
        return Answer(200, {"data": {"enablePullRequestAutoMerge": {"clientMutationId": None}}})

    def _node(self, pull: Opened) -> str:
        return f"PR_{pull.repository}_{pull.number}"

    def _find(self, repository: str, number: str) -> Opened | None:
        return next((p for p in self._server.opened if (p.repository, p.number) == (repository, int(number))), None)

    def _create(self, request: Request, repository: str) -> Answer:
        body, git = request.body, self._server.gits[repository]
        author = self._server.logins[request.token]
        if author == "github-actions[bot]" and not self._server.jobs_may_open:
            message = "GitHub Actions is not permitted to create or approve pull requests."
            return Answer(403, {**READ_ONLY.body, "message": message})
        known = {(pull.branch, pull.base) for pull in self._server.opened if pull.state == "open"}
        if body["head"] not in git.branches or body["base"] not in git.branches:
            return UNPROCESSABLE
        if (body["head"], body["base"]) in known:
            return UNPROCESSABLE
        if git.commits[git.branches[body["head"]]].tree == git.commits[git.branches[body["base"]]].tree:
            return UNPROCESSABLE  # No commits between main and ...
        number = 1 + max((pull.number for pull in self._server.opened), default=0)
        pull = Opened(
            number, repository, body["head"], body["base"], body["title"], body["body"], author, bool(body.get("draft"))
        )
        self._server.opened.append(pull)
        return Answer(201, self._show_whole(pull))

    def _edit(self, request: Request, repository: str, number: str) -> Answer:
        pull = self._find(repository, number)
        if pull is None:
            return NOT_FOUND
        pull.title, pull.body = request.body.get("title", pull.title), request.body.get("body", pull.body)
        return Answer(200, self._show_whole(pull))

    def _add_labels(self, request: Request, repository: str, number: str) -> Answer:
        pull = self._find(repository, number)
        if pull is None:
            return NOT_FOUND
        pull.labels = tuple(dict.fromkeys((*pull.labels, *request.body["labels"])))
        return Answer(200, [self._show_label(repository, label) for label in pull.labels])

    def _request_reviews(self, request: Request, repository: str, number: str) -> Answer:
        pull = self._find(repository, number)
        if pull is None:
            return NOT_FOUND
        people, teams = request.body.get("reviewers", []), request.body.get("team_reviewers", [])
        if "nobody" in people:
            return Answer(422, {**UNPROCESSABLE.body, "message": "Reviews may only be requested from collaborators."})
        pull.reviewers = tuple(dict.fromkeys((*pull.reviewers, *people)))
        pull.teams = tuple(dict.fromkeys((*pull.teams, *teams)))
        return Answer(201, self.show(pull))

    def _compare(self, _: Request, repository: str, base: str, head: str) -> Answer:
        git = self._server.gits[repository]
        if base not in git.commits or head not in git.commits:
            return NOT_FOUND
        common = merge_base(git, base, head)
        behind = set(git.history(base))
        commits = list(dict.fromkeys(sha for sha in git.history(head) if sha not in behind))[::-1]
        status = {(True, True): "identical", (True, False): "ahead", (False, True): "behind"}.get(
            (common == base, common == head), "diverged"
        )
        url = f"{self._server.url}/repos/{repository}"
        page = f"https://github.com/{repository}/compare/{base}...{head}"
        links = {"html_url": page, "permalink_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        answer = {
            "url": f"{url}/compare/{base}...{head}",
            **links,
            "base_commit": self._show_commit(repository, base),
            "merge_base_commit": self._show_commit(repository, common),
            "status": status,
            "ahead_by": len(commits),
            "behind_by": len(behind - set(git.history(head))),
            "total_commits": len(commits),
            "commits": [self._show_commit(repository, sha) for sha in commits],
            "files": _compare_files(git, common, head, url),
        }
        return Answer(200, answer)

    # --- objects as GitHub shows them ---

    def show(self, pull: Opened) -> dict[str, Any]:
        from tests.github.server import Pull, show_pull, show_user

        git = self._server.gits[pull.repository]
        head = pull.last_head or git.branches[pull.branch]
        api = self._server.url
        arranged = show_pull(api, Pull(pull.number, head, pull.state, pull.repository, pull.branch))
        shown: dict[str, Any] = _replace_texts(arranged, "Org/Course/pull", f"{pull.repository}/pull")
        shown |= {
            "node_id": self._node(pull),
            "title": pull.title,
            "body": pull.body,
            "draft": pull.draft,
            "user": show_user(api, pull.author),
            "merged_at": "2026-01-02T03:04:05Z" if pull.merged else None,
            "labels": [self._show_label(pull.repository, label) for label in pull.labels],
            "requested_reviewers": [show_user(api, login) for login in pull.reviewers],
            "requested_teams": [_show_team(api, team) for team in pull.teams],
        }
        shown["base"]["ref"] = pull.base
        shown["base"]["sha"] = git.branches[pull.base]
        return shown

    def _show_whole(self, pull: Opened) -> dict[str, Any]:
        counts = ("comments", "review_comments", "commits", "additions", "deletions", "changed_files")
        return self.show(pull) | dict.fromkeys(counts, 0) | {
            "merged": pull.merged,
            "mergeable": None,
            "mergeable_state": "unknown",
            "merged_by": None,
            "maintainer_can_modify": False,
        }  # fmt: skip

    def _show_label(self, repository: str, name: str) -> dict[str, Any]:
        url = f"{self._server.url}/repos/{repository}/labels/{quote(name)}"
        return {
            "id": len(name), "node_id": f"LA_{name}", "url": url, "name": name, "description": "",
            "color": "ededed", "default": False,
        }  # fmt: skip

    def _show_commit(self, repository: str, sha: str) -> dict[str, Any]:
        git = self._server.gits[repository]
        url = f"{self._server.url}/repos/{repository}"
        commit = show_commit(f"{url}/git", repository, sha, git.commits[sha])
        return {
            "url": f"{url}/commits/{sha}",
            "sha": sha,
            "node_id": commit["node_id"],
            "html_url": commit["html_url"],
            "comments_url": f"{url}/commits/{sha}/comments",
            "commit": {
                "url": commit["url"],
                "author": commit["author"],
                "committer": commit["committer"],
                "message": commit["message"],
                "comment_count": 0,
                "tree": commit["tree"],
            },
            "author": None,
            "committer": None,
            "parents": commit["parents"],
        }


def _compare_files(git: Git, base: str, head: str, url: str) -> list[dict[str, Any]]:
    before, after = (
        {path: sha for path, (mode, sha) in git.walk(git.commits[each].tree) if mode != "040000"}
        for each in (base, head)
    )
    shown = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            status = "removed" if path not in after else "added" if path not in before else "modified"
            sha = after.get(path) or before[path]
            place = f"{url}/contents/{quote(path)}"
            entry: dict[str, Any] = {"sha": sha, "filename": path, "status": status}
            entry |= dict.fromkeys(("additions", "deletions", "changes"), 1)
            shown.append(entry | dict.fromkeys(("blob_url", "raw_url", "contents_url"), place))
    return shown


def _merge_trees(git: Git, base: str, one: str, other: str) -> str:
    """Whole files only: what both changed is the second's."""
    before, ours, theirs = (dict(git.walk(git.commits[each].tree)) for each in (base, one, other))
    tree = git.commits[one].tree
    for path, (mode, sha) in theirs.items():
        if mode != "040000" and before.get(path) != (mode, sha) and ours.get(path) != (mode, sha):
            tree = git.write(tree, path, mode, git.blobs[sha])
    return tree


def _replace_texts(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replace_texts(item, old, new) for key, item in value.items()}
    return value.replace(old, new) if isinstance(value, str) else value


def _show_team(api: str, slug: str) -> dict[str, Any]:
    url = f"{api}/teams/{slug}"
    return {
        "id": 1, "node_id": f"T_{slug}", "url": url, "members_url": f"{url}/members", "name": slug,
        "description": None, "permission": "pull", "html_url": f"https://github.com/orgs/Org/teams/{slug}",
        "repositories_url": f"{url}/repos", "slug": slug, "parent": None, "privacy": "closed",
        "type": "organization", "organization_id": 1,
    }  # fmt: skip
