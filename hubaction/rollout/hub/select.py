"""Follows a path in a file to the nodes, which know their places in the text.

JMESPath's parser reads the paths; they are followed here. Its evaluation would need most of this again: it says nothing
about where a path does not lead on, compares types where configurations are compared as texts, and its parser ends a
projection too early (`choices.*.kubespawner_override.image` selects nothing).
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.nodes import Node, ScalarNode

from hubaction.inputs.yaml_nodes import children_of, entries_of, items_of

MERGE = "<<"
_NOTHING = {None, "", "false", "null"}
"""Texts that count as false in a condition."""


@dataclass(frozen=True)
class Place:
    """A value in a file and the way to it. Aliases of one node give several places with the same node."""

    node: Node
    parent: "Place | None" = None
    key: ScalarNode | None = None
    """Of a value in a mapping."""

    @property
    def depth(self) -> int:
        return 1 + self.parent.depth if self.parent else 0


@dataclass(frozen=True)
class Miss:
    """The point where a path ended before its value."""

    depth: int
    wanted: str
    there: tuple[str, ...] = ()

    def __str__(self) -> str:
        near = difflib.get_close_matches(self.wanted, self.there, n=1, cutoff=0.5)
        if near:
            return f"there is no '{self.wanted}'; did you mean '{near[0]}'?"
        listed = ", ".join(f"'{name}'" for name in self.there[:8])
        return f"there is no '{self.wanted}'" + (f"; there is {listed}" if listed else "")


@dataclass
class Selection:
    """Follows paths, and notes where they ended early."""

    misses: list[Miss] = field(default_factory=list)

    def select(self, tree: Mapping[str, Any], place: Place) -> list[Place]:
        """The selected places, each node once."""
        return list({id(found.node): found for found in self._visit(tree, [place])}.values())

    def _visit(self, tree: Mapping[str, Any], places: list[Place]) -> list[Place]:
        kind, children = tree["type"], tree["children"]
        if kind in {"subexpression", "index_expression"}:
            for child in children:
                places = self._visit(child, places)
            return places
        if kind == "field":
            return [found for place in places for found in self._field(place, tree["value"])]
        if kind == "index":
            return [found for place in places for found in self._index(place, tree["value"])]
        if kind == "identity":
            return places
        if kind == "flatten":
            return self._visit(children[0], places)
        return self._visit(children[1], self._project(tree, self._visit(children[0], places)))

    def _project(self, tree: Mapping[str, Any], places: list[Place]) -> list[Place]:
        kind = tree["type"]
        if kind == "value_projection":
            found = [value for place in places for value in merged_entries(place).values()]
        else:
            found = [item for place in places for item in _items(place)]
        if kind == "filter_projection":
            condition = tree["children"][2]
            kept = [place for place in found if _holds(condition, place)]
            if found and not kept:
                self.misses.append(_miss_of_condition(condition, found))
            found = kept
        if kind == "projection" and tree["children"][0]["type"] == "flatten":
            found = [inner for item in found for inner in (_items(item) or [item])]
        return list({id(place.node): place for place in found}.values())

    def _field(self, place: Place, name: str) -> Iterator[Place]:
        entries = merged_entries(place)
        if name in entries:
            yield entries[name]
        else:
            self.misses.append(Miss(place.depth, name, tuple(entries)))

    def _index(self, place: Place, position: int) -> Iterator[Place]:
        items = _items(place)
        if -len(items) <= position < len(items):
            yield items[position]
        else:
            self.misses.append(Miss(place.depth, f"[{position}]"))


def merged_entries(place: Place) -> dict[str, Place]:
    """The values of a mapping by their keys, its own before those of merge keys.

    https://yaml.org/type/merge.html
    """
    found: dict[str, Place] = {}
    seen: set[int] = set()

    def add(node: Node) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        merged: list[Node] = []
        for entry in entries_of(node):
            if entry.name == MERGE:
                merged += items_of(entry.value) or [entry.value]
            else:
                found.setdefault(entry.name, Place(entry.value, place, entry.key))
        for each in merged:
            add(each)

    add(place.node)
    return found


def _items(place: Place) -> list[Place]:
    return [Place(item, place) for item in items_of(place.node)]


def _holds(tree: Mapping[str, Any], place: Place) -> bool:
    kind, children = tree["type"], tree["children"]
    if kind == "and_expression":
        return all(_holds(child, place) for child in children)
    if kind == "or_expression":
        return any(_holds(child, place) for child in children)
    if kind == "not_expression":
        return not _holds(children[0], place)
    if kind == "comparator":
        left, right = (_value(child, place) for child in children)
        return (left == right) is (tree["value"] == "eq")
    if kind == "literal":
        return _value(tree, place) not in _NOTHING
    found = Selection().select(tree, place)
    return any(bool(children_of(each.node)) or _text_of(each) not in _NOTHING for each in found)


def _value(tree: Mapping[str, Any], place: Place) -> str | None:
    """The text of a scalar; a literal as it would be written."""
    if tree["type"] == "literal":
        value = tree["value"]
        return value if isinstance(value, str) else json.dumps(value)
    found = Selection().select(tree, place)
    return _text_of(found[0]) if found else None


def _text_of(place: Place) -> str | None:
    return str(place.node.value) if isinstance(place.node, ScalarNode) else None


def _miss_of_condition(tree: Mapping[str, Any], places: list[Place]) -> Miss:
    depth = places[0].depth
    if tree["type"] == "comparator" and tree["value"] == "eq":
        wanted = next((child["value"] for child in tree["children"] if child["type"] == "literal"), None)
        key = next((child for child in tree["children"] if child["type"] != "literal"), None)
        if isinstance(wanted, str) and key:
            there = [value for place in places if (value := _value(key, place)) is not None]
            return Miss(depth, wanted, tuple(there))
    return Miss(depth, "entry that meets the condition")
