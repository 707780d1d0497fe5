"""What runs in other people's images."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest

SCRIPTS = sorted(Path(str(files("hubaction.verify") / "in_container")).rglob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts__are_read_by_old_pythons(script: Path) -> None:
    """Their grammar; that they import nothing newer is not shown by this."""
    ast.parse(script.read_text(), feature_version=(3, 6))
