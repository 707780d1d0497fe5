"""Comment mode from the runner's variables to the pull request, against a server that stands in for GitHub."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hubaction.image import ImageName
from hubaction.report.comment import MAX_BODY_LENGTH, RunNumber, Section, is_ours, parse_body, render_body
from hubaction.report.result_file import ImageResult, write_result
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
)
from tests.github.runs import (
    DIGEST,
    FORK,
    HEAD_SHA,
    NUMBER,
    PUSHED,
    TESTED,
    Ran,
    Run,
    make_run,
    pull_request_payload,
    workflow_run_payload,
)
from tests.github.server import (
    JOB_TOKEN,
    READ_ONLY_TOKEN,
    REPOSITORY,
    USER,
    USER_TOKEN,
    GitHubServer,
    Pull,
)

LINK = f"https://mybinder.org/v2/gh/{REPOSITORY}/{HEAD_SHA}"
MakeRun = Callable[..., Run]


@pytest.fixture
def new_run(tmp_path: Path, server: GitHubServer) -> MakeRun:
    """What makes runs whose GitHub is the server."""

    def make(**options: Any) -> Run:
        return make_run(tmp_path, server.url, **options)

    return make


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be slept, none of which are."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def sections(server: GitHubServer) -> dict[str, str]:
    (body,) = server.bodies()
    assert is_ours(body)
    return {section.key: section.markdown for section in parse_body(body)}


def of_fork(**options: Any) -> dict[str, Any]:
    return {"payload": pull_request_payload(head_repository=FORK, **options)}


def hand_over(run: Run, text: str, file: str = "result.json") -> None:
    (run.workspace / file).write_text(text, encoding="utf-8", errors="surrogatepass")


# --- one comment ---


def test_comment__is_created(server: GitHubServer, new_run: MakeRun) -> None:
    ran = new_run().main()
    (comment,) = server.comments.values()
    assert ran.code == 0, ran.log
    assert f"]({LINK})" in comment.body
    assert ran.outputs == {
        "comment-id": str(comment.id),
        "comment-url": f"https://github.com/{REPOSITORY}/pull/{NUMBER}#issuecomment-{comment.id}",
        "mode": "comment",
    }
    assert ran.summary == ""
    assert len(server.requests) <= 4
    assert server.unauthorized == []


def test_comment__is_edited(server: GitHubServer, new_run: MakeRun) -> None:
    new_run().main()
    server.requests.clear()
    sha = "1" * 40
    ran = new_run(payload=pull_request_payload(sha=sha), GITHUB_RUN_ID="4712").main()
    assert f"/{sha})" in sections(server)["badge"]
    assert ran.outputs["comment-id"] == str(next(iter(server.comments)))
    assert len(server.requests) <= 3


def test_comment__is_left_alone_when_nothing_changed(server: GitHubServer, new_run: MakeRun) -> None:
    first = new_run().main()
    server.requests.clear()
    again = new_run().main()
    assert server.writes() == []
    assert len(server.requests) <= 3
    assert again.outputs == first.outputs


def test_comment__with_the_same_text_of_a_later_run(server: GitHubServer, new_run: MakeRun) -> None:
    new_run(GITHUB_RUN_ID="4711").main()
    written = len(server.writes())
    new_run(GITHUB_RUN_ID="4713").main()
    assert len(server.writes()) == written


def test_comment__with_a_users_token(server: GitHubServer, new_run: MakeRun) -> None:
    for _ in range(2):
        assert new_run(inputs={"github-token": USER_TOKEN}).main().code == 0
    assert len(server.bodies(author=USER)) == 1


def test_comment__is_not_another_authors(server: GitHubServer, new_run: MakeRun) -> None:
    copied = server.add_comment(NUMBER, render_body([Section("badge", RunNumber(10**9, 1), "x")]), author="stranger")
    new_run().main()
    assert "x" in server.comments[copied.id].body
    assert LINK in sections(server)["badge"]
    assert all(str(copied.id) not in request.path for request in server.requests)


def test_comment__sections_are_independent(server: GitHubServer, new_run: MakeRun) -> None:
    badge, image = new_run(), new_run(event="pull_request")
    badge.main()
    told = sections(server)["badge"]
    image.write_image_section(TESTED)
    assert sections(server)["badge"] == told
    assert "was built and tested" in sections(server)["image:quay.io/org/course"]
    new_run(payload=pull_request_payload(sha="1" * 40), GITHUB_RUN_ID="4712").main()
    assert "was built and tested" in sections(server)["image:quay.io/org/course"]
    assert sections(server)["badge"] != told


def test_comment__of_an_older_run_does_not_overwrite(server: GitHubServer, new_run: MakeRun) -> None:
    new_run(payload=pull_request_payload(sha="1" * 40), GITHUB_RUN_ID="4712").main()
    ran = new_run(GITHUB_RUN_ID="4711", GITHUB_RUN_ATTEMPT="9").main()
    assert f"/{'1' * 40})" in sections(server)["badge"]
    assert ran.code == 0


def test_comment__of_several_the_first_stays(server: GitHubServer, new_run: MakeRun) -> None:
    kept = server.add_comment(NUMBER, render_body([Section("image:x", RunNumber(1, 1), "old")]))
    server.add_comment(NUMBER, render_body([Section("image:x", RunNumber(2, 1), "newer")]))
    server.add_comment(NUMBER, render_body([Section("badge", RunNumber(1, 1), "older")]))
    ran = new_run().main()
    assert ran.outputs["comment-id"] == str(kept.id)
    assert sections(server)["image:x"] == "newer"
    assert LINK in sections(server)["badge"]


def test_comment__that_is_too_long_is_cut(server: GitHubServer, new_run: MakeRun) -> None:
    server.add_comment(NUMBER, render_body([Section("image:x", RunNumber(1, 1), "a line\n" * 9_000)]))
    new_run(inputs={"binder-urlpath": "lab/tree/" + "é" * 900}).main()
    new_run(GITHUB_RUN_ID="5000", inputs={"binder-urlpath": "lab/tree/" + "é" * 990}).main()
    (body,) = server.bodies()
    assert len(body) <= MAX_BODY_LENGTH
    assert "cut: GitHub takes no longer comment" in sections(server)["image:x"]
    assert sections(server)["badge"].count("%25C3") + sections(server)["badge"].count("%C3") == 990


def test_comment__on_an_enterprise_server(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its API is below a path: https://docs.github.com/en/enterprise-server@3.17/rest"""
    monkeypatch.setattr(server, "url", f"{server.url}/api/v3")
    for _ in range(150):
        server.add_comment(NUMBER, "text", author="somebody")
    inputs = {"binder-repository": "Org/Env"}
    ran = make_run(tmp_path, server.url, inputs=inputs, GITHUB_SERVER_URL="https://git.example").main()
    assert ran.outputs["comment-id"] == str(max(server.comments)), ran.log
    assert "https%253A%252F%252Fgit.example%252FOrg%252FCourse" in sections(server)["badge"]


