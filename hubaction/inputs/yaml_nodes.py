"""YAML as nodes with their places in the text, by ruamel.yaml: for code that changes the text.

It reads YAML 1.2, which includes JSON, and creates no objects: tags have no effect. Where only values or lines count,
PyYAML does, which is faster to import.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


@dataclass(frozen=True)
class Entry:
    """A scalar key of a mapping and its value."""

    key: ScalarNode
    value: Node

    @property
    def name(self) -> str:
        return str(self.key.value)

    @property
    def text(self) -> str:
        """The value; empty if it is not a scalar."""
        return str(self.value.value) if isinstance(self.value, ScalarNode) else ""

    @property
    def line(self) -> int:
        """Of the key, counted from one."""
        return int(self.key.start_mark.line) + 1

    @property
    def start(self) -> int:
        return int(self.key.start_mark.index)

    @property
    def aliased(self) -> bool:
        """Whether the value is an alias: then its node is that of the anchor, which comes before."""
        return int(self.value.start_mark.index) < self.start


def make_reader() -> YAML:
    return YAML(typ="safe", pure=True)


def entries_of(node: Node | None) -> list[Entry]:
    """The entries of a mapping, none for anything else. Merge keys are entries like others."""
    if not isinstance(node, MappingNode):
        return []
    return [Entry(key, value) for key, value in node.value if isinstance(key, ScalarNode)]


def items_of(node: Node | None) -> list[Node]:
    """The items of a sequence, none for anything else."""
    return list(node.value) if isinstance(node, SequenceNode) else []


def find_entry(node: Node | None, name: str) -> Entry | None:
    return next((entry for entry in entries_of(node) if entry.name == name), None)


def children_of(node: Node) -> list[Node]:
    """Keys, values and items."""
    return [each for pair in node.value for each in pair] if isinstance(node, MappingNode) else items_of(node)


def walk(*nodes: Node) -> Iterator[Node]:
    """Yield the nodes and all below them, each once even if several aliases refer to it."""
    left, seen = list(nodes), set()
    while left:
        node = left.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            left += children_of(node)


def locate_error(error: YAMLError) -> tuple[int, str]:
    """The line, counted from one, and the reason."""
    if not isinstance(error, MarkedYAMLError):
        return 1, type(error).__name__
    return (error.problem_mark.line + 1 if error.problem_mark else 1), error.problem or type(error).__name__
