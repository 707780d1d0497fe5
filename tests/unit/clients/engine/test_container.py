"""A container's own door, where what it is asked for is made here and not by docker-py."""

import os
from typing import Any
from unittest.mock import create_autospec

import docker
import requests
from docker.models.containers import Container

from hubaction.clients.engine.container import SpawnedContainer


def test_has_path__a_name_that_is_no_text() -> None:
    """As in repositories whose names are older than UTF-8."""
    asked: list[str] = []
    client: Any = create_autospec(docker.DockerClient, instance=True)
    client.api = create_autospec(docker.APIClient, instance=True)

    def head(url: str, params: dict[str, Any]) -> requests.Response:
        asked.append(str(requests.Request("HEAD", url, params=params).prepare().url))
        response = requests.Response()
        response.status_code = 200
        return response

    client.api.base_url, client.api.api_version, client.api.head = "http://engine", "1.45", head
    container = create_autospec(Container, instance=True)
    container.client, container.id = client, "c"
    assert SpawnedContainer(container).has_path(f"/srv/repo/{os.fsdecode(b'caf' + bytes([0xE9]))}")
    assert asked == ["http://engine/v1.45/containers/c/archive?path=%2Fsrv%2Frepo%2Fcaf%E9"]
