"""A workflow file: its events and its steps, with the places of their inputs in the text.

ruamel.yaml reads it as YAML 1.2, as GitHub does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hubaction.errors import ActionError
from hubaction.inputs.yaml_nodes import Entry, entries_of, find_entry, items_of, locate_error, make_reader


@dataclass(frozen=True)
class Step:
    """One step of a job, or of a composite action."""

    node: MappingNode
    uses: Entry
    with_: Entry | None
    before: tuple[str, ...]
    """The actions of earlier steps."""
    env: tuple[Entry, ...]
    """The variables that are set for it, by the workflow, the job and itself."""

    @property
    def inputs(self) -> list[Entry]:
        return entries_of(self.with_.value) if self.with_ else []


@dataclass(frozen=True)
class Events:
    """The events that start the workflow."""

    known: bool
    """False if another workflow or action is the caller: its events are not in the file."""
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Each event with the activity types that it is limited to."""
    pushes_tags_only: bool = False


class WorkflowFile:
    """A parsed file."""

    def __init__(self, text: str, name: str) -> None:
        """Parse the text; raises ActionError with the line if it is not YAML."""
        self.text = text
        self._name = name
        self._root = self._compose()

    def _compose(self) -> Node | None:
        try:
            root: Node | None = make_reader().compose(self.text)
        except YAMLError as error:
            line, why = locate_error(error)
            raise self.fail(f"cannot be read as YAML: {why}", line) from error
        except RecursionError as error:
            raise self.fail("cannot be read as YAML: RecursionError", 1) from error
        return root

    def fail(self, why: str, line: int) -> ActionError:
        return ActionError(f"{self._name}:{line}: {why}", file=self._name, line=line)

    def events(self) -> Events:
        """Return what the key `on` says."""
        on = find_entry(self._root, "on")
        if on is None:
            return Events(known=False)
        if isinstance(on.value, ScalarNode):
            types: dict[str, tuple[str, ...]] = {on.text: ()}
        elif isinstance(on.value, SequenceNode):
            types = dict.fromkeys(_texts_in(on.value), ())
        else:
            types = {entry.name: _texts_of(find_entry(entry.value, "types")) for entry in entries_of(on.value)}
        push = find_entry(on.value, "push")
        filters = {entry.name for entry in entries_of(push.value)} if push else set()
        return Events("workflow_call" not in types, types, "tags" in filters and "branches" not in filters)

    def steps(self) -> Iterator[Step]:
        """Yield every step that uses an action. A step that an alias repeats is yielded once."""
        seen: set[int] = set()
        for place in self._step_lists():
            before: list[str] = []
            for node in place.steps:
                uses = find_entry(node, "uses")
                if uses is None or not isinstance(node, MappingNode):
                    continue
                if id(node) not in seen:
                    seen.add(id(node))
                    env = (*place.env, *_values_of(find_entry(node, "env")))
                    yield Step(node, uses, find_entry(node, "with"), tuple(before), env)
                before.append(uses.text)

    def _step_lists(self) -> Iterator["_StepList"]:
        env = _values_of(find_entry(self._root, "env"))
        jobs = [entry.value for entry in _values_of(find_entry(self._root, "jobs"))]
        runs = find_entry(self._root, "runs")
        for owner in chain(jobs, [runs.value] if runs else []):
            steps = find_entry(owner, "steps")
            if steps and isinstance(steps.value, SequenceNode):
                yield _StepList(tuple(steps.value.value), (*env, *_values_of(find_entry(owner, "env"))))


@dataclass(frozen=True)
class _StepList:
    steps: tuple[Node, ...]
    env: tuple[Entry, ...]


def _values_of(entry: Entry | None) -> list[Entry]:
    return entries_of(entry.value) if entry else []


def _texts_in(node: Node) -> tuple[str, ...]:
    return tuple(str(item.value) for item in items_of(node) if isinstance(item, ScalarNode))


def _texts_of(entry: Entry | None) -> tuple[str, ...]:
    if entry is None:
        return ()
    return _texts_in(entry.value) if isinstance(entry.value, SequenceNode) else (entry.text,)
