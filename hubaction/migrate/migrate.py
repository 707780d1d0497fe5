"""Rewrites workflows from jupyterhub/repo2docker-action to this action: text in, text and what changes out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.inputs.parsers import suggest
from hubaction.inputs.settings import DEFAULTS
from hubaction.inputs.yaml_nodes import Entry
from hubaction.migrate.advice import check_inputs, find_outputs, look_around
from hubaction.migrate.translate import Translation, translate_inputs
from hubaction.migrate.workflow_editor import WorkflowEditor
from hubaction.migrate.workflow_file import Events, Step, WorkflowFile

NEW_ACTION = "org/hub-image-action@v1"
_OLD_ACTION = re.compile(r"(?:jupyterhub|machine-learning-apps)/repo2docker-action(?:@.*)?", re.IGNORECASE)
_THIS_ACTION = re.compile(r"[^/\s]+/hub-image-action(?:@.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Change:
    """Something that behaves differently from before, or that its owner should look at."""

    line: int
    """In the workflow as it was."""
    message: str


@dataclass(frozen=True)
class Migration:
    """A migrated workflow."""

    text: str
    steps: int
    """How many steps were rewritten."""
    changes: tuple[Change, ...]


def migrate_workflow(text: str, file_name: str, *, action: str = NEW_ACTION) -> Migration:
    """Rewrite all steps that use the old action, or this one by the old inputs' names.

    Raises ActionError with file and line if it is not YAML or cannot be rewritten in place.
    """
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    workflow = WorkflowFile(text.removeprefix(bom), file_name)
    editor = WorkflowEditor(workflow)
    events = workflow.events()
    all_steps = list(workflow.steps())
    steps = [step for step in all_steps if _needs_migration(step)]
    _refuse_shared_inputs(workflow, steps, all_steps)
    changes: dict[str, Change] = {}
    done: set[int] = set()
    for step in steps:
        shared = step.with_ is not None and id(step.with_.value) in done
        if step.with_:
            done.add(id(step.with_.value))
        for change in _migrate_step(editor, step, events, action, shared=shared):
            # A message for several steps is given once, at the first of them.
            changes.setdefault(change.message, change)
    found = list(changes.values())
    if steps:
        found += [Change(number, message) for number, message in find_outputs(workflow.text)]
    return Migration(bom + editor.result(), len(steps), tuple(sorted(found, key=lambda change: change.line)))


def _needs_migration(step: Step) -> bool:
    if _OLD_ACTION.fullmatch(step.uses.text.strip()):
        return True
    old = any(entry.name.upper() in OLD_INPUTS for entry in step.inputs)
    return old and bool(_THIS_ACTION.fullmatch(step.uses.text.strip()))


def _refuse_shared_inputs(workflow: WorkflowFile, steps: Iterable[Step], all_steps: Iterable[Step]) -> None:
    migrated = {id(step.with_.value): step for step in steps if step.with_}
    for step in all_steps:
        if step.with_ and not _needs_migration(step) and (other := migrated.get(id(step.with_.value))):
            raise workflow.fail(
                "these inputs are shared with a step of another action: write them out first", other.uses.line
            )


def _migrate_step(editor: WorkflowEditor, step: Step, events: Events, action: str, *, shared: bool) -> Iterator[Change]:
    line = step.uses.line
    of_old_action = bool(_OLD_ACTION.fullmatch(step.uses.text.strip()))
    if of_old_action:
        editor.set_value(step.uses, action, flow=editor.flow_inputs(step))
    if shared:
        return
    given = {entry.name.upper(): entry for entry in step.inputs if entry.name.upper() in OLD_INPUTS}
    translation = translate_inputs({name: entry.text for name, entry in given.items()}, events)
    unknown = [entry for entry in step.inputs if entry.name.upper() not in OLD_INPUTS]
    yield from _settle_unknown(editor, step, unknown, translation, of_old_action=of_old_action)
    _apply(editor, step, given, unknown, translation, of_old_action=of_old_action)
    for name, message in translation.messages:
        yield Change(given[name].line if name in given else line, message)
    for message in (*look_around(step, translation, given), *check_inputs(step, translation, given)):
        yield Change(line, message)


def _apply(
    editor: WorkflowEditor,
    step: Step,
    given: Mapping[str, Entry],
    unknown: list[Entry],
    translation: Translation,
    *,
    of_old_action: bool,
) -> None:
    flow = editor.flow_inputs(step)
    stays = list(unknown)
    if of_old_action:
        stays = [entry for entry in unknown if entry.name.lower() not in _new_names(translation)]
    for name, entry in given.items():
        replacement = translation.replaced[name]
        if replacement is None:
            editor.remove(step, entry)
            continue
        stays.append(entry)
        editor.rename(entry, replacement[0])
        if replacement[1] is not None and replacement[1] != entry.text:
            editor.set_value(entry, replacement[1], flow=flow)
    # Inputs that the step sets under their new names are not added again.
    said = set() if of_old_action else {entry.name.lower() for entry in unknown}
    added = [(name, value) for name, value in translation.added if name not in said]
    editor.add_inputs(step, added, sorted(stays, key=lambda entry: entry.start))


def _new_names(translation: Translation) -> set[str]:
    replaced = {replacement[0] for replacement in translation.replaced.values() if replacement}
    return replaced | {name for name, _ in translation.added}


def _settle_unknown(
    editor: WorkflowEditor, step: Step, unknown: list[Entry], translation: Translation, *, of_old_action: bool
) -> Iterator[Change]:
    for entry in unknown:
        name = entry.name.lower()
        if not of_old_action:
            replaced = {new[0] for new in translation.replaced.values() if new}
            if name in replaced:
                old = next(old for old, new in OLD_INPUTS.items() if new == name)
                raise editor.workflow.fail(f"'{old}' and '{name}' are the same input: keep one of them", entry.line)
        elif name in _new_names(translation):
            editor.remove(step, entry)
            yield Change(entry.line, f"'{entry.name}' is removed: the old action did not know it.")
        elif name in DEFAULTS:
            yield Change(entry.line, f"'{entry.name}' takes effect now: the old action did not know it.")
        else:
            hint = suggest(name, [old.lower() for old in OLD_INPUTS])
            yield Change(entry.line, f"'{entry.name}' is kept as it is, but neither action knows it{hint}")
