"""Events of a build, as a BinderHub sends them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.rollout.binder.build_events import Phase, parse_event, parse_events


def test_parse_events__reads_the_format() -> None:
    lines = [
        ":keepalive",
        "",
        "event: message",
        'data: {"phase":',
        'data:"building", "message": "x"}',
        "id: 1",
        "",
        "",
        "data: no JSON",
        "",
        'data: {"phase": "built"}',
        "",
        'data: {"phase": "never sent off"}',
    ]
    assert list(parse_events(lines)) == [Phase("building", "x"), Phase("built", "")]


@pytest.mark.parametrize("text", ["", "[]", "1", "null", '"x"', "[" * 100_000])
def test_parse_event__of_what_is_none(text: str) -> None:
    assert parse_event(text) is None


@pytest.mark.parametrize("text", ["{}", '{"phase": 1, "message": 2, "status_code": "3"}', '{"phase": "a b"}'])
def test_parse_event__of_other_values(text: str) -> None:
    assert parse_event(text) == Phase("unknown", "")


@given(st.text())
def test_parse_event__never_raises(text: str) -> None:
    parse_event(text)
