"""The whole program as a process on this machine, without its container: what is missing is told in one sentence."""

import os
import secrets
from pathlib import Path

import pytest

from devtools.engine import Engine
from devtools.registry import Registry
from hubaction.decide.build_arguments import CONTEXT_FOLDER
from tests.support.machine import repeated
from tests.support.program import Program
from tests.support.runner_rules import read_commands

DOCKERFILE = "FROM debian:trixie-slim\nRUN {command}\nUSER 1000\n"


@pytest.fixture
def program(tmp_path: Path, engine: Engine) -> Program:
    return Program(tmp_path, engine)


def test_main__builds(program: Program) -> None:
    (program.workspace / "Dockerfile").write_text(DOCKERFILE.format(command="true"))
    ended = program.run()
    assert ended.returncode == 0, ended.log


def test_main__without_an_engine(program: Program) -> None:
    (program.workspace / "Dockerfile").write_text(DOCKERFILE.format(command="true"))
    ended = program.run(DOCKER_HOST=f"unix://{program.workspace}/nobody.sock")
    assert ended.returncode == 1
    assert ended.error.properties["title"] == "No container engine"
    assert "The engine does not answer" in ended.error.data
    assert "Traceback" not in ended.log


def test_main__without_the_engines_client(program: Program) -> None:
    (program.workspace / "Dockerfile").write_text(DOCKERFILE.format(command="true"))
    ended = program.run(PATH="/nowhere")
    assert ended.returncode == 1
    assert "The command 'docker' was not found" in ended.error.data


def test_main__without_buildx(program: Program, tmp_path: Path) -> None:
    """A client without plugins: buildx is one, which the client looks for in folders of its own too."""
    (program.workspace / "Dockerfile").write_text(DOCKERFILE.format(command="true"))
    (tmp_path / "docker").write_text(
        "#!/bin/sh\necho \"docker: 'buildx' is not a docker command.\" >&2\necho \"See 'docker --help'\" >&2\nexit 1\n"
    )
    (tmp_path / "docker").chmod(0o755)
    ended = program.run(PATH=f"{tmp_path}:{os.defpath}")
    assert ended.returncode == 1
    assert "has no buildx" in ended.error.data
    assert "'buildx' is not a docker command" in ended.error.data


def test_main__with_an_unreadable_docker_configuration(program: Program, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    ended = program.run(DOCKER_CONFIG=str(tmp_path))
    assert ended.returncode == 1
    assert f"{tmp_path}/config.json" in ended.error.data


def test_main__build_without_space(program: Program) -> None:
    """A build that writes to a full device: a device that is always full stands in for the disk.

    The text comes from the kernel as on a full disk; a full disk of the engine itself is not made here.
    """
    (program.workspace / "Dockerfile").write_text(DOCKERFILE.format(command="cp /etc/hosts /dev/full"))
    ended = program.run()
    assert ended.returncode == 1
    assert "The disk is full" in ended.error.data


def test_main__build_with_a_base_image_that_needs_a_login(program: Program, registry: Registry) -> None:
    (program.workspace / "Dockerfile").write_text(f"FROM {registry.host}/lab/nothing:1\n")
    ended = program.run()
    assert ended.returncode == 1
    assert "The base image cannot be pulled" in ended.error.data


def test_main__build_of_a_dockerfile_with_a_mistake(program: Program) -> None:
    (program.workspace / "Dockerfile").write_text("FROM debian:trixie-slim\nRUNN true\n")
    ended = program.run()
    assert ended.returncode == 1
    assert "The Dockerfile cannot be parsed" in ended.error.data
    assert ended.error.properties["file"] == "Dockerfile"
    assert ended.error.properties["line"] == "2"


def test_main__build_beside_a_file_that_has_no_effect(program: Program) -> None:
    """The notice stands at the file, from the repository's root, and comes before the build, which may fail of it."""
    folder = program.workspace / "images" / "course"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM debian:trixie-slim\nRUNN true\n")
    (folder / "requirements.txt").write_text("numpy\n")
    ended = program.run(INPUT_PATH="images/course")
    notice, error = [command for command in read_commands(ended.log) if command.name in {"notice", "error"}]
    assert "'requirements.txt' has no effect: 'Dockerfile' describes the whole image" in notice.data
    assert notice.properties == {"file": "images/course/requirements.txt"}
    assert error == ended.error


def test_main__build_with_another_repo2docker_is_not_remarked_on(program: Program) -> None:
    """What that one reads is not known here; there is none of this number, so the run ends before its build."""
    (program.workspace / "environment.yml").write_text("dependencies: [python=3.13]\n")
    (program.workspace / "requirements.txt").write_text("numpy\n")
    ended = program.run(**{"INPUT_REPO2DOCKER-VERSION": "1.0"})
    assert "repo2docker" in ended.error.data
    assert [command for command in read_commands(ended.log) if command.name == "notice"] == []


def test_main__leaves_no_folder_behind(program: Program) -> None:
    """Its folder is known by a file of the build: other runs on this machine have folders of that name, too."""
    mark = secrets.token_hex(8)
    (program.workspace / mark).touch()
    seen: set[Path] = set()

    def look() -> None:
        seen.update(file.parents[1] for file in Path("/tmp").glob(f"hub-image-action-*/{CONTEXT_FOLDER}/{mark}"))

    with repeated(look):
        test_main__builds(program)
    assert len(seen) == 1
    assert [folder for folder in seen if folder.exists()] == []
