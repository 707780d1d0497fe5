"""The template repository, for the tests of its files and of its workflows."""

import re

from devtools.places import PROJECT

TEMPLATE = PROJECT / "template"
WORKFLOWS = TEMPLATE / ".github" / "workflows"


def enable_pushing(workflow: str) -> str:
    """Take away the mark of a comment from each line that is an input, as test.yaml and the guide say."""
    changed, count = re.subn(r"(?m)^( +)# (\w+: \S.*)$", r"\1\2", workflow)
    assert count == 3, "test.yaml speaks of three lines"
    return changed
