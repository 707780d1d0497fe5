"""Commits and branches by the door to GitHub, against a server on the loopback that stands in for it."""

from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import BranchRulesError, GitHubError, MovedError, NotAllowedError
from hubaction.clients.github.git_data import GitData, NewFile
from tests.github.answers import BROKEN, PROTECTED, Answer, refuse_query
from tests.github.git import EXECUTABLE
from tests.github.server import (
    APP,
    APP_TOKEN,
    JOB_TOKEN,
    OTHER_REPOSITORY,
    GitHubServer,
)


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def server(server: GitHubServer) -> GitHubServer:
    """The server with another repository of one commit."""
    server.gits[OTHER_REPOSITORY].push({"README.md": "Hubs\n", "hubs/a.yaml": "a: 1\n", "hubs/b.yaml": "b: 1\n"})
    return server


def open_git(server: GitHubServer, token: str) -> Iterator[GitData]:
    door = GitHub(server.url, token, OTHER_REPOSITORY, timeout=1)
    yield GitData(door)
    door.close()


@pytest.fixture
def git(server: GitHubServer) -> Iterator[GitData]:
    yield from open_git(server, APP_TOKEN)


def files(server: GitHubServer, commit: str) -> dict[str, str]:
    return server.gits[OTHER_REPOSITORY].files(commit)


# --- commits ---


def test_create_commit__of_several_files(server: GitHubServer, git: GitData) -> None:
    head = git.get_head("main")
    made = git.create_commit(
        [
            NewFile("hubs/a.yaml", "a: 2\r\n"),
            NewFile("hubs/b.yaml", None),
            NewFile("run.sh", "#!/bin/sh\n", EXECUTABLE),
        ],
        "Change hubs",
        parent=head,
    )
    assert files(server, made.sha) == {"README.md": "Hubs\n", "hubs/a.yaml": "a: 2\r\n", "run.sh": "#!/bin/sh\n"}
    assert made.parents == (head.sha,)
    assert git.get_commit(made.sha) == made
    assert [(entry.name, entry.mode) for entry in git.list_files(made.tree)] == [
        ("README.md", "100644"),
        ("hubs/a.yaml", "100644"),
        ("run.sh", EXECUTABLE),
    ]
    stored = server.gits[OTHER_REPOSITORY].commits[made.sha]
    assert stored.author == APP
    assert server.gits[OTHER_REPOSITORY].branches["main"] == head.sha


def test_create_commit__without_a_parent(server: GitHubServer, git: GitData) -> None:
    made = git.create_commit([NewFile("binder/Dockerfile", "FROM scratch\n")], "One file", parent=None)
    assert made.parents == ()
    assert files(server, made.sha) == {"binder/Dockerfile": "FROM scratch\n"}


# --- branches ---


def test_find_head__without_the_branch(git: GitData) -> None:
    assert git.find_head("gone") is None


@pytest.mark.parametrize("branch", ["rollout", "rollout/quay.io/org/image", "odd #1?"])
def test_create_branch(server: GitHubServer, git: GitData, branch: str) -> None:
    head = git.get_head("main")
    git.create_branch(branch, head)
    assert git.find_head(branch) == head
    with pytest.raises(MovedError, match="created meanwhile"):
        git.create_branch(branch, head)


def test_create_branch__against_the_rules(server: GitHubServer, git: GitData) -> None:
    server.tell("POST .*/git/refs", PROTECTED)
    with pytest.raises(BranchRulesError, match="rule violations"):
        git.create_branch("rollout", git.get_head("main"))


def test_replace_branch__by_what_has_another_history(server: GitHubServer, git: GitData) -> None:
    orphan = git.create_commit([NewFile("a.txt", "1\n")], "First", parent=None)
    git.create_branch("binder", orphan)
    other = git.create_commit([NewFile("a.txt", "2\n")], "Second", parent=None)
    git.replace_branch("binder", other, seen=orphan)
    assert git.find_head("binder") == other


def test_replace_branch__that_moved(server: GitHubServer, git: GitData) -> None:
    seen = git.get_head("main")
    git.create_branch("rollout", seen)
    ours = git.create_commit([NewFile("hubs/a.yaml", "a: 2\n")], "Ours", parent=seen)
    theirs = server.gits[OTHER_REPOSITORY].push({"hubs/a.yaml": "a: 3\n"}, branch="rollout")
    with pytest.raises(MovedError, match="got other commits meanwhile"):
        git.replace_branch("rollout", ours, seen=seen)
    assert server.gits[OTHER_REPOSITORY].branches["rollout"] == theirs


def test_replace_branch__against_the_rules(server: GitHubServer, git: GitData) -> None:
    seen = git.get_head("main")
    ours = git.create_commit([NewFile("hubs/a.yaml", "a: 2\n")], "Ours", parent=seen)
    server.tell("POST /graphql", refuse_query("UNPROCESSABLE", "Repository rule violations found"))
    with pytest.raises(GitHubError, match=r"refused to replace branch 'main' \(Repository rule violations found\)"):
        git.replace_branch("main", ours, seen=seen)


def test_replace_branch__when_the_answer_is_lost(server: GitHubServer, git: GitData) -> None:
    seen = git.get_head("main")
    ours = git.create_commit([NewFile("hubs/a.yaml", "a: 2\n")], "Ours", parent=seen)
    server.tell("POST /graphql", BROKEN, afterwards=True)
    git.replace_branch("main", ours, seen=seen)
    assert server.gits[OTHER_REPOSITORY].branches["main"] == ours.sha


def test_replace_branch__without_the_right(server: GitHubServer) -> None:
    for git in open_git(server, JOB_TOKEN):
        seen = git.get_head("main")
        with pytest.raises(NotAllowedError, match="not accessible"):
            git.replace_branch("main", seen, seen=seen)


def test_delete_branch(server: GitHubServer, git: GitData) -> None:
    head = git.get_head("main")
    git.create_branch("rollout", head)
    git.delete_branch("rollout", seen=head)
    assert git.find_head("rollout") is None
    git.delete_branch("rollout", seen=head)  # gone already


def test_delete_branch__that_moved(server: GitHubServer, git: GitData) -> None:
    head = git.get_head("main")
    git.create_branch("rollout", head)
    theirs = server.gits[OTHER_REPOSITORY].push({"hubs/a.yaml": "a: 3\n"}, branch="rollout")
    with pytest.raises(MovedError):
        git.delete_branch("rollout", seen=head)
    assert server.gits[OTHER_REPOSITORY].branches["rollout"] == theirs


# --- whose fault it is ---


def test_create_tree__a_bug_of_ours_is_no_answer_of_githubs(server: GitHubServer, git: GitData) -> None:
    with pytest.raises(AttributeError):
        git.create_tree([None, None], parent=None)  # type: ignore[list-item]
    assert server.requests == []


@pytest.mark.parametrize("answer", [Answer(200, {"object": {}}), Answer(200, {"object": None}), Answer(200, [])])
def test_find_head__an_answer_that_is_not_githubs(server: GitHubServer, git: GitData, answer: Answer) -> None:
    server.tell("GET .*/git/ref/heads/main", answer)
    with pytest.raises(GitHubError, match="look for branch 'main' was no answer of its API"):
        git.find_head("main")
