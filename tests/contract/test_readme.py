"""What the README tells people to copy is valid."""

import re
from typing import Any

import pytest
import yaml

from devtools.places import PROJECT
from hubaction.inputs.settings import DEFAULTS

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def steps_of(block: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load(block)
    steps = loaded if isinstance(loaded, list) else [s for job in loaded["jobs"].values() for s in job["steps"]]
    return [step for step in steps if "hub-image-action" in step["uses"]]


def test_blocks__were_found() -> None:
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks__use_inputs_that_exist(block: str) -> None:
    steps = steps_of(block)
    assert steps
    for step in steps:
        assert set(step["with"]) <= set(DEFAULTS)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("name:")])
def test_workflows__are_whole_and_least_privileged(block: str) -> None:
    workflow = yaml.safe_load(block)
    assert {"name", True, "permissions", "jobs"} <= set(workflow)  # YAML 1.1 reads the key `on` as true
    assert workflow["permissions"]


def test_first_block__is_short_enough_to_copy() -> None:
    assert len(BLOCKS[0].splitlines()) <= 18


def test_secrets__have_the_same_names_everywhere() -> None:
    """Who moves from the README to the template, or back, need not make them anew."""
    folders = [PROJECT / "examples", PROJECT / "template"]
    workflows = [file for folder in folders for file in folder.rglob(".github/workflows/*.yaml")]
    for file in (PROJECT / "README.md", PROJECT / "template" / "README.md", *workflows):
        found = re.findall(r"(?m)^[ #]*(username|password): \$\{\{ secrets\.(\w+)", file.read_text(encoding="utf-8"))
        assert set(found) <= {("username", "REGISTRY_USERNAME"), ("password", "REGISTRY_PASSWORD")}, file