# --- where there is no Binder ---


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (pull_request_payload(head_repository=None), "the repository that the pull request comes from was deleted"),
        (pull_request_payload(private=True), "the repository is private"),
    ],
    ids=["deleted fork", "private"],
)
def test_comment__without_a_binder_is_a_sentence(
    server: GitHubServer, new_run: MakeRun, payload: dict[str, Any], reason: str
) -> None:
    ran = new_run(payload=payload).main()
    assert ran.code == 0
    assert sections(server) == {"badge": f"Binder cannot build this pull request: {reason}."}
    assert "](" not in sections(server)["badge"]


def test_comment__of_a_fork_links_to_the_fork(server: GitHubServer, new_run: MakeRun) -> None:
    new_run(**of_fork()).main()
    assert f"/v2/gh/{FORK}/{HEAD_SHA})" in sections(server)["badge"]


def test_comment__links_to_the_branch(server: GitHubServer, new_run: MakeRun) -> None:
    new_run(**of_fork(branch="feature/a#1"), inputs={"binder-ref": "branch", "binder-urlpath": "lab"}).main()
    assert f"/v2/gh/{FORK}/feature/a%231?urlpath=lab)" in sections(server)["badge"]
    assert "at `feature/a#1` on Binder" in sections(server)["badge"]


