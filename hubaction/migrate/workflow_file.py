"""A workflow file as its author wrote it: where its steps and inputs stand, and changes of exactly these places.

Everything else stays as it is, to the character: ruamel.yaml reads the file (as YAML 1.2, as GitHub does) and tells
the places; the changes are made in the text. Writing the file anew, even by a round trip, would also change
indentation, blanks and the ends of long lines.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hubaction.errors import ActionError


@dataclass(frozen=True)
class Entry:
    """A key and its value."""

    key: ScalarNode
    value: Node

    @property
    def name(self) -> str:
        return str(self.key.value)

    @property
    def text(self) -> str:
        """The value; empty when it is no scalar."""
        return str(self.value.value) if isinstance(self.value, ScalarNode) else ""

    @property
    def line(self) -> int:
        return int(self.key.start_mark.line) + 1

    @property
    def start(self) -> int:
        return int(self.key.start_mark.index)

    @property
    def aliased(self) -> bool:
        """Whether the value is an alias: then its node is the one that the anchor names, which stands before."""
        return int(self.value.start_mark.index) < self.start


@dataclass(frozen=True)
class Step:
    """One step of a job, or of a composite action."""

    node: MappingNode
    uses: Entry
    with_: Entry | None
    before: tuple[str, ...]
    """What the steps before it use."""
    env: tuple[Entry, ...]
    """The variables that are set for it, by the workflow, the job and itself."""

    @property
    def inputs(self) -> list[Entry]:
        return _entries(self.with_.value) if self.with_ else []


@dataclass(frozen=True)
class Events:
    """What starts the workflow."""

    known: bool
    """False where another workflow or action is the caller, whose events are not in the file."""
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Each event with the activity types that it is limited to."""
    pushes_tags_only: bool = False


