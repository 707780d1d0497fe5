"""build.version with the real pip, the real PyPI and, for a version without buildx, the real engine."""

import json
import secrets
import sys
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine
from hubaction.build.other_repo2docker import Installed, TooOldError, VersionError, arguments_for, install_repo2docker
from hubaction.clients.process import child_environment, stream_process

WITH_BUILDX = "2025.12.0"
WITHOUT_BUILDX = "2024.7.0"
ANOTHER = "https://files.pythonhosted.org/packages/6c/0c/f37b6a241f0759b7653ffa7213889d89ad49a2b76eb2ddf3b57b2738c347"
USER = ("--user-id", "1000", "--user-name", "jovyan")
NOT_THIS_PYTHON = "jupyter-repo2docker==0.8.0"


class Installation:
    """Installs into a folder of this test's own; `said` is what pip did."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder / "run"
        self.folder.mkdir()
        inherited = process.environment() | engine.environment()
        config = Path(inherited.get("DOCKER_CONFIG", folder / "docker-config"))
        self.env = child_environment(inherited, home=self.folder, docker_config=config)
        self.said: list[str] = []

    def __call__(self, requirement: str) -> Installed:
        return install_repo2docker(requirement, self.folder, env=self.env, on_line=self.said.append)


@pytest.fixture
def install(tmp_path: Path, engine: Engine) -> Installation:
    return Installation(tmp_path, engine)


def test_install_repo2docker__with_buildx(install: Installation) -> None:
    installed = install(WITH_BUILDX)
    assert (installed.version, installed.buildx, installed.text) == (WITH_BUILDX, True, WITH_BUILDX)
    assert installed.python.is_relative_to(install.folder)
    assert any("Successfully installed" in line for line in install.said)


def test_install_repo2docker__not_into_our_environment(install: Installation) -> None:
    (install.folder / "repo2docker.py").write_text("raise SystemExit('imported from the folder')\n", encoding="utf-8")
    ours = process.run([sys.executable, "-I", "-m", "repo2docker", "--version"])
    assert install(WITHOUT_BUILDX).version == WITHOUT_BUILDX
    assert process.run([sys.executable, "-I", "-m", "repo2docker", "--version"]) == ours != WITHOUT_BUILDX


def test_install_repo2docker__no_such_version(install: Installation) -> None:
    with pytest.raises(VersionError, match=r"there is no jupyter-repo2docker==2099\.1; the newest are .*2025\.12\.0"):
        install("2099.1")


def test_install_repo2docker__no_such_address(install: Installation) -> None:
    with pytest.raises(VersionError, match=r"nothing to fetch at the address in https://pypi\.org/.*404"):
        install("https://pypi.org/no-such-folder/repo2docker.zip")


@pytest.mark.slow
def test_install_repo2docker__no_network(install: Installation) -> None:
    install.env |= {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    with pytest.raises(VersionError, match="could not be fetched: the network, a proxy"):
        install("jupyter-repo2docker @ https://127.0.0.1:9/repo2docker.zip")


def test_install_repo2docker__another_package(install: Installation) -> None:
    wheel = f"{ANOTHER}/iso8601-2.1.0-py3-none-any.whl"
    with pytest.raises(VersionError, match="what it names is installed, and is not repo2docker"):
        install(wheel)


def test_install_repo2docker__too_old(install: Installation) -> None:
    with pytest.raises(TooOldError, match=r"does not start on this action's Python, 3\.\d+\.\d+: \w+Error"):
        install(NOT_THIS_PYTHON)


@pytest.mark.slow
def test_arguments_for__version_without_buildx_builds(install: Installation, engine: Engine) -> None:
    """The engine's older builder takes the labels from it."""
    installed = install(WITHOUT_BUILDX)
    assert not installed.buildx
    context = install.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM debian:trixie-slim\nRUN true\n", encoding="utf-8")
    configuration = {"Repo2Docker": {"default_buildpack": None}, "DockerEngine": {"extra_buildx_build_args": []}}
    (install.folder / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    tag = f"hub-image-action/tests-version:{secrets.token_hex(6)}"
    options = ("--no-run", "--no-push", "--config", "config.json", "--image-name", tag)
    plan = ("jupyter-repo2docker", *options, *USER, "context")
    arguments = arguments_for(plan, ("--load", "--provenance=false", "--label=org.example=a b = c"), installed)
    lines: list[str] = []
    try:
        code = stream_process(arguments.command, env=install.env, cwd=install.folder, on_line=lines.append)
        assert code == 0, lines
        (image,) = json.loads(process.run(["docker", "image", "inspect", tag], env=engine.environment()))
    finally:
        process.run(["docker", "image", "rm", "--force", tag], env=engine.environment())
    assert image["Config"]["Labels"]["org.example"] == "a b = c"


def test_arguments_for__label_in_a_generated_dockerfile(install: Installation) -> None:
    installed = install(WITHOUT_BUILDX)
    context = install.folder / "context"
    context.mkdir()
    # Its requirements are guessed at with chardet, whose newest release lacks what this version calls.
    (context / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    plan = ("jupyter-repo2docker", "--no-build", "--debug", "--image-name", "a:b", *USER, "context")
    arguments = arguments_for(plan, ("--label=org.example=a b", '--label=bad="\nRUN id'), installed)
    lines: list[str] = []
    assert stream_process(arguments.command, env=install.env, cwd=install.folder, on_line=lines.append) == 0, lines
    assert 'LABEL org.example="a b"' in lines
    assert not [line for line in lines if line.startswith("RUN id")]


def test_install_repo2docker__no_place_for_the_environment(install: Installation) -> None:
    (install.folder / "repo2docker-environment").write_text("a file", encoding="utf-8")
    with pytest.raises(VersionError, match="no environment can be made for it"):
        install(WITH_BUILDX)


IN_THE_IMAGE = """
import json, os, pathlib, sys
sys.path.insert(0, "/opt/hub-image-action")
from hubaction.build.version import install_repo2docker
from hubaction.errors import ActionError
for wanted in sys.argv[1:]:
    folder = pathlib.Path("/tmp") / wanted.replace("/", "-")
    folder.mkdir()
    try:
        done = install_repo2docker(wanted, folder, env=dict(os.environ), on_line=lambda line: None)
        print(json.dumps([done.version, done.buildx]))
    except ActionError as error:
        print(json.dumps([type(error).__name__, error.message]))
"""


@pytest.mark.slow
def test_install_repo2docker__in_the_actions_image(action_image: str, engine: Engine) -> None:
    """Debian's Python has neither pip nor ensurepip, and the image has no git."""
    program = ["--entrypoint", "/opt/hub-image-action/venv/bin/python", action_image, "-I", "-c", IN_THE_IMAGE]
    wanted = [WITH_BUILDX, WITHOUT_BUILDX, "2022.2.0", "2021.8.0", "git+https://github.com/jupyterhub/repo2docker@main"]
    said = process.run(["docker", "run", "--rm", "--network=host", *program, *wanted], env=engine.environment())
    *found, too_old, git = [json.loads(line) for line in said.splitlines()]
    assert found == [[WITH_BUILDX, True], [WITHOUT_BUILDX, False], ["2022.2.0", False]]
    assert too_old[0] == "TooOldError"
    assert "No module named 'distutils'" in too_old[1]
    assert git[0] == "VersionError"
    assert "jupyter-repo2docker @ https://github.com/jupyterhub/repo2docker/archive/main.zip" in git[1]
