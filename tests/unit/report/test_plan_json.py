"""The plan as JSON."""

import json

from hubaction.decide.plan import CommentTarget, Plan, PlannedMode
from hubaction.report.plan_json import render_plan


def test_render_plan__empty() -> None:
    assert json.loads(render_plan(Plan(PlannedMode.NONE, "why"), "")) == {
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
    plan = Plan(PlannedMode.BUILD, "why", warnings=("a",), notices=("b",))
    assert json.loads(render_plan(plan, ""))["warnings"] == ["a", "b"]


def test_render_plan__comment() -> None:
    plan = Plan(PlannedMode.COMMENT, "why", comment=CommentTarget("a/b", None, "", False, None))
    assert json.loads(render_plan(plan, "text"))["comment"] == {"repository": "a/b", "number": None, "body": "text"}


def test_render_plan__is_plain_text_on_any_terminal() -> None:
    assert render_plan(Plan(PlannedMode.BUILD, "ü\u2028\x1b"), "").isascii()