HOSTILE = [
    "x](https://evil.example)",
    "<!-- /hub-image-action:section -->",
    "@everyone",
    "`" * 7,
    "a\n::error::x\n##[error]x",
    "\u202etxt.exe",
    "x" * 255,
    "<img/onerror=alert(1)>",
    "javascript:alert(1)",
    "${{github.token}}",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "inputs", [{"binder-ref": "branch"}, {"binder-repository": "Org/Env@main"}], ids=["ref", "content"]
)
def test_comment__of_hostile_names_is_one_badge(
    server: GitHubServer, new_run: MakeRun, text: str, inputs: dict[str, str]
) -> None:
    payload = pull_request_payload(head_repository=f"{text}/{text}", branch=text, login=text)
    ran = new_run(payload=payload, inputs=inputs, GITHUB_ACTOR=text.replace("\ud800", "x"), GITHUB_HEAD_REF="x").main()
    assert ran.code == 0, ran.log
    (body,) = server.bodies()
    assert [section.key for section in parse_body(body)] == ["badge"]
    assert body.count("](https://mybinder.org/v2/gh/") == 1
    assert {command.name for command in ran.commands} <= {"add-mask"}
    assert set(ran.outputs) == {"comment-id", "comment-url", "mode"}


# --- what a token may ---


def degraded(ran: Ran) -> str:
    """The notice of a run whose comment was not written: the text is in the summary, and the step is green."""
    assert ran.code == 0, ran.log
    assert parse_body(ran.summary)[0].key == "badge"
    assert ran.outputs == {"mode": "comment"}
    assert ran.notice.startswith("The comment on the pull request was not written; the job summary says the same. ")
    return ran.notice


def test_comment__with_a_token_of_a_fork(server: GitHubServer, new_run: MakeRun) -> None:
    run = new_run(event="pull_request", **of_fork(), inputs={"github-token": READ_ONLY_TOKEN})
    assert "hand the result over to a workflow on 'workflow_run'" in degraded(run.main())
    assert server.comments == {}


def test_comment__with_a_token_of_dependabot(server: GitHubServer, new_run: MakeRun) -> None:
    inputs = {"github-token": READ_ONLY_TOKEN}
    run = new_run(event="pull_request", inputs=inputs, GITHUB_ACTOR="dependabot[bot]")
    assert "Runs for forks and for Dependabot may only read" in degraded(run.main())


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_comment__without_the_permission(server: GitHubServer, new_run: MakeRun, event: str) -> None:
    notice = degraded(new_run(event=event, inputs={"github-token": READ_ONLY_TOKEN}).main())
    assert notice.endswith("Add 'pull-requests: write' to the job's permissions.")
    assert "403: Resource not accessible by integration" in notice


def test_comment__of_a_fork_without_the_permission_where_it_could_be_had(new_run: MakeRun) -> None:
    notice = degraded(new_run(**of_fork(), inputs={"github-token": READ_ONLY_TOKEN}).main())
    assert notice.endswith("Add 'pull-requests: write' to the job's permissions.")
    assert "workflow_run" not in notice


def test_comment__without_the_permission_to_edit(server: GitHubServer, new_run: MakeRun) -> None:
    server.add_comment(NUMBER, render_body([Section("badge", RunNumber(1, 1), "old")]))
    degraded(new_run(inputs={"github-token": READ_ONLY_TOKEN}).main())
    assert sections(server) == {"badge": "old"}


def test_comment__without_a_token(server: GitHubServer, new_run: MakeRun) -> None:
    assert degraded(new_run(inputs={"github-token": ""}).main()).endswith("The input 'github-token' is empty.")
    assert server.requests == []


