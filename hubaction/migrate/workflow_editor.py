"""Changes a workflow file at chosen places only: everything else stays as it is, to the character.

A round trip through ruamel.yaml would also change indentation and whitespace, and rewrap long lines.
"""

import re
from collections.abc import Sequence

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hubaction.inputs.yaml_nodes import Entry
from hubaction.migrate.scalars import render_scalar
from hubaction.migrate.workflow_file import Step, WorkflowFile


class WorkflowEditor:
    """Collects the changes; `result` makes them."""

    def __init__(self, workflow: WorkflowFile) -> None:
        self.workflow = workflow
        self._text = workflow.text
        self._edits: dict[tuple[int, int], str] = {}

    def rename(self, entry: Entry, name: str) -> None:
        self._replace(entry.key, name)

    def set_value(self, entry: Entry, value: str, *, flow: bool) -> None:
        """Replace a value and keep its quotes."""
        start, end = self._value_range(entry)
        if entry.value.anchor and not entry.aliased:
            raise self.workflow.fail(
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
        """Remove an input, and its line if it is alone there."""
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
        """Add inputs after the last of the entries `after`, which are those that stay."""
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
        # Not the column of the key, which is further right after a question mark.
        first = self._text[self._text.rfind("\n", 0, step.inputs[0].start) + 1 :]
        column = len(first) - len(first.lstrip(" "))
        lines = [self._line(name, value, column) for name, value in inputs]
        # Where a block ends depends on what follows, so lines are added after a value that ends on its own line.
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
            # An empty `with:`, or one with empty braces.
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
        """Return start and end of a value; of an alias itself, not of the value that it refers to."""
        if entry.aliased:
            alias = re.compile(r"\*[^\s,\[\]{}]+").search(self._text, entry.key.end_mark.index)
            return alias.span() if alias else (entry.start, entry.start)
        start, end = int(entry.value.start_mark.index), int(entry.value.end_mark.index)
        if start == end:  # empty: the parser places it before the next token
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
