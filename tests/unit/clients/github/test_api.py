"""The door to GitHub, against a server on the loopback that stands in for it."""

import time
from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import JOB_LOGIN, GitHub, RemoteComment
from hubaction.clients.github.errors import BadTokenError, GitHubError, NotAllowedError, PassingError
from tests.github.answers import (
    BAD_CREDENTIALS,
    BAD_GATEWAY,
    BROKEN,
    HANG_UP,
    NOT_FOUND,
    READ_ONLY,
    SECONDARY_LIMIT,
    TOO_MANY,
    UNPROCESSABLE,
    Answer,
    refusal,
)
from tests.github.server import (
    JOB,
    JOB_TOKEN,
    READ_ONLY_TOKEN,
    REPOSITORY,
    USER,
    USER_TOKEN,
    GitHubServer,
    Pull,
)

SHA = "fedcba9876543210fedcba9876543210fedcba98"


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def github(server: GitHubServer) -> Iterator[GitHub]:
    """Yield the door, opened with a job's token."""
    door = GitHub(server.url, JOB_TOKEN, REPOSITORY, timeout=1)
    yield door
    door.close()


# --- what is asked ---


def test_list_comments__over_all_pages(server: GitHubServer, github: GitHub) -> None:
    for number in range(250):
        server.add_comment(7, f"text {number}", author="somebody")
    server.add_comment(8, "of another pull request")
    comments = github.list_comments(7)
    assert [comment.body for comment in comments] == [f"text {number}" for number in range(250)]
    assert [request.query.get("page", "1") for request in server.requests] == ["1", "2", "3"]


def test_list_comments__of_deleted_accounts_and_without_text(server: GitHubServer, github: GitHub) -> None:
    server.add_comment(7, "", author=None)
    (comment,) = github.list_comments(7)
    assert (comment.author, comment.body) == ("", "")


def test_comments__are_made_read_edited_and_deleted(server: GitHubServer, github: GitHub) -> None:
    made = github.create_comment(7, "first")
    assert made == RemoteComment(made.id, JOB, "first", f"https://github.com/Org/Course/pull/7#issuecomment-{made.id}")
    assert github.get_comment(made.id) == made
    github.edit_comment(made.id, "second")
    assert github.get_comment(made.id).body == "second"
    github.delete_comment(made.id)
    assert server.comments == {}
    assert server.methods() == ["POST", "GET", "PATCH", "GET", "DELETE"]


def test_delete_comment__that_is_gone(github: GitHub) -> None:
    github.delete_comment(1)


def test_requests__carry_the_token_as_authorization(server: GitHubServer, github: GitHub) -> None:
    github.list_comments(7)
    assert [request.token for request in server.requests] == [JOB_TOKEN]
    assert server.unauthorized == []


def test_login__of_a_job_costs_nothing(server: GitHubServer, github: GitHub) -> None:
    assert github.login() == JOB_LOGIN == JOB
    assert server.requests == []


def test_login__of_a_user_is_asked_for(server: GitHubServer) -> None:
    door = GitHub(server.url, USER_TOKEN, REPOSITORY)
    assert door.login() == USER
    door.close()
    assert [str(request) for request in server.requests] == ["GET /user"]


def find(github: GitHub, head_repository: str = REPOSITORY, branch: str = "topic") -> list[int]:
    return github.find_pull_requests(head_repository=head_repository, branch=branch, sha=SHA)


def test_find_pull_requests__of_branches_and_forks(server: GitHubServer, github: GitHub) -> None:
    """Whoever pushes another's commit to a fork of their own does not become that other."""
    server.pulls = [
        Pull(7, SHA, head_repository="Stranger/Course"),
        Pull(8, "0" * 40),
        Pull(9, SHA, state="closed"),
        Pull(10, SHA),
    ]
    assert find(github) == [10]
    assert find(github, "stranger/course") == [7]
    assert find(github, "Nobody/Course") == []
    assert find(github, branch="other") == []
    assert server.methods() == ["GET"] * 4