# --- faults ---


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (BAD_CREDENTIALS, "Renew it, or leave the input 'github-token' out"),
        (READ_ONLY, "Add 'pull-requests: write' to the job's permissions."),
        (NOT_FOUND, "Add 'pull-requests: write' to the job's permissions."),
        (UNPROCESSABLE, "GitHub refused to"),
        (SECONDARY_LIMIT.asking_to_wait(3600), "Run this job again to comment."),
        (SECONDARY_LIMIT, "Run this job again to comment."),
        (TOO_MANY, "Run this job again to comment."),
        (BROKEN, "Run this job again to comment."),
        (BAD_GATEWAY, "Run this job again to comment."),
        (HANG_UP, "Run this job again to comment."),
        (Answer(200, "<html>Log in</html>"), "was no answer of its API"),
    ],
    ids=["401", "403", "404", "422", "long", "secondary", "429", "500", "502", "closed", "html"],
)
@pytest.mark.parametrize("request_line", ["GET", "POST"])
def test_fault__that_lasts(
    server: GitHubServer, new_run: MakeRun, naps: list[float], answer: Answer, advice: str, request_line: str
) -> None:
    server.tell(request_line, answer, times=99)
    ran = new_run().main()
    assert advice in degraded(ran)
    assert JOB_TOKEN not in ran.log.replace(f"::add-mask::{JOB_TOKEN}", "")
    assert sum(naps) <= 60
    assert server.comments == {}


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (SECONDARY_LIMIT.asking_to_wait(30), [30]),
        (TOO_MANY.asking_to_wait(7), [7]),
        (BROKEN, [2]),
        (BAD_GATEWAY, [2]),
        (HANG_UP, [2]),
    ],
    ids=["secondary", "429", "500", "502", "closed"],
)
@pytest.mark.parametrize("request_line", ["GET", "POST"])
def test_fault__that_passes(
    server: GitHubServer, new_run: MakeRun, naps: list[float], answer: Answer, seconds: list[float], request_line: str
) -> None:
    server.tell(request_line, answer)
    ran = new_run().main()
    assert ran.code == 0
    assert ran.annotations("notice") == []
    assert LINK in sections(server)["badge"]
    assert naps == seconds


@pytest.mark.parametrize("answer", [BROKEN, BAD_GATEWAY, HANG_UP], ids=["500", "502", "closed"])
def test_fault__after_the_comment_was_made_gives_no_second(
    server: GitHubServer, new_run: MakeRun, naps: list[float], answer: Answer
) -> None:
    server.tell("POST", answer, afterwards=True)
    ran = new_run().main()
    assert ran.outputs["comment-id"] == str(next(iter(server.comments)))
    assert len(server.comments) == 1
    assert server.methods().count("POST") == 1


def test_fault__before_a_limit_that_lasts(server: GitHubServer, new_run: MakeRun, naps: list[float]) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1800)}
    server.tell("GET", Answer(403, TOO_MANY.body, headers), times=99)
    assert "rate limit forbids" in degraded(new_run().main())
    assert naps == []
    assert len(server.requests) == 1


# --- a result of another run ---


def handed_over(new_run: MakeRun, text: str | None, **options: Any) -> Run:
    run = new_run(
        event="workflow_run",
        payload=workflow_run_payload(**options),
        inputs={"mode": "auto", "result-file": "result.json"},
    )
    if text is not None:
        hand_over(run, text)
    return run


def test_hand_over__of_a_fork(server: GitHubServer, new_run: MakeRun) -> None:
    server.pulls = [Pull(6, "0" * 40), Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    ran = handed_over(new_run, write_result(TESTED)).main()
    assert ran.code == 0, ran.log
    assert {comment.number for comment in server.comments.values()} == {NUMBER}
    assert f"/v2/gh/{FORK}/{HEAD_SHA})" in sections(server)["badge"]
    image = sections(server)["image:quay.io/org/course"]
    assert "was built and tested at commit `fedcba987654`, and not pushed." in image
    assert "| Image tests | `3 passed in 0.42s` |" in image
    assert "| Cached steps | 7 of 9 |" in image
    assert len(server.requests) <= 5


def test_hand_over__of_a_branch(server: GitHubServer, new_run: MakeRun) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA)]
    result = ImageResult(TESTED.name, pushed=(PUSHED,), tests="3 passed")
    handed_over(new_run, write_result(result), head_repository=REPOSITORY).main()
    assert DIGEST in sections(server)["image:quay.io/org/course"]


