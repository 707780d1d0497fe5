"""The running workflow: the line that sets an input, and logins of other steps that have no effect here.

PyYAML is enough for this: its nodes have positions, and it is loaded for `registry-auth` anyway.
"""

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


@dataclass(frozen=True)
class UnseenLogin:
    """A step of the workflow that logs in where this action cannot see it."""

    tool: str
    place: str
    """`file, line 12`"""


def locate_input(environ: Mapping[str, str], workspace: Path, input_name: str) -> Location | None:
    """Return the line that sets an input, or else the one that uses this action; None when it is ambiguous."""
    file = _workflow_file(environ.get("GITHUB_WORKFLOW_REF", ""))
    if not file:
        return None
    root = _compose(workspace / file)
    used = list(_find_steps(root, environ.get("GITHUB_ACTION_REPOSITORY") or "/hub-image-action"))
    lines = [line for step in used for line in _lines_of_input(step, input_name)]
    lines = lines or [step.start_mark.line + 1 for step in used]
    return Location(file, lines[0]) if len(lines) == 1 else None


LOGIN_ACTIONS = ("docker/login-action", "aws-actions/amazon-ecr-login")
LOGIN_COMMANDS = {
    "docker login": r"\bdocker login\b",
    "az acr login": r"\baz acr login\b(?!.*--expose-token)",
    "gcloud auth configure-docker": r"\bgcloud auth configure-docker\b",
}
_PASSWORDS = ("password", "registry-auth", "docker_password")


def find_unseen_login(environ: Mapping[str, str], workspace: Path) -> UnseenLogin | None:
    """Return a step that logs in to a registry, unless a step of this action has an input for a password."""
    file = _workflow_file(environ.get("GITHUB_WORKFLOW_REF", ""))
    root = _compose(workspace / file) if file else None
    used = _find_steps(root, environ.get("GITHUB_ACTION_REPOSITORY") or "/hub-image-action")
    if any(_lines_of_input(step, name) for step in used for name in _PASSWORDS):
        return None
    found = ((tool, step) for step in _steps(root) if (tool := _login_tool(step)))
    return next((UnseenLogin(tool, f"{file}, line {step.start_mark.line + 1}") for tool, step in found), None)


def _login_tool(step: yaml.MappingNode) -> str:
    uses, run = _text(step, "uses").lower(), _text(step, "run")
    actions = [action for action in LOGIN_ACTIONS if uses.startswith(f"{action}@")]
    commands = [command for command, pattern in LOGIN_COMMANDS.items() if re.search(pattern, run)]
    return (actions + commands + [""])[0]


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


def _steps(root: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    for _, job in _items(_value(root, "jobs")):
        steps = _value(job, "steps")
        for step in steps.value if isinstance(steps, yaml.SequenceNode) else []:
            if isinstance(step, yaml.MappingNode):
                yield step


def _find_steps(root: yaml.Node | None, action: str) -> Iterator[yaml.MappingNode]:
    return (step for step in _steps(root) if action in _text(step, "uses"))


def _lines_of_input(step: yaml.MappingNode, input_name: str) -> list[int]:
    return [
        key.start_mark.line + 1
        for key, _ in _items(_value(step, "with"))
        if isinstance(key, yaml.ScalarNode) and key.value.lower() == input_name
    ]


def _text(step: yaml.MappingNode, name: str) -> str:
    value = _value(step, name)
    return str(value.value) if isinstance(value, yaml.ScalarNode) else ""


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    found = (value for key, value in _items(node) if isinstance(key, yaml.ScalarNode) and key.value == name)
    return next(found, None)


def _items(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else []
