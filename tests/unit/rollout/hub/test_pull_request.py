"""The rolling pull request, against a server on the loopback that stands in for GitHub."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import BranchRulesError, GitHubError, NotAllowedError
from hubaction.inputs.choices import Automerge
from hubaction.inputs.rollout_paths import parse_value_path
from hubaction.rollout.hub.document import MAX_FILE_BYTES, FileError
from hubaction.rollout.hub.edit import read_images
from hubaction.rollout.hub.files import Edits, PathError, choose_files, edit_files
from hubaction.rollout.hub.proposal import Proposal, Texts, name_branch
from hubaction.rollout.hub.pull_request import BEGIN, END, Kind, Proposed, RolloutError, propose
from hubaction.rollout.hub.trailers import read_trailers, render_message
from tests.github.answers import BAD_GATEWAY, BROKEN, PROTECTED, SECONDARY_LIMIT, refuse_query
from tests.github.pulls_api import Opened, PullsApi
from tests.github.server import APP, APP_TOKEN, JOB_TOKEN, OTHER_REPOSITORY, GitHubServer

NAME = "quay.io/org/course"
OLD, NEW, NEWER = (f"{NAME}:{tag}@sha256:{tag[0] * 64}" for tag in ("a00000000000", "b11111111111", "c22222222222"))
HUB = "singleuser:\n  image:\n    name: quay.io/org/course # ours\n    tag: {}\n"
OTHER_HUB = "image: quay.io/org/course:{}\n"
FILES = {
    "hubs/a.yaml": HUB.format("a00000000000"),
    "hubs/b.yaml": OTHER_HUB.format("a00000000000"),
    "README.md": "Hubs\n",
}
PATHS = ("hubs/a.yaml: singleuser.image", "hubs/b.yaml: image")
BRANCH = name_branch(NAME, "main")


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def server(server: GitHubServer) -> GitHubServer:
    server.gits[OTHER_REPOSITORY].push(FILES)
    return server


Roll = Callable[..., Proposed]


@pytest.fixture
def roll(server: GitHubServer) -> Roll:
    """Roll an image out; a later call is a later run, unless it says otherwise."""
    runs = iter(range(100, 1000))

    def work(
        image: str = NEW, *, token: str = APP_TOKEN, paths: tuple[str, ...] = PATHS, **changes: object
    ) -> Proposed:
        hub = GitHub(server.url, token, OTHER_REPOSITORY, timeout=1)
        try:
            return propose(hub, OTHER_REPOSITORY, replace(make_proposal(image, paths, (next(runs), 1)), **changes))  # type: ignore[arg-type]
        finally:
            hub.close()

    return work


def make_proposal(image: str, paths: tuple[str, ...], run: tuple[int, int]) -> Proposal:
    parsed = [parse_value_path(path) for path in paths]

    def write(edits: Edits) -> Texts:
        return Texts(f"Roll out {image.partition('@')[0]}", f"Body for {image}", f"Comment for {image}\n{edits.diff}")

    return Proposal(
        base="main",
        branch=BRANCH,
        images=(image,),
        run=run,
        choose=lambda names: choose_files(names, parsed),
        edit=lambda files, images: edit_files(files, parsed, read_images(images)),
        write=write,
    )


def files(server: GitHubServer, branch: str = BRANCH) -> dict[str, str]:
    git = server.gits[OTHER_REPOSITORY]
    return git.files(git.branches[branch])


def expected(tag: str, **others: str) -> dict[str, str]:
    return FILES | {"hubs/a.yaml": HUB.format(tag), "hubs/b.yaml": OTHER_HUB.format(tag)} | others


def only_pull(server: GitHubServer) -> Opened:
    (pull,) = server.opened
    return pull


# --- opening ---


def test_roll_out__opens_one(server: GitHubServer, roll: Roll) -> None:
    done = roll(labels=("hub",), reviewers=("ada", "Org/hub-admins"))
    assert done.kind is Kind.OPENED
    assert done.url == f"https://github.com/{OTHER_REPOSITORY}/pull/1"
    assert done.warnings == ()
    pull = only_pull(server)
    assert (pull.title, pull.base, pull.author) == ("Roll out quay.io/org/course:b11111111111", "main", APP)
    assert pull.body == f"{BEGIN}\nBody for {NEW}\n{END}\n"
    assert (pull.labels, pull.reviewers, pull.teams) == (("hub",), ("ada",), ("hub-admins",))
    assert (pull.draft, pull.merge_method) == (False, "")
    assert files(server) == expected("b11111111111")
    git = server.gits[OTHER_REPOSITORY]
    commit = git.commits[git.branches[BRANCH]]
    assert commit.parents == (git.branches["main"],)
    assert commit.author == APP
    assert read_trailers(commit.message) == read_trailers(render_message("x", (NEW,), (100, 1), commit.tree))


@pytest.mark.parametrize(
    ("automerge", "method"),
    [(Automerge.TRUE, "SQUASH"), (Automerge.REBASE, "REBASE"), (Automerge.MERGE, "MERGE"), (Automerge.FALSE, "")],
)
def test_roll_out__to_be_merged_when_ready(server: GitHubServer, roll: Roll, automerge: Automerge, method: str) -> None:
    roll(automerge=automerge)
    assert only_pull(server).merge_method == method


def test_roll_out__where_nothing_is_merged_automatically(server: GitHubServer, roll: Roll) -> None:
    server.auto_merging.clear()
    (warning,) = roll(automerge=Automerge.TRUE).warnings
    assert "'Allow auto-merge' has to be on" in warning


def test_roll_out__where_nothing_has_to_be_waited_for(server: GitHubServer, roll: Roll) -> None:
    server.tell("POST /graphql", refuse_query("UNPROCESSABLE", "Pull request Pull request is in clean status"))
    (warning,) = roll(automerge=Automerge.TRUE).warnings
    assert "has to demand a check or a review" in warning


def test_roll_out__keeps_the_mode_of_a_file(server: GitHubServer, roll: Roll) -> None:
    server.gits[OTHER_REPOSITORY].push({"hubs/b.yaml": FILES["hubs/b.yaml"]}, mode="100755")
    roll()
    git = server.gits[OTHER_REPOSITORY]
    assert dict(git.walk(git.commits[git.branches[BRANCH]].tree))["hubs/b.yaml"][0] == "100755"


@pytest.mark.parametrize("path", ["hubs/large.yaml", "hubs/*.yaml"])
def test_roll_out__does_not_fetch_what_is_too_large(server: GitHubServer, roll: Roll, path: str) -> None:
    git = server.gits[OTHER_REPOSITORY]
    git.push({"hubs/large.yaml": "#" * (MAX_FILE_BYTES + 1)})
    large = dict(git.walk(git.commits[git.branches["main"]].tree))["hubs/large.yaml"][1]
    lines = (f"{path}: singleuser.image", *PATHS)
    if "*" in path:
        assert any("hubs/large.yaml:1: is larger than 1024 KiB" in note for note in roll(paths=lines).edits.notes)
    else:
        with pytest.raises(FileError, match="is larger than 1024 KiB"):
            roll(paths=lines)
    assert not any(large in request.path for request in server.requests)


def test_roll_out__does_not_follow_links(server: GitHubServer, roll: Roll) -> None:
    server.gits[OTHER_REPOSITORY].push({"hubs/b.yaml": "../../secret"}, mode="120000")
    with pytest.raises(PathError, match="no such file"):
        roll()


def test_roll_out__as_a_draft(server: GitHubServer, roll: Roll) -> None:
    roll(draft=True)
    assert only_pull(server).draft


def test_roll_out__asking_somebody_who_cannot_review(server: GitHubServer, roll: Roll) -> None:
    done = roll(labels=("hub",), reviewers=("nobody",))
    assert (done.kind, only_pull(server).labels) == (Kind.OPENED, ("hub",))
    assert "collaborators" in done.warnings[0]


# --- again ---


def test_roll_out__of_the_next_tag_updates_it(server: GitHubServer, roll: Roll) -> None:
    first = roll(labels=("hub",))
    git = server.gits[OTHER_REPOSITORY]
    main = git.push({"README.md": "Hubs of the lab\n"})
    only_pull(server).labels = ()
    done = roll(NEWER, labels=("hub",))
    assert (done.kind, done.url) == (Kind.UPDATED, first.url)
    pull = only_pull(server)
    assert pull.title == "Roll out quay.io/org/course:c22222222222"
    assert f"Body for {NEWER}" in pull.body
    assert NEW not in pull.body
    assert pull.labels == ("hub",)
    # The change was made anew, on what the base is by now.
    assert files(server) == expected("c22222222222", **{"README.md": "Hubs of the lab\n"})
    assert git.commits[git.branches[BRANCH]].parents == (main,)


def test_roll_out__of_the_same_again_writes_nothing(server: GitHubServer, roll: Roll) -> None:
    roll(labels=("hub",), reviewers=("ada", "Org/hub-admins"))
    head = server.gits[OTHER_REPOSITORY].branches[BRANCH]
    server.requests.clear()
    assert roll(labels=("hub",), reviewers=("Ada", "Org/hub-admins")).kind is Kind.CURRENT
    # The tree is named by what it holds, and belongs to no branch.
    assert [str(each) for each in server.writes()] == [f"POST /repos/{OTHER_REPOSITORY}/git/trees"]
    assert server.gits[OTHER_REPOSITORY].branches[BRANCH] == head


def test_roll_out__of_what_is_there_already(server: GitHubServer, roll: Roll) -> None:
    done = roll(OLD)
    assert done.kind is Kind.NOTHING
    assert done.sentence == "Nothing to roll out: the configuration names this image already."
    assert server.writes() == []
    assert server.opened == []


def test_roll_out__after_a_merge_opens_the_next(server: GitHubServer, roll: Roll) -> None:
    roll()
    PullsApi(server).merge(1, OTHER_REPOSITORY)
    assert files(server, "main") == expected("b11111111111")
    assert roll().kind is Kind.NOTHING
    assert roll(NEWER).kind is Kind.OPENED
    assert [pull.state for pull in server.opened] == ["closed", "open"]
    assert files(server) == expected("c22222222222")


@pytest.mark.parametrize("button", ["merge commit", "squash"])
def test_roll_out__after_a_merge_that_left_the_branch(server: GitHubServer, roll: Roll, button: str) -> None:
    roll()
    git = server.gits[OTHER_REPOSITORY]
    left = git.branches[BRANCH]
    if button == "squash":
        git.push(expected("b11111111111"))
        server.opened[0].state, server.opened[0].merged, server.opened[0].last_head = "closed", True, left
    else:
        PullsApi(server).merge(1, OTHER_REPOSITORY)
        git.branches[BRANCH] = left
    assert roll(NEWER).kind is Kind.OPENED
    assert files(server) == expected("c22222222222")


# --- people ---


def test_roll_out__leaves_commits_of_people(server: GitHubServer, roll: Roll) -> None:
    roll()
    theirs = server.gits[OTHER_REPOSITORY].push({"hubs/a.yaml": HUB.format("pinned")}, branch=BRANCH)
    done = roll(NEWER)
    assert (done.kind, done.url) == (Kind.COMMENTED, f"https://github.com/{OTHER_REPOSITORY}/pull/1")
    assert server.gits[OTHER_REPOSITORY].branches[BRANCH] == theirs
    assert only_pull(server).title == "Roll out quay.io/org/course:b11111111111"
    (comment,) = server.comments.values()
    assert (comment.number, comment.author, comment.repository) == (1, APP, OTHER_REPOSITORY)
    assert f"Comment for {NEWER}" in comment.body
    # The same comment is kept current, and others' are left alone.
    roll(NEWER)
    third = NEWER.replace("c22222222222", "d33333333333")
    roll(third)
    assert [each.body for each in server.comments.values()] == [comment.body]
    assert f"Comment for {third}" in comment.body


def test_roll_out__leaves_what_people_amended(server: GitHubServer, roll: Roll) -> None:
    """Our message on another tree."""
    roll()
    git = server.gits[OTHER_REPOSITORY]
    ours = git.commits[git.branches[BRANCH]]
    tree = git.write(ours.tree, "hubs/a.yaml", "100644", HUB.format("pinned").encode())
    git.branches[BRANCH] = git.add_commit(tree, ours.parents, ours.message, "ada")
    assert roll(NEWER).kind is Kind.COMMENTED


def test_roll_out__leaves_a_revert_by_people(server: GitHubServer, roll: Roll) -> None:
    """In all it changes nothing, and says a lot."""
    roll()
    server.gits[OTHER_REPOSITORY].push(FILES, branch=BRANCH, message="Not this week")
    assert roll(NEWER).kind is Kind.COMMENTED


def test_roll_out__after_the_button_update_branch(server: GitHubServer, roll: Roll) -> None:
    roll()
    server.gits[OTHER_REPOSITORY].push(
        {"README.md": "Hubs of the lab\n", "hubs/a.yaml": "more: 1\n" + FILES["hubs/a.yaml"]}
    )
    PullsApi(server).update_branch(1, OTHER_REPOSITORY)
    git = server.gits[OTHER_REPOSITORY]
    # Both sides changed the file, so people resolve it: first to what our change makes of the base's.
    resolved = git.write(
        git.commits[git.branches[BRANCH]].tree,
        "hubs/a.yaml",
        "100644",
        ("more: 1\n" + HUB.format("b11111111111")).encode(),
    )
    merge = git.commits[git.branches[BRANCH]]
    git.branches[BRANCH] = git.add_commit(resolved, merge.parents, merge.message, "ada")
    assert roll(NEWER).kind is Kind.UPDATED
    assert files(server)["hubs/a.yaml"] == "more: 1\n" + HUB.format("c22222222222")
    assert len(list(git.history(git.branches[BRANCH]))) == 3


def test_roll_out__after_the_button_update_branch_with_rebase(server: GitHubServer, roll: Roll) -> None:
    roll()
    git = server.gits[OTHER_REPOSITORY]
    ours = git.commits[git.branches[BRANCH]]
    base = git.push({"README.md": "Hubs of the lab\n"})
    tree = git.write(ours.tree, "README.md", "100644", b"Hubs of the lab\n")
    git.branches[BRANCH] = git.add_commit(tree, (base,), ours.message, "ada")
    assert roll(NEWER).kind is Kind.UPDATED
    assert files(server)["hubs/a.yaml"] == HUB.format("c22222222222")


def test_roll_out__leaves_what_people_amended_to_nothing(server: GitHubServer, roll: Roll) -> None:
    roll()
    git = server.gits[OTHER_REPOSITORY]
    ours, base = git.commits[git.branches[BRANCH]], git.branches["main"]
    git.branches[BRANCH] = git.add_commit(git.commits[base].tree, (base,), ours.message, "ada")
    assert roll(NEWER).kind is Kind.COMMENTED


def test_roll_out__after_a_merge_with_changes_of_people(server: GitHubServer, roll: Roll) -> None:
    roll()
    server.gits[OTHER_REPOSITORY].push({"README.md": "Hubs of the lab\n"})
    PullsApi(server).update_branch(1, OTHER_REPOSITORY)
    git = server.gits[OTHER_REPOSITORY]
    merge = git.commits[git.branches[BRANCH]]
    tree = git.write(merge.tree, "README.md", "100644", b"Changed in the merge\n")
    git.branches[BRANCH] = git.add_commit(tree, merge.parents, merge.message, "ada")
    assert roll(NEWER).kind is Kind.COMMENTED


def test_roll_out__to_another_base_by_people(server: GitHubServer, roll: Roll) -> None:
    server.gits[OTHER_REPOSITORY].push(FILES, branch="staging")
    roll()
    only_pull(server).base = "staging"
    assert roll(NEWER).kind is Kind.COMMENTED


def test_roll_out__keeps_words_of_people(server: GitHubServer, roll: Roll) -> None:
    roll()
    pull = only_pull(server)
    pull.title = "For the autumn course"
    pull.body = f"Please wait for Ada.\r\n\r\n{pull.body}\r\nThanks!"
    roll(NEWER)
    assert pull.title == "For the autumn course"
    assert pull.body == f"Please wait for Ada.\n\n{BEGIN}\nBody for {NEWER}\n{END}\n\nThanks!"


def test_roll_out__leaves_a_body_that_people_replaced(server: GitHubServer, roll: Roll) -> None:
    roll()
    only_pull(server).body = "All mine."
    roll(NEWER)
    assert only_pull(server).body == "All mine."


def test_roll_out__after_people_closed_it(server: GitHubServer, roll: Roll) -> None:
    roll()
    PullsApi(server).close(1, OTHER_REPOSITORY)
    done = roll()
    assert (done.kind, done.url) == (Kind.CLOSED, f"https://github.com/{OTHER_REPOSITORY}/pull/1")
    assert roll(NEWER).kind is Kind.OPENED
    assert [pull.state for pull in server.opened] == ["closed", "open"]


def test_roll_out__where_people_left_commits_on_a_closed_one(server: GitHubServer, roll: Roll) -> None:
    roll()
    theirs = server.gits[OTHER_REPOSITORY].push({"notes.txt": "mine\n"}, branch=BRANCH)
    PullsApi(server).close(1, OTHER_REPOSITORY)
    with pytest.raises(RolloutError, match=r"has commits of others.*delete the branch"):
        roll(NEWER)
    assert server.gits[OTHER_REPOSITORY].branches[BRANCH] == theirs


# --- other runs ---


def test_roll_out__of_an_older_run_stays_behind(server: GitHubServer, roll: Roll) -> None:
    roll(NEWER, run=(500, 1))
    before = server.gits[OTHER_REPOSITORY].branches[BRANCH]
    done = roll(NEW, run=(499, 2))
    assert (done.kind, done.url) == (Kind.OVERTAKEN, f"https://github.com/{OTHER_REPOSITORY}/pull/1")
    assert server.gits[OTHER_REPOSITORY].branches[BRANCH] == before


def test_roll_out__of_an_older_commit_stays_behind(server: GitHubServer, roll: Roll) -> None:
    done = roll(find_newer=lambda images: "It is older." if images == (f"{NAME}:a00000000000",) else "")
    assert (done.kind, done.sentence, server.writes()) == (Kind.OVERTAKEN, "It is older.", [])


def test_roll_out__of_an_older_commit_by_a_newer_run(server: GitHubServer, roll: Roll) -> None:
    """Of two builds the older commit's may end last, and start the later of the two runs that roll out."""
    roll(NEWER)
    before = server.gits[OTHER_REPOSITORY].branches[BRANCH]
    done = roll(NEW, find_newer=lambda images: "It is older." if images == (NEWER,) else "")
    assert (done.kind, done.sentence) == (Kind.OVERTAKEN, "It is older.")
    assert done.url == f"https://github.com/{OTHER_REPOSITORY}/pull/1"
    assert server.gits[OTHER_REPOSITORY].branches[BRANCH] == before


