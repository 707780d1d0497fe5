"""The door to the engine: docker-py's errors translated, containers removed."""

import gc
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import docker
import docker.errors
import pytest
import requests
from docker.models.containers import Container

from hubaction.clients.engine.engine import Engine
from hubaction.clients.engine.errors import EngineError
from hubaction.image import ImageName, Reference


@pytest.fixture
def client() -> Any:
    client = create_autospec(docker.DockerClient, instance=True)
    client.api = create_autospec(docker.APIClient, instance=True)
    return client


def answer(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # docker-py leaves the socket that did not connect
def test_connect__no_engine(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/no-such.sock"}
    with pytest.raises(EngineError, match="The engine does not answer"), Engine.connect(environ) as engine:
        engine.info()
    gc.collect()


def test_find_image__id(client: Any) -> None:
    client.images.get.return_value.id = "sha256:a"
    assert Engine(client).find_image("a/b:c") == "sha256:a"


def test_find_image__none(client: Any) -> None:
    client.images.get.side_effect = docker.errors.ImageNotFound("none")
    assert Engine(client).find_image("a/b:c") == ""


REFERENCE = Reference(ImageName("quay.io", "a/b"), "v1")


def test_tagged__name_goes_again(client: Any) -> None:
    client.images.get.side_effect = docker.errors.ImageNotFound("none")
    with Engine(client).tagged("local:1", REFERENCE):
        client.api.tag.assert_called_once_with("local:1", "quay.io/a/b", "v1")
        client.api.remove_image.assert_not_called()
    client.api.remove_image.assert_called_once_with("quay.io/a/b:v1", force=False)


def test_tagged__another_image_gets_its_name_back_also_after_a_failure(client: Any) -> None:
    client.images.get.return_value.id = "sha256:theirs"

    def fail_inside() -> None:
        with Engine(client).tagged("local:1", REFERENCE):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_inside()
    assert [call.args for call in client.api.tag.call_args_list] == [
        ("local:1", "quay.io/a/b", "v1"),
        ("sha256:theirs", "quay.io/a/b", "v1"),
    ]
    client.api.remove_image.assert_not_called()


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ("buildpack-deps", "docker.io/library/buildpack-deps"),
        ("org/image", "docker.io/org/image"),
        ("quay.io/org/image", "quay.io/org/image"),
        ("localhost/image", "localhost/image"),
        ("127.0.0.1:5000/image", "127.0.0.1:5000/image"),
    ],
)
def test_digests_of(client: Any, known: str, name: str) -> None:
    """The engine says names as people write them."""
    client.images.get.return_value.attrs = {"RepoDigests": [f"{known}@sha256:a", "elsewhere.example/image@sha256:b"]}
    assert Engine(client).digests_of(f"{name}:1", name) == {"sha256:a"}


def test_digests_of__image_that_no_registry_has(client: Any) -> None:
    client.images.get.return_value.attrs = {"RepoDigests": None}
    assert Engine(client).digests_of("quay.io/org/image:1", "quay.io/org/image") == frozenset()


@pytest.mark.parametrize(
    ("status", "exports"),
    [
        ([["driver-type", "io.containerd.snapshotter.v1"]], True),
        ([["Backing Filesystem", "extfs"], ["Native Overlay Diff", "true"]], False),
        ([["odd"]], False),
        (None, False),
    ],
)
def test_info__cache_can_be_exported_by_one_store_only(client: Any, status: Any, exports: bool) -> None:
    client.info.return_value = {"DriverStatus": status, "OSType": "linux", "Architecture": "aarch64"}
    info = Engine(client).info()
    assert (info.exports_cache, info.platform) == (exports, "linux/aarch64")


def test_info__insecure_registries(client: Any) -> None:
    client.info.return_value = {
        "ServerVersion": "29.0",
        "Driver": "overlay2",
        "RegistryConfig": {"IndexConfigs": {"docker.io": {"Secure": True}, "registry.example:5000": {"Secure": False}}},
    }
    info = Engine(client).info()
    assert (info.version, info.image_store, info.insecure_registries) == (
        "29.0",
        "overlay2",
        frozenset({"registry.example:5000"}),
    )


@pytest.mark.parametrize(
    "error",
    [
        docker.errors.DockerException("socket"),
        requests.exceptions.ConnectionError("refused"),
        requests.exceptions.ReadTimeout("silence"),
        docker.errors.APIError("server error", explanation="it broke"),
    ],
)
def test_info__errors_are_translated(client: Any, error: Exception) -> None:
    client.info.side_effect = error
    with pytest.raises(EngineError) as caught:
        Engine(client).info()
    assert caught.value.__cause__ is error


def test_remove_image__gone_already(client: Any) -> None:
    client.api.remove_image.side_effect = docker.errors.ImageNotFound("gone")
    Engine(client).remove_image("a/b:c")


def test_container__is_always_removed(client: Any) -> None:
    container = create_autospec(Container, instance=True)
    client.containers.create.return_value = container

    def fail_inside() -> None:
        with Engine(client).container("a/b", ["true"], user="1000", run="run-1", environment={"A": "1"}):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_inside()
    container.remove.assert_called_once_with(force=True, v=True)
    given = client.containers.create.call_args
    assert given.args == ("a/b", ["true"])
    assert given.kwargs["user"] == "1000"
    assert "run-1" in given.kwargs["labels"].values()


@pytest.mark.parametrize("status", [404, 409])
def test_container__removed_by_somebody_else(client: Any, status: int) -> None:
    container = create_autospec(Container, instance=True)
    container.remove.side_effect = docker.errors.APIError("gone", response=answer(status))
    client.containers.create.return_value = container
    with Engine(client).container("a/b", [], user="1", run="r", environment={}) as stopped:
        assert stopped
    container.remove.assert_called_once()


def test_push__messages_of_any_shape(client: Any) -> None:
    messages: list[dict[str, object]] = [
        {},
        {"status": "Pushing", "id": "a", "progressDetail": {"current": 5, "total": 10}},
        {"progressDetail": None},
        {"aux": {"Digest": "sha256:x"}},
        {"error": "denied"},
    ]
    client.api.push.return_value = iter(messages)
    events = list(Engine(client).push(REFERENCE, {}))
    assert (events[1].layer, events[1].current) == ("a", 5)
    assert [event.digest for event in events] == ["", "", "", "sha256:x", ""]
    assert events[4].error == "denied"
