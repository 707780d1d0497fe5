"""The package keeps its shape: small modules, documented folders, imports at the top, and a unit test per module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.places import PROJECT

PACKAGE = PROJECT / "hubaction"
UNIT_TESTS = PROJECT / "tests" / "unit"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({module.parent for module in MODULES if "in_container" not in module.parts})
IN_CONTAINER = "verify/in_container/"

MAX_TOP_MODULES = 8
MAX_FUNCTION = 45
MAX_CLASS = 200
MAX_MODULE = 400

LATE_IMPORTS = {
    "main.py": "each mode loads what it needs",
    "clients/open.py": "the clients' libraries are slow to load",
    "inputs/docker_config.py": "docker-py is slow to load, and only an existing configuration is read with it",
    "inputs/rollout_paths.py": "jmespath is needed only where 'rollout-paths' is set",
    "build/git_folder.py": "dulwich is slow to load, and comment and rollout modes read no repository",
    "guard/git_index.py": "dulwich is slow to load, and comment and rollout modes read no repository",
    "modes/cleanup.py": "Binder's part is needed only where previews have a branch",
    "modes/follow_up.py": "few runs roll out or update Binder",
    "modes/plan_only.py": "few plans have a rollout",
}
"""The modules with imports inside of functions, and the reason."""
LATE_IMPORTS_IN_CONTAINER = "the image may lack the library, which is found out by the import"

COVERED_BY = {
    # Folders whose modules were split, and whose tests still are one per idea.
    "build/dockerignore": "unit/build/test_context.py",
    "build/git_folder": "unit/build/test_context.py",
    "guard/git_index": "unit/guard/test_context.py",
    "guard/login_files": "unit/guard/test_scan.py",
    "guard/placeholders": "unit/guard/test_scan.py",
    "guard/token_shapes": "unit/guard/test_scan.py",
    "migrate/advice": "unit/migrate/test_migrate.py",
    "migrate/workflow_editor": "unit/migrate/test_migrate.py",
    "migrate/workflow_file": "unit/migrate/test_translate.py",
    "rollout/hub/document": "unit/rollout/hub/test_edit.py",
    "rollout/hub/finishing": "unit/rollout/hub/test_pull_request.py",
    "rollout/hub/image_places": "unit/rollout/hub/test_edit.py",
    "rollout/hub/look_up": "unit/rollout/hub/test_roll_out.py",
    "rollout/hub/own_work": "unit/rollout/hub/test_pull_request.py",
    "rollout/hub/remote_files": "unit/rollout/hub/test_pull_request.py",
    "rollout/hub/select": "unit/rollout/hub/test_edit.py",
    "rollout/hub/splices": "unit/rollout/hub/test_edit.py",
    "runner/file_commands": "unit/runner/test_console.py",
    "verify/hub_container": "unit/verify/test_hub_check.py",
    "verify/hub_evidence": "unit/verify/test_hub_diagnosis.py",
    "verify/hub_image": "unit/verify/test_hub_check.py",
    # Decisions are tested through make_plan, which all of them serve.
    "decide/build_arguments": "unit/decide/test_plan.py",
    "decide/comment": "unit/decide/test_plan.py",
    "decide/messages": "unit/decide/test_plan.py",
    "decide/mode": "unit/decide/test_plan.py",
    "decide/preview": "unit/decide/test_plan_previews.py",
    "decide/push": "unit/decide/test_plan.py",
    "decide/rollout": "unit/decide/test_plan.py",
    # Values, choices and parsers without a rule of their own.
    "clients/engine/errors": "unit/clients/engine/test_engine.py",
    "clients/engine/translation": "unit/clients/engine/test_engine.py",
    "clients/engine/values": "unit/clients/engine/test_engine.py",
    "clients/registry/errors": "unit/clients/registry/test_http.py",
    "inputs/choices": "unit/inputs/test_settings.py",
    "inputs/github_parsers": "unit/inputs/test_parsers.py",
    "inputs/hub_parsers": "unit/inputs/test_parsers.py",
    "runner/job": "unit/modes/test_cleanup.py",
    # Tested where the registry or the engine is real, or by their callers.
    "clients/engine/disk": "integration/test_main.py",
    "clients/registry/remote_image": "unit/publish/test_promote.py",
    "clients/registry/tags": "unit/clients/registry/test_registry.py",
    "inputs/repository_files": "unit/build/test_context.py",
    "modes/check": "integration/test_main.py",
    "modes/reuse": "integration/test_reuse.py",
    "modes/rollout": "integration/test_rollout_mode.py",
    "report/comment_sections": "unit/modes/test_comment.py",
}
"""Modules without a unit test of their own name, and the test that covers them."""


def name_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def parse(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def too_long(module: Path) -> Iterator[str]:
    """Yield what is too long in a module."""
    text = module.read_text(encoding="utf-8")
    if (lines := len(text.splitlines())) > MAX_MODULE:
        yield f"{name_of(module)}: {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            longest = MAX_CLASS if isinstance(node, ast.ClassDef) else MAX_FUNCTION
            if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > longest:
                yield f"{name_of(module)}, {node.name}: {lines} lines"


def imports_late(tree: ast.Module) -> bool:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(isinstance(node, ast.Import | ast.ImportFrom) for function in functions for node in ast.walk(function))


# --- the house ---


def test_top__has_few_modules() -> None:
    modules = [module.name for module in PACKAGE.glob("*.py") if module.name != "__init__.py"]
    assert len(modules) <= MAX_TOP_MODULES, f"a module of a stage belongs in its folder: {sorted(modules)}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(PROJECT).as_posix())
def test_folder__says_what_belongs_in_it(folder: Path) -> None:
    tree = parse(folder / "__init__.py")
    assert ast.get_docstring(tree), "say in one or two sentences what belongs in the folder, and what does not"
    assert len(tree.body) == 1, "nothing but the docstring"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_module__is_short(module: Path) -> None:
    assert list(too_long(module)) == []


def test_too_long__finds_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    body = "    def method(self) -> None:\n" + "        pass\n" * MAX_FUNCTION
    module = tmp_path / "long.py"
    module.write_text("class Long:\n" + body * 9, encoding="utf-8")
    kinds = {found.partition(":")[0] for found in too_long(module)}
    assert kinds == {"long.py", "long.py, Long", "long.py, method"}


def test_late_imports__have_a_reason() -> None:
    late = {name_of(module) for module in MODULES if imports_late(parse(module))}
    assert {name for name in late if not name.startswith(IN_CONTAINER)} == set(LATE_IMPORTS)


def test_imports_late__finds_one() -> None:
    assert imports_late(ast.parse("def load():\n    if True:\n        import json\n"))
    assert not imports_late(ast.parse("import json\n\ndef load():\n    return json\n"))


# --- unit mirrors hubaction ---


def modules_to_mirror() -> set[str]:
    """Return the modules that need a unit test; those of the container are run by test_in_container.py."""
    names = {name_of(module).removesuffix(".py") for module in MODULES}
    return {name for name in names if not name.endswith("__") and not name.startswith(IN_CONTAINER)}


def unit_tests() -> set[str]:
    """Return the unit tests under the names of the modules that they are about."""
    files = [file.relative_to(UNIT_TESTS) for file in UNIT_TESTS.rglob("test_*.py")]
    names = {(file.parent / file.stem.removeprefix("test_")).as_posix() for file in files}
    return {name for name in names if not name.startswith("devtools/")} - {IN_CONTAINER.rstrip("/")}


def test_unit__has_a_test_for_each_module() -> None:
    without = modules_to_mirror() - unit_tests()
    assert sorted(without - set(COVERED_BY)) == [], "add tests/unit/.../test_<module>.py"
    assert sorted(set(COVERED_BY) - without) == [], "these have a test of their own, or are gone: remove the lines"


@pytest.mark.parametrize("file", sorted(set(COVERED_BY.values())))
def test_unit__exceptions_name_a_test(file: str) -> None:
    assert (PROJECT / "tests" / file).is_file()


def test_unit__tests_modules_that_exist() -> None:
    """A module may have several files of tests, whose names add the aspect: test_http_redirects.py for http.py."""
    modules = modules_to_mirror()
    assert [name for name in sorted(unit_tests()) if not any(is_about(name, module) for module in modules)] == []


def is_about(test: str, module: str) -> bool:
    return test == module or test.startswith(f"{module}_")
