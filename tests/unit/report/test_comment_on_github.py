"""One comment among runs that know nothing of each other, against a server that stands in for GitHub."""

import itertools
import threading
from collections.abc import Iterator, Sequence

import pytest

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import NotAllowedError, PassingError
from hubaction.clients.github.patience import patiently
from hubaction.report.comment import MARKER, RunNumber, Section, parse_body, render_body
from hubaction.report.comment_on_github import post_sections
from hubaction.results import Commented
from tests.github.answers import BAD_GATEWAY, HANG_UP, Answer
from tests.github.server import (
    JOB,
    JOB_TOKEN,
    READ_ONLY_TOKEN,
    REPOSITORY,
    USER,
    USER_TOKEN,
    Comment,
    GitHubServer,
)
from tests.github.turns import Turns

NUMBER = 7
A, B = "ghs_a", "ghs_b"


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def server(server: GitHubServer) -> GitHubServer:
    """The server as if just started, which knows two jobs."""
    server.logins |= {A: JOB, B: JOB}
    return server


@pytest.fixture
def hub(server: GitHubServer) -> Iterator[GitHub]:
    """Yield the door, opened with a job's token."""
    door = GitHub(server.url, JOB_TOKEN, REPOSITORY)
    yield door
    door.close()


def section(key: str, run: int = 1, markdown: str = "") -> Section:
    return Section(key, RunNumber(run, 1), markdown or f"{key} of run {run}")


def add_ours(server: GitHubServer, *sections: Section, author: str = JOB) -> Comment:
    return server.add_comment(NUMBER, render_body(sections), author=author)


def only_comment(server: GitHubServer) -> list[Section]:
    (body,) = server.bodies()
    return list(parse_body(body))


def post_by(server: GitHubServer, token: str, sections: Sequence[Section]) -> Commented:
    door = GitHub(server.url, token, REPOSITORY)
    try:
        return post_sections(door, NUMBER, sections)
    finally:
        door.close()


# --- one run ---


def test_post_sections__creates(server: GitHubServer, hub: GitHub) -> None:
    posted = post_sections(hub, NUMBER, [section("badge")])
    (comment,) = server.comments.values()
    assert posted == Commented(comment.id, f"https://github.com/Org/Course/pull/7#issuecomment-{comment.id}")
    assert only_comment(server) == [section("badge")]
    assert server.methods() == ["GET", "POST", "GET"]


def test_post_sections__edits(server: GitHubServer, hub: GitHub) -> None:
    comment = add_ours(server, section("badge"), section("image:x"))
    assert post_sections(hub, NUMBER, [section("badge", run=2)]).id == comment.id
    assert only_comment(server) == [section("badge", run=2), section("image:x")]
    assert server.methods() == ["GET", "GET", "PATCH"]


def test_post_sections__writes_nothing_when_nothing_changed(server: GitHubServer, hub: GitHub) -> None:
    comment = add_ours(server, section("badge"))
    assert post_sections(hub, NUMBER, [section("badge")]).id == comment.id
    assert server.methods() == ["GET"]


@pytest.mark.parametrize("change", ["\n\n", "\r\n"])
def test_post_sections__takes_line_ends_for_no_change(server: GitHubServer, hub: GitHub, change: str) -> None:
    add_ours(server, section("badge", markdown="a\nb"))
    (comment,) = server.comments.values()
    comment.body = comment.body.replace("\n", "\r\n") + change
    post_sections(hub, NUMBER, [section("badge", markdown="a\nb")])
    assert server.writes() == []


def test_post_sections__of_an_older_run_changes_nothing(server: GitHubServer, hub: GitHub) -> None:
    add_ours(server, section("badge", run=9))
    post_sections(hub, NUMBER, [section("badge", run=8)])
    assert server.writes() == []
    assert only_comment(server) == [section("badge", run=9)]


def test_post_sections__of_an_older_run_adds_what_is_missing(server: GitHubServer, hub: GitHub) -> None:
    add_ours(server, section("badge", run=9))
    post_sections(hub, NUMBER, [section("badge", run=8), section("image:x", run=8)])
    assert only_comment(server) == [section("badge", run=9), section("image:x", run=8)]


def test_post_sections__finds_its_comment_on_a_later_page(server: GitHubServer, hub: GitHub) -> None:
    for _ in range(230):
        server.add_comment(NUMBER, "text", author="somebody")
    comment = add_ours(server, section("badge"))
    assert post_sections(hub, NUMBER, [section("badge", run=2)]).id == comment.id
    assert server.methods() == ["GET", "GET", "GET", "GET", "PATCH"]


