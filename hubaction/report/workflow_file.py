"""Finds the line of the workflow that an annotation belongs to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

MAX_WORKFLOW_BYTES = 1024**2


@dataclass(frozen=True)
class Location:
    """A line of a file; the path is relative to the repository's root."""

    file: str
    line: int


def locate_input(environ: Mapping[str, str], workspace: Path, input_name: str) -> Location | None:
    """Return where the workflow sets an input, or else where it uses this action; None when that is not clear."""
    file = _workflow_file(environ.get("GITHUB_WORKFLOW_REF", ""))
    if not file:
        return None
    root = _compose(workspace / file)
    used = list(_find_steps(root, environ.get("GITHUB_ACTION_REPOSITORY") or "/hub-image-action"))
    lines = [line for step in used for line in _lines_of_input(step, input_name)]
    lines = lines or [step.start_mark.line + 1 for step in used]
    return Location(file, lines[0]) if len(lines) == 1 else None


def _workflow_file(reference: str) -> str:
    """`owner/name/.github/workflows/x.yaml@ref` -> `.github/workflows/x.yaml`."""
    match = re.fullmatch(r"[^/]+/[^/]+/(\.github/workflows/[^/@]+\.ya?ml)@.*", reference)
    return match[1] if match else ""


def _compose(file: Path) -> yaml.Node | None:
    try:
        if not file.is_file() or file.stat().st_size > MAX_WORKFLOW_BYTES:
            return None
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        return None


def _find_steps(root: yaml.Node | None, action: str) -> Iterator[yaml.MappingNode]:
    for _, job in _items(_value(root, "jobs")):
        steps = _value(job, "steps")
        for step in steps.value if isinstance(steps, yaml.SequenceNode) else []:
            uses = _value(step, "uses")
            if isinstance(step, yaml.MappingNode) and isinstance(uses, yaml.ScalarNode) and action in uses.value:
                yield step


def _lines_of_input(step: yaml.MappingNode, input_name: str) -> list[int]:
    return [
        key.start_mark.line + 1
        for key, _ in _items(_value(step, "with"))
        if isinstance(key, yaml.ScalarNode) and key.value.lower() == input_name
    ]


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    found = (value for key, value in _items(node) if isinstance(key, yaml.ScalarNode) and key.value == name)
    return next(found, None)


def _items(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []
