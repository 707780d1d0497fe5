"""Every request and every answer of committing binder/Dockerfile, held against GitHub's own description of its API."""

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.git_data import GitData
from hubaction.decide.binder_dockerfile import PATH, render_dockerfile
from hubaction.rollout.binder.dockerfile import BinderDockerfileError, DockerfileUpdate, update_binder_dockerfile
from tests.github.prism import Prism
from tests.github.server import JOB, JOB_TOKEN, READ_ONLY_TOKEN, REPOSITORY, GitHubServer

IMAGE = f"quay.io/org/course@sha256:{'5' * 64}"
READS = ["GET", "GET", "GET"]
"""The branch, its commit, the root; binder/ and its Dockerfile come on top where they exist."""
WRITES = ["POST", "POST", "PATCH"]


@pytest.fixture
def server(checked_server: GitHubServer) -> GitHubServer:
    """The server with one commit."""
    checked_server.git.push({"environment.yml": "dependencies: []\n"})
    return checked_server


def update(prism: Prism, *, branch: str = "main", token: str = JOB_TOKEN, write: bool = True) -> DockerfileUpdate:
    github = GitHub(prism.url, token, REPOSITORY)
    try:
        return update_binder_dockerfile(GitData(github), branch=branch, image=IMAGE, write=write)
    finally:
        github.close()


@pytest.fixture
def prism(proxied: tuple[GitHubServer, Prism], server: GitHubServer) -> Prism:
    """The proxy, in front of the server as the fixture above leaves it."""
    assert proxied[0] is server
    return proxied[1]


def test_api__to_commit_and_leave_alone(server: GitHubServer, prism: Prism) -> None:
    cache = update(prism)
    assert cache.changed
    assert server.methods() == READS + WRITES
    assert server.git.read(PATH) == render_dockerfile(IMAGE)
    assert server.git.commits[cache.commit].author == JOB
    server.requests.clear()
    assert update(prism) == DockerfileUpdate(False, cache.commit, cache.url, f"{PATH} on 'main' names this image.")
    assert server.methods() == [*READS, "GET", "GET"]


def test_api__when_the_branch_moves(server: GitHubServer, prism: Prism) -> None:
    server.before("PATCH", lambda: server.git.push({"notes.txt": "by somebody else\n"}))
    assert update(prism).changed
    assert server.methods() == (READS + WRITES) * 2
    assert server.git.read("notes.txt") == "by somebody else\n"


def test_api__to_refuse_writing(server: GitHubServer, prism: Prism) -> None:
    with pytest.raises(BinderDockerfileError, match="contents: write"):
        update(prism, token=READ_ONLY_TOKEN)
    assert server.methods() == [*READS, "POST"]


def test_api__without_the_branch(server: GitHubServer, prism: Prism) -> None:
    with pytest.raises(BinderDockerfileError, match="may not read branch 'gone'"):
        update(prism, branch="gone")
    assert server.methods() == ["GET"]
