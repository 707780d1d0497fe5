"""The hub check as a step of the whole program, whose images start with the same layers as those for real hubs."""

import json
from pathlib import Path

import pytest

from devtools.engine import Engine
from tests.support.hub_images import IMAGES
from tests.support.program import Ended, Program
from tests.support.runner_rules import Command, read_commands

FOLDER = "images/course"


@pytest.fixture
def program(tmp_path: Path, engine: Engine) -> Program:
    program = Program(tmp_path, engine)
    program.env["GITHUB_OUTPUT"] = str(tmp_path / "output")
    program.env["GITHUB_STEP_SUMMARY"] = str(tmp_path / "summary")
    program.env["INPUT_RESULT-FILE"] = "result.json"
    return program


def run(program: Program, name: str, **inputs: str) -> Ended:
    """The image is that of a folder of the repository."""
    next(image for image in IMAGES if image.name == name).write(program.workspace / FOLDER)
    given = {f"INPUT_HUB-{key.upper().replace('_', '-')}": value for key, value in inputs.items()}
    return program.run(INPUT_PATH=FOLDER, **given)


def read_outputs(program: Program) -> str:
    return Path(program.env["GITHUB_OUTPUT"]).read_text()


def read_summary(program: Program) -> str:
    return Path(program.env["GITHUB_STEP_SUMMARY"]).read_text()


def told(ended: Ended, kind: str) -> list[Command]:
    return [command for command in read_commands(ended.log) if command.name == kind]


def test_hub_check__says_what_it_saw(program: Program) -> None:
    ended = run(program, "plain")
    assert ended.returncode == 0, ended.log
    assert told(ended, "warning") == told(ended, "error") == []
    outputs = read_outputs(program)
    assert "hub-ready-seconds<<" in outputs
    assert "hub-memory-bytes<<" in outputs
    assert '"jupyterlab": "4.' in outputs
    assert "| Hub check | `ready in" in read_summary(program)
    assert "| Time to hub check |" in read_summary(program)
    result = json.loads((program.workspace / "result.json").read_text())
    assert result["hub"].startswith("ready in")
    assert result["seconds"]["hub check"] > 0


def test_hub_check__failure_stands_at_its_file(program: Program) -> None:
    """And what the container prints is nobody's command."""
    script = "#!/bin/sh\necho '::set-output name=pushed::true'\necho '##[add-mask]x'\nexit 3\n"
    (program.workspace / FOLDER).mkdir(parents=True)
    image = next(image for image in IMAGES if image.name == "start-fails")
    image.write(program.workspace / FOLDER)
    (program.workspace / FOLDER / "start").write_text(script)
    ended = program.run(INPUT_PATH=FOLDER)
    assert ended.returncode == 1
    assert ended.error.properties == {"file": f"{FOLDER}/start", "title": "Hub check failed"}
    assert "ended with exit code 3" in ended.error.data
    assert "::set-output name=pushed::true" in ended.log
    assert told(ended, "set-output") == told(ended, "add-mask") == []
    assert "| Hub check | `failed: '/srv/repo/start'" in read_summary(program)
    assert "hub-ready-seconds" not in read_outputs(program)


def test_hub_check__failure_that_is_to_be_a_warning(program: Program) -> None:
    ended = run(program, "start-fails", check="warn")
    assert ended.returncode == 0, ended.log
    (warning,) = told(ended, "warning")
    assert warning.properties == {"file": f"{FOLDER}/start"}
    assert "ended with exit code 3" in warning.data
    assert "| Hub check | `failed: '/srv/repo/start'" in read_summary(program)


def test_hub_check__switched_off(program: Program) -> None:
    ended = run(program, "start-fails", check="false")
    assert ended.returncode == 0, ended.log
    assert "No hub check: the input 'hub-check' is false." in ended.log
    assert "| Hub check | none |" in read_summary(program)


def test_hub_check__versions_that_jupyterhub_warns_of(program: Program) -> None:
    ended = run(program, "plain", version="6.0.0")
    assert ended.returncode == 0, ended.log
    (warning,) = told(ended, "warning")
    assert "The hub is JupyterHub 6.0.0, and the image has 5." in warning.data


def test_hub_check__image_without_jupyter(program: Program) -> None:
    """It is for something else, and not failed."""
    (program.workspace / "Dockerfile").write_text("FROM debian:trixie-slim\nRUN true\nUSER 1000\n")
    ended = program.run()
    assert ended.returncode == 0, ended.log
    (notice,) = told(ended, "notice")
    assert "No hub check: the image has neither jupyterhub-singleuser nor jupyter" in notice.data


def test_hub_check__image_without_python(program: Program) -> None:
    """Jupyter alone, of which nobody can look at what it does."""
    dockerfile = "FROM debian:trixie-slim\nRUN touch /usr/bin/jupyter\nUSER 1000\n"
    (program.workspace / "Dockerfile").write_text(dockerfile)
    ended = program.run()
    assert ended.returncode == 1
    assert "no Python on its PATH" in ended.error.data
    assert ended.error.properties["file"] == "Dockerfile"


def test_hub_check__little_memory_and_another_page(program: Program) -> None:
    ended = run(program, "plain", memory="64M", timeout="60")
    assert ended.returncode == 1
    assert "more than the 64 MB of memory" in ended.error.data
    ended = run(program, "plain", default_url="/no-such-page")
    assert ended.returncode == 1
    assert "its page /no-such-page (input 'hub-default-url') does not open: 404" in ended.error.data
