"""The caller's Docker configuration: where it is, and for which registries it has a login."""

import base64
import json
from pathlib import Path

import pytest

from hubaction.errors import ActionError
from hubaction.inputs.docker_config import (
    find_docker_config,
    read_auth,
    read_docker_config,
    registries_with_login,
    warn_of_docker_config,
)

PASSWORD = "correct-horse-battery"
WORKSPACE = Path("/nowhere/workspace")
AUTH = base64.b64encode(f"robot:{PASSWORD}".encode()).decode()


@pytest.fixture
def caller(tmp_path: Path) -> Path:
    """A configuration file of the caller's."""
    folder = tmp_path / "caller"
    folder.mkdir()
    return folder / "config.json"


def write(file: Path, config: object) -> None:
    file.write_text(json.dumps(config), encoding="utf-8")


def test_find_docker_config__named(caller: Path) -> None:
    write(caller, {})
    assert find_docker_config({"DOCKER_CONFIG": str(caller.parent), "HOME": "/nowhere"}, WORKSPACE) == caller


def test_find_docker_config__in_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    write(tmp_path / ".docker/config.json", {})
    assert find_docker_config({"HOME": str(tmp_path)}, WORKSPACE) == tmp_path / ".docker/config.json"


def test_find_docker_config__none(tmp_path: Path) -> None:
    assert find_docker_config({}, WORKSPACE) is None
    assert find_docker_config({"DOCKER_CONFIG": str(tmp_path)}, WORKSPACE) is None
    assert find_docker_config({"HOME": str(tmp_path)}, WORKSPACE) is None


def test_find_docker_config__not_in_the_workspace(caller: Path, tmp_path: Path) -> None:
    """A pull request could bring one along, and what stands there becomes part of the image."""
    write(caller, {})
    (tmp_path / "link").symlink_to(caller.parent)
    for folder, workspace in ((caller.parent, tmp_path), (tmp_path / "link", caller.parent)):
        environ = {"DOCKER_CONFIG": str(folder)}
        assert find_docker_config(environ, workspace) is None
        assert "is ignored" in warn_of_docker_config(environ, workspace)[0]


def test_warn_of_docker_config__elsewhere_is_fine(caller: Path, tmp_path: Path) -> None:
    write(caller, {})
    assert warn_of_docker_config({"DOCKER_CONFIG": str(caller.parent)}, WORKSPACE) == ()
    assert warn_of_docker_config({"DOCKER_CONFIG": str(tmp_path / "missing")}, tmp_path) == ()
    assert warn_of_docker_config({}, tmp_path) == ()


def test_read_docker_config__none() -> None:
    assert read_docker_config(None) == {}


def test_read_docker_config__no_mapping(caller: Path) -> None:
    write(caller, [])
    assert read_docker_config(caller) == {}


@pytest.mark.parametrize("content", [b"{", b"\xff"])
def test_read_docker_config__broken(caller: Path, content: bytes) -> None:
    caller.write_bytes(content)
    with pytest.raises(ActionError, match="DOCKER_CONFIG") as caught:
        read_docker_config(caller)
    assert str(caller) in caught.value.message


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({}, set(), id="empty"),
        pytest.param({"auths": {"quay.io": {"auth": AUTH}}}, {"quay.io"}, id="auth"),
        pytest.param({"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}}, {"docker.io"}, id="docker-hub"),
        pytest.param(
            {"auths": {"https://registry.example:5000/v2/": {"auth": AUTH}}}, {"registry.example:5000"}, id="url"
        ),
        pytest.param({"auths": {"quay.io": {"identitytoken": "x"}}}, {"quay.io"}, id="token"),
        pytest.param({"auths": {"quay.io": {}}}, set(), id="entry-without-a-login"),
        pytest.param({"auths": {"quay.io": {}}, "credsStore": "no-such"}, set(), id="login-in-a-missing-store"),
        pytest.param({"credHelpers": {"quay.io": "no-such-helper"}}, set(), id="missing-helper"),
        pytest.param({"auths": None, "credHelpers": []}, set(), id="odd"),
    ],
)
def test_registries_with_login__usable_ones(config: dict[str, object], expected: set[str]) -> None:
    assert registries_with_login(config) == expected


def test_registries_with_login__helper_that_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docker-credential-ours").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert registries_with_login({"credHelpers": {"quay.io": "ours"}}) == {"quay.io"}


def test_read_auth__by_registry(caller: Path) -> None:
    write(caller, {"auths": {"quay.io": {"auth": AUTH}, "https://index.docker.io/v1/": {"auth": AUTH}}})
    for registry in ("quay.io", "docker.io"):
        found = read_auth(caller.parent, registry)
        assert (found["username"], found["password"]) == ("robot", PASSWORD)
    assert read_auth(caller.parent, "ghcr.io") == {}
