"""Negating and combining expressions, judged by what they evaluate to."""

import pytest

from hubaction.migrate import expressions
from tests.support.workflow_expressions import Value, evaluate


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ github.event_name == 'pull_request' }}", "${{ github.event_name != 'pull_request' }}"),
        ("${{github.ref!='refs/heads/main'}}", "${{ github.ref == 'refs/heads/main' }}"),
        (" ${{ a == 'it''s' }} ", "${{ a != 'it''s' }}"),
        ("${{ inputs.off }}", "${{ format('{0}', inputs.off) != 'true' }}"),
        ("${{ !a }}", "${{ format('{0}', !a) != 'true' }}"),
        ("${{ a == 'x' || b == 'y' }}", "${{ format('{0}', a == 'x' || b == 'y') != 'true' }}"),
        ("t${{ a }}'{e}", "${{ format('t{0}''{{e}}', a) != 'true' }}"),
        ("${{ a }}${{ b }}", "${{ format('{0}{1}', a, b) != 'true' }}"),
    ],
)
def test_negate__is_short_where_it_can_be(text: str, expected: str) -> None:
    assert expressions.negate(text) == expected


@pytest.mark.parametrize("text", ["${{ a }}", "${{ a == 'true' }}", "${{ a != 'true' }}", "${{ a && 'true' || '' }}"])
@pytest.mark.parametrize("value", ["", "true", "false", "other", True, False])
def test_negate__is_true_unless_the_text_is(text: str, value: Value) -> None:
    context = {"a": value}
    expected = "false" if evaluate(text, context) == "true" else "true"
    assert evaluate(expressions.negate(text), context) == expected


@pytest.mark.parametrize("value", ["", "true", "false", True, False])
def test_is_true__holds_for_the_text_and_the_boolean(value: Value) -> None:
    condition = expressions.is_true("${{ a }}")
    assert evaluate(expressions.wrap(condition), {"a": value}) == str(value in {"true", True}).lower()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ secrets.USER }}", "${{ secrets.USER || github.actor }}"),
        ("${{ a == 'b' && 'c' }}", "${{ (a == 'b' && 'c') || github.actor }}"),
        ("x-${{ a }}", "${{ format('x-{0}', a) || github.actor }}"),
    ],
)
def test_or_else(text: str, expected: str) -> None:
    assert expressions.or_else(text, "github.actor") == expected


@pytest.mark.parametrize(("text", "expected"), [("${{ a }}", True), ("x ${{ a }} y", True), ("$HOME", False)])
def test_has_expression(text: str, expected: bool) -> None:
    assert expressions.has_expression(text) is expected


def test_only_expression__takes_braces_in_quotes() -> None:
    assert expressions.only_expression("${{ format('}}', a) }}") == "format('}}', a)"
    assert expressions.only_expression("${{ a }} ${{ b }}") == ""