def test_roll_out__when_people_push_meanwhile(server: GitHubServer, roll: Roll) -> None:
    """Between the look at the branch and the change of it: looked at anew, and left to them."""
    roll()
    git = server.gits[OTHER_REPOSITORY]
    server.before("POST /graphql", lambda: git.push({"notes.txt": "mine\n"}, branch=BRANCH))
    done = roll(NEWER)
    assert done.kind is Kind.COMMENTED
    assert files(server)["notes.txt"] == "mine\n"


def test_roll_out__when_another_run_opens_it_meanwhile(server: GitHubServer, roll: Roll) -> None:
    server.before("POST .*/git/refs$", lambda: roll(NEW, run=(1, 1)))
    assert roll(NEWER, run=(2, 1)).kind is Kind.UPDATED
    assert len(server.opened) == 1
    assert files(server) == expected("c22222222222")


def test_roll_out__when_the_base_moves_meanwhile(server: GitHubServer, roll: Roll) -> None:
    server.before("POST .*/git/refs$", lambda: server.gits[OTHER_REPOSITORY].push({"notes.txt": "new\n"}))
    assert roll().kind is Kind.OPENED
    # GitHub shows the same change on the new base; the next run moves it there.
    assert roll().kind is Kind.UPDATED
    assert files(server)["notes.txt"] == "new\n"


