"""The two ways in which a configuration names an image: a reference, or a mapping with name and tag."""

from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from hubaction.image import split_reference
from hubaction.rollout.hub.select import Place, merged_entries


@dataclass(frozen=True)
class Pair:
    """A mapping that names an image by `name` and `tag`."""

    owner: MappingNode
    name: Place
    tag: Place | None


def whole_reference(node: Node) -> ScalarNode | None:
    """The node, if its text is a reference with tag or digest."""
    parts = split_reference(str(node.value).strip()) if isinstance(node, ScalarNode) else None
    return node if parts and (parts[1] or parts[2]) and isinstance(node, ScalarNode) else None


def find_pair(place: Place) -> Pair | None:
    """The pair at a place, or the pair whose name or tag is at the place."""
    if isinstance(place.node, MappingNode):
        return read_pair(place)
    beside = read_pair(place.parent) if place.parent and place.key else None
    if beside and beside.tag and place.node in {beside.tag.node, beside.name.node}:
        return beside
    return None


def read_pair(place: Place) -> Pair | None:
    entries = merged_entries(place)
    if not isinstance(place.node, MappingNode) or "name" not in entries:
        return None
    return Pair(place.node, entries["name"], entries.get("tag"))
