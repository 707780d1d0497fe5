"""Every request and every answer of a comment run, held against GitHub's own description of its API."""

from pathlib import Path
from typing import Any

import pytest
import requests

from hubaction.report.comment import MAX_BODY_LENGTH, RunNumber, Section, parse_body, render_body
from hubaction.report.result_file import write_result
from tests.github.prism import Prism
from tests.github.runs import (
    FORK,
    HEAD_SHA,
    NUMBER,
    TESTED,
    Ran,
    make_run,
    pull_request_payload,
    workflow_run_payload,
)
from tests.github.server import JOB_TOKEN, READ_ONLY_TOKEN, REPOSITORY, USER_TOKEN, GitHubServer, Pull


@pytest.fixture
def server(checked_server: GitHubServer) -> GitHubServer:
    return checked_server


def run_comment(server: GitHubServer, folder: Path, **options: Any) -> Ran:
    ran = make_run(folder, server.url, **options).main()
    assert ran.code == 0, ran.log
    return ran


def test_api__to_create_edit_and_leave_alone(server: GitHubServer, tmp_path: Path) -> None:
    run_comment(server, tmp_path)
    assert server.methods() == ["GET", "POST", "GET"]
    server.requests.clear()
    run_comment(server, tmp_path)
    assert server.methods() == ["GET"]
    server.requests.clear()
    run_comment(server, tmp_path, payload=pull_request_payload(sha="1" * 40), GITHUB_RUN_ID="4712")
    assert server.methods() == ["GET", "GET", "PATCH"]
    assert len(server.bodies()) == 1


def test_api__over_several_pages(server: GitHubServer, tmp_path: Path) -> None:
    for _ in range(230):
        server.add_comment(NUMBER, "text", author="somebody")
    server.add_comment(NUMBER, "text", author=None)
    server.add_comment(NUMBER, render_body([Section("badge", RunNumber(1, 1), "old")]))
    run_comment(server, tmp_path)
    assert server.methods() == ["GET", "GET", "GET", "GET", "PATCH"]


def test_api__to_remove_duplicates(server: GitHubServer, tmp_path: Path) -> None:
    for number in (1, 2):
        server.add_comment(NUMBER, render_body([Section("badge", RunNumber(number, 1), "old")]))
    run_comment(server, tmp_path)
    assert server.methods() == ["GET", "GET", "PATCH", "DELETE"]


def test_api__to_find_the_pull_request(server: GitHubServer, tmp_path: Path) -> None:
    server.pulls = [
        *(Pull(number, "0" * 40, head_repository=FORK) for number in range(10, 120)),
        Pull(NUMBER, HEAD_SHA, head_repository=FORK),
    ]
    run = make_run(
        tmp_path,
        server.url,
        event="workflow_run",
        payload=workflow_run_payload(),
        inputs={"result-file": "result.json"},
    )
    (run.workspace / "result.json").write_text(write_result(TESTED), encoding="utf-8")
    ran = run.main()
    assert ran.annotations("notice") == [], ran.log
    assert [section.key for section in parse_body(server.bodies()[0])] == ["badge", "image:quay.io/org/course"]
    assert [str(request) for request in server.requests[:2]] == [f"GET /repos/{REPOSITORY}/pulls"] * 2


def test_api__with_a_users_token(server: GitHubServer, tmp_path: Path) -> None:
    run_comment(server, tmp_path, inputs={"github-token": USER_TOKEN})
    assert "/user" in [request.path for request in server.requests]


def test_api__of_a_comment_as_long_as_may_be(server: GitHubServer, tmp_path: Path) -> None:
    server.add_comment(NUMBER, render_body([Section("image:x", RunNumber(1, 1), "é😀 line\n" * 9_000)]))
    run_comment(server, tmp_path)
    (body,) = server.bodies()
    assert MAX_BODY_LENGTH - 1000 < len(body) <= MAX_BODY_LENGTH


def test_api__to_refuse_writing(server: GitHubServer, tmp_path: Path) -> None:
    ran = run_comment(server, tmp_path, inputs={"github-token": READ_ONLY_TOKEN})
    assert "pull-requests: write" in ran.notice


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/repos/{REPOSITORY}/issues/{NUMBER}/reactions", None),
        ("POST", f"/repos/{REPOSITORY}/issues/{NUMBER}/comments", {"text": "x"}),
    ],
)
def test_prism__complains(
    proxied: tuple[GitHubServer, Prism], method: str, path: str, body: dict[str, str] | None
) -> None:
    """What the description does not know, and what it forbids: these tests would notice."""
    server, prism = proxied
    server.reset()
    before = len(prism.complaints())
    headers = {"Authorization": f"Bearer {JOB_TOKEN}"}
    answer = requests.request(method, f"{prism.url}{path}", json=body, headers=headers, timeout=10)
    assert answer.status_code >= 400
    assert len(prism.complaints()) == before + 1
    assert server.requests == []
