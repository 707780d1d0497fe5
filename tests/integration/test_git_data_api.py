"""Every request and answer of commits and branches, held against GitHub's own descriptions of its two APIs."""

from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.git_data import UPDATE_REFS, GitData, NewFile
from tests.github.prism import Prism, running_prism
from tests.github.queries import find_mistakes
from tests.github.server import APP_TOKEN, OTHER_REPOSITORY, GitHubServer, running_server


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GitHubServer, Prism]]:
    """Yield a server and the proxy in front of it, which takes seconds to start."""
    with running_server() as server, running_prism(server.url, tmp_path_factory.mktemp("prism")) as prism:
        yield server, prism


def test_api__for_branches_of_their_own(proxied: tuple[GitHubServer, Prism]) -> None:
    server, prism = proxied
    server.gits[OTHER_REPOSITORY].push({"hubs/a.yaml": "a: 1\n"})
    github = GitHub(prism.url, APP_TOKEN, OTHER_REPOSITORY)
    # Prism has the REST API's description only.
    github.query = GitHub(server.url, APP_TOKEN, OTHER_REPOSITORY).query  # type: ignore[method-assign]
    git = GitData(github)
    head = git.get_head("main")
    assert git.list_files(head.tree) != []
    orphan = git.create_commit([NewFile("a.txt", "1\n"), NewFile("b.txt", "1\n")], "First", parent=None)
    git.create_branch("binder", orphan)
    second = git.create_commit([NewFile("a.txt", "2\n"), NewFile("b.txt", None)], "Second", parent=orphan)
    git.move_branch("binder", second)
    git.replace_branch("binder", orphan, seen=second)
    git.delete_branch("binder", seen=orphan)
    assert prism.complaints() == []
    assert find_mistakes(UPDATE_REFS) == []


def test_find_mistakes__finds_them() -> None:
    assert find_mistakes(UPDATE_REFS.replace("refUpdates", "updates")) != []
