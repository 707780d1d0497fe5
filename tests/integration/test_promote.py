"""publish.promote, and copies by publish.push, against the real registry; a proxy counts, and fails where told to."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from devtools import process
from devtools.engine import Engine as RunningEngine
from devtools.registry import MANIFESTS, Registry
from hubaction.clients.engine.engine import Engine
from hubaction.clients.registry.manifest import digest_of
from hubaction.clients.registry.registry import Registry as RegistryDoor
from hubaction.clients.registry.remote_image import NotPromotableError, RemoteImage, find_remote_image
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.publish.promote import promote, promote_relabelled
from hubaction.publish.push import push_references
from hubaction.publish.push_errors import PushError
from tests.support.faulty_registry import Answer, FaultyRegistry, HangUpError
from tests.support.machine import tags_left
from tests.support.registry_contents import read_config, tags_of
from tests.support.users import USER

DENIED = '{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'
SAID = "the image works"


class Here:
    """The registry behind the proxy, with the tiny image in it as `name`:first."""

    def __init__(self, faulty: FaultyRegistry, auth: dict[str, str], name: str, said: list[str]) -> None:
        self.proxy = faulty
        self.name = ImageName(faulty.host, name)
        self.first = Reference(self.name, "first")
        self.door = RegistryDoor(faulty.host, auth)
        self.said = said

    def tags(self, *tags: str, repository: str = "") -> list[Reference]:
        name = ImageName(self.proxy.host, repository) if repository else self.name
        return [Reference(name, tag) for tag in tags]

    def remote_image(self) -> RemoteImage:
        found = find_remote_image(self.door, self.first, explain=self.said.append)
        assert found, self.said
        return found

    def promote(self, remote_image: RemoteImage, references: list[Reference]) -> list[PushedReference]:
        return promote(remote_image, references, registries={self.proxy.host: self.door}, say=self.said.append)

    def relabel(self, remote_image: RemoteImage, references: list[Reference], **labels: str) -> list[PushedReference]:
        registries = {self.proxy.host: self.door}
        return promote_relabelled(remote_image, labels, references, registries=registries, say=self.said.append)

    def forget(self) -> None:
        """Count from here on."""
        self.proxy.requests.clear()
        self.proxy.blobs_up.clear()
        self.proxy.blobs_down.clear()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    test = str(request.node.originalname).removeprefix("test_")
    return f"promote/{test.replace('__', '-').replace('_', '-')}"


@pytest.fixture
def here(
    name: str, faulty: FaultyRegistry, engine: RunningEngine, engine_door: Engine, tiny_image: str, auth: dict[str, str]
) -> Iterator[Here]:
    here = Here(faulty, auth, name, [])
    push_references(
        [here.first],
        local_tag=tiny_image,
        engine=engine_door,
        registries={faulty.host: RegistryDoor(faulty.host, auth)},
        say=here.said.append,
        notice=here.said.append,
    )
    here.forget()
    yield here
    for tag in tags_left(engine, name):
        engine_door.remove_image(tag)


# --- the same bytes ---


def test_promote__keeps_the_digest(here: Here, registry: Registry) -> None:
    digest = registry.digest(here.name.path, "first")
    pushed = here.promote(here.remote_image(), here.tags("latest", "second"))
    assert [item.reference.tag for item in pushed] == ["second", "latest"]
    assert {item.digest for item in pushed} == {digest}
    assert registry.digest(here.name.path, "second") == registry.digest(here.name.path, "latest") == digest
    assert all(item.size and item.size > 2000 for item in pushed)


def test_promote__unchanged_with_two_tags_takes_nine_requests(here: Here) -> None:
    """Three to look (one is refused for the password), then for each tag: a look, the tag, a look."""
    here.promote(here.remote_image(), here.tags("second", "latest"))
    assert [method for method, _ in here.proxy.requests] == [
        *("GET", "GET", "GET"),
        *("HEAD", "HEAD"),
        *("PUT", "HEAD"),
        *("PUT", "HEAD"),
    ]
    assert here.door.requests_made == 9
    assert here.proxy.blobs_up == []
    assert sum(here.proxy.blobs_down) == len(here.remote_image().config)


def test_promote__tag_that_is_there_needs_no_put(here: Here) -> None:
    pushed = here.promote(here.remote_image(), [here.first, *here.tags("second")])
    assert len(pushed) == 2
    assert here.proxy.asked("PUT", "/manifests/first") == 0
    assert here.proxy.asked("PUT", "/manifests/second") == 1


def test_promote__other_repositories_get_it_without_a_byte(here: Here, registry: Registry) -> None:
    other = f"{here.name.path}-other"
    remote_image = here.remote_image()
    here.forget()
    pushed = here.promote(remote_image, [*here.tags("latest"), *here.tags("one", "two", repository=other)])
    assert registry.digest(other, "one") == registry.digest(other, "two") == pushed[0].digest
    assert here.proxy.asked("POST", f"{other}/blobs/uploads/?mount=") == 2  # config and layer
    assert here.proxy.asked("PUT", "/manifests/") == 3
    assert (here.proxy.blobs_up, here.proxy.blobs_down) == ([], [])
    assert here.proxy.requests[-2][1].endswith("/manifests/latest")
    assert _read_all(registry, other, "two") == _read_all(registry, here.name.path, "first")


def test_promote__repository_that_has_it_needs_no_mount(here: Here) -> None:
    other = f"{here.name.path}-other"
    remote_image = here.remote_image()
    here.promote(remote_image, here.tags("one", repository=other))
    here.forget()
    here.promote(remote_image, here.tags("two", repository=other))
    assert [method for method, _ in here.proxy.requests] == ["HEAD", "HEAD", "PUT", "HEAD"]


def test_promote__other_registry_must_have_it_already(here: Here, registry: Registry, auth: dict[str, str]) -> None:
    """The registry under its own address is another one than through the proxy."""
    remote_image = here.remote_image()
    registries = {here.proxy.host: here.door, registry.host: RegistryDoor(registry.host, auth)}
    mine = Reference(ImageName(registry.host, here.name.path), "third")
    absent = Reference(ImageName(registry.host, f"{here.name.path}-absent"), "third")
    with pytest.raises(NotPromotableError, match="another registry cannot take it over"):
        promote(remote_image, [*here.tags("third"), absent], registries=registries, say=here.said.append)
    assert tags_of(registry, here.name.path) == {"first"}
    promote(remote_image, [mine], registries=registries, say=here.said.append)
    assert registry.digest(here.name.path, "third") == remote_image.manifest.digest


# --- what goes wrong ---


def test_promote__config_that_vanished_means_build(here: Here, registry: Registry) -> None:
    remote_image = here.remote_image()
    _delete(registry, f"{here.name.path}/blobs/{remote_image.manifest.config_digest}")
    with pytest.raises(NotPromotableError, match=r"so the image is built: .* does not have all of"):
        here.promote(remote_image, here.tags("second"))
    assert tags_of(registry, here.name.path) == {"first"}


def test_promote__config_that_vanished_cannot_be_mounted(here: Here, registry: Registry) -> None:
    """The upload that the registry offers instead is cancelled."""
    other = f"{here.name.path}-other"
    remote_image = here.remote_image()
    _delete(registry, f"{here.name.path}/blobs/{remote_image.manifest.config_digest}")
    with pytest.raises(NotPromotableError, match="wants the layers' bytes"):
        here.promote(remote_image, here.tags("second", repository=other))
    assert here.proxy.asked("DELETE", "/blobs/uploads/") == 1
    assert here.proxy.blobs_up == []
    assert tags_of(registry, other) == set()


def test_promote__manifest_that_vanishes_meanwhile_means_build(here: Here, registry: Registry) -> None:
    """Somebody deletes the image between our tag and our look at it."""
    remote_image = here.remote_image()

    def delete_before_the_look(method: str, path: str) -> None:
        if method == "HEAD" and here.proxy.asked("PUT", "/manifests/second"):
            _delete(registry, f"{here.name.path}/manifests/{remote_image.manifest.digest}", missing_ok=True)

    here.proxy.rule = delete_before_the_look
    with pytest.raises(NotPromotableError, match="it vanished from the registry meanwhile"):
        here.promote(remote_image, here.tags("second"))


def test_promote__tag_that_somebody_else_moved(here: Here) -> None:
    remote_image = here.remote_image()
    other = json.dumps(json.loads(remote_image.manifest.body) | {"annotations": {"a": "b"}}).encode()

    def overtake(method: str, path: str) -> None:
        if method == "HEAD" and here.proxy.asked("PUT", "/manifests/second") == 1:
            here.proxy.rule = lambda method, path: None
            here.door.put_manifest(here.name, "second", other, remote_image.manifest.media_type)

    here.proxy.rule = overtake
    with pytest.raises(PushError, match="is not what was pushed") as raised:
        here.promote(remote_image, here.tags("second"))
    assert digest_of(other) in raised.value.message


def test_promote__refused_tells_what_to_do_and_what_arrived(here: Here) -> None:
    remote_image = here.remote_image()
    here.proxy.rule = lambda method, path: Answer(403, DENIED) if (method, path[-6:]) == ("PUT", "/third") else None
    with pytest.raises(PushError) as raised:
        here.promote(remote_image, here.tags("second", "third", "latest"))
    message = raised.value.message
    assert f"refused {here.name}:third, pushed by '{USER}': the account may not write there" in message
    assert message.endswith(f"Pushed before that: {here.name}:second.")
    assert here.proxy.asked("PUT", "/manifests/latest") == 0


@pytest.mark.parametrize("fault", ["500", "hang up"])
@pytest.mark.parametrize("number", range(7))
def test_promote__fault_at_any_request_means_build(
    here: Here, registry: Registry, number: int, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three looks, two mounts, a tag and a look at it come before `latest`, which stays whatever fails for good."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    remote_image = here.remote_image()
    other = f"{here.name.path}-{number}-{fault[0]}"
    asked = 0

    def fail(method: str, path: str) -> Answer | None:
        nonlocal asked
        asked += 1
        if asked <= number:
            return None
        if fault == "500":
            return Answer(500)
        raise HangUpError

    here.proxy.rule = fail
    with pytest.raises(NotPromotableError):
        here.promote(remote_image, here.tags("one", "latest", repository=other))
    here.proxy.rule = lambda method, path: None
    assert "latest" not in tags_of(registry, other)
    assert len(here.promote(remote_image, here.tags("one", "latest", repository=other))) == 2


def test_promote__passing_fault_is_tried_again(here: Here) -> None:
    left = [Answer(503), Answer(503)]
    remote_image = here.remote_image()
    here.proxy.rule = lambda method, path: left.pop() if left and method == "PUT" else None
    assert here.promote(remote_image, here.tags("second"))
    assert not left


def test_find_remote_image__absent_or_away(here: Here) -> None:
    (absent,) = here.tags("absent")
    assert find_remote_image(here.door, absent, explain=here.said.append) is None
    here.proxy.rule = lambda method, path: Answer(503)
    door = RegistryDoor(here.proxy.host, here.door.auth, patient=False)
    assert find_remote_image(door, here.first, explain=here.said.append) is None
    assert here.said[-2:] == [
        f"{absent} cannot be reused: it is not in the registry.",
        f"{here.first} cannot be reused: {here.proxy.host} cannot answer now (503). Run again when it is back.",
    ]


# --- other labels ---


@pytest.fixture
def built(
    here: Here, engine: RunningEngine, engine_door: Engine, auth: dict[str, str], tmp_path: Path
) -> Iterator[Here]:
    """Put an image that runs, with cache metadata as the builder writes them, into the registry as `name`:built."""
    tag = f"hub-image-action/tests-promote:{secrets.token_hex(6)}"
    lines = [
        "FROM debian:trixie-slim",
        'LABEL pull-request="7" kept="yes"',
        f"RUN echo '{SAID}' > /said",
        "CMD cat /said",
    ]
    (tmp_path / "Dockerfile").write_text("\n".join(lines), encoding="utf-8")
    options = ["--provenance=false", "--load", "--cache-to", "type=inline", "--tag", tag]
    process.run(["docker", "buildx", "build", *options, tmp_path], env=engine.environment())
    here.first = Reference(here.name, "built")
    push_references(
        [here.first],
        local_tag=tag,
        engine=engine_door,
        registries={here.proxy.host: RegistryDoor(here.proxy.host, auth)},
        say=here.said.append,
        notice=here.said.append,
    )
    here.forget()
    yield here
    engine_door.remove_image(tag)


def test_promote_relabelled__uploads_the_config_only_and_runs(
    built: Here, registry: Registry, engine: RunningEngine, auth: dict[str, str]
) -> None:
    remote_image = built.remote_image()
    assert remote_image.labels["pull-request"] == "7"
    built.forget()
    (pushed,) = built.relabel(remote_image, built.tags("production"), kept="yes", added='ü "1"')
    assert pushed.digest == registry.digest(built.name.path, "production") != remote_image.manifest.digest
    before, after = (read_config(registry, built.name.path, tag) for tag in ("built", "production"))
    assert after["config"].pop("Labels") == {"kept": "yes", "added": 'ü "1"'}
    del before["config"]["Labels"]
    assert "moby.buildkit.cache.v0" in before
    assert after == before
    assert [method for method, _ in built.proxy.requests] == ["HEAD", "POST", "PUT", "PUT", "HEAD"]
    assert sum(built.proxy.blobs_up) == _size_of_config(registry, built.name.path, "production")
    assert _pull_and_run(engine, f"{pushed.reference}", auth) == (SAID, {"kept": "yes", "added": 'ü "1"'})


def test_promote_relabelled__other_repository_mounts_the_layers(built: Here, registry: Registry) -> None:
    other = f"{built.name.path}-other"
    remote_image = built.remote_image()
    built.forget()
    (pushed,) = built.relabel(remote_image, built.tags("production", repository=other))
    assert sum(built.proxy.blobs_up) == _size_of_config(registry, other, "production")
    assert _layers(registry, other, "production") == _layers(registry, built.name.path, "built")
    assert read_config(registry, other, "production")["config"]["Labels"] == {}
    assert built.relabel(remote_image, built.tags("production", repository=other)) == [pushed]


# --- pushing ---


def test_push_references__upload_each_layer_once(
    here: Here, registry: Registry, engine_door: Engine, tiny_image: str, auth: dict[str, str]
) -> None:
    """Three tags in each of two repositories. The engine would have mounted, too: requests show who did."""
    one, two = f"{here.name.path}-one", f"{here.name.path}-two"
    tags = ("latest", "v1", "v2")
    references = [*here.tags(*tags, repository=one), *here.tags(*tags, repository=two)]
    pushed = push_references(
        references,
        local_tag=tiny_image,
        engine=engine_door,
        registries={here.proxy.host: RegistryDoor(here.proxy.host, auth)},
        say=here.said.append,
        notice=here.said.append,
    )
    assert [item.reference.tag for item in pushed][-2:] == ["latest", "latest"]
    assert {registry.digest(name, tag) for name in (one, two) for tag in tags} == {pushed[0].digest}
    # The config; the layer is there from the first push, and the engine mounts it.
    assert sum(here.proxy.blobs_up) == _size_of_config(registry, one, "v1")
    puts = [path for method, path in here.proxy.requests if method == "PUT" and "/manifests/" in path]
    assert puts == [f"/v2/{item.reference.name.path}/manifests/{item.reference.tag}" for item in pushed]
    assert here.proxy.asked("POST", f"{two}/blobs/uploads/?mount=") == 2


def _read_all(registry: Registry, name: str, tag: str) -> list[bytes]:
    manifest = _get(registry, f"{name}/manifests/{tag}")
    blobs = [manifest.json()["config"], *manifest.json()["layers"]]
    return [manifest.content, *(_get(registry, f"{name}/blobs/{blob['digest']}").content for blob in blobs)]


def _layers(registry: Registry, name: str, tag: str) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = _get(registry, f"{name}/manifests/{tag}").json()["layers"]
    return layers


def _size_of_config(registry: Registry, name: str, tag: str) -> int:
    return int(_get(registry, f"{name}/manifests/{tag}").json()["config"]["size"])


def _get(registry: Registry, path: str) -> requests.Response:
    answer = requests.get(f"http://{registry.host}/v2/{path}", auth=_login(registry), headers=_ACCEPT, timeout=30)
    assert answer.ok, answer.text
    return answer


def _delete(registry: Registry, path: str, *, missing_ok: bool = False) -> None:
    answer = requests.delete(f"http://{registry.host}/v2/{path}", auth=_login(registry), timeout=30)
    assert answer.status_code == 202 or missing_ok, answer.text


def _login(registry: Registry) -> tuple[str, str]:
    return next(iter(registry.users.items()))


_ACCEPT = {"Accept": MANIFESTS}


def _pull_and_run(engine: RunningEngine, reference: str, auth: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return what the image prints and its labels, pulled anew."""
    client = engine.client()
    try:
        said = list(client.api.pull(reference, auth_config=auth, stream=True, decode=True))
        assert not [message for message in said if "error" in message], said
        image = client.images.get(reference)
        printed = client.containers.run(reference, remove=True).decode().strip()
        client.images.remove(reference)
        return printed, image.labels
    finally:
        client.close()
