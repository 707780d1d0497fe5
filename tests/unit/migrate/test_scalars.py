"""How values are written in workflows: every reader reads the value again."""

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from hubaction.migrate.scalars import render_scalar


@pytest.mark.parametrize(
    ("value", "style", "flow", "expected"),
    [
        ("a", None, False, "a"),
        ("a", "'", False, "'a'"),
        ("it's", "'", False, "'it''s'"),
        ("a: b", None, False, '"a: b"'),
        ("a, b", None, False, "a, b"),
        ("a, b", None, True, '"a, b"'),
        ("# a", None, False, '"# a"'),
        (" a", None, False, '" a"'),
        ("a\nb", None, True, '"a\\nb"'),
    ],
)
def test_render_scalar(value: str, style: str | None, flow: bool, expected: str) -> None:
    assert render_scalar(value, style=style, flow=flow, indent="", newline="\n", block=False) == expected


def test_render_scalar__on_several_lines() -> None:
    rendered = render_scalar("a\nb", style=None, flow=False, indent="  ", newline="\r\n", block=True)
    assert rendered == "|\r\n  a\r\n  b"


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    st.sampled_from([None, "'", '"']),
    st.booleans(),
)
def test_render_scalar__is_read_as_its_value(value: str, style: str | None, flow: bool) -> None:
    rendered = render_scalar(value, style=style, flow=flow, indent="", newline="\n", block=False)
    text = f"{{k: {rendered}}}" if flow else f"k: {rendered}"
    try:
        loaded = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        # GitHub reads YAML 1.2, where `{k: 0?}` is legal; PyYAML knows 1.1 only.
        assume(rendered != value)
        raise
    assert loaded == {"k": value}
