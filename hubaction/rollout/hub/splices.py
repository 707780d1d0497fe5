"""Changes of a file's text, and the check that they change only the chosen values."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ruamel.yaml.events import Event, ScalarEvent
from ruamel.yaml.nodes import ScalarNode

from hubaction.rollout.hub.document import Document, FileError, sign


@dataclass(frozen=True)
class Splice:
    """New characters for a span of the text, which give a node its new value."""

    start: int
    end: int
    text: str
    node: ScalarNode
    value: str
    adds: bool = False
    """Whether the node stays and a key `tag` with this value is added after it."""


def apply_splices(document: Document, splices: Collection[Splice]) -> str:
    """The new text; raises FileError if more than the chosen values would differ."""
    text = document.text
    for splice in sorted(splices, key=lambda each: each.start, reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    if splices:
        _verify(document, splices, text)
    return text


def _verify(document: Document, splices: Collection[Splice], text: str) -> None:
    chosen = {splice.node.start_mark.index: splice for splice in splices}
    expected = [signed for event in document.events() for signed in _expect(event, chosen.get(event.start_mark.index))]
    try:
        said = [sign(event) for event in Document(document.name, text).events()]
    except FileError:
        said = []
    if said != expected:
        raise document.fail(1, "cannot be changed at the chosen places only, so it is left as it is.")


def _expect(event: Event, splice: Splice | None) -> Iterator[tuple[str, ...]]:
    """The events expected in place of one event of the old text."""
    if splice is None or not isinstance(event, ScalarEvent) or event.end_mark.index != splice.node.end_mark.index:
        yield sign(event)
        return
    kind, anchor, tag, value = sign(event)
    if splice.adds:
        yield from ((kind, anchor, tag, value), (kind, "", "", "tag"), (kind, "", "", splice.value))
    else:
        tail = value[len(value.rstrip("\n")) :] if splice.node.style in {"|", ">"} else ""
        yield kind, anchor, tag, splice.value + tail
