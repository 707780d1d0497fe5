"""What voids the builder's cache, held against repo2docker's own reading and against what it renders."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devtools.places import PROJECT
from hubaction.build.uncached_requirements import find_uncached_requirements, is_local, read_environment
from hubaction.build.unread_files import Configuration
from tests.unit.build.conftest import Render

LOCAL = ["-r requirements.txt", "-rmore.txt", "--requirement=x", "-c pins.txt", "-e .", "--editable=.", ".", "./lib",
         "-e ../lib", "x @ file:///srv/x", "git+file://x", "git://../x"]  # fmt: skip
REMOTE = ["numpy", "numpy==1.0  # see ./x", "# -e .", "", "--pre", "-e", "-e git+https://example.org/x", "--no-deps",
          "https://example.org/./x.whl", "x @ https://example.org/x", "--pre -e .",
          "--index-url=x -e ./y"]  # fmt: skip
PARTS = ["-", "--", "-e", "-r", "-c", "--pre", "--editable", "--requirement", "=", " ", ".", "/", ":", "://", "file://"]
LINES = st.lists(st.sampled_from([*PARTS, "#", "a", "x y", "\t", "@"]), max_size=8).map("".join)
ENVIRONMENT = "dependencies:\n- python=3.11\n- pip:\n  - humanize\n  - {}\n"


# --- one requirement ---


@pytest.mark.parametrize(("line", "local"), [(line, line in LOCAL) for line in LOCAL + REMOTE])
def test_is_local__as_repo2docker_says(line: str, local: bool, repo2docker: Any) -> None:
    assert is_local(line) is local
    assert repo2docker.utils.is_local_pip_requirement(line) is local


@settings(max_examples=1000)
@given(line=LINES | st.text(max_size=20))
def test_is_local__of_any_line_as_repo2docker_says(line: str, repo2docker: Any) -> None:
    assert is_local(line) == repo2docker.utils.is_local_pip_requirement(line)


# --- the files ---


@pytest.mark.parametrize("line", [*LOCAL, "humanize"])
@pytest.mark.parametrize("extra", ["", "Project.toml", "DESCRIPTION"])
def test_environment__installs_after_the_copy_where_it_says_so(
    line: str, extra: str, tmp_path: Path, render: Render
) -> None:
    (tmp_path / "environment.yml").write_text(ENVIRONMENT.format(line))
    if extra:
        (tmp_path / extra).touch()
    dockerfile = render(tmp_path)
    installed, copied = dockerfile.index("env update"), re.search(r"(?m)^COPY \S+ src/ ", dockerfile)
    assert copied
    found = find_uncached_requirements(Configuration(tmp_path))
    assert [remark.file for remark in found] == ["environment.yml"] * (installed > copied.start())
    assert all(line in remark.message and remark.line == 5 for remark in found)


@pytest.mark.parametrize("line", [*LOCAL, "humanize"])
def test_requirements__install_after_the_copy_where_it_says_so(line: str, tmp_path: Path, render: Render) -> None:
    (tmp_path / "requirements.txt").write_text(f"humanize\n  {line}  \n")
    dockerfile = render(tmp_path)
    installed, copied = dockerfile.index("pip install"), re.search(r"(?m)^COPY \S+ src/ ", dockerfile)
    assert copied
    found = find_uncached_requirements(Configuration(tmp_path))
    assert [(remark.file, remark.line) for remark in found] == [("requirements.txt", 2)] * (installed > copied.start())


def test_files__that_are_not_read(tmp_path: Path) -> None:
    """What has no effect costs nothing."""
    (tmp_path / "environment.yml").write_text("dependencies: [python]\n")
    (tmp_path / "environment.yaml").write_text(ENVIRONMENT.format("-e ."))
    (tmp_path / "requirements.txt").write_text("-e .\n")
    assert find_uncached_requirements(Configuration(tmp_path)) == []
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "environment.yml").write_text(ENVIRONMENT.format("-e ."))
    assert find_uncached_requirements(Configuration(tmp_path)) == []
    (tmp_path / "Dockerfile").unlink()
    assert find_uncached_requirements(Configuration(tmp_path))


def test_binder_folder__is_where_it_looks(tmp_path: Path) -> None:
    (tmp_path / "binder").mkdir()
    (tmp_path / "binder" / "environment.yml").write_text(ENVIRONMENT.format("-r ../requirements.txt"))
    (remark,) = find_uncached_requirements(Configuration(tmp_path))
    assert remark.file == "binder/environment.yml"


@pytest.mark.parametrize(
    ("line", "advice"), [("-r requirements.txt", "Write the packages themselves there"), ("-e .", "script 'postBuild'")]
)
def test_message__says_what_to_do(line: str, advice: str, tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(ENVIRONMENT.format(line))
    (remark,) = find_uncached_requirements(Configuration(tmp_path))
    assert f"'environment.yml' hands '{line}' to pip" in remark.message
    assert advice in remark.message


# --- files of strangers ---


@pytest.mark.parametrize(
    "text",
    ["", "-", "[", "5", "dependencies: 5", "dependencies: x", "dependencies: [{pip: 5}]",
     "dependencies: [{pip: [[x]]}]",
     "a: &a [*a]", "dependencies: {pip: [-e .]}", "dependencies:\n- pip: -e .\n", "[" * 20_000, "d: 2001-99-99",
     "!!python/object:os.system x", "? [a]\n: b\n"],
)  # fmt: skip
def test_hostile__environment(text: str) -> None:
    assert read_environment(text) == []


def test_hostile__environment_that_grows_when_read() -> None:
    """Each line names ten times what the line before does: as a whole it would fill any memory."""
    names = "abcdefghijklmnopqrst"
    lines = ["a: &a {x: 1}"]
    lines += [f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 10)}]}}" for old, new in pairwise(names)]
    assert read_environment("\n".join([*lines, "dependencies: [{pip: [-e .]}]"])) == [(21, "-e .")]


def test_hostile__requirement_is_cut(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-e ." + "x" * 5_000)
    (remark,) = find_uncached_requirements(Configuration(tmp_path))
    assert len(remark.message) < 500


@pytest.mark.parametrize("folder", ["template", "examples/conda", "examples/dockerfile-jupyterlab"])
def test_our_own_repositories__are_cached(folder: str) -> None:
    assert find_uncached_requirements(Configuration(PROJECT / folder)) == []
