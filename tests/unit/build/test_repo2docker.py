"""Starting repo2docker: its configuration, its surroundings, and what is said when it fails."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hubaction.build.build_log import BuildError
from hubaction.build.repo2docker import NoBuildxError, build_image, check_buildx, own_arguments, write_configuration
from hubaction.decide.build_arguments import BuildSpec
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to

PLAN_OF_A_PUSH = make_build_plan(make_settings(LOGIN), push_to(), datetime(2026, 3, 1, tzinfo=UTC))
SPEC = replace(PLAN_OF_A_PUSH.build, repo2docker=(), buildx=("--label=a=x y", "--load"))


def spec_with(**changes: Any) -> BuildSpec:
    return replace(SPEC, **changes)


@pytest.fixture
def fake_docker(tmp_path: Path) -> Path:
    """A folder for the PATH with a `docker` that does what the test writes into it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "docker"
    script.touch(mode=0o755)
    return script


def environment(folder: Path) -> Mapping[str, str]:
    return {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}


def test_check_buildx__version(fake_docker: Path, tmp_path: Path) -> None:
    fake_docker.write_text('#!/bin/sh\necho "github.com/docker/buildx v0.1 $*"\n', encoding="utf-8")
    said = check_buildx(environment(fake_docker.parent), tmp_path)
    assert said == "github.com/docker/buildx v0.1 buildx version"


def test_check_buildx__missing(fake_docker: Path, tmp_path: Path) -> None:
    fake_docker.write_text(
        "#!/bin/sh\necho \"docker: 'buildx' is not a docker command\" >&2\nexit 1\n", encoding="utf-8"
    )
    with pytest.raises(NoBuildxError, match="has no buildx") as caught:
        check_buildx(environment(fake_docker.parent), tmp_path)
    assert "'buildx' is not a docker command" in caught.value.message
    assert "https://docs.docker.com/" in caught.value.message


def test_check_buildx__no_docker(tmp_path: Path) -> None:
    with pytest.raises(NoBuildxError, match="The command 'docker' was not found"):
        check_buildx({"PATH": str(tmp_path)}, tmp_path)


def test_write_configuration__what_the_command_line_cannot_carry(tmp_path: Path) -> None:
    write_configuration(SPEC, SPEC.buildx, tmp_path)
    assert json.loads((tmp_path / "repo2docker_config.json").read_text(encoding="utf-8")) == {
        "Repo2Docker": {"default_buildpack": None},
        "DockerEngine": {"extra_buildx_build_args": ["--label=a=x y", "--load"]},
    }


def test_write_configuration__nothing_that_a_version_without_buildx_does_not_know(tmp_path: Path) -> None:
    write_configuration(SPEC, (), tmp_path)
    assert "buildx" not in (tmp_path / "repo2docker_config.json").read_text(encoding="utf-8")


def test_build_image__runs_repo2docker(tmp_path: Path) -> None:
    lines: list[str] = []
    plan = spec_with(repo2docker=("jupyter-repo2docker", "--version"))
    built = build_image(
        plan, own_arguments(plan), folder=tmp_path, dockerfile="", env={"PATH": "/usr/bin:/bin"}, on_line=lines.append
    )
    assert (built.steps, built.cached_steps) == (0, 0)
    assert lines
    assert (tmp_path / "repo2docker_config.json").exists()


def test_build_image__nothing_of_the_folder_is_imported(tmp_path: Path) -> None:
    planted = f"import pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    for name in (
        "yaml.py",
        "json.py",
        "repo2docker.py",
        "sitecustomize.py",
        "hubaction/__init__.py",
        "docker/__init__.py",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(planted, encoding="utf-8")
    plan = spec_with(repo2docker=("jupyter-repo2docker", "--version"))
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "yaml.py")}
    build_image(plan, own_arguments(plan), folder=tmp_path, dockerfile="", env=env, on_line=lambda _: None)
    assert not (tmp_path / "ran").exists()


def test_build_image__failure_repeats_the_last_lines(tmp_path: Path) -> None:
    lines: list[str] = []
    plan = spec_with(repo2docker=("jupyter-repo2docker", "--no-such-option"))
    with pytest.raises(BuildError, match="The build failed"):
        build_image(
            plan,
            own_arguments(plan),
            folder=tmp_path,
            dockerfile="",
            env={"PATH": "/usr/bin:/bin"},
            on_line=lines.append,
        )
    said = lines.index("The failing step's last lines:")
    assert lines[said + 1 :]
    assert set(lines[said + 1 :]) <= set(lines[:said])
