"""The branch by which Binder starts the very image, against a server on the loopback that stands in for GitHub."""

from collections.abc import Iterator

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import GitHubError
from hubaction.clients.github.git_data import GitData
from hubaction.decide.binder_dockerfile import PATH, is_our_dockerfile, render_dockerfile, render_dockerfile_of_branch
from hubaction.rollout.binder.image_branch import BinderImageError, delete_image_branch, update_image_branch
from tests.github.answers import BAD_GATEWAY, PROTECTED
from tests.github.git import EXECUTABLE
from tests.github.server import JOB, JOB_TOKEN, READ_ONLY_TOKEN, REPOSITORY, GitHubServer

IMAGE = f"quay.io/org/course@sha256:{'5' * 64}"
NEWER = f"quay.io/org/course@sha256:{'6' * 64}"
BRANCH = "binder-pr-7"


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def server(server: GitHubServer) -> GitHubServer:
    """The server with a repository that has a workflow."""
    server.git.push({"README.md": "Tides\n", ".github/workflows/image.yaml": "on: push\n"})
    return server


def open_git(server: GitHubServer, token: str) -> Iterator[GitData]:
    door = GitHub(server.url, token, REPOSITORY, timeout=1)
    yield GitData(door)
    door.close()


@pytest.fixture
def git(server: GitHubServer) -> Iterator[GitData]:
    yield from open_git(server, JOB_TOKEN)


@pytest.fixture
def read_only(server: GitHubServer) -> Iterator[GitData]:
    yield from open_git(server, READ_ONLY_TOKEN)


def files(server: GitHubServer, branch: str = BRANCH) -> dict[str, str]:
    return server.git.files(server.git.branches[branch])


# --- writing ---


def test_update__makes_a_branch_of_one_file(server: GitHubServer, git: GitData) -> None:
    main = server.git.branches["main"]
    made = update_image_branch(git, branch=BRANCH, image=IMAGE)
    commit = server.git.commits[server.git.branches[BRANCH]]
    assert made.changed
    assert files(server) == {PATH: render_dockerfile_of_branch(IMAGE)}
    assert files(server)[PATH].splitlines()[-1] == f"FROM {IMAGE}"
    assert commit.parents == ()
    assert commit.author == JOB
    assert server.git.branches == {"main": main, BRANCH: made.commit}


def test_update__starts_no_workflow(server: GitHubServer, git: GitData) -> None:
    """The message says so for tokens whose pushes do start some, and there is none in the branch."""
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    message = server.git.commits[server.git.branches[BRANCH]].message
    assert message == f"Start Binder from the pushed image [skip ci]\n\nBinder-Image: {IMAGE}\n"
    assert not any(name.startswith(".github/") for name in files(server))


def test_update__replaces_what_it_made(server: GitHubServer, git: GitData) -> None:
    first = update_image_branch(git, branch=BRANCH, image=IMAGE)
    second = update_image_branch(git, branch=BRANCH, image=NEWER)
    assert second.changed
    assert second.commit != first.commit
    assert files(server) == {PATH: render_dockerfile_of_branch(NEWER)}
    assert server.git.commits[second.commit].parents == ()


def test_update__writes_nothing_when_nothing_changed(server: GitHubServer, git: GitData) -> None:
    first = update_image_branch(git, branch=BRANCH, image=IMAGE)
    writes = len(server.writes())
    again = update_image_branch(git, branch=BRANCH, image=IMAGE)
    assert (again.commit, again.changed) == (first.commit, False)
    assert len(server.writes()) == writes


THEIRS = {
    "a person's": {"notes.txt": "mine\n"},
    "more than our file": {PATH: render_dockerfile_of_branch(IMAGE), "notes.txt": "mine\n"},
    "another Dockerfile": {PATH: "FROM debian\n"},
    "our other Dockerfile": {PATH: render_dockerfile(IMAGE)},
    "more in the Dockerfile": {PATH: render_dockerfile_of_branch(IMAGE) + "RUN true\n"},
    "another place": {"Dockerfile": render_dockerfile_of_branch(IMAGE)},
}


