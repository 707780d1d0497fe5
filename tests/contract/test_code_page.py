"""The page that walks through the code, and the map in CONTRIBUTING.md, name what is there."""

import ast
import re

import pytest

from devtools.places import PROJECT

PAGE = PROJECT / "docs" / "a-push-through-the-code.md"
TEXT = PAGE.read_text(encoding="utf-8")
CONTRIBUTING = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
LINKS = sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT)))
FUNCTIONS = sorted(set(re.findall(r"`(\w+)`(?:,| in| of)?\s+\(?\[[^\]]+\]\(([^)]+\.py)\)", TEXT)))
MAP = re.findall(r"(?m)^([a-z_]+(?:/|\.py)) {2,}\S", CONTRIBUTING)


@pytest.mark.parametrize("link", LINKS)
def test_page__links_to_a_file(link: str) -> None:
    assert (PAGE.parent / link).exists()


@pytest.mark.parametrize(("name", "link"), FUNCTIONS)
def test_page__names_a_definition_of_the_file(name: str, link: str) -> None:
    tree = ast.parse((PAGE.parent / link).read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert name in defined | assigned


def test_page__functions_are_found() -> None:
    assert {name for name, _ in FUNCTIONS} >= {"make_plan", "run_build", "verify_image", "OUTPUTS"}


def test_map__has_a_line_for_each_folder() -> None:
    folders = {f"{path.parent.name}/" for path in (PROJECT / "hubaction").glob("*/__init__.py")}
    assert set(MAP) == (folders - {"runner/"}) | {"main.py"}
    assert "runner/ is the runner's protocol" in CONTRIBUTING
    assert len(MAP) == 12
