"""Docker configurations: whose there is, what is taken over, and logging in to ours."""

import base64
import json
import stat
from pathlib import Path

import pytest

from hubaction.inputs.credentials import Credentials
from hubaction.publish.login import LoginError, log_in, temporary_docker_config

PASSWORD = "correct-horse-battery"
AUTH = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()


@pytest.fixture
def caller(tmp_path: Path) -> Path:
    """A configuration file of the caller's."""
    folder = tmp_path / "caller"
    folder.mkdir()
    return folder / "config.json"


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A `docker` that notes its arguments and its input, and does what `docker.sh` beside it says."""
    script = tmp_path / "bin" / "docker"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/arguments\ncat >> {tmp_path}/input\n. {tmp_path}/docker.sh\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    (tmp_path / "docker.sh").write_text("exit 0\n", encoding="utf-8")
    return script


def write(file: Path, config: object) -> None:
    file.write_text(json.dumps(config), encoding="utf-8")


# --- the configuration of this run ---


def test_temporary_docker_config__private_and_gone(tmp_path: Path) -> None:
    with temporary_docker_config(None, tmp_path / "ours") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "config.json").stat().st_mode) == 0o600
        assert json.loads((folder / "config.json").read_text(encoding="utf-8")) == {}
    assert not folder.exists()


def test_temporary_docker_config__gone_after_a_failure(tmp_path: Path) -> None:
    def fail_inside() -> None:
        with temporary_docker_config(None, tmp_path / "ours"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_inside()
    assert not (tmp_path / "ours").exists()


def test_temporary_docker_config__starts_with_the_callers(caller: Path, tmp_path: Path) -> None:
    config = {
        "auths": {"quay.io": {"auth": AUTH}},
        "proxies": {"default": {"httpProxy": "http://proxy"}},
        "credsStore": "no-such-store",
        "credHelpers": {"ghcr.io": "no-such-helper"},
        "cliPluginsExtraDirs": ["/opt/plugins"],
        "currentContext": "remote",
    }
    write(caller, config)
    before = caller.read_bytes()
    with temporary_docker_config(caller, tmp_path / "ours") as folder:
        ours = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        (folder / "config.json").write_text("changed", encoding="utf-8")
    assert (ours["auths"], ours["proxies"]) == (config["auths"], config["proxies"])
    assert "credsStore" not in ours
    assert ours["credHelpers"] == {}
    assert ours["cliPluginsExtraDirs"] == ["/opt/plugins"]
    assert "currentContext" not in ours
    assert caller.read_bytes() == before


# --- logging in ---


def test_log_in__password_on_standard_input_only(docker: Path, tmp_path: Path) -> None:
    env = {"PATH": f"{docker.parent}:/usr/bin:/bin"}
    log_in([Credentials("quay.io", "robot", PASSWORD), Credentials("docker.io", "me", "p2")], env=env, cwd=tmp_path)
    assert (tmp_path / "arguments").read_text(encoding="utf-8").splitlines() == [
        "login --username robot --password-stdin quay.io",
        "login --username me --password-stdin",
    ]
    assert (tmp_path / "input").read_text(encoding="utf-8") == f"{PASSWORD}p2"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            "Error: unauthorized: incorrect username or password", "refused the login of 'robot'", id="refused"
        ),
        pytest.param(
            "Error response from daemon: login attempt failed with status: 403", "refused the login", id="403"
        ),
        pytest.param("dial tcp: lookup quay.io: no such host", "could not be reached", id="away"),
        pytest.param("", "no reason given", id="silent"),
    ],
)
def test_log_in__failure_names_registry_and_user(docker: Path, tmp_path: Path, said: str, expected: str) -> None:
    (tmp_path / "docker.sh").write_text(
        f'echo "{said}: {PASSWORD}" >&2\nexit 1\n' if said else "exit 1\n", encoding="utf-8"
    )
    env = {"PATH": f"{docker.parent}:/usr/bin:/bin"}
    with pytest.raises(LoginError) as caught:
        log_in([Credentials("quay.io", "robot", PASSWORD)], env=env, cwd=tmp_path)
    assert "quay.io" in caught.value.message
    assert "'robot'" in caught.value.message
    assert expected in caught.value.message
    assert PASSWORD not in caught.value.message


def test_log_in__docker_hub_by_its_name(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "docker.sh").write_text("echo unauthorized\nexit 1\n", encoding="utf-8")
    with pytest.raises(LoginError, match=r"^Docker Hub refused"):
        log_in(
            [Credentials("docker.io", "robot", PASSWORD)], env={"PATH": f"{docker.parent}:/usr/bin:/bin"}, cwd=tmp_path
        )