def test_find_pull_requests__without_any(github: GitHub) -> None:
    assert find(github) == []


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (BAD_CREDENTIALS, BadTokenError, "does not accept the token (401: Bad credentials)"),
        (READ_ONLY, NotAllowedError, "may not list the comments of pull request 7 (403: Resource not accessible"),
        (NOT_FOUND, NotAllowedError, "(404: Not Found)"),
        (UNPROCESSABLE, GitHubError, "refused to list the comments of pull request 7 (422: Validation Failed)"),
        (SECONDARY_LIMIT, PassingError, "rate limit forbids"),
        (TOO_MANY, PassingError, "rate limit forbids"),
        (BROKEN, PassingError, "GitHub failed when asked to list the comments of pull request 7 (500: Server Error)"),
        (BAD_GATEWAY, PassingError, "GitHub failed"),
        (HANG_UP, PassingError, "did not answer"),
    ],
    ids=["401", "403", "404", "422", "secondary", "429", "500", "502", "closed"],
)
def test_error__is_explained(
    server: GitHubServer, github: GitHub, answer: Answer, kind: type[GitHubError], said: str
) -> None:
    server.tell("GET", answer)
    with pytest.raises(GitHubError) as caught:
        github.list_comments(7)
    assert type(caught.value) is kind
    assert said in caught.value.message
    assert JOB_TOKEN not in caught.value.message
    assert len(server.requests) == 1


def test_error__of_writing_with_a_token_that_reads(server: GitHubServer) -> None:
    door = GitHub(server.url, READ_ONLY_TOKEN, REPOSITORY)
    with pytest.raises(NotAllowedError, match="may not comment on pull request 7"):
        door.create_comment(7, "text")
    door.close()


def test_error__of_a_server_that_stalls(server: GitHubServer, github: GitHub) -> None:
    server.stall("GET")
    with pytest.raises(PassingError, match="did not answer when asked to list"):
        github.list_comments(7)


def test_error__of_a_server_that_is_not_there() -> None:
    door = GitHub("http://127.0.0.1:9", JOB_TOKEN, REPOSITORY)
    with pytest.raises(PassingError, match="did not answer"):
        door.list_comments(7)
    door.close()


@pytest.mark.parametrize("answer", [Answer(200, "<html>Log in</html>"), Answer(200, {"x": 1}), Answer(200, [1])])
def test_error__of_an_answer_that_is_not_githubs(server: GitHubServer, github: GitHub, answer: Answer) -> None:
    server.tell("GET", answer)
    with pytest.raises(GitHubError):
        github.list_comments(7)


def test_error__shows_no_long_or_broken_lines(server: GitHubServer, github: GitHub) -> None:
    server.tell("GET", refusal(422, "x\n::error::" * 100))
    with pytest.raises(GitHubError) as caught:
        github.list_comments(7)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 3500


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "-5"}, 1),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60),
        ({"Retry-After": "nan"}, 60),
        ({"Retry-After": "inf"}, 60),
        ({"X-RateLimit-Remaining": "0"}, 60),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, 1),
        ({"X-RateLimit-Remaining": "17", "X-RateLimit-Reset": "99999999999"}, 60),
        ({}, 60),
    ],
    ids=str,
)
def test_rate_limit__says_how_long(
    server: GitHubServer, github: GitHub, headers: dict[str, str], wait: float | None
) -> None:
    server.tell("GET", Answer(403, SECONDARY_LIMIT.body, headers))
    with pytest.raises(PassingError) as caught:
        github.list_comments(7)
    assert caught.value.wait == wait


def test_rate_limit__that_is_reset_soon(server: GitHubServer, github: GitHub) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 20)}
    server.tell("GET", Answer(403, TOO_MANY.body, headers))
    with pytest.raises(PassingError) as caught:
        github.list_comments(7)
    assert 15 < (caught.value.wait or 0) < 22
