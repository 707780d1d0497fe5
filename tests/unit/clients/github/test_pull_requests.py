"""Pull requests that are opened, by the door to GitHub, against a server on the loopback that stands in for it."""

from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import GitHubError, NotAllowedError
from hubaction.clients.github.pull_requests import PullRequests
from tests.github.answers import NOT_FOUND, Answer
from tests.github.server import APP_TOKEN, JOB_TOKEN, OTHER_REPOSITORY, REPOSITORY, GitHubServer


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def pulls(server: GitHubServer) -> Iterator[PullRequests]:
    github = GitHub(server.url, APP_TOKEN, OTHER_REPOSITORY, timeout=1)
    yield PullRequests(github, OTHER_REPOSITORY)
    github.close()


def test_create__where_the_repository_forbids_it(server: GitHubServer) -> None:
    server.jobs_may_open = False
    server.gits[REPOSITORY].push({"a.txt": "1\n"})
    server.gits[REPOSITORY].push({"a.txt": "2\n"}, branch="topic")
    github = GitHub(server.url, JOB_TOKEN, REPOSITORY, timeout=1)
    with pytest.raises(NotAllowedError, match="Allow GitHub Actions to create and approve pull requests"):
        PullRequests(github, REPOSITORY).create(title="t", body="b", branch="topic", base="main", draft=False)
    github.close()


def test_find_commit_message__of_a_commit_that_is_gone(server: GitHubServer, pulls: PullRequests) -> None:
    server.tell("GET .*/git/commits/", NOT_FOUND)
    assert pulls.find_commit_message("0" * 40) == ""


def test_request_reviews__a_bug_of_ours_is_no_answer_of_githubs(server: GitHubServer, pulls: PullRequests) -> None:
    with pytest.raises(TypeError):
        pulls.request_reviews(7, [None])  # type: ignore[list-item]
    assert server.requests == []


@pytest.mark.parametrize("answer", [Answer(200, {}), Answer(200, {"commits": [None]}), Answer(200, [])])
def test_compare__an_answer_that_is_not_githubs(server: GitHubServer, pulls: PullRequests, answer: Answer) -> None:
    server.tell("GET .*/compare/", answer)
    with pytest.raises(GitHubError, match="was no answer of its API"):
        pulls.compare("a" * 40, "b" * 40)