@pytest.mark.parametrize("author", ["stranger", "another-app[bot]", None])
def test_post_sections__never_touches_a_copied_marker(server: GitHubServer, hub: GitHub, author: str | None) -> None:
    copied = server.add_comment(NUMBER, render_body([section("badge", run=10**9)]), author=author)
    posted = post_sections(hub, NUMBER, [section("badge")])
    assert posted.id != copied.id
    assert server.comments[copied.id].body == render_body([section("badge", run=10**9)])
    assert [str(request) for request in server.writes()] == ["POST /repos/Org/Course/issues/7/comments"]
    assert only_comment(server) == [section("badge")]


def test_post_sections__never_touches_other_comments_of_the_job(server: GitHubServer, hub: GitHub) -> None:
    other = server.add_comment(NUMBER, f"Quoting:\n> {MARKER}")
    post_sections(hub, NUMBER, [section("badge")])
    assert server.comments[other.id].body == f"Quoting:\n> {MARKER}"
    assert len(server.bodies()) == 2


def test_post_sections__with_a_users_token(server: GitHubServer) -> None:
    add_ours(server, section("badge"))
    post_by(server, USER_TOKEN, [section("badge")])
    post_by(server, USER_TOKEN, [section("badge", run=2)])
    assert [parse_body(body) for body in server.bodies(author=USER)] == [(section("badge", run=2),)]
    assert only_comment(server) == [section("badge")]


def test_post_sections__keeps_the_lowest_of_several(server: GitHubServer, hub: GitHub) -> None:
    first = add_ours(server, section("badge", run=3), section("image:x", run=1))
    add_ours(server, section("image:x", run=2), section("image:y", run=1))
    add_ours(server, section("badge", run=1))
    assert post_sections(hub, NUMBER, [section("image:z", run=2)]).id == first.id
    assert only_comment(server) == [
        section("badge", run=3),
        section("image:x", run=2),
        section("image:y", run=1),
        section("image:z", run=2),
    ]


def test_post_sections__deletes_others_even_when_the_text_is_right(server: GitHubServer, hub: GitHub) -> None:
    add_ours(server, section("badge"))
    add_ours(server, section("badge"))
    post_sections(hub, NUMBER, [section("badge")])
    assert [request.method for request in server.writes()] == ["DELETE"]
    assert only_comment(server) == [section("badge")]


def test_post_sections__of_a_damaged_comment_mends_it(server: GitHubServer, hub: GitHub) -> None:
    server.add_comment(NUMBER, f"{MARKER}\nsomebody edited this")
    post_sections(hub, NUMBER, [section("badge")])
    assert only_comment(server) == [section("badge")]


def test_post_sections__that_are_too_long_are_cut(server: GitHubServer, hub: GitHub) -> None:
    add_ours(server, section("badge"))
    post_sections(hub, NUMBER, [section("image:x", markdown="a line\n" * 20_000)])
    badge, image = only_comment(server)
    assert badge == section("badge")
    assert "cut: GitHub takes no longer comment" in image.markdown


# --- passing faults ---


@pytest.mark.parametrize("answer", [BAD_GATEWAY, HANG_UP], ids=["502", "closed"])
@pytest.mark.parametrize("afterwards", [False, True], ids=["refused", "done"])
@pytest.mark.parametrize("request_line", ["GET .*/issues/7/comments", "GET .*/comments/", "PATCH", "POST", "DELETE"])
def test_post_sections__repeated_after_a_fault_leaves_one_comment(
    server: GitHubServer,
    hub: GitHub,
    request_line: str,
    afterwards: bool,
    answer: Answer,
) -> None:
    if request_line != "POST":
        add_ours(server, section("image:x"))
    if request_line == "DELETE":
        add_ours(server, section("image:y"))
    server.tell(request_line, answer, afterwards=afterwards)
    patiently(lambda: post_sections(hub, NUMBER, [section("badge")]))
    assert section("badge") in only_comment(server)
    assert post_sections(hub, NUMBER, [section("badge")])
    assert server.methods()[-1] == "GET"


def test_post_sections__in_which_nothing_can_be_written(server: GitHubServer) -> None:
    with pytest.raises(NotAllowedError):
        post_by(server, READ_ONLY_TOKEN, [section("badge")])
    assert server.comments == {}


def test_post_sections__with_an_unchanged_text_needs_no_permission(server: GitHubServer) -> None:
    comment = add_ours(server, section("badge"))
    assert post_by(server, READ_ONLY_TOKEN, [section("badge")]).id == comment.id


def test_post_sections__on_a_broken_server(server: GitHubServer, hub: GitHub) -> None:
    server.tell("GET", BAD_GATEWAY, times=99)
    with pytest.raises(PassingError):
        post_sections(hub, NUMBER, [section("badge")])


