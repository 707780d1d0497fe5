"""Real payloads of pull requests in every mode: a plan, with a comment's body or a sentence."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hubaction.report.comment import is_ours, parse_body
from tests.github.runs import make_run
from tests.support.payloads import Example, find_examples

PULL_REQUESTS = [example for example in find_examples() if example.event_name == "pull_request"]
EVENTS = ["pull_request", "pull_request_target"]
MODES = ["comment", "test", "build", "auto"]


def test_examples__are_many() -> None:
    assert len(PULL_REQUESTS) > 20


def plan_of(folder: Path, example: Example, event: str, mode: str) -> tuple[int, dict[str, Any]]:
    inputs = {"mode": mode, "username": "robot", "password": "hunter2-hunter2"}
    variables = {"GITHUB_WORKSPACE": str(folder)} | example.variables()
    run = make_run(folder, "http://127.0.0.1:9", event=event, payload=example.payload, inputs=inputs, **variables)
    ran = run.main("--plan")
    assert "Traceback" not in ran.log
    assert "bug in this action" not in ran.log
    text, brace, _ = ran.log.rpartition("\n}")
    return ran.code, json.loads(text + brace)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("example", PULL_REQUESTS, ids=str)
def test_plan__of_a_real_payload(tmp_path: Path, example: Example, event: str, mode: str) -> None:
    code, plan = plan_of(tmp_path, example, event, mode)
    if event == "pull_request_target" and mode in {"build", "test"}:
        assert code == 1
        assert "is refused" in plan["errors"][0]
        return
    assert code == 0, plan
    comments = mode == "comment" or (event == "pull_request_target" and plan["mode"] != "none")
    if not comments:
        assert plan["comment"] is None
        assert plan["reason"]
        return
    assert plan["comment"]["number"] == example.payload["number"]
    assert plan["comment"]["repository"] == example.payload["repository"]["full_name"]
    check_body(plan["comment"]["body"], example)


def check_body(body: str, example: Example) -> None:
    assert is_ours(body)
    (badge,) = parse_body(body)
    head = example.payload["pull_request"]["head"]
    if example.payload["repository"]["private"] or head["repo"] is None:
        assert badge.markdown.startswith("Binder cannot build this pull request: ")
        assert "](" not in badge.markdown
        return
    link = f"https://mybinder.org/v2/gh/{head['repo']['full_name']}/{head['sha']}"
    assert re.findall(r"\]\((https://[^)]*)\)", badge.markdown) == ["https://mybinder.org/badge_logo.svg", link]
