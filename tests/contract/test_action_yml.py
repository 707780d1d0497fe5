"""action.yml, the README and the code say the same."""

from typing import Any

import pytest
import yaml

from devtools.inputs_table import render_tables, replace_tables
from devtools.places import PROJECT
from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.inputs.settings import DEFAULTS, INPUTS

ACTION: dict[str, Any] = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_inputs__are_those_of_settings() -> None:
    assert list(ACTION["inputs"]) == [*DEFAULTS, *OLD_INPUTS]


@pytest.mark.parametrize("name", OLD_INPUTS)
def test_old_inputs__are_deprecated_and_name_their_successor(name: str) -> None:
    old = ACTION["inputs"][name]
    assert OLD_INPUTS[name] in old["deprecationMessage"]
    assert "default" not in old


@pytest.mark.parametrize("name", [name for name in DEFAULTS if name != "github-token"])
def test_default__is_that_of_settings(name: str) -> None:
    assert ACTION["inputs"][name]["default"] == DEFAULTS[name]


def test_default__of_the_token_is_the_jobs() -> None:
    assert ACTION["inputs"]["github-token"]["default"] == "${{ github.token }}"


@pytest.mark.parametrize("name", DEFAULTS)
def test_description__states_the_default(name: str) -> None:
    description, default = ACTION["inputs"][name]["description"], DEFAULTS[name]
    stated = description.partition("Default: ")[2]
    assert stated
    assert stated.startswith(default)


@pytest.mark.parametrize("name", DEFAULTS)
def test_names__are_kebab_case(name: str) -> None:
    assert name == name.lower()
    assert not {"_", " "} & set(name)


def test_descriptions__hold_no_expression() -> None:
    # The runner evaluates expressions in defaults only, and refuses an action with one elsewhere.
    assert "${{" not in str([entry["description"] for entry in (ACTION["inputs"] | ACTION["outputs"]).values()])


def test_blank_means_off__is_said_so() -> None:
    for name in [name for name, each in INPUTS.items() if each.blank_means_off]:
        assert "empty switches" in ACTION["inputs"][name]["description"]


def test_readme__has_the_tables_of_action_yml() -> None:
    assert replace_tables(README, render_tables(ACTION)) == README, "run: python -m devtools.inputs_table"


def test_runs__in_a_container_made_from_the_dockerfile() -> None:
    assert ACTION["runs"]["using"] == "docker"
    assert ACTION["runs"]["image"] == "Dockerfile"
    post = ACTION["runs"]["post-entrypoint"]
    assert f"COPY entrypoint.py {post.rpartition('/')[2]} {post.rpartition('/')[0]}/" in (
        PROJECT / "Dockerfile"
    ).read_text(encoding="utf-8")
