"""Git's objects and branches as the test server answers for them, in any of its repositories."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.github.answers import (
    NO_REFERENCE,
    NOT_FAST_FORWARD,
    NOT_FOUND,
    Answer,
    Request,
    Route,
    refusal,
    refuse_query,
)
from tests.github.git import Commit, Git, show_blob, show_commit, show_ref, show_tree

if TYPE_CHECKING:
    from tests.github.server import GitHubServer

NOWHERE = "0" * 40


class GitApi:
    """Handlers of requests; each gets the request, the repository's name and what the path has besides."""

    def __init__(self, server: "GitHubServer") -> None:
        self._server = server

    def routes(self, repository: str) -> Sequence[Route]:
        git = f"{repository}/git"
        return (
            ("GET", rf"{git}/ref/heads/(.+)", self._get_ref),
            ("POST", rf"{git}/refs", self._create_ref),
            ("PATCH", rf"{git}/refs/heads/(.+)", self._move_ref),
            ("GET", rf"{git}/commits/([0-9a-f]+)", self._get_commit),
            ("POST", rf"{git}/commits", self._create_commit),
            ("GET", rf"{git}/trees/([0-9a-f]+)", self._get_tree),
            ("POST", rf"{git}/trees", self._create_tree),
            ("GET", rf"{git}/blobs/([0-9a-f]+)", self._get_blob),
        )

    def _url(self, repository: str) -> str:
        return f"{self._server.url}/repos/{repository}/git"

    def _git(self, repository: str) -> Git:
        return self._server.gits[repository]

    # --- branches ---

    def _get_ref(self, _: Request, repository: str, branch: str) -> Answer:
        name = unquote(branch)
        sha = self._git(repository).branches.get(name)
        return Answer(200, show_ref(self._url(repository), name, sha)) if sha else NOT_FOUND

    def _create_ref(self, request: Request, repository: str) -> Answer:
        git, name, sha = self._git(repository), request.body["ref"].removeprefix("refs/heads/"), request.body["sha"]
        if name in git.branches:
            return refusal(422, "Reference already exists")
        if sha not in git.commits:
            return refusal(422, "Object does not exist")
        git.branches[name] = sha
        return Answer(201, show_ref(self._url(repository), name, sha))

    def _move_ref(self, request: Request, repository: str, branch: str) -> Answer:
        git, name, sha = self._git(repository), unquote(branch), request.body["sha"]
        if name not in git.branches:
            return NO_REFERENCE
        if sha not in git.commits:
            return refusal(422, "Object does not exist")
        if not request.body.get("force") and git.branches[name] not in git.history(sha):
            return NOT_FAST_FORWARD
        git.branches[name] = sha
        return Answer(200, show_ref(self._url(repository), name, sha))

    def update_refs(self, request: Request) -> Answer:
        """The mutation `updateRefs`: all of its updates or none."""
        variables = request.body["variables"]
        repository = self._server.name_of(variables["repository"])
        if not repository:
            return refuse_query("NOT_FOUND", "Could not resolve to a node with the global id")
        if not self._server.may_write(request.token, repository):
            return refuse_query("FORBIDDEN", "Resource not accessible by integration")
        git = self._git(repository)
        for update in variables["updates"]:
            problem = _find_problem(git, update)
            if problem:
                return refuse_query("UNPROCESSABLE", problem)
        for update in variables["updates"]:
            name = update["name"].removeprefix("refs/heads/")
            if update["afterOid"] == NOWHERE:
                del git.branches[name]
            else:
                git.branches[name] = update["afterOid"]
        return Answer(200, {"data": {"updateRefs": {"clientMutationId": None}}})

    # --- objects ---

    def _get_commit(self, _: Request, repository: str, sha: str) -> Answer:
        commit = self._git(repository).commits.get(sha)
        return Answer(200, show_commit(self._url(repository), repository, sha, commit)) if commit else NOT_FOUND

    def _create_commit(self, request: Request, repository: str) -> Answer:
        git, body = self._git(repository), request.body
        if body["tree"] not in git.trees or not set(body["parents"]) <= git.commits.keys():
            return refusal(422, "Tree SHA does not exist")
        sha = git.add_commit(body["tree"], body["parents"], body["message"], self._server.logins[request.token])
        return Answer(201, show_commit(self._url(repository), repository, sha, git.commits[sha]))

    def _get_tree(self, request: Request, repository: str, sha: str) -> Answer:
        git = self._git(repository)
        tree = git.trees.get(sha)
        if tree is None:
            return NOT_FOUND
        # Whatever its value, even false: https://docs.github.com/en/rest/git/trees#get-a-tree
        shown = dict(git.walk(sha)) if "recursive" in request.query else tree
        return Answer(200, show_tree(self._url(repository), sha, shown, git.blobs))

    def _create_tree(self, request: Request, repository: str) -> Answer:
        git = self._git(repository)
        sha = request.body.get("base_tree") or git.empty_tree()
        if sha not in git.trees:
            return NOT_FOUND
        for entry in request.body["tree"]:
            if entry.get("sha", "") is None:
                if entry["path"] not in dict(git.walk(sha)):
                    return refusal(422, "GitRPC::BadObjectState")
                sha = git.remove(sha, entry["path"])
            else:
                sha = git.write(sha, entry["path"], entry["mode"], entry["content"].encode())
        return Answer(201, show_tree(self._url(repository), sha, git.trees[sha], git.blobs))

    def _get_blob(self, _: Request, repository: str, sha: str) -> Answer:
        content = self._git(repository).blobs.get(sha)
        return NOT_FOUND if content is None else Answer(200, show_blob(self._url(repository), sha, content))


def _find_problem(git: Git, update: dict[str, Any]) -> str:
    name, after = update["name"].removeprefix("refs/heads/"), update["afterOid"]
    if update.get("beforeOid") not in {None, git.branches.get(name, NOWHERE)}:
        return "Ref cannot be updated: it is not at the expected object"
    if after != NOWHERE and after not in git.commits:
        return "Object does not exist"
    before = git.branches.get(name)
    if before and after != NOWHERE and not update.get("force") and before not in git.history(after):
        return "Update is not a fast forward"
    return ""


def merge_base(git: Git, one: str, other: str) -> str:
    """The newest commit that is in both histories."""
    known = set(git.history(one))
    return next(sha for sha in _newest_first(git, other) if sha in known)


def _newest_first(git: Git, sha: str) -> Iterator[str]:
    left, seen = [sha], set()
    while left:
        each = left.pop(0)
        if each not in seen:
            seen.add(each)
            yield each
            commit: Commit = git.commits[each]
            left += commit.parents
