"""`python -m devtools.recipe`: records that the sources which have a say in images go with the number RECIPE.

Earlier images are used again by that number, and not by our sources: a reworded message rebuilds nobody's image. A test
holds the sources against the record, so that each change of them is a decision: see CONTRIBUTING.md.
"""

import ast
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devtools import places
from hubaction.build.fingerprint import RECIPE

PACKAGE = places.PROJECT / "hubaction"
LOCK = places.PROJECT / "tests/contract/recipe.lock"
HAVE_A_SAY = (
    "build",
    "guard",
    "verify",
    "decide/build_arguments.py",
    "decide/labels.py",
    "modes/image.py",
    "modes/verify.py",
)
"""Files and folders of the package that decide what an image becomes, or how it is verified."""
HAVE_NONE = (
    "build/base_images.py",
    "build/build_log.py",
    "build/dockerfile.py",
    "build/dockerfile_arguments.py",
    "build/fingerprint.py",
    "build/layer_cache.py",
    "build/reuse.py",
    "build/uncached_requirements.py",
    "build/unread_files.py",
)
"""Of those, the ones that find what is in the fingerprint anyway, save time, or tell something."""


@dataclass(frozen=True)
class Lock:
    """What the lock file records."""

    recipe: int
    sources: str
    """A hash of the sources that have a say."""


def read_lock(file: Path = LOCK) -> Lock:
    return Lock(**json.loads(file.read_text(encoding="utf-8")))


def write_lock(lock: Lock, file: Path = LOCK) -> None:
    """Raises ValueError for a number that went back: the images of that time would be taken for today's."""
    if file.exists() and lock.recipe < read_lock(file).recipe:
        raise ValueError(f"RECIPE is {lock.recipe}, and was {read_lock(file).recipe} already.")
    file.write_text(json.dumps(asdict(lock), indent=1) + "\n", encoding="utf-8")


def hash_sources(
    package: Path = PACKAGE, have_a_say: Sequence[str] = HAVE_A_SAY, have_none: Sequence[str] = HAVE_NONE
) -> str:
    """A hash of what the sources do: comments, docstrings, layout and imports do not count, nor where a definition is.

    Raises ValueError for a name that is none of a file or a folder: what was moved has to be named anew.
    """
    if missing := [name for name in (*have_a_say, *have_none) if not (package / name).exists()]:
        raise ValueError(f"devtools/recipe.py names what is not there: {', '.join(missing)}")
    left_out = {package / name for name in have_none}
    files = {
        file
        for name in have_a_say
        for file in ((package / name).rglob("*") if (package / name).is_dir() else [package / name])
        if file.is_file() and file not in left_out and "__pycache__" not in file.parts
    }
    parts = sorted(part for file in files for part in _read_parts(file))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read_parts(file: Path) -> Iterator[str]:
    """The definitions of a module; any other file whole, with its name."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        yield from (_describe(statement) for statement in ast.parse(text).body if _counts(statement))
    else:
        yield f"{file.name}\n{text}"


def _describe(node: object) -> str:
    """As ast.dump, without what does not count, and the same on each version of Python."""
    if isinstance(node, ast.AST):
        fields = [(name, _describe(value)) for name, value in ast.iter_fields(node) if name != "kind"]
        return f"{type(node).__name__}({', '.join(f'{name}={text}' for name, text in fields if text)})"
    if isinstance(node, list):
        return ", ".join(_describe(item) for item in node if _counts(item))
    return "" if node is None else repr(node)


def _counts(node: object) -> bool:
    """Whether it is neither an import nor a text that stands alone, such as a docstring."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return not is_text and not isinstance(node, ast.Import | ast.ImportFrom)


if __name__ == "__main__":
    write_lock(Lock(RECIPE, hash_sources()))
