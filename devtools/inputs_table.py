"""`python -m devtools.inputs_table`: writes the tables of docs/inputs.md and README.md from action.yml."""

import re
import sys
from typing import Any

import yaml

from devtools.places import PROJECT

BEGIN = "<!-- table: made from action.yml by `python -m devtools.inputs_table` -->"
END = "<!-- /table -->"
SHORT = (
    "mode", "image-name", "registry", "username", "password", "push", "tags", "path", "image-tests", "hub-check",
    "hub-memory", "hub-default-url", "preview",
)  # fmt: skip
"""The inputs that the README shows."""


def group_inputs(text: str) -> dict[str, list[str]]:
    """Return the inputs of action.yml by the headings above them; a heading that comes again goes on."""
    groups: dict[str, list[str]] = {}
    title = ""
    for line in text.partition("\noutputs:")[0].partition("\ninputs:")[2].splitlines():
        if found := re.fullmatch(r"  # --- (.+) ---", line):
            title = found[1]
        elif (found := re.fullmatch(r"  ([^\s#:]+):", line)) and found[1].islower():
            groups.setdefault(title, []).append(found[1])
    return groups


def render_all(text: str) -> str:
    """Return docs/inputs.md's tables, given the text of action.yml."""
    action = yaml.safe_load(text)
    parts = [f"## {title}\n\n{render_inputs(action, *names)}" for title, names in group_inputs(text).items()]
    outputs = _render_table("output", "what it says", action["outputs"])
    return "\n\n".join([*parts, f"## Outputs\n\n{outputs}"])


def render_inputs(action: dict[str, Any], *names: str) -> str:
    return _render_table("input", "what it does", {name: action["inputs"][name] for name in names})


def _render_table(kind: str, heading: str, entries: dict[str, Any]) -> str:
    rows = [f"| `{name}` | {_cell(entry['description'])} |" for name, entry in entries.items()]
    return "\n".join([f"| {kind} | {heading} |", "|---|---|", *rows])


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return re.sub(r"Default: (.+)$", r"*Default: \1*", flat)


def replace_table(page: str, table: str) -> str:
    """Return the page with a fresh table; raises ValueError when the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has lost the marks around its table of inputs")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def main() -> int:
    text = (PROJECT / "action.yml").read_text(encoding="utf-8")
    tables = {"docs/inputs.md": render_all(text), "README.md": render_inputs(yaml.safe_load(text), *SHORT)}
    for name, table in tables.items():
        page = PROJECT / name
        page.write_text(replace_table(page.read_text(encoding="utf-8"), table), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
