"""Configuration files that repo2docker silently ignores because of other files.

This holds for the version of repo2docker that this action brings: the tests render each pair of files with it.
"""

import re
import tomllib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hubaction.build.context import find_binder_folder
from hubaction.inputs.repository_files import CONFIGURATION_FILES
from hubaction.results import Remark

MAX_BYTES = 100_000
"""Longer configuration files are not read."""
R_DAY = "r-4.4-2025-01-15"

ENVIRONMENTS = ("environment.yml", "environment.yaml")
"""If both exist, repo2docker reads the first."""

_PACKAGE = ("setup.py", "pyproject.toml")
_JULIA = ("JuliaProject.toml", "Project.toml")
_AT_ROOT_ONLY = frozenset({*_PACKAGE, "DESCRIPTION"})
_FILES = tuple(name for name in CONFIGURATION_FILES if name != "Manifest.toml")
"""It is read only beside the file of a Julia project."""
_SCRIPTS = ("postBuild", "start")
_ALWAYS = frozenset({"apt.txt", *_SCRIPTS})
"""Every build pack reads these, except the one for a Dockerfile."""
_NAMED_BY_DOCKERFILES = frozenset(
    {*ENVIRONMENTS, "requirements.txt", "requirements3.txt", "install.R", "runtime.txt", *_ALWAYS}
)
"""A Dockerfile may use other files without naming them."""
_NO_RUNTIME = "names neither a version of Python nor R and a day"
_WRITE_RUNTIME = f"Write e.g. 'python-3.13' or '{R_DAY}'."
_INSTALLS_REPOSITORY = re.compile(r"(?m)(?:^|[\s'\"=])\.{1,2}/?(?:$|[\s'\"\[])|REPO_DIR")


@dataclass(frozen=True)
class BuildPack:
    """The build pack that repo2docker chooses."""

    chosen_by: str
    """The file that decided; empty for the default."""
    reads: frozenset[str]


class Configuration:
    """The repository as repo2docker looks at it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.binder = find_binder_folder(root)

    def has(self, name: str) -> bool:
        """Whether the file exists where repo2docker looks for it."""
        return not (self.binder and name in _AT_ROOT_ONLY) and self._exists(Path(self.binder, name))

    def path(self, name: str) -> str:
        return str(Path(self.binder, name))

    def text(self, name: str) -> str:
        """The file's content; empty when it is missing or cannot be read."""
        return self._text(Path(self.binder, name))

    def outside(self) -> list[str]:
        """The files outside the binder folder that would be read without it."""
        if not self.binder:
            return []
        return [name for name in _FILES if self._exists(Path(name)) and (name not in _PACKAGE or self._is_package)]

    def inside(self) -> list[str]:
        return [name for name in _FILES if self.has(name) and (name not in _PACKAGE or self._is_package)]

    @cached_property
    def _is_package(self) -> bool:
        if self._exists(Path("setup.py")):
            return True
        try:
            return {"project", "build-system"} <= tomllib.loads(self._text(Path("pyproject.toml"))).keys()
        except (ValueError, RecursionError):
            return False

    @cached_property
    def runtime(self) -> tuple[str, bool]:
        """The language in runtime.txt, and whether a day follows."""
        parts = self.text("runtime.txt").strip().split("-")
        return (parts[0], len(parts) > 2) if len(parts) in (2, 4, 5) and all(parts) else ("", False)

    @cached_property
    def build_pack(self) -> BuildPack | None:
        """The first that fits; None when repo2docker refuses to build and explains why itself."""
        first = self._first("Dockerfile", *_JULIA, "REQUIRE", "default.nix")
        if first == "REQUIRE" or (not first and self.has("runtime.txt") and not self.runtime[0]):
            return None
        chosen_by, reads = next(((by, reads) for by, reads in self._packs() if by is not None), ("", None))
        if reads is None:
            return None
        # A Dockerfile's instructions alone make the image.
        return BuildPack(chosen_by, frozenset({chosen_by, *reads}) | (_ALWAYS if first != "Dockerfile" else set()))

    def _packs(self) -> Iterator[tuple[str | None, Set[str]]]:
        """For each build pack, in repo2docker's order: the file that selects it, if any, and what else it reads."""
        language, day = self.runtime
        python = self._python_files()
        yield self._first("Dockerfile"), set()
        yield self._first(*_JULIA), python
        yield self._first("default.nix"), set()
        r_files = {"install.R", "DESCRIPTION", "runtime.txt"} | python
        yield ("runtime.txt" if language == "r" and day else self._first("DESCRIPTION")), r_files
        yield self._first(*ENVIRONMENTS), set()
        pipenv = self._first("Pipfile.lock", "Pipfile")
        yield (pipenv if language in ("", "python") else None), {"Pipfile", "Pipfile.lock", "requirements3.txt"}
        if language in ("", "python"):
            yield self._first("runtime.txt", "requirements.txt", *_PACKAGE) or "", python

    def _python_files(self) -> set[str]:
        """The files that the packs for Python, R and Julia read."""
        files = {self._first(*ENVIRONMENTS) or "", "requirements.txt", *_PACKAGE}
        if self.runtime[0] == "python":
            files.add("runtime.txt")
        if re.fullmatch(r"python-(2|2\.\d+|3\.[0-6])", self.text("runtime.txt").strip()):
            files.add("requirements3.txt")
        return files

    def uses(self, name: str) -> bool:
        """Whether a file that repo2docker reads mentions one that it does not read.

        A mention in a comment counts, too: no remark is better than a wrong one.
        """
        read = self.build_pack.reads if self.build_pack else _ALWAYS
        texts = [self.text(other) for other in sorted(read & {"Dockerfile", "install.R", *ENVIRONMENTS, *_SCRIPTS})]
        named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
        if any(named.search(text) for text in texts):
            return True
        return name in _PACKAGE and any(_INSTALLS_REPOSITORY.search(text) for text in texts)

    def _first(self, *names: str) -> str | None:
        return next((name for name in names if self.has(name)), None)

    def _exists(self, path: Path) -> bool:
        return (self.root / path).exists()

    def _text(self, path: Path) -> str:
        file = self.root / path
        try:
            if not file.is_file() or file.stat().st_size > MAX_BYTES:
                return ""
            return file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""  # the build itself reports files that cannot be read


