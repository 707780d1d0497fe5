"""A configuration file as nodes with their places in the text. Files that could not be changed safely are refused."""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, Event, ScalarEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode
from ruamel.yaml.tokens import ScalarToken

from hubaction.errors import ActionError
from hubaction.inputs.yaml_nodes import children_of, entries_of, find_entry, locate_error, make_reader, walk
from hubaction.rollout.hub.select import MERGE

MAX_FILE_BYTES = 1024**2
MAX_VALUES = 200_000
"""Values of a file after its aliases are followed; a hub's configuration has some hundreds."""
MAX_DEPTH = 100


class FileError(ActionError):
    """A file cannot be changed safely; the message has its name, the line and the reason."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(f"{name}:{line}: {reason}", title="Not rolled out")


class Document:
    """A parsed file. Every method raises FileError."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
            raise self.fail(1, f"is larger than {MAX_FILE_BYTES // 1024} KiB, and no hub's configuration is.")
        try:
            self.roots: list[Node] = [root for root in make_reader().compose_all(text) if root is not None]
            self._refuse_what_grows()
            self._refuse_what_is_ambiguous()
        except RecursionError:
            raise self.fail(1, f"is nested more than {MAX_DEPTH} levels deep.") from None
        except YAMLError as error:
            raise self._explain(error) from None

    def fail(self, line: int, reason: str) -> FileError:
        return FileError(self.name, line, reason)

    def fail_at(self, node: Node, reason: str) -> FileError:
        return self.fail(self.line_of(node), reason)

    def line_of(self, node: Node) -> int:
        """Counted from one; also for an empty value."""
        if isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index:
            return self.text.count("\n", 0, self.span(node)[0]) + 1
        return int(node.start_mark.line) + 1

    # --- places ---

    def span(self, node: ScalarNode) -> tuple[int, int]:
        """Start and end of a scalar in the text, without its anchor and tag; equal for an empty value."""
        token = self._scalars.get(node.end_mark.index)
        if token is not None and token >= node.start_mark.index:
            return token, node.end_mark.index
        # The parser places an empty value before the next token; we want it after the previous one.
        before = self._token_ends[bisect_right(self._token_ends, node.end_mark.index) - 1]
        return before, before

    @cached_property
    def _tokens(self) -> list[tuple[int, int, bool]]:
        return [
            (token.start_mark.index, token.end_mark.index, isinstance(token, ScalarToken))
            for token in make_reader().scan(self.text)
        ]

    @cached_property
    def _scalars(self) -> dict[int, int]:
        return {end: start for start, end, is_scalar in self._tokens if is_scalar}

    @cached_property
    def _token_ends(self) -> list[int]:
        return sorted(end for start, end, _ in self._tokens if end > start)

    def events(self) -> list[Event]:
        """The parser's events, in order."""
        return list(make_reader().parse(self.text))

    # --- nodes ---

    def nodes(self) -> Iterator[Node]:
        """Each node once, even if several aliases refer to it."""
        return walk(*self.roots)

    @cached_property
    def shared(self) -> frozenset[int]:
        """Ids of the nodes that aliases refer to, and of all nodes below them."""
        seen: set[int] = set()
        twice: set[int] = set()
        for node in self.nodes():
            for child in children_of(node):
                (twice if id(child) in seen else seen).add(id(child))
        return frozenset(id(node) for node in walk(*(each for each in self.nodes() if id(each) in twice)))

    def is_encrypted(self) -> bool:
        """Any other change breaks the checksum of the file: https://github.com/getsops/sops"""
        found = (find_entry(root, "sops") for root in self.roots)
        if any(entry and isinstance(entry.value, MappingNode) for entry in found):
            return True
        return any(isinstance(node, ScalarNode) and str(node.value).startswith("ENC[AES") for node in self.nodes())

    # --- what is refused ---

    def _refuse_what_grows(self) -> None:
        """Aliases of aliases can expand beyond all memory, and an alias of itself without end."""
        sizes: dict[int, int] = {}
        inside: set[int] = set()

        def measure(node: Node, depth: int) -> int:
            if id(node) in inside:
                raise self.fail_at(node, "has an alias of what it stands in, which no hub can read.")
            if depth > MAX_DEPTH:
                raise RecursionError
            if id(node) not in sizes:
                inside.add(id(node))
                sizes[id(node)] = 1 + sum(measure(child, depth + 1) for child in children_of(node))
                inside.discard(id(node))
            return sizes[id(node)]

        if sum(measure(root, 1) for root in self.roots) > MAX_VALUES:
            raise self.fail(1, f"has more than {MAX_VALUES} values when its aliases are followed.")

    def _refuse_what_is_ambiguous(self) -> None:
        if self.is_encrypted():
            raise self.fail(1, "is encrypted by sops, and a change would break it. Keep images in a file of their own.")
        for node in self.nodes():
            lines: dict[str, int] = {}
            for entry in entries_of(node):
                if entry.name != MERGE and entry.name in lines:
                    reason = f"has the key '{entry.name}' again, after line {lines[entry.name]}: keep one."
                    raise self.fail_at(entry.key, reason)
                lines[entry.name] = entry.line

    def _explain(self, error: YAMLError) -> FileError:
        number, why = locate_error(error)
        lines = self.text.splitlines() or [""]
        near = lines[min(number, len(lines)) - 1]
        if "\t" in near[: len(near) - len(near.lstrip())] or "'\\t'" in str(getattr(error, "problem", "")):
            return self.fail(number, "is indented with a tab, which YAML forbids: use spaces.")
        if "{{" in self.text or "{%" in self.text:
            return self.fail(number, "is a template, and no YAML before it is rendered: name the file it is made from.")
        return self.fail(number, f"cannot be read as YAML: {why}.")


def is_text(node: ScalarNode) -> bool:
    """Whether the value is what is written: a text, number, date or nothing, but no binary and no tag of others."""
    return str(node.tag).startswith("tag:yaml.org,2002:") and not str(node.tag).endswith(":binary")


def sign(event: Event) -> tuple[str, ...]:
    """An event without its place and quotes: texts with equal signs have the same values."""
    anchor = str(getattr(event, "anchor", None) or "")
    if isinstance(event, ScalarEvent):
        return ("scalar", anchor, str(event.tag or ""), str(event.value))
    return (type(event).__name__, anchor) if isinstance(event, AliasEvent) else (
        type(event).__name__, anchor, str(getattr(event, "tag", None) or "")
    )  # fmt: skip