@pytest.mark.parametrize("theirs", THEIRS.values(), ids=THEIRS)
def test_update__leaves_branches_of_others_alone(server: GitHubServer, git: GitData, theirs: dict[str, str]) -> None:
    before = server.git.push(theirs, branch=BRANCH)
    with pytest.raises(BinderImageError, match="'binder-pr-7' was not made by this action"):
        update_image_branch(git, branch=BRANCH, image=IMAGE)
    with pytest.raises(BinderImageError, match="'binder-pr-7' stays"):
        delete_image_branch(git, BRANCH)
    assert server.git.branches[BRANCH] == before
    assert not any(request.path.endswith("/refs") or "graphql" in request.path for request in server.writes())


def test_update__leaves_a_commit_alone_that_somebody_added(server: GitHubServer, git: GitData) -> None:
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    before = server.git.push({PATH: render_dockerfile_of_branch(NEWER)}, branch=BRANCH)
    with pytest.raises(BinderImageError, match="was not made by this action"):
        update_image_branch(git, branch=BRANCH, image=IMAGE)
    assert server.git.branches[BRANCH] == before


def test_update__leaves_a_program_alone(server: GitHubServer, git: GitData) -> None:
    server.git.push({PATH: render_dockerfile_of_branch(IMAGE)}, branch=BRANCH, mode=EXECUTABLE)
    with pytest.raises(BinderImageError):
        update_image_branch(git, branch=BRANCH, image=NEWER)


def test_update__does_not_run_over_a_push_meanwhile(server: GitHubServer, git: GitData) -> None:
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    server.before("graphql", lambda: server.git.push({"notes.txt": "mine\n"}, branch=BRANCH))
    with pytest.raises(BinderImageError, match="was not made by this action"):
        update_image_branch(git, branch=BRANCH, image=NEWER)
    assert "notes.txt" in files(server)


def test_update__two_runs_that_both_make_it(server: GitHubServer, git: GitData) -> None:
    def other() -> None:
        other_commit = server.git.push({PATH: render_dockerfile_of_branch(NEWER)}, branch="elsewhere")
        server.git.branches[BRANCH] = other_commit

    server.before("POST .*/git/refs", other)
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    assert files(server) == {PATH: render_dockerfile_of_branch(IMAGE)}


def test_update__tries_again_after_a_fault(server: GitHubServer, git: GitData) -> None:
    server.tell("POST .*/git/trees", BAD_GATEWAY)
    assert update_image_branch(git, branch=BRANCH, image=IMAGE).changed


def test_update__without_the_right(server: GitHubServer, read_only: GitData) -> None:
    with pytest.raises(BinderImageError) as raised:
        update_image_branch(read_only, branch=BRANCH, image=IMAGE)
    assert "Add 'contents: write' to the job's permissions" in raised.value.message
    assert "binder-image-branch: ''" in raised.value.message
    assert BRANCH not in server.git.branches


def test_update__against_the_rules(server: GitHubServer, git: GitData) -> None:
    server.tell("POST .*/git/refs", PROTECTED)
    with pytest.raises(BinderImageError, match="Exempt it from the repository's rules"):
        update_image_branch(git, branch=BRANCH, image=IMAGE)


@pytest.mark.parametrize("image", ["quay.io/org/course:v1", f"{IMAGE}\nRUN true", ""])
def test_update__names_images_by_digest_only(git: GitData, image: str) -> None:
    with pytest.raises(ValueError, match="by its digest"):
        update_image_branch(git, branch=BRANCH, image=image)


def test_dockerfile__is_no_binder_cache() -> None:
    """That one is overwritten on branches of people, and this one never is."""
    assert not is_our_dockerfile(render_dockerfile_of_branch(IMAGE))


# --- deleting ---


def test_delete__what_it_made(server: GitHubServer, git: GitData) -> None:
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    assert delete_image_branch(git, BRANCH)
    assert set(server.git.branches) == {"main"}


def test_delete__none(server: GitHubServer, git: GitData) -> None:
    assert not delete_image_branch(git, BRANCH)
    assert server.writes() == []


def test_delete__does_not_take_a_push_along(server: GitHubServer, git: GitData) -> None:
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    server.before("graphql", lambda: server.git.push({"notes.txt": "mine\n"}, branch=BRANCH))
    with pytest.raises(BinderImageError, match="stays"):
        delete_image_branch(git, BRANCH)
    assert "notes.txt" in files(server)


def test_delete__without_the_right(server: GitHubServer, git: GitData, read_only: GitData) -> None:
    update_image_branch(git, branch=BRANCH, image=IMAGE)
    with pytest.raises((BinderImageError, GitHubError), match="contents: write"):
        delete_image_branch(read_only, BRANCH)
    assert BRANCH in server.git.branches
