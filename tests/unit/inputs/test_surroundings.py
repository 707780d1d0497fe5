"""The small files beside the inputs: read for every mode, and an error only for those that need them."""

import json
from pathlib import Path

import pytest

from hubaction.errors import ActionError
from hubaction.inputs.surroundings import MAX_APPENDIX_BYTES, InvalidAppendixError, Surroundings, read_surroundings
from hubaction.inputs.workflow import UnseenLogin
from tests.unit.samples import make_settings

LOGIN_WORKFLOW = """\
jobs:
  image:
    steps:
      - uses: docker/login-action@v4
      - uses: org/hub-image-action@v1
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


def write_docker_config(folder: Path, text: str) -> dict[str, str]:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(text, encoding="utf-8")
    return {"DOCKER_CONFIG": str(folder)}


def test_read_surroundings__nothing_there(workspace: Path) -> None:
    assert read_surroundings(make_settings(), {}, workspace) == Surroundings()


# --- the appendix ---


def test_read_surroundings__appendix_is_below_the_path(workspace: Path) -> None:
    (workspace / "image").mkdir()
    (workspace / "image/appendix").write_text("RUN true\n", encoding="utf-8")
    settings = make_settings({"path": "image", "appendix-file": "appendix"})
    assert read_surroundings(settings, {}, workspace) == Surroundings(appendix="RUN true\n")


def test_read_surroundings__empty_appendix_is_readable(workspace: Path) -> None:
    (workspace / "appendix").touch()
    surroundings = read_surroundings(make_settings({"appendix-file": "appendix"}), {}, workspace)
    assert (surroundings.appendix_error, surroundings.appendix.strip()) == (None, "")


@pytest.mark.parametrize("kind", ["missing", "escaping-link", "too-large", "no-text", "nul", "folder"])
def test_read_surroundings__unreadable_appendix_is_kept_as_an_error_and_a_warning(workspace: Path, kind: str) -> None:
    appendix = workspace / "appendix"
    if kind == "escaping-link":
        (workspace.parent / "secret").write_text("top secret", encoding="utf-8")
        appendix.symlink_to("../secret")
    elif kind == "too-large":
        appendix.write_text("#" * (MAX_APPENDIX_BYTES + 1), encoding="utf-8")
    elif kind == "no-text":
        appendix.write_bytes(b"\xff")
    elif kind == "nul":
        appendix.write_bytes(b"RUN a\0b")
    elif kind == "folder":
        appendix.mkdir()
    surroundings = read_surroundings(make_settings({"appendix-file": "appendix"}), {}, workspace)
    assert surroundings.appendix == ""
    assert isinstance(surroundings.appendix_error, InvalidAppendixError)
    assert surroundings.warnings == (surroundings.appendix_error.message,)
    assert "'appendix-file': 'appendix' is no readable text file" in surroundings.warnings[0]


# --- logins ---


def test_read_surroundings__logins_of_the_docker_configuration(workspace: Path, tmp_path: Path) -> None:
    environ = write_docker_config(tmp_path / "docker", json.dumps({"auths": {"quay.io": {"auth": "cm9ib3Q6eA=="}}}))
    assert read_surroundings(make_settings(), environ, workspace).logged_in == {"quay.io"}


def test_read_surroundings__broken_docker_configuration_fails_who_asks_for_it(workspace: Path, tmp_path: Path) -> None:
    environ = write_docker_config(tmp_path / "docker", "{")
    surroundings = read_surroundings(make_settings(), environ, workspace)
    assert surroundings.warnings == ()
    with pytest.raises(ActionError, match="DOCKER_CONFIG"):
        _ = surroundings.logged_in


def test_read_surroundings__docker_configuration_of_the_workspace_is_a_warning(workspace: Path) -> None:
    environ = write_docker_config(workspace / "docker", json.dumps({"auths": {"quay.io": {"auth": "cm9ib3Q6eA=="}}}))
    surroundings = read_surroundings(make_settings(), environ, workspace)
    assert surroundings.logged_in == frozenset()
    assert ["is ignored" in warning for warning in surroundings.warnings] == [True]


def test_read_surroundings__unseen_login_only_without_a_docker_configuration(workspace: Path, tmp_path: Path) -> None:
    file = ".github/workflows/image.yaml"
    (workspace / file).parent.mkdir(parents=True)
    (workspace / file).write_text(LOGIN_WORKFLOW, encoding="utf-8")
    environ = {"GITHUB_WORKFLOW_REF": f"org/course/{file}@refs/heads/main"}
    unseen = UnseenLogin("docker/login-action", f"{file}, line 4")
    assert read_surroundings(make_settings(), environ, workspace).unseen_login == unseen
    environ |= write_docker_config(tmp_path / "docker", "{}")
    assert read_surroundings(make_settings(), environ, workspace).unseen_login is None