def test_hand_over__of_a_fork_that_claims_to_have_pushed(server: GitHubServer, new_run: MakeRun) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    handed_over(new_run, write_result(ImageResult(TESTED.name, pushed=(PUSHED,)))).main()
    assert "and not pushed" in sections(server)["image:quay.io/org/course"]
    assert DIGEST not in str(server.bodies())


def test_hand_over__of_a_deleted_fork(server: GitHubServer, new_run: MakeRun) -> None:
    """Nobody can say any more whose pull request it was."""
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    ran = handed_over(new_run, write_result(TESTED), head_repository=None).main()
    assert "is the head of no open pull request" in degraded(ran)
    assert "was deleted" in ran.summary
    assert server.writes() == []


def test_hand_over__of_who_copied_anothers_commit(server: GitHubServer, new_run: MakeRun) -> None:
    """A commit is public: pushed to a fork of one's own, it must not open the other's pull request."""
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository="Victim/Course")]
    ran = handed_over(new_run, write_result(TESTED)).main()
    assert "is the head of no open pull request" in degraded(ran)
    assert server.writes() == []


def test_hand_over__believes_no_number_in_the_file(server: GitHubServer, new_run: MakeRun) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK), Pull(1, "0" * 40)]
    claimed = json.loads(write_result(TESTED)) | {"number": 1, "pull_request": 1, "head_sha": "0" * 40}
    handed_over(new_run, json.dumps(claimed)).main()
    assert {comment.number for comment in server.comments.values()} == {NUMBER}


HOSTILE_FILES = {
    "none": None,
    "empty": "",
    "no json": "<html>",
    "nested": "[" * 30_000,
    "large": " " * 70_000 + "{}",
    "no utf-8": "\ud800",
    "other version": json.dumps({"version": 2}),
    "no image": write_result(TESTED).replace("quay.io/org/course", "../../etc"),
    "digest": write_result(ImageResult(TESTED.name, pushed=(PUSHED,))).replace("5" * 64, "x](http://evil.example)"),
    "huge": write_result(TESTED).replace("61.0", "9" * 400),
    "long digits": write_result(TESTED).replace("61.0", "9" * 9000),
    "nan": write_result(TESTED).replace("61.0", "NaN"),
}


@pytest.mark.parametrize("text", HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_hand_over__of_a_file_that_is_no_result(server: GitHubServer, new_run: MakeRun, text: str | None) -> None:
    """The badge is written all the same, and a warning tells."""
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    ran = handed_over(new_run, text).main()
    assert ran.code == 0, ran.log
    assert list(sections(server)) == ["badge"]
    (warning,) = ran.annotations("warning")
    assert warning.startswith("input 'result-file': 'result.json' ")
    assert "evil" not in ran.log


def make_link(place: Path) -> None:
    (place.parent.parent / "secret").write_text(write_result(TESTED))
    place.symlink_to("../secret")


def make_circle(place: Path) -> None:
    place.symlink_to(place.name)


@pytest.mark.parametrize("make", [make_link, make_circle, Path.mkdir])
def test_hand_over__of_what_is_no_file(server: GitHubServer, new_run: MakeRun, make: Callable[[Path], None]) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    run = handed_over(new_run, None)
    make(run.workspace / "result.json")
    ran = run.main()
    assert ran.code == 0, ran.log
    assert list(sections(server)) == ["badge"]
    assert len(ran.annotations("warning")) == 1


@pytest.mark.parametrize("text", HOSTILE[:-1], ids=range(len(HOSTILE) - 1))
def test_hand_over__of_hostile_texts(server: GitHubServer, new_run: MakeRun, text: str) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK, branch=text)]
    result = ImageResult(ImageName("evil.example", "x/y"), tests=text, failure=text)
    ran = handed_over(new_run, write_result(result), branch=text).main()
    assert ran.code == 0, ran.log
    assert list(sections(server)) == ["badge", "image:quay.io/org/course"]
    assert {command.name for command in ran.commands} <= {"add-mask"}


