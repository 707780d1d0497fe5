"""action.yml, the documents and the code say the same."""

from typing import Any

import yaml

from devtools.inputs_table import SHORT, group_inputs, render_all, render_inputs, replace_table
from devtools.places import PROJECT
from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.inputs.settings import INPUTS
from hubaction.report.outputs import OUTPUTS

TEXT = (PROJECT / "action.yml").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load(TEXT)
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGE = (PROJECT / "docs/inputs.md").read_text(encoding="utf-8")
MAKE = "run: python -m devtools.inputs_table"


def test_inputs__action_yml_settings_and_the_page_agree() -> None:
    """The names, their order and their defaults; what the descriptions say; and every row of the page."""
    assert list(ACTION["inputs"]) == [*INPUTS, *OLD_INPUTS]
    for name, declared in INPUTS.items():
        entry = ACTION["inputs"][name]
        assert name == name.lower(), name
        assert not {"_", " "} & set(name), name
        assert entry["default"] == ("${{ github.token }}" if name == "github-token" else declared.default), name
        stated = entry["description"].partition("Default: ")[2]
        assert stated, name
        assert stated.startswith(declared.default), name
        assert ("empty switches" in entry["description"]) is declared.blank_means_off, name
        assert PAGE.count(f"\n| `{name}` | ") == 1 + (name in ACTION["outputs"]), name
    for name in OLD_INPUTS:
        assert OLD_INPUTS[name] in ACTION["inputs"][name]["deprecationMessage"], name
        assert "default" not in ACTION["inputs"][name], name


def test_outputs__action_yml_and_the_table_agree() -> None:
    names = [output.name for output in OUTPUTS]
    assert sorted(ACTION["outputs"]) == sorted(names)
    for name in names:
        assert f"\n| `{name}` | " in PAGE, name


def test_outputs__old_names_say_what_is_new() -> None:
    for name in ("IMAGE_SHA_NAME", "IMAGE_SHA_TAG", "PUSH_STATUS"):
        assert ACTION["outputs"][name]["description"].startswith("As in jupyterhub/repo2docker-action; "), name


def test_group_inputs__each_has_a_heading_and_keeps_its_order() -> None:
    groups = group_inputs(TEXT)
    assert "" not in groups
    assert sorted(name for names in groups.values() for name in names) == sorted(INPUTS)
    order = list(INPUTS)
    assert all(names == sorted(names, key=order.index) for names in groups.values())


def test_pages__have_the_tables_of_action_yml() -> None:
    assert replace_table(PAGE, render_all(TEXT)) == PAGE, MAKE
    assert replace_table(README, render_inputs(ACTION, *SHORT)) == README, MAKE
    assert "](docs/inputs.md)" in README


def test_descriptions__hold_no_expression() -> None:
    # The runner evaluates expressions in defaults only, and refuses an action with one elsewhere.
    assert "${{" not in str([entry["description"] for entry in (ACTION["inputs"] | ACTION["outputs"]).values()])


def test_runs__in_a_container_made_from_the_dockerfile() -> None:
    assert ACTION["runs"]["using"] == "docker"
    assert ACTION["runs"]["image"] == "Dockerfile"
    post = ACTION["runs"]["post-entrypoint"]
    assert f"COPY entrypoint.py {post.rpartition('/')[2]} {post.rpartition('/')[0]}/" in (
        PROJECT / "Dockerfile"
    ).read_text(encoding="utf-8")
