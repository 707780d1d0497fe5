"""The plan as JSON."""

import json

from hubaction.decide.comment import CommentTarget
from hubaction.decide.mode import PlannedMode
from hubaction.decide.plan import CommentPlan, NothingToDo
from hubaction.report.plan_json import render_plan


def test_render_plan__empty() -> None:
    assert json.loads(render_plan(NothingToDo(mode=PlannedMode.NONE, reason="why"), "")) == {
        "mode": "none",
        "reason": "why",
        "push": False,
        "references": [],
        "repo2docker": None,
        "buildx": [],
        "comment": None,
        "rollout": None,
        "hub": None,
        "warnings": [],
    }


def test_render_plan__warnings_come_before_notices() -> None:
    plan = NothingToDo(mode=PlannedMode.NONE, reason="why", warnings=("a",), notices=("b",))
    assert json.loads(render_plan(plan, ""))["warnings"] == ["a", "b"]


def test_render_plan__comment() -> None:
    plan = CommentPlan(mode=PlannedMode.COMMENT, reason="why", comment=CommentTarget("a/b", None, "", False, None))
    assert json.loads(render_plan(plan, "text"))["comment"] == {"repository": "a/b", "number": None, "body": "text"}


def test_render_plan__is_plain_text_on_any_terminal() -> None:
    assert render_plan(NothingToDo(mode=PlannedMode.NONE, reason="ü\u2028\x1b"), "").isascii()
