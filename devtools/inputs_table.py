"""`python -m devtools.inputs_table`: writes the README's table of inputs and outputs from action.yml."""

import re
import sys
from typing import Any

import yaml

from devtools.places import PROJECT

BEGIN = "<!-- inputs: made from action.yml by `python -m devtools.inputs_table` -->"
END = "<!-- /inputs -->"


def render_tables(action: dict[str, Any]) -> str:
    """Return the Markdown between the marks."""
    rows = ["| input | what it does |", "|---|---|"]
    rows += [
        f"| `{name}` | {_cell(entry['description'])} |" for name, entry in action["inputs"].items() if name.islower()
    ]
    rows += ["", "| output | what it says |", "|---|---|"]
    rows += [
        f"| `{name}` | {_cell(entry['description'])} |" for name, entry in action["outputs"].items() if name.islower()
    ]
    return "\n".join([BEGIN, "", *rows, "", END])


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return re.sub(r"Default: (.+)$", r"*Default: \1*", flat)


def replace_tables(readme: str, tables: str) -> str:
    """Return the README with fresh tables; raises ValueError when the marks are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("README.md has lost the marks around its table of inputs")
    return before + tables + after


def main() -> int:
    readme = PROJECT / "README.md"
    action = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
    readme.write_text(replace_tables(readme.read_text(encoding="utf-8"), render_tables(action)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
