"""Evaluates the expressions of the workflows that the tests migrate, by GitHub's rules.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import json
import re
from collections.abc import Mapping

Value = str | bool | float

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|==|!=|&&|\|\||[!(),]|[\w.*-]+)")


def evaluate(text: str, context: Mapping[str, Value]) -> str:
    """Return the text with its expressions replaced by what they give; names without a value are empty texts."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: _show(_Parser(match[1], context).parse()), text)


def _show(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Value) -> float:
    if isinstance(value, str):
        try:
            return float(value) if value else 0.0
        except ValueError:
            return float("nan")
    return float(value)


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return left == right if type(left) is type(right) else _number(left) == _number(right)


class _Parser:
    def __init__(self, text: str, context: Mapping[str, Value]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._context = context

    def parse(self) -> Value:
        value = self._or()
        assert not self._tokens, self._tokens
        return value

    def _next(self, *expected: str) -> str:
        return self._tokens.pop(0) if self._tokens and (not expected or self._tokens[0] in expected) else ""

    def _or(self) -> Value:
        value = self._and()
        while self._next("||"):
            other = self._and()
            value = value or other
        return value

    def _and(self) -> Value:
        value = self._comparison()
        while self._next("&&"):
            other = self._comparison()
            value = other if value else value
        return value

    def _comparison(self) -> Value:
        value = self._operand()
        while operator := self._next("==", "!="):
            equal = _equal(value, self._operand())
            value = equal if operator == "==" else not equal
        return value

    def _operand(self) -> Value:
        if self._next("!"):
            return not self._operand()
        if self._next("("):
            value = self._or()
            assert self._next(")")
            return value
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in {"true", "false"}:
            return token == "true"
        if self._next("("):
            return self._call(token)
        return self._context.get(token, "")

    def _call(self, name: str) -> Value:
        arguments = [self._or()]
        while self._next(","):
            arguments.append(self._or())
        assert self._next(")")
        if name == "format":
            return str(arguments[0]).format(*(_show(argument) for argument in arguments[1:]))
        if name == "toJSON":
            return json.dumps(arguments[0])
        assert name == "startsWith", name
        return _show(arguments[0]).lower().startswith(_show(arguments[1]).lower())
