"""How values are written: what readers of YAML take for a text, and the quotes of the old value."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode

from hubaction.rollout.hub.spelling import is_read_as_text, respell
from tests.unit.rollout.hub.hub_shapes import NUMBERS, TAG

TAGS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.from_regex(r"[0-9]{1,12}[eE._-]?[0-9]{0,5}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    st.sampled_from([*NUMBERS, "yes", "Off", "y", "NaN", "0.1.2", "1.", "12e03", "190:20", "0o7", "09", "1e", "_1"]),
)


@given(TAGS)
def test_is_read_as_text__by_every_reader(tag: str) -> None:
    """YAML 1.1 as PyYAML has it, and 1.1 and 1.2 as ruamel.yaml has them; what is in doubt gets quotes."""
    if ":" not in tag and is_read_as_text(tag):
        for loaded in (yaml.safe_load(tag), *(_load(tag, version) for version in ("1.1", "1.2"))):
            assert loaded == tag


def _load(text: str, version: str) -> object:
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    return reader.load(text)


def test_is_read_as_text__of_usual_tags() -> None:
    assert all(
        is_read_as_text(tag) for tag in (TAG, "v1.2.3", "main", "2024.01.02", "1.2.3-4", "pr-7-0123456789ab", "0a1e2")
    )


@pytest.mark.parametrize(
    ("raw", "new", "written"),
    [
        ("old", "new", "new"),
        ("'old'", "new", "'new'"),
        ('"old"', "new", '"new"'),
        ("old", "1.10", '"1.10"'),
        ("'old'", "1.10", "'1.10'"),
        ("org/course", "org/course:new", '"org/course:new"'),
        ("org/course:old", "org/course:new", "org/course:new"),
        ("''", "new", "'new'"),
        ("~", "new", "new"),
        ('"\\x6fld"', "new", None),
    ],
)
def test_respell__keeps_the_quotes(raw: str, new: str, written: str | None) -> None:
    node = YAML(typ="safe", pure=True).compose(raw)
    assert isinstance(node, ScalarNode)
    assert respell(node, raw, new) == written
