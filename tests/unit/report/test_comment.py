"""The comment on a pull request."""

from dataclasses import replace

from hubaction.event import PullRequest
from hubaction.plan import CommentTarget
from hubaction.report.comment import MARKER, render_comment

SHA = "0123456789abcdef0123456789abcdef01234567"
PULL_REQUEST = PullRequest(7, SHA, "feature", "Stranger/Course", from_fork=True)
TARGET = CommentTarget("Org/Course", 7, PULL_REQUEST, private=False)


def render(target: CommentTarget) -> str:
    return render_comment(target, launch_url="https://binder/launch", badge_url="https://binder/badge.svg")


def test_render_comment__badge() -> None:
    body = render(TARGET)
    assert body.startswith(MARKER + "\n")
    assert "[![Binder](https://binder/badge.svg)](https://binder/launch)" in body
    assert "0123456789ab" in body


def test_render_comment__private_repository() -> None:
    body = render(replace(TARGET, private=True))
    assert body.startswith(MARKER)
    assert "private" in body
    assert "https://binder" not in body


def test_render_comment__deleted_fork() -> None:
    body = render(replace(TARGET, pull_request=replace(PULL_REQUEST, head_repository=None)))
    assert "deleted" in body
    assert "https://binder" not in body


def test_render_comment__pull_request_to_be_looked_up() -> None:
    body = render(replace(TARGET, number=None, pull_request=None))
    assert body.startswith(MARKER)
    assert "https://binder" not in body