class WorkflowFile:
    """A parsed file, and the changes that are to be made to it."""

    def __init__(self, text: str, name: str) -> None:
        """Parse the text; raises ActionError with the line when it is no YAML."""
        self._text = text
        self._name = name
        self._edits: dict[tuple[int, int], str] = {}
        self._root = self._compose()

    def _compose(self) -> Node | None:
        try:
            root: Node | None = YAML(typ="safe", pure=True).compose(self._text)
        except (YAMLError, RecursionError) as error:
            mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
            why = error.problem if isinstance(error, MarkedYAMLError) else type(error).__name__
            raise self.fail(f"cannot be read as YAML: {why}", mark.line + 1 if mark else 1) from error
        return root

    def fail(self, why: str, line: int) -> ActionError:
        return ActionError(f"{self._name}:{line}: {why}", file=self._name, line=line)

    # --- reading ---

    def events(self) -> Events:
        """Return what the key `on` says."""
        on = _get(self._root, "on")
        if on is None:
            return Events(known=False)
        if isinstance(on.value, ScalarNode):
            types: dict[str, tuple[str, ...]] = {on.text: ()}
        elif isinstance(on.value, SequenceNode):
            types = dict.fromkeys(_texts(on.value), ())
        else:
            types = {entry.name: _texts_of(_get(entry.value, "types")) for entry in _entries(on.value)}
        push = _get(on.value, "push")
        filters = {entry.name for entry in _entries(push.value)} if push else set()
        return Events("workflow_call" not in types, types, "tags" in filters and "branches" not in filters)

    def steps(self) -> Iterator[Step]:
        """Yield every step that uses an action, once: a step that stands in two places by an alias is the same."""
        seen: set[int] = set()
        for place in self._step_lists():
            before: list[str] = []
            for node in place.steps:
                uses = _get(node, "uses")
                if uses is None or not isinstance(node, MappingNode):
                    continue
                if id(node) not in seen:
                    seen.add(id(node))
                    env = (*place.env, *_entries_of(_get(node, "env")))
                    yield Step(node, uses, _get(node, "with"), tuple(before), env)
                before.append(uses.text)

    def _step_lists(self) -> Iterator["_StepList"]:
        env = _entries_of(_get(self._root, "env"))
        jobs = [entry.value for entry in _entries_of(_get(self._root, "jobs"))]
        runs = _get(self._root, "runs")
        for owner in chain(jobs, [runs.value] if runs else []):
            steps = _get(owner, "steps")
            if steps and isinstance(steps.value, SequenceNode):
                yield _StepList(tuple(steps.value.value), (*env, *_entries_of(_get(owner, "env"))))

    def find_lines(self, pattern: str) -> Iterator[tuple[int, re.Match[str]]]:
        """Yield the number of each line in which the pattern is found, with what was found."""
        for number, line in enumerate(self._text.splitlines(), start=1):
            for match in re.finditer(pattern, line):
                yield number, match

    # --- changing ---

    def rename(self, entry: Entry, name: str) -> None:
        self._replace(entry.key, name)

    def set_value(self, entry: Entry, value: str, *, flow: bool) -> None:
        """Replace a value, in the quotes that it has."""
        start, end = self._value_range(entry)
        if entry.value.anchor and not entry.aliased:
            raise self.fail(
                f"the value of '{entry.name}' changes, and others refer to it: write it out first", entry.line
            )
        style = entry.value.style if isinstance(entry.value, ScalarNode) else None
        alone = not self._text[end:].partition("\n")[0].strip()
        indent = " " * (int(entry.key.start_mark.column) + 2)
        rendered = render_scalar(
            value, style=style, flow=flow, indent=indent, newline=self._newline, block=alone or style in ("|", ">")
        )
        if style in ("|", ">"):
            rendered += self._newline
        self._edits[start, end] = rendered if start > entry.key.end_mark.index + 1 else f" {rendered}"

    def remove(self, step: Step, entry: Entry) -> None:
        """Remove an input, with its line where that is its own."""
        entries = step.inputs
        start, end = entry.start, self._value_range(entry)[1]
        if not self._flow(step):
            start = self._text.rfind("\n", 0, start) + 1
            if not self._text[:end].endswith("\n"):
                newline = self._text.find("\n", end)
                end = newline + 1 if newline >= 0 else len(self._text)
        elif (position := entries.index(entry)) + 1 < len(entries):
            end = entries[position + 1].start
        elif position:
            start = self._value_range(entries[position - 1])[1]
        self._edits[start, end] = ""

    def add_inputs(self, step: Step, inputs: Sequence[tuple[str, str]], after: Sequence[Entry]) -> None:
        """Add inputs behind the last of the entries `after`, which are those that stay."""
        if not inputs:
            return
        if step.with_ is None or not step.inputs:
            self._add_with(step, inputs)
        elif self._flow(step):
            items = self._flow_items(inputs)
            if after:
                self._insert(self._value_range(after[-1])[1], items)
            else:
                self._insert(step.inputs[0].start, items.removeprefix(", "))
        else:
            self._add_lines(step, inputs, after)

    def flow_inputs(self, step: Step) -> bool:
        return bool(step.with_) and self._flow(step)

    def _add_lines(self, step: Step, inputs: Sequence[tuple[str, str]], after: Sequence[Entry]) -> None:
        # The key's own column would be another one behind a question mark.
        first = self._text[self._text.rfind("\n", 0, step.inputs[0].start) + 1 :]
        column = len(first) - len(first.lstrip(" "))
        lines = [self._line(name, value, column) for name, value in inputs]
        # A block's end depends on what follows it: lines go behind a value that ends on its own line.
        plain = [entry for entry in after if not self._is_block(entry)]
        if plain:
            end = self._line_end(self._value_range(plain[-1])[1])
            self._insert(end, "".join(f"{self._newline}{line}" for line in lines))
        else:
            start = self._text.rfind("\n", 0, step.inputs[0].start) + 1
            self._insert(start, "".join(f"{line}{self._newline}" for line in lines))

    def _add_with(self, step: Step, inputs: Sequence[tuple[str, str]]) -> None:
        if step.node.flow_style:
            braces = f"{{{self._flow_items(inputs).removeprefix(', ')}}}"
            if step.with_ is None:
                self._insert(self._value_range(step.uses)[1], f", with: {braces}")
            else:
                self._edits[self._value_range(step.with_)] = (
                    braces if step.with_.value.start_mark.index > step.with_.key.end_mark.index + 1 else f" {braces}"
                )
            return
        column = int(step.uses.key.start_mark.column)
        lines = [self._line(name, value, column + 2) for name, value in inputs]
        if step.with_ is None:
            place = self._line_end(self._value_range(step.uses)[1])
            lines.insert(0, f"{' ' * column}with:")
        else:
            # An empty `with:`, or empty braces behind it.
            start, end = self._value_range(step.with_)
            self._edits[int(step.with_.key.end_mark.index), end] = ":"
            place = self._line_end(max(start, end))
        self._insert(place, "".join(f"{self._newline}{line}" for line in lines))

    def result(self) -> str:
        """Return the text with all changes made."""
        text = self._text
        for (start, end), replacement in sorted(self._edits.items(), reverse=True):
            text = text[:start] + replacement + text[end:]
        return text

    # --- places ---

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self._text else "\n"

    def _flow(self, step: Step) -> bool:
        mappings = [step.node, step.with_.value if step.with_ else None]
        return any(node.flow_style for node in mappings if isinstance(node, MappingNode))

    def _is_block(self, entry: Entry) -> bool:
        if entry.aliased:
            return False
        if isinstance(entry.value, ScalarNode):
            return entry.value.style in ("|", ">")
        return isinstance(entry.value, (MappingNode, SequenceNode)) and not entry.value.flow_style

    def _value_range(self, entry: Entry) -> tuple[int, int]:
        """Return where a value starts and ends; an alias is the value here, not what it stands for."""
        if entry.aliased:
            alias = re.compile(r"\*[^\s,\[\]{}]+").search(self._text, entry.key.end_mark.index)
            return alias.span() if alias else (entry.start, entry.start)
        start, end = int(entry.value.start_mark.index), int(entry.value.end_mark.index)
        if start == end:  # nothing at all: the parser places it before whatever comes next
            colon = self._text.index(":", entry.key.end_mark.index) + 1
            return colon, colon
        if self._is_block(entry):
            end = start + len(self._text[start:end].rstrip()) if not self._keeps_blank_lines(start) else end
            end = min(self._text.find("\n", end) + 1 or len(self._text), len(self._text)) if end > start else end
        return start, end

    def _keeps_blank_lines(self, start: int) -> bool:
        return "+" in self._text[start:].partition("\n")[0]

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        end = len(self._text) if end < 0 else end
        return end - 1 if self._text[:end].endswith("\r") else end

    def _replace(self, node: Node, text: str) -> None:
        self._edits[int(node.start_mark.index), int(node.end_mark.index)] = text

    def _insert(self, index: int, text: str) -> None:
        self._edits[index, index] = self._edits.get((index, index), "") + text

    def _line(self, name: str, value: str, column: int) -> str:
        indent = " " * column
        rendered = render_scalar(value, style=None, flow=False, indent=indent + "  ", newline=self._newline, block=True)
        return f"{indent}{name}: {rendered}"

    def _flow_items(self, inputs: Sequence[tuple[str, str]]) -> str:
        return "".join(
            f", {name}: {render_scalar(value, style=None, flow=True, indent='', newline='', block=False)}"
            for name, value in inputs
        )