def find_unread_files(configuration: Configuration) -> list[Remark]:
    """Return a remark for each reason why files have no effect, with what to do about it."""
    return [*_find_outside(configuration), *_find_beside(configuration)]


def _find_outside(configuration: Configuration) -> list[Remark]:
    names = [name for name in configuration.outside() if not configuration.uses(name)]
    if not names:
        return []
    binder = configuration.binder
    message = (
        f"{_join(names)} at the top of the repository {_have(names)} no effect: there is a folder '{binder}', and"
        f" repo2docker reads its configuration there only. Move what should count into '{binder}', or rename that"
        " folder if it is meant for something else."
    )
    return [Remark(message, names[0])]


def _find_beside(configuration: Configuration) -> list[Remark]:
    pack = configuration.build_pack
    if pack is None:
        return _explain_refusal(configuration)
    unread = [name for name in configuration.inside() if name not in pack.reads and not configuration.uses(name)]
    if pack.chosen_by == "Dockerfile":
        return _explain_dockerfile(configuration, [name for name in unread if name in _NAMED_BY_DOCKERFILES])
    return [_explain(configuration, pack, name) for name in unread]


def _explain_dockerfile(configuration: Configuration, names: list[str]) -> list[Remark]:
    if not names:
        return []
    message = (
        f"{_join(names)} {_have(names)} no effect: 'Dockerfile' describes the whole image, repo2docker reads nothing"
        " else beside it, and it does not name them. Use them in the Dockerfile, or remove one or the other."
    )
    return [Remark(message, configuration.path(names[0]))]


def _explain_refusal(configuration: Configuration) -> list[Remark]:
    """Explain the one refusal for which repo2docker itself gives a misleading reason."""
    if configuration.has("REQUIRE") or not configuration.runtime[0]:
        return []
    path = configuration.path("runtime.txt")
    return [Remark(f"'{path}' {_NO_RUNTIME}, so repo2docker does not know what to build. {_WRITE_RUNTIME}", path)]


def _explain(configuration: Configuration, pack: BuildPack, name: str) -> Remark:
    reason = f"repo2docker does not read it beside '{pack.chosen_by}'."
    advice = f"Put what it says into '{pack.chosen_by}', or remove one of the two."
    if pack.chosen_by == "default.nix":
        pass  # beside it, nothing else is read
    elif name == "install.R":
        reason = f"repo2docker runs it where 'runtime.txt' names R and a day, such as '{R_DAY}', or beside DESCRIPTION."
        advice = "Add such a file, or remove this one."
    elif name == "requirements3.txt":
        reason = "repo2docker reads it where 'runtime.txt' asks for a Python before 3.7."
        advice = "Put its packages where the others are, or remove it."
    elif name == "runtime.txt":
        reason, advice = _explain_runtime(configuration, pack, reason, advice)
    elif name in _PACKAGE:
        advice = "To have this repository installed, call 'pip install .' in a script 'postBuild'."
    elif pack.chosen_by in ENVIRONMENTS and name not in ENVIRONMENTS:
        advice = f"Put its packages into '{pack.chosen_by}', those of PyPI under 'pip:', or remove one of the two."
    return Remark(f"'{configuration.path(name)}' has no effect: {reason} {advice}", configuration.path(name))


def _explain_runtime(configuration: Configuration, pack: BuildPack, reason: str, advice: str) -> tuple[str, str]:
    language, day = configuration.runtime
    if language != "python" and not day:
        return f"it {_NO_RUNTIME}.", _WRITE_RUNTIME
    if language == "python" and pack.chosen_by in ENVIRONMENTS:
        return reason, f"Name the version in '{pack.chosen_by}', such as python=3.13, and remove this file."
    if language == "python" and pack.chosen_by.startswith("Pipfile"):
        return reason, "Name the version in 'Pipfile', as python_version below [requires], and remove this file."
    return reason, advice


def _join(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)


def _have(names: list[str]) -> str:
    return "have" if names[1:] else "has"
