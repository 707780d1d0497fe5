"""What has no effect, held against what repo2docker itself makes of each pair of files."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from devtools.places import PROJECT
from hubaction.build.unread_files import MAX_BYTES, Configuration, find_unread_files
from tests.unit.build.conftest import Render

FILES = {
    "Dockerfile": "FROM scratch\n",
    "environment.yml": "dependencies: [python=3.11]\n",
    "environment.yaml": "dependencies: [python=3.12]\n",
    "Pipfile": '[requires]\npython_version = "3.11"\n',
    "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.12"}}}\n',
    "requirements.txt": "humanize\n",
    "requirements3.txt": "humanize\n",
    "setup.py": "",
    "pyproject.toml": '[project]\nname = "x"\n[build-system]\nrequires = []\n',
    "Project.toml": '[compat]\njulia = "=1.9.4"\n',
    "JuliaProject.toml": '[compat]\njulia = "=1.10.2"\n',
    "REQUIRE": "julia 0.6\n",
    "install.R": "1\n",
    "apt.txt": "tree\n",
    "DESCRIPTION": "",
    "postBuild": "",
    "start": "",
    "runtime.txt": "python-3.11\n",
    "default.nix": "",
}
VARIANTS: Mapping[str, tuple[str, str]] = {name: (name, text) for name, text in FILES.items()} | {
    "runtime.txt for R": ("runtime.txt", "r-4.4-2025-01-15\n"),
    "runtime.txt for R without a day": ("runtime.txt", "r-4.3\n"),
    "runtime.txt for Python 2": ("runtime.txt", "python-2.7\n"),
}
TOLERATED = {
    ("Pipfile", "Pipfile.lock"): "the second is made from the first",
    ("requirements3.txt", "Pipfile"): "it counts where the Pipfile asks for Python 2, which is not looked up",
    ("requirements3.txt", "Pipfile.lock"): "the same",
    ("setup.py", "pyproject.toml"): "one package, of two files",
    ("pyproject.toml", "setup.py"): "the same",
    ("start", "default.nix"): "the wrapper of that build pack looks for it when the container starts",
}
"""What goes unread, or so it seems from the Dockerfile, and is not worth a word."""
OF_OTHERS = {"DESCRIPTION", "JuliaProject.toml", "Pipfile", "Pipfile.lock", "Project.toml", "REQUIRE", "default.nix"}
"""What a Dockerfile may use without naming it, besides Python packages."""


def without_copies(dockerfile: str) -> str:
    """A file that is copied, and nothing is made of it, has no effect."""
    return re.sub(r"(?m)^(COPY \S+ src/.+|#.*|)\n", "", dockerfile)


def make(folder: Path, *variants: str, below: str = "") -> Path:
    (folder / below).mkdir(parents=True, exist_ok=True)
    for variant in variants:
        name, text = VARIANTS[variant]
        (folder / below / name).write_text(text, encoding="utf-8")
    return folder


def files_named(folder: Path) -> set[str]:
    """The files that are said to have no effect."""
    messages = [remark.message.partition(" no effect") for remark in find_unread_files(Configuration(folder))]
    return {name for before, found, _ in messages if found for name in re.findall(r"'([^']+)'", before)}


def test_files__are_all_that_it_knows(tmp_path: Path) -> None:
    make(tmp_path, *FILES)
    make(tmp_path, "apt.txt", below="binder")
    assert set(Configuration(tmp_path).outside()) == set(FILES)


@pytest.mark.parametrize("variant", VARIANTS)
def test_pairs__are_as_repo2docker_renders_them(variant: str, tmp_path: Path, render: Render) -> None:
    """A file has no effect where the Dockerfile is the same without it."""
    name = VARIANTS[variant][0]
    for number, other in enumerate(VARIANTS):
        if VARIANTS[other][0] == name:
            continue
        alone, both = make(tmp_path / f"{number}-alone", other), make(tmp_path / f"{number}-both", variant, other)
        unread = without_copies(render(both)) == without_copies(render(alone))
        assert (name in files_named(both)) == (unread and not is_tolerated(both, name, other)), other


def is_tolerated(folder: Path, name: str, other: str) -> bool:
    pack = Configuration(folder).build_pack
    of_others = OF_OTHERS | {"setup.py", "pyproject.toml"}
    return pack is None or (name, other) in TOLERATED or (pack.chosen_by == "Dockerfile" and name in of_others)


@pytest.mark.parametrize("below", ["binder", ".binder"])
def test_binder_folder__is_as_repo2docker_renders_it(below: str, tmp_path: Path, render: Render) -> None:
    """Nothing outside of it counts, whatever is in it."""
    for number, other in enumerate(VARIANTS):
        alone, both = (make(tmp_path / f"{number}-{kind}", other, below=below) for kind in ("alone", "both"))
        make(both, *FILES)
        assert render(both) == render(alone)
        assert files_named(both) >= set(FILES), other


def test_binder_folder__counts_as_the_root_does(tmp_path: Path) -> None:
    make(tmp_path, "environment.yml", "requirements.txt", below="binder")
    (remark,) = find_unread_files(Configuration(tmp_path))
    assert remark.file == "binder/requirements.txt"
    assert "'binder/requirements.txt' has no effect" in remark.message


@pytest.mark.parametrize("name", ["setup.py", "pyproject.toml", "DESCRIPTION"])
def test_binder_folder__is_where_a_package_does_not_count(name: str, tmp_path: Path) -> None:
    make(tmp_path, "environment.yml", name, below="binder")
    assert files_named(tmp_path) == set()


# --- what makes use of a file that repo2docker does not read ---


@pytest.mark.parametrize(
    ("variants", "file", "text"),
    [
        (("requirements.txt",), "environment.yml", "dependencies:\n- pip:\n  - -r requirements.txt\n"),
        (("requirements.txt", "environment.yml"), "postBuild", "pip install -r requirements.txt"),
        (("requirements.txt", "apt.txt"), "Dockerfile", "FROM x\nCOPY requirements.txt ./apt.txt /tmp/\n"),
        (("install.R", "environment.yml"), "start", 'Rscript install.R\nexec "$@"\n'),
        (("setup.py", "environment.yml"), "postBuild", "pip install --no-deps -e .\n"),
        (("setup.py", "environment.yml"), "postBuild", "pip install '.[all]'\n"),
        (("setup.py", "environment.yml"), "postBuild", 'pip install "${REPO_DIR}"\n'),
        (("pyproject.toml",), "environment.yml", "dependencies:\n- pip:\n  - -e .\n"),
        (("pyproject.toml",), "binder/environment.yml", "dependencies:\n- pip:\n  - ../\n"),
        (("requirements.txt",), "binder/postBuild", "pip install -r requirements.txt"),
    ],
)
def test_use__of_others_keeps_it_quiet(variants: tuple[str, ...], file: str, text: str, tmp_path: Path) -> None:
    make(tmp_path, *variants)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert files_named(tmp_path) == set()
    (tmp_path / file).write_text("FROM x\n" if "Dockerfile" in file else "")
    assert files_named(tmp_path)


def test_name__within_another_is_not_it(tmp_path: Path) -> None:
    make(tmp_path, "requirements.txt", "environment.yml")
    (tmp_path / "postBuild").write_text("pip install -r dev-requirements.txt\npip install -r requirements.txt-old\n")
    assert files_named(tmp_path) == {"requirements.txt"}


def test_pyproject__that_only_holds_settings_is_none_of_it(tmp_path: Path) -> None:
    make(tmp_path, "environment.yml")
    for text in ("[tool.ruff]\n", "[project]\n", "not TOML", "a." * 60_000):
        (tmp_path / "pyproject.toml").write_text(text)
        assert files_named(tmp_path) == set()


# --- what is said ---


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        (("environment.yml", "requirements.txt"), "into 'environment.yml', those of PyPI under 'pip:'"),
        (("environment.yml", "runtime.txt"), "Name the version in 'environment.yml', such as python=3.13"),
        (("Pipfile", "runtime.txt"), "as python_version below [requires]"),
        (("environment.yml", "setup.py"), "call 'pip install .' in a script 'postBuild'"),
        (("requirements.txt", "install.R"), "where 'runtime.txt' names R and a day, such as 'r-4.4-2025-01-15'"),
        (("requirements.txt", "requirements3.txt"), "asks for a Python before 3.7"),
        (("environment.yml", "runtime.txt for R without a day"), "neither a version of Python nor R and a day. Write"),
        (("requirements.txt", "runtime.txt for R without a day"), "so repo2docker does not know what to build. Write"),
        (("default.nix", "install.R"), "does not read it beside 'default.nix'"),
        (("Dockerfile", "apt.txt", "start"), "'apt.txt' and 'start' have no effect: 'Dockerfile' describes the whole"),
    ],
)
def test_message__says_why_and_what_to_do(variants: tuple[str, ...], message: str, tmp_path: Path) -> None:
    (remark,) = find_unread_files(Configuration(make(tmp_path, *variants)))
    assert message in remark.message
    assert (tmp_path / remark.file).is_file()


def test_message__about_a_binder_folder_is_one(tmp_path: Path) -> None:
    make(make(tmp_path, "environment.yml", "postBuild", "start"), "apt.txt", below="binder")
    (remark,) = find_unread_files(Configuration(tmp_path))
    assert remark.message.startswith("'environment.yml', 'postBuild' and 'start' at the top of the repository have no")
    assert "Move what should count into 'binder'" in remark.message


# --- files of strangers ---


def test_hostile__files(tmp_path: Path) -> None:
    make(tmp_path, "environment.yml", "requirements.txt")
    (tmp_path / "postBuild").write_bytes(b"\xff\xfe" + b"." * MAX_BYTES + b" requirements.txt")
    (tmp_path / "start").mkdir()
    assert files_named(tmp_path) == {"requirements.txt"}


@pytest.mark.parametrize("text", ["", "python", "python-", "a-b-c", "r-4.4-2025-01-15-x-y"])
def test_runtime__that_repo2docker_refuses(text: str, tmp_path: Path, render: Render) -> None:
    make(tmp_path, "environment.yml")
    (tmp_path / "runtime.txt").write_text(text)
    assert find_unread_files(Configuration(tmp_path)) == []
    with pytest.raises(ValueError, match=r"Invalid runtime\.txt"):
        render(tmp_path)


@pytest.mark.parametrize("folder", ["template", "examples/conda", "examples/dockerfile-jupyterlab"])
def test_our_own_repositories__have_nothing_without_effect(folder: str) -> None:
    assert find_unread_files(Configuration(PROJECT / folder)) == []