# --- what goes wrong ---


@pytest.mark.parametrize("fault", [BROKEN, BAD_GATEWAY, SECONDARY_LIMIT.asking_to_wait(1)])
@pytest.mark.parametrize("afterwards", [False, True])
@pytest.mark.parametrize(
    "pattern", ["GET", "POST .*/git/trees", "POST .*/git/commits", "POST .*/git/refs", "POST .*/pulls$"]
)
def test_roll_out__after_a_passing_fault(
    server: GitHubServer, roll: Roll, fault: object, afterwards: bool, pattern: str
) -> None:
    server.tell(pattern, fault, afterwards=afterwards)  # type: ignore[arg-type]
    assert roll().kind in {Kind.OPENED, Kind.UPDATED, Kind.CURRENT}
    assert only_pull(server).state == "open"
    assert files(server) == expected("b11111111111")


def test_roll_out__without_the_right_leaves_nothing(server: GitHubServer, roll: Roll) -> None:
    with pytest.raises(NotAllowedError):
        roll(token=JOB_TOKEN)
    assert set(server.gits[OTHER_REPOSITORY].branches) == {"main"}


def test_roll_out__that_may_not_open_pull_requests_leaves_no_branch(server: GitHubServer, roll: Roll) -> None:
    server.logins[APP_TOKEN] = "github-actions[bot]"
    server.jobs_may_open = False
    with pytest.raises(NotAllowedError, match="Allow GitHub Actions to create and approve pull requests"):
        roll()
    assert set(server.gits[OTHER_REPOSITORY].branches) == {"main"}


def test_roll_out__against_the_rules(server: GitHubServer, roll: Roll) -> None:
    server.tell("POST .*/git/refs", PROTECTED)
    with pytest.raises(BranchRulesError):
        roll()


def test_roll_out__of_a_path_that_leads_nowhere(server: GitHubServer, roll: Roll) -> None:
    with pytest.raises(PathError, match=r"'hubs/a.yaml: singleuser.imag' leads nowhere.*did you mean 'image'"):
        roll(paths=("hubs/a.yaml: singleuser.imag",))
    assert server.writes() == []


def test_roll_out__without_the_base(server: GitHubServer, roll: Roll) -> None:
    with pytest.raises(GitHubError, match="may not read branch 'gone'"):
        roll(base="gone")
