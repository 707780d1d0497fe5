"""Which changes of our sources have to be decided on."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from devtools.recipe import Lock, hash_sources, read_lock, write_lock

MODULE = '''"""What it is."""
from hubaction.build.other import OTHER

LIMIT = 5
"""Of something."""

@dataclass
class Thing:
    """One of them."""

    name: str | None = None

def make(first: int, *rest: int, last: int = 1) -> list[object]:
    """Make it."""
    import json
    return [first, *rest, last, f"{OTHER!r:>{LIMIT}}", {**{}}, None, ""]  # all of it
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    for name, text in {
        "build/made.py": MODULE,
        "build/log.py": "TOLD = 1",
        "build/in_container/run.sh": "run",
        "report/told.py": "TOLD = 1",
        "labels.py": "LABEL = 1",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def hash_of(package: Path) -> str:
    return hash_sources(package, ("build", "labels.py"), ("build/log.py",))


def replace(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(package: Path) -> None:
        before = (package / name).read_text()
        assert old in before
        (package / name).write_text(before.replace(old, new))

    return change


def move(name: str, new: str) -> Callable[[Path], object]:
    def change(package: Path) -> None:
        (package / new).parent.mkdir(parents=True, exist_ok=True)
        (package / name).rename(package / new)

    return change


def divide(package: Path) -> None:
    """Move a definition to another module."""
    before, after = MODULE.split("@dataclass")
    (package / "build/made.py").write_text(before)
    (package / "build/more.py").write_text(f"from hubaction.build.made import LIMIT\n\n@dataclass{after}")


def add(name: str, text: str) -> Callable[[Path], object]:
    def change(package: Path) -> None:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)

    return change


HAVE_A_SAY: Mapping[str, Callable[[Path], object]] = {
    "number": replace("build/made.py", "LIMIT = 5", "LIMIT = 6"),
    "name": replace("build/made.py", "LIMIT", "MOST"),
    "text": replace("build/made.py", '""]', '" "]'),
    "format": replace("build/made.py", ":>{", ":<{"),
    "conversion": replace("build/made.py", "!r", ""),
    "None": replace("build/made.py", 'None, ""', '"", None'),
    "kind of number": replace("build/made.py", "LIMIT = 5", "LIMIT = 5.0"),
    "star": replace("build/made.py", "[first, *rest", "[first, rest"),
    "default": replace("build/made.py", "last: int = 1", "last: int"),
    "decorator": replace("build/made.py", "@dataclass\n", ""),
    "order of what is done": replace("build/made.py", "[first, *rest", "[*rest, first"),
    "script": replace("build/in_container/run.sh", "run", "run # more"),
    "script's name": move("build/in_container/run.sh", "build/in_container/start.sh"),
    "new module": add("build/new.py", "NEW = 1"),
    "new script": add("build/new.R", "1"),
    "module that is gone": move("build/made.py", "report/made.py"),
    "module of the list": replace("labels.py", "1", "2"),
}
HAVE_NONE: Mapping[str, Callable[[Path], object]] = {
    "comment": replace("build/made.py", "  # all of it", "  # nothing left out\n    # at all"),
    "docstring of a module": replace("build/made.py", "What it is", "What it was"),
    "docstring of a constant": replace("build/made.py", "Of something", "Of anything"),
    "docstring of a class": replace("build/made.py", '    """One of them."""\n', ""),
    "docstring of a function": replace("build/made.py", '    """Make it."""\n', ""),
    "layout": replace("build/made.py", "first: int, *rest", "first: int,\n    *rest"),
    "quotes": replace("build/made.py", ', ""]', ", '']"),
    "import": replace("build/made.py", "hubaction.build.other", "hubaction.elsewhere"),
    "import in a function": replace("build/made.py", "    import json\n", ""),
    "module moved within": move("build/made.py", "build/inner/found.py"),
    "definition moved": divide,
    "script moved within": move("build/in_container/run.sh", "build/inner/run.sh"),
    "module without a say": replace("build/log.py", "1", "2"),
    "module elsewhere": replace("report/told.py", "1", "2"),
    "compiled": add("build/__pycache__/made.pyc", "x"),
}


@pytest.mark.parametrize("change", HAVE_A_SAY.values(), ids=HAVE_A_SAY)
def test_hash_sources__what_has_a_say(package: Path, change: Callable[[Path], object]) -> None:
    before = hash_of(package)
    change(package)
    assert hash_of(package) != before


@pytest.mark.parametrize("change", HAVE_NONE.values(), ids=HAVE_NONE)
def test_hash_sources__what_has_none(package: Path, change: Callable[[Path], object]) -> None:
    before = hash_of(package)
    change(package)
    assert hash_of(package) == before


@pytest.mark.parametrize("gone", ["labels.py", "build/log.py"])
def test_hash_sources__what_was_moved_has_to_be_named_again(package: Path, gone: str) -> None:
    (package / gone).unlink()
    with pytest.raises(ValueError, match=f"names what is not there: {gone}"):
        hash_of(package)


def test_write_lock__the_number_never_goes_back(tmp_path: Path) -> None:
    file = tmp_path / "recipe.lock"
    for lock in (Lock(1, "a"), Lock(1, "b"), Lock(2, "b")):
        write_lock(lock, file)
        assert read_lock(file) == lock
    with pytest.raises(ValueError, match="RECIPE is 1, and was 2 already"):
        write_lock(Lock(1, "c"), file)
    assert read_lock(file) == Lock(2, "b")