@dataclass(frozen=True)
class _StepList:
    steps: tuple[Node, ...]
    env: tuple[Entry, ...]


def render_scalar(value: str, *, style: str | None, flow: bool, indent: str, newline: str, block: bool) -> str:
    """Write a value in the given quotes if it can be, else as short as YAML allows."""
    if "\n" in value and block and not flow:
        return "|" + "".join(f"{newline}{indent}{line}" for line in value.splitlines())
    quoted = {"'": "'" + value.replace("'", "''") + "'", '"': _double_quoted(value)}
    candidates = [quoted[style], quoted['"']] if style in quoted else [value, quoted['"']]
    return next(text for text in candidates if _reads_as(text, value, flow=flow))


def _double_quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _reads_as(text: str, value: str, *, flow: bool) -> bool:
    if text == value and (text != text.strip() or "\n" in text):
        return False
    try:
        root = YAML(typ="safe", pure=True).compose(f"{{k: {text}}}" if flow else f"k: {text}")
    except YAMLError:
        return False
    entries = _entries(root)
    return len(entries) == 1 and isinstance(entries[0].value, ScalarNode) and entries[0].text == value


# --- nodes ---


def _entries(node: Node | None) -> list[Entry]:
    if not isinstance(node, MappingNode):
        return []
    return [Entry(key, value) for key, value in node.value if isinstance(key, ScalarNode)]


def _entries_of(entry: Entry | None) -> list[Entry]:
    return _entries(entry.value) if entry else []


def _get(node: Node | None, name: str) -> Entry | None:
    return next((entry for entry in _entries(node) if entry.name == name), None)


def _texts(nodes: SequenceNode) -> Iterable[str]:
    return [str(node.value) for node in nodes.value if isinstance(node, ScalarNode)]


def _texts_of(entry: Entry | None) -> tuple[str, ...]:
    if entry is None:
        return ()
    if isinstance(entry.value, SequenceNode):
        return tuple(_texts(entry.value))
    return (entry.text,)
