"""Every request and answer of rolling out, held against GitHub's own descriptions of its two APIs."""

from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.pull_requests import MERGE_WHEN_READY
from hubaction.inputs.choices import Automerge
from hubaction.inputs.rollout_paths import parse_value_path
from hubaction.rollout.hub.edit import read_images
from hubaction.rollout.hub.files import choose_files, edit_files
from hubaction.rollout.hub.proposal import Proposal, Texts
from hubaction.rollout.hub.pull_request import Kind, Proposed, propose
from tests.github.prism import Prism, running_prism
from tests.github.pulls_api import PullsApi
from tests.github.queries import find_mistakes
from tests.github.server import APP_TOKEN, OTHER_REPOSITORY, GitHubServer, running_server

NAME = "quay.io/org/course"
BRANCH = "rollout"
"""Without a slash, for which the description has no path; the real name is in the tests that do without Prism."""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GitHubServer, Prism]]:
    """Yield a server and the proxy in front of it, which takes seconds to start."""
    with running_server() as server, running_prism(server.url, tmp_path_factory.mktemp("prism")) as prism:
        yield server, prism


@pytest.fixture
def server(proxied: tuple[GitHubServer, Prism]) -> Iterator[GitHubServer]:
    """Yield the server with a hub; afterwards the proxy may have found nothing wrong."""
    server, prism = proxied
    server.reset()
    server.gits[OTHER_REPOSITORY].push({"hub.yaml": f"image: {NAME}:old\n"})
    before = len(prism.complaints())
    yield server
    assert prism.complaints()[before:] == []
    assert server.unauthorized == []


def roll(proxied: tuple[GitHubServer, Prism], tag: str, run: int) -> Proposed:
    server, prism = proxied
    paths = [parse_value_path("hub.yaml: image")]
    github = GitHub(prism.url, APP_TOKEN, OTHER_REPOSITORY)
    direct = GitHub(server.url, APP_TOKEN, OTHER_REPOSITORY)
    # Prism has the REST API's description only.
    github.query = direct.query  # type: ignore[method-assign]
    github.login = direct.login  # type: ignore[method-assign]
    proposal = Proposal(
        base=github.read_repository().default_branch,
        branch=BRANCH,
        images=(f"{NAME}:{tag}@sha256:{'5' * 64}",),
        run=(run, 1),
        choose=lambda names: choose_files(names, paths),
        edit=lambda files, images: edit_files(files, paths, read_images(images)),
        write=lambda edits: Texts(f"Roll out {NAME}:{tag}", "Body", edits.diff),
        labels=("hub",),
        reviewers=("ada", "Org/hub-admins"),
        automerge=Automerge.TRUE,
    )
    try:
        return propose(github, OTHER_REPOSITORY, proposal)
    finally:
        github.close()
        direct.close()


def test_api__from_the_first_to_the_last(server: GitHubServer, proxied: tuple[GitHubServer, Prism]) -> None:
    git = server.gits[OTHER_REPOSITORY]
    assert roll(proxied, "one", 1).kind is Kind.OPENED
    assert server.opened[0].merge_method == "SQUASH"
    assert roll(proxied, "two", 2).kind is Kind.UPDATED
    assert git.read("hub.yaml", branch=BRANCH) == f"image: {NAME}:two\n"
    git.push({"notes.txt": "new\n"})
    PullsApi(server).update_branch(1, OTHER_REPOSITORY)
    assert roll(proxied, "three", 3).kind is Kind.UPDATED
    git.push({"notes.txt": "mine\n"}, branch=BRANCH)
    assert roll(proxied, "four", 4).kind is Kind.COMMENTED
    assert roll(proxied, "five", 5).kind is Kind.COMMENTED
    assert len(server.comments) == 1
    git.branches[BRANCH] = git.branches["main"]
    git.push({"hub.yaml": f"image: {NAME}:five\n"})
    assert roll(proxied, "five", 6).kind is Kind.NOTHING


def test_api__costs_so_many_requests(server: GitHubServer, proxied: tuple[GitHubServer, Prism]) -> None:
    """Of one file: as docs/rollout.md says."""
    roll(proxied, "one", 1)
    opening = len(server.requests)
    server.requests.clear()
    roll(proxied, "two", 2)
    assert (opening, len(server.requests)) == (15, 13)


def test_mutation__is_in_githubs_schema() -> None:
    assert find_mistakes(MERGE_WHEN_READY) == []
