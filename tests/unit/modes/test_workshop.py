"""Where a build works, and that all of it is gone at the end; docker-py is played."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest

from hubaction.errors import ActionError
from hubaction.modes.workshop import Workshop, open_workshop
from hubaction.runner.cancel import Cancelled
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.modes.played import make_client

TAG = "hub-image-action/x:1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    client = make_client()
    monkeypatch.setattr(docker, "from_env", lambda **_: client)
    return client


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """With a login of an earlier step."""
    (tmp_path / "docker").mkdir()
    config = {"auths": {"quay.io": {"auth": "x"}}, "currentContext": "theirs"}
    (tmp_path / "docker/config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "workspace").mkdir()
    environ = {"GITHUB_WORKSPACE": str(tmp_path / "workspace"), "DOCKER_CONFIG": str(tmp_path / "docker")}
    return Job(environ | {"PATH": "/bin", "INPUT_PASSWORD": "hunter2-hunter2"}, Console(io.StringIO()))


def use(job: Job, act: Callable[[Workshop], None]) -> None:
    with open_workshop(TAG, job) as workshop:
        act(workshop)


def test_open_workshop__is_private(client: Any, job: Job) -> None:
    def look(workshop: Workshop) -> None:
        assert workshop.folder.stat().st_mode & 0o777 == 0o700
        assert workshop.docker_config.stat().st_mode & 0o777 == 0o700
        # Nothing that is built can guess its name.
        assert not workshop.docker_config.is_relative_to(workshop.folder)

    use(job, look)


def test_open_workshop__children_see_logins_and_nothing_of_ours(client: Any, job: Job) -> None:
    def look(workshop: Workshop) -> None:
        file = workshop.docker_config / "config.json"
        assert json.loads(file.read_text(encoding="utf-8")) == {"auths": {"quay.io": {"auth": "x"}}}
        assert workshop.env == {
            "PATH": "/bin",
            "HOME": str(workshop.folder),
            "DOCKER_CONFIG": str(workshop.docker_config),
        }
        assert "hunter2" not in repr(workshop)

    use(job, look)


@pytest.mark.parametrize("error", [None, ActionError("no"), Cancelled(15)])
def test_open_workshop__all_of_it_is_gone_at_the_end(client: Any, job: Job, error: BaseException | None) -> None:
    opened: list[Workshop] = []

    def work(workshop: Workshop) -> None:
        opened.append(workshop)
        if error:
            raise error

    if error:
        with pytest.raises(type(error)):
            use(job, work)
    else:
        use(job, work)
    assert not opened[0].folder.exists()
    assert not opened[0].docker_config.parent.exists()
    client.api.remove_image.assert_called_once_with(TAG, force=False)
    client.close.assert_called_once()


def test_open_workshop__an_image_that_stays_hides_no_failure(client: Any, job: Job) -> None:
    client.api.remove_image.side_effect = docker.errors.APIError("in use")

    def work(_: Workshop) -> None:
        raise ActionError("the build failed")

    with pytest.raises(ActionError, match="the build failed"):
        use(job, work)
    client.close.assert_called_once()
