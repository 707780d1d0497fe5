"""The workflow of docs/preview.md is valid, and is the one that the tests run from end to end."""

import re
from pathlib import Path
from typing import Any

import pytest

from devtools.places import PROJECT
from hubaction.inputs.settings import DEFAULTS
from tests.contract.test_template import check_workflow, load_workflow
from tests.support.actionlint import lint

PAGE = (PROJECT / "docs" / "preview.md").read_text(encoding="utf-8")
(WORKFLOW,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
TESTED = PROJECT / "tests/end_to_end/repositories/pull-requests/.github/workflows/preview.yaml"


def our_step(workflow: dict[str, Any]) -> dict[str, Any]:
    (job,) = workflow["jobs"].values()
    (step,) = [step for step in job["steps"] if "hub-image-action" in step.get("uses", "")]
    return dict(step["with"])


def test_workflow__is_valid(tmp_path: Path) -> None:
    check_workflow(load_workflow(WORKFLOW), tmp_path)
    assert lint({"preview": WORKFLOW}) == {"preview": []}
    assert set(our_step(load_workflow(WORKFLOW))) <= set(DEFAULTS)


def test_workflow__starts_and_may_as_the_tested_one() -> None:
    shown, tested = load_workflow(WORKFLOW), load_workflow(TESTED.read_text(encoding="utf-8"))
    assert (shown["on"], shown["permissions"]) == (tested["on"], tested["permissions"])
    assert our_step(shown)["preview"] is our_step(tested)["preview"] is True


@pytest.mark.parametrize("name", ["preview-expires", "binder-image-branch"])
def test_page__knows_the_defaults(name: str) -> None:
    assert f"`{DEFAULTS[name]}`" in PAGE
    assert f"`{name}`" in PAGE


def test_page__is_where_others_say() -> None:
    titles = re.findall(r"(?m)^#+ (.+)$", PAGE)
    known = {"", *(re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles)}
    for file in ("README.md", "docs/binder.md", "template/README.md"):
        anchors = re.findall(r"preview\.md#?([a-z-]*)\)", (PROJECT / file).read_text(encoding="utf-8"))
        assert anchors
        assert set(anchors) <= known
