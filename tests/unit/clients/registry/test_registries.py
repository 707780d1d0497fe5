"""Which login a registry is opened with, and how often."""

import base64
import json
from pathlib import Path

import pytest
import responses

from hubaction.clients.registry.registries import Registries
from hubaction.errors import ActionError
from hubaction.image import ImageName
from hubaction.inputs.credentials import Credentials

QUAY = Credentials("quay.io", "robot", "hunter2-hunter2")
EARLIER = "of-an-earlier-step"


@pytest.fixture
def docker_config(tmp_path: Path) -> Path:
    """A configuration with a login that an earlier step made."""
    auth = base64.b64encode(f"ada:{EARLIER}".encode()).decode()
    config = {"auths": {"ghcr.io": {"auth": auth}, "quay.io": {"auth": auth}}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return tmp_path


@pytest.fixture
def registries(docker_config: Path) -> Registries:
    return Registries((QUAY,), docker_config, frozenset({"registry.example"}))


@pytest.mark.parametrize("way", ["open", "look_in"])
def test_registries__inputs_come_before_an_earlier_login(registries: Registries, way: str) -> None:
    """Also before `docker login` has written them down."""
    opened = getattr(registries, way)
    assert opened("quay.io").auth == {"username": "robot", "password": "hunter2-hunter2"}
    assert opened("ghcr.io").auth["password"] == EARLIER
    assert opened("docker.io").auth == {}


@responses.activate
def test_registries__as_everybody_sees_them(registries: Registries) -> None:
    responses.get("http://registry.example/v2/org/image/manifests/1", status=404)
    assert registries.open_anonymously("quay.io").auth == {}
    registry = registries.open_anonymously("registry.example")
    assert registry.fetch_manifest(ImageName("registry.example", "org/image"), "1") is None


def test_registries__without_a_docker_configuration() -> None:
    registries = Registries((QUAY,), None, frozenset())
    assert registries.open("quay.io").auth["username"] == "robot"
    assert registries.open("ghcr.io").auth == {}


def test_registries__one_for_all_look_ups(registries: Registries) -> None:
    """What is given up once is not waited for again."""
    assert registries.look_in("quay.io") is registries.look_in("quay.io")
    assert registries.open("quay.io") is not registries.look_in("quay.io")


@responses.activate
def test_registries__look_ups_are_counted_and_given_up(registries: Registries) -> None:
    responses.head("https://quay.io/v2/org/image/manifests/1", status=503)
    responses.head("https://ghcr.io/v2/org/image/manifests/1", status=404)
    for host in ("quay.io", "quay.io", "ghcr.io"):
        assert registries.look_in(host).look_up_digest(ImageName(host, "org/image"), "1") is None
    assert registries.requests_made == 2


@responses.activate
def test_registries__plain_http_only_where_the_engine_does(registries: Registries) -> None:
    for url in ("http://registry.example", "https://quay.io"):
        responses.head(f"{url}/v2/org/image/manifests/1", status=404)
    for host in ("registry.example", "quay.io"):
        registries.look_in(host).look_up_digest(ImageName(host, "org/image"), "1")
    assert registries.requests_made == 2


def test_registries__login_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auths": {"ghcr.io": {"auth": "A"}}}')
    registries = Registries((QUAY,), tmp_path, frozenset())
    assert registries.look_in("quay.io").auth["username"] == "robot"
    with pytest.raises(ActionError):
        registries.open("ghcr.io")
