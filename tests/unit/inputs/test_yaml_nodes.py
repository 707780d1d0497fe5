"""Nodes of YAML texts."""

import pytest
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node

from hubaction.inputs.yaml_nodes import children_of, entries_of, find_entry, items_of, locate_error, make_reader, walk


def compose(text: str) -> Node:
    root: Node = make_reader().compose(text)
    return root


def test_entries_of__a_mapping() -> None:
    first, second = entries_of(compose("a: 1\n[x]: 2\n'b': [c]\n"))
    assert (first.name, first.text, first.line, first.start) == ("a", "1", 1, 0)
    assert (second.name, second.text, second.line) == ("b", "", 3)
    assert [item.value for item in items_of(second.value)] == ["c"]


@pytest.mark.parametrize("text", ["a", "[a]"])
def test_entries_of__others(text: str) -> None:
    assert entries_of(compose(text)) == []
    assert find_entry(compose(text), "a") is None
    assert find_entry(None, "a") is None


def test_entry__that_is_an_alias() -> None:
    anchored, alias = entries_of(compose("a: &x 1\nb: *x\n"))
    assert (anchored.aliased, alias.aliased) == (False, True)


def test_walk__visits_each_node_once() -> None:
    root = compose("a: &x [1, 2]\nb: *x\n")
    assert sorted(str(node.value) for node in walk(root) if not children_of(node)) == ["1", "2", "a", "b"]
    assert len(list(walk(root))) == 6


@pytest.mark.parametrize(
    ("text", "line"), [("a: [", 1), ("a:\n  b: c\n d: e\n", 3), ("a: *b", 1), ("a: b\n---\nc: d", 2)]
)
def test_locate_error(text: str, line: int) -> None:
    with pytest.raises(YAMLError) as caught:
        compose(text)
    number, why = locate_error(caught.value)
    assert number == line
    assert why
