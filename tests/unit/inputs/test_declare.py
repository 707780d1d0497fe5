"""Declarations of inputs on the fields of dataclasses: found in order, groups included."""

from dataclasses import dataclass

from hubaction.inputs.declare import Input, find_inputs, group, read_together, setting, whole, whole_and_lines


@dataclass(frozen=True)
class Inner:
    token: str = setting("token", str, find_secrets=whole)
    size: int = setting("size", int, default="1")


@dataclass(frozen=True)
class Outer:
    name: str = setting("name", str)
    inner: Inner = group(Inner)
    login: str = read_together(Input("user"), Input("password", find_secrets=whole))
    notices: tuple[str, ...] = ()


def test_find_inputs__in_the_order_of_the_fields() -> None:
    found = list(find_inputs(Outer))
    assert [each.name for each in found] == ["name", "token", "size", "user", "password"]
    assert [each.default for each in found] == ["", "", "1", "", ""]
    assert [each.name for each in found if each.find_secrets] == ["token", "password"]


def test_setting__a_secret_is_not_in_the_repr() -> None:
    assert "correct-horse" not in repr(Inner("correct-horse", 5))
    assert "5" in repr(Inner("correct-horse", 5))


def test_whole_and_lines__of_a_pasted_key() -> None:
    assert whole_and_lines("one\ntwo") == ("one\ntwo", "one", "two")
