"""Inputs with `${{ expressions }}`: find, negate and combine them.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re

_EXPRESSION = re.compile(r"\$\{\{((?:'(?:[^']|'')*'|(?!\}\})[^'])*)\}\}")
_COMPARISON = re.compile(r"((?:[\w.*-]|\[[^]]*\])+)\s*(==|!=)\s*((?:[\w.*-])+|'(?:[^']|'')*')")
_OPPOSITE = {"==": "!=", "!=": "=="}


def has_expression(text: str) -> bool:
    return bool(_EXPRESSION.search(text))


def only_expression(text: str) -> str:
    """Return the inside of the braces if the text is exactly one expression, else an empty text."""
    found = _EXPRESSION.fullmatch(text.strip())
    return found[1].strip() if found else ""


def negate(text: str) -> str:
    """Return an expression that is true unless the text evaluates to `true`, as a boolean or a text.

    A plain `!` does not suffice: the text 'false', e.g. an output of a step, counts as true.
    """
    expression = only_expression(text)
    if comparison := _COMPARISON.fullmatch(expression):
        return wrap(f"{comparison[1]} {_OPPOSITE[comparison[2]]} {comparison[3]}")
    return wrap(f"{_as_text(text)} != 'true'")


def is_true(text: str) -> str:
    """Return a condition, without braces, that holds when the text evaluates to `true`."""
    expression = only_expression(text)
    return expression if _COMPARISON.fullmatch(expression) else f"{_as_text(text)} == 'true'"


def or_else(text: str, fallback: str) -> str:
    """Return an expression for the text, or for the fallback (also an expression) if the text is empty."""
    expression = only_expression(text) or _as_text(text)
    simple = re.fullmatch(r"[\w.-]+|format\(.*\)", expression)
    return wrap(f"{expression if simple else f'({expression})'} || {fallback}")


def wrap(expression: str) -> str:
    return "${{ " + expression + " }}"


def _as_text(text: str) -> str:
    """Return an expression of type string: GitHub compares a boolean and a string as numbers."""
    parts = [part.strip() for part in _EXPRESSION.findall(text)]
    literals = [re.sub(r"([{}])", r"\1\1", part).replace("'", "''") for part in _EXPRESSION.split(text)[::2]]
    if only_expression(text):
        literals = ["", ""]
    places = [f"{{{number}}}" for number in range(len(parts))] + [""]
    template = "".join(literal + place for literal, place in zip(literals, places, strict=True))
    arguments = ", ".join([f"'{template}'", *parts])
    return f"format({arguments})"