# --- two runs ---


def test_post_sections__sees_what_another_run_wrote_just_before(server: GitHubServer, hub: GitHub) -> None:
    comment = add_ours(server, section("badge"))

    def write() -> None:
        comment.body = render_body([section("badge", run=5), section("image:x", run=5)])

    server.before(r"GET .*/issues/comments/", write)
    post_sections(hub, NUMBER, [section("image:y", run=2)])
    assert only_comment(server) == [section("badge", run=5), section("image:x", run=5), section("image:y", run=2)]


def test_post_sections__writes_nothing_when_another_run_just_did(server: GitHubServer, hub: GitHub) -> None:
    comment = add_ours(server, section("badge"))

    def write() -> None:
        comment.body = render_body([section("badge", run=5)])

    server.before(r"GET .*/issues/comments/", write)
    post_sections(hub, NUMBER, [section("badge", run=4)])
    assert server.writes() == []


def run_two(server: GitHubServer, of_a: Section, of_b: Section) -> dict[str, Commented | Exception]:
    """Run two at once; return how each ended."""
    ended: dict[str, Commented | Exception] = {}

    def run(token: str, given: Section) -> None:
        try:
            ended[token] = post_by(server, token, [given])
        except Exception as error:  # noqa: BLE001 - for the thread that waits
            ended[token] = error
        finally:
            server.turns.end(token)

    threads = [threading.Thread(target=run, args=each) for each in ((A, of_a), (B, of_b))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_post_sections__of_two_that_create_at_once(server: GitHubServer) -> None:
    """Neither has its comment made before the other one asks for its own."""
    server.hold("POST", until="POST")
    run_two(server, section("badge"), section("image:x"))
    assert server.methods().count("POST") == 2
    assert only_comment(server) == [section("badge"), section("image:x")]


ORDERS = sorted({"".join(order) for order in itertools.permutations("AAABBB")})


@pytest.mark.parametrize("order", ORDERS)
def test_interleaving__of_two_that_create(server: GitHubServer, order: str) -> None:
    assert len(ORDERS) == 20
    check_interleaving(server, order)


@pytest.mark.parametrize("order", ORDERS)
def test_interleaving__of_two_that_edit(server: GitHubServer, order: str) -> None:
    add_ours(server, section("badge", run=1), section("image:x", run=1))
    check_interleaving(server, order)


@pytest.mark.parametrize("order", ORDERS)
def test_interleaving__of_two_that_find_several(server: GitHubServer, order: str) -> None:
    add_ours(server, section("badge", run=1))
    add_ours(server, section("image:x", run=1))
    check_interleaving(server, order)


def check_interleaving(server: GitHubServer, order: str) -> None:
    """One comment is left with both sections, or is so after the next run of either."""
    of_a, of_b = section("badge", run=2), section("image:x", run=2)
    server.turns = turns = Turns([{"A": A, "B": B}[letter] for letter in order])
    ended = run_two(server, of_a, of_b)
    assert all(isinstance(end, Commented) for end in ended.values()), ended
    # The order came about; who ended early was passed over.
    wanted = iter(order)
    assert all({A: "A", B: "B"}[token] in wanted for token in turns.taken)
    assert len(turns.taken) >= 4
    assert len(server.bodies()) == 1
    if only_comment(server) != [of_a, of_b]:
        # GitHub has no conditional write: one edit covered the other, and the next run of that kind repairs it.
        assert set(only_comment(server)) & {of_a, of_b}
        post_by(server, A, [of_a])
        post_by(server, B, [of_b])
    assert only_comment(server) == [of_a, of_b]


APP, APP_TOKEN = "our-app[bot]", "ghs_app"


def test_post_sections__with_the_token_of_an_app(server: GitHubServer) -> None:
    """Two runs of it share one comment, and leave that of the job's own token alone."""
    server.logins |= {APP_TOKEN: APP}
    others = server.add_comment(NUMBER, render_body([Section("image:a", RunNumber(1, 1), "x")]), author=JOB)
    server.add_comment(NUMBER, render_body([Section("image:b", RunNumber(1, 1), "y")]), author=APP)
    door = GitHub(server.url, APP_TOKEN, REPOSITORY)
    try:
        post_sections(door, NUMBER, [Section("badge", RunNumber(2, 1), "z")])
    finally:
        door.close()
    assert len(server.bodies(author=APP)) == 1
    assert {section.key for section in parse_body(server.bodies(author=APP)[0])} == {"badge", "image:b"}
    assert "z" not in server.comments[others.id].body
