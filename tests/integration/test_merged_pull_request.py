"""Finding the pull request behind a commit; request and answer are held against GitHub's own description of its API."""

from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import GitHubError
from tests.github.answers import CONFLICT
from tests.github.prism import Prism
from tests.github.runs import FORK
from tests.github.server import JOB_TOKEN, REPOSITORY, GitHubServer, Pull

HEAD = "a" * 40
MERGE = "b" * 40


@pytest.fixture
def server(checked_server: GitHubServer) -> GitHubServer:
    return checked_server


@pytest.fixture
def github(proxied: tuple[GitHubServer, Prism]) -> Iterator[GitHub]:
    github = GitHub(proxied[1].url, JOB_TOKEN, REPOSITORY)
    yield github
    github.close()


def merged(number: int = 7, *, head_repository: str = REPOSITORY) -> Pull:
    return Pull(number, HEAD, "closed", head_repository, merge_commit_sha=MERGE, merged=True)


def test_find_merged__one_request(server: GitHubServer, github: GitHub) -> None:
    server.pulls = [merged()]
    assert github.find_merged_pull_request(MERGE) == (7, HEAD)
    assert [str(request) for request in server.requests] == [f"GET /repos/{REPOSITORY}/commits/{MERGE}/pulls"]


def test_find_merged__none(server: GitHubServer, github: GitHub) -> None:
    assert github.find_merged_pull_request(MERGE) is None


def test_find_merged__not_one_that_is_open(server: GitHubServer, github: GitHub) -> None:
    """A branch that was pushed has a pull request, too."""
    server.pulls = [Pull(6, HEAD), Pull(7, MERGE, merge_commit_sha="c" * 40)]
    assert github.find_merged_pull_request(MERGE) is None


def test_find_merged__not_one_of_a_fork(server: GitHubServer, github: GitHub) -> None:
    """Its image was never pushed, and the name of a fork's image is the fork's to choose."""
    server.pulls = [merged(6, head_repository=FORK)]
    assert github.find_merged_pull_request(MERGE) is None
    server.pulls.append(merged(7))
    assert github.find_merged_pull_request(MERGE) == (7, HEAD)


def test_find_merged__refused(server: GitHubServer, github: GitHub) -> None:
    server.tell("/pulls", CONFLICT)
    with pytest.raises(GitHubError, match="find the pull request that commit bbbbbbbbbbbb came from"):
        github.find_merged_pull_request(MERGE)
