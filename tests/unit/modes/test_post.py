"""What a killed run left on the engine; docker-py is played."""

import io
from datetime import UTC, datetime
from typing import Any
from unittest.mock import create_autospec

import docker
import docker.errors
import pytest
from docker.models.containers import Container
from docker.models.images import Image

from hubaction.clients.engine.errors import EngineError
from hubaction.modes.post import remove_leftovers
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.unit.modes.played import NAME, PLAIN, make_client
from tests.unit.samples import SHORT_SHA, make_build_plan, make_settings, push_to

PLAN = make_build_plan(make_settings(PLAIN), push_to(), datetime(2026, 3, 1, tzinfo=UTC))
LOCAL = PLAN.build.local_tag
TAG, LATEST = f"{NAME}:{SHORT_SHA}", f"{NAME}:latest"


class Leftovers:
    """An engine with images of these names, by docker-py's own classes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._stream = io.StringIO()
        self.names: dict[str, str] = {}
        self.client = make_client()
        self.client.containers.list.return_value = []
        self.client.images.get.side_effect = self._get
        monkeypatch.setattr(docker, "from_env", lambda **_: self.client)

    def _get(self, name: str) -> Any:
        if name not in self.names:
            raise docker.errors.ImageNotFound("none")
        image = create_autospec(Image, instance=True)
        image.id = self.names[name]
        return image

    def remove(self) -> None:
        remove_leftovers(PLAN, Job({}, Console(self._stream)))

    @property
    def removed(self) -> list[str]:
        return [call.args[0] for call in self.client.api.remove_image.call_args_list]

    @property
    def log(self) -> str:
        return self._stream.getvalue()


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> Leftovers:
    return Leftovers(monkeypatch)


def test_remove_leftovers__nothing_there_is_no_news(left: Leftovers) -> None:
    left.remove()
    assert (left.removed, left.log) == ([], "")
    left.client.close.assert_called_once()


def test_remove_leftovers__all_names_of_our_image(left: Leftovers) -> None:
    left.names = {LOCAL: "sha256:ours", TAG: "sha256:ours", LATEST: "sha256:ours"}
    left.remove()
    assert left.removed == [TAG, LATEST, LOCAL]


def test_remove_leftovers__the_same_tag_of_another_image_is_left_alone(left: Leftovers) -> None:
    """It belongs to the owner of this machine."""
    left.names = {LOCAL: "sha256:ours", TAG: "sha256:ours", LATEST: "sha256:theirs"}
    left.remove()
    assert left.removed == [TAG, LOCAL]


def test_remove_leftovers__without_our_image_no_tag_is_ours(left: Leftovers) -> None:
    left.names = {TAG: "sha256:theirs", LATEST: "sha256:theirs"}
    left.remove()
    assert left.removed == []


def test_remove_leftovers__containers_of_this_run_only(left: Leftovers) -> None:
    container = create_autospec(Container, instance=True)
    left.client.containers.list.return_value = [container]
    left.remove()
    asked = left.client.containers.list.call_args.kwargs
    assert asked == {"all": True, "filters": {"label": f"hub-image-action.run={LOCAL}"}}
    container.remove.assert_called_once_with(force=True, v=True)
    assert left.log == "Removed 1 container(s) that the step left behind.\n"


def test_remove_leftovers__engine_away(left: Leftovers) -> None:
    left.client.containers.list.side_effect = docker.errors.DockerException("no socket")
    with pytest.raises(EngineError):
        left.remove()
    left.client.close.assert_called_once()