@pytest.mark.parametrize(
    ("pulls", "said"),
    [
        ([], "is the head of no open pull request"),
        ([Pull(NUMBER, HEAD_SHA, state="closed")], "is the head of no open pull request"),
        ([Pull(NUMBER, "0" * 40)], "is the head of no open pull request"),
        (
            [Pull(number, HEAD_SHA, head_repository=FORK) for number in (NUMBER, 8)],
            "is the head of several open pull requests (7, 8)",
        ),
    ],
    ids=["none", "closed", "newer", "two"],
)
def test_hand_over__to_a_pull_request_that_cannot_be_told(
    server: GitHubServer, new_run: MakeRun, pulls: list[Pull], said: str
) -> None:
    server.pulls = pulls
    ran = handed_over(new_run, write_result(TESTED)).main()
    assert said in degraded(ran)
    assert "was built and tested" in ran.summary
    assert server.writes() == []


@pytest.mark.parametrize("answer", [BAD_GATEWAY, TOO_MANY.asking_to_wait(3)], ids=["502", "429"])
def test_hand_over__when_the_number_cannot_be_had_at_once(
    server: GitHubServer, new_run: MakeRun, naps: list[float], answer: Answer
) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    server.tell("GET .*/pulls", answer)
    handed_over(new_run, write_result(TESTED)).main()
    assert len(server.comments) == 1


def test_hand_over__without_the_permission(server: GitHubServer, new_run: MakeRun) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    server.read_only.add(JOB_TOKEN)
    notice = degraded(handed_over(new_run, write_result(TESTED)).main())
    assert notice.endswith("Add 'pull-requests: write' to the job's permissions.")
    assert "hand the result over" not in notice


# --- build and test steps ---


def test_image_section__of_a_fork_is_not_tried(server: GitHubServer, new_run: MakeRun) -> None:
    ran = new_run(event="pull_request", **of_fork()).write_image_section(TESTED)
    assert "hand the result over to a workflow on 'workflow_run'" in ran.notice
    assert server.requests == []


def test_image_section__is_written(server: GitHubServer, new_run: MakeRun) -> None:
    ran = new_run(event="pull_request").write_image_section(TESTED)
    assert list(sections(server)) == ["image:quay.io/org/course"]
    assert set(ran.outputs) == {"comment-id", "comment-url"}


# --- what it costs, as the README says ---


@pytest.mark.parametrize(
    ("inputs", "others", "requests"),
    [
        pytest.param({}, 0, 3, id="job's-token"),
        pytest.param({"github-token": USER_TOKEN}, 0, 3 + 1, id="user's-token"),
        pytest.param({}, 150, 3 + 2, id="further-hundred-of-comments"),
    ],
)
def test_requests__of_the_first_comment(
    server: GitHubServer, tmp_path: Path, inputs: dict[str, str], others: int, requests: int
) -> None:
    for _ in range(others):
        server.add_comment(NUMBER, "text", author="somebody")
    ran = make_run(tmp_path, server.url, inputs=inputs).main()
    assert ran.outputs["comment-id"], ran.log
    assert len(server.requests) == requests


def test_requests__of_an_unchanged_comment_under_workflow_run(server: GitHubServer, tmp_path: Path) -> None:
    server.pulls = [Pull(NUMBER, HEAD_SHA, head_repository=FORK)]
    for requests in (3 + 1, 1 + 1):
        server.requests.clear()
        ran = make_run(tmp_path, server.url, event="workflow_run", payload=workflow_run_payload()).main()
        assert ran.outputs["comment-id"], ran.log
        assert len(server.requests) == requests
