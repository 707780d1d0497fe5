"""Pushing: what the engine's messages mean, which faults are tried again, and what counts as pushed."""

import hashlib
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import create_autospec

import docker
import docker.errors
import pytest
import requests
import responses

from hubaction.clients.engine.engine import Engine
from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.publish.push import push_references
from hubaction.publish.push_errors import ATTEMPTS, PushError

NAME = ImageName("quay.io", "org/image")
REFERENCE = Reference(NAME, "v1")
AUTH = {"username": "robot", "password": "correct-horse-battery"}
MANIFEST = json.dumps({"config": {"size": 100}, "layers": [{"size": 23}]}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
OTHER_DIGEST = "sha256:" + "0" * 64
DONE: Sequence[dict[str, object]] = (
    {"status": "Pushed", "id": "a"},
    {"aux": {"Tag": "v1", "Digest": DIGEST, "Size": 5}},
)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client() -> Any:
    """docker-py's own client, which answers what the test says."""
    client = create_autospec(docker.DockerClient, instance=True)
    client.api = create_autospec(docker.APIClient, instance=True)
    client.api.push.side_effect = lambda *_, **__: iter(DONE)
    client.images.get.side_effect = docker.errors.ImageNotFound("none")
    return client


def push(
    client: Any,
    references: Sequence[Reference] = (REFERENCE,),
    said: list[str] | None = None,
    noticed: list[str] | None = None,
) -> list[PushedReference]:
    return push_references(
        references,
        local_tag="hub-image-action/x:1",
        engine=Engine(client),
        registries={host: Registry(host, auth) for host, auth in {"quay.io": AUTH, "localhost:5000": {}}.items()},
        say=(said if said is not None else []).append,
        notice=(noticed if noticed is not None else []).append,
    )


def manifest_url(reference: Reference) -> str:
    scheme = "http" if reference.name.registry.startswith("localhost") else "https"
    return f"{scheme}://{reference.name.registry}/v2/{reference.name.path}/manifests/{reference.tag}"


def test_push_references__tags_pushes_and_verifies(wire: responses.RequestsMock, client: Any) -> None:
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    said: list[str] = []
    (pushed,) = push(client, said=said)
    assert (pushed.reference, pushed.size) == (REFERENCE, 123)
    assert pushed.digest.startswith("sha256:")
    client.api.tag.assert_called_once_with("hub-image-action/x:1", "quay.io/org/image", "v1")
    client.api.push.assert_called_once_with("quay.io/org/image", "v1", stream=True, decode=True, auth_config=AUTH)
    assert said[-1] == f"quay.io/org/image:v1@{pushed.digest}"


def test_push_references__latest_comes_last(wire: responses.RequestsMock, client: Any) -> None:
    references = [Reference(NAME, "latest"), Reference(NAME, "v1"), Reference(ImageName("quay.io", "a/b"), "v1")]
    for reference in references:
        wire.get(manifest_url(reference), body=MANIFEST)
    assert [item.reference.tag for item in push(client, references)] == ["v1", "v1", "latest"]


UNKNOWN_AUTHORITY = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")


def test_push_references__engine_is_asked_where_only_it_knows_the_authority(
    wire: responses.RequestsMock, client: Any
) -> None:
    references = [REFERENCE, Reference(NAME, "v2")]
    for reference in references:
        wire.get(manifest_url(reference), body=UNKNOWN_AUTHORITY)
    client.api.inspect_distribution.return_value = {"Descriptor": {"digest": DIGEST}}
    noticed: list[str] = []
    pushed = push(client, references, noticed=noticed)
    assert [(item.digest, item.size) for item in pushed] == [(DIGEST, None)] * 2
    assert ["in place of quay.io" in notice for notice in noticed] == [True]


def test_push_references__engine_has_another_digest_than_pushed(wire: responses.RequestsMock, client: Any) -> None:
    wire.get(manifest_url(REFERENCE), body=UNKNOWN_AUTHORITY)
    client.api.inspect_distribution.return_value = {"Descriptor": {"digest": OTHER_DIGEST}}
    with pytest.raises(PushError, match="is not what was pushed"):
        push(client)


def test_push_references__not_in_the_registry(wire: responses.RequestsMock, client: Any) -> None:
    wire.get(manifest_url(REFERENCE), status=404)
    with pytest.raises(PushError, match="is not in the registry although the push went well"):
        push(client)


@pytest.mark.parametrize(
    "message",
    [
        {"aux": {"Tag": "v1", "Digest": OTHER_DIGEST, "Size": 5}},
        {"status": f"v1: digest: {OTHER_DIGEST} size: 5"},
    ],
)
def test_push_references__another_digest_than_pushed(
    wire: responses.RequestsMock, client: Any, message: dict[str, object]
) -> None:
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    client.api.push.side_effect = lambda *_, **__: iter([message])
    with pytest.raises(PushError, match="is not what was pushed") as caught:
        push(client)
    assert DIGEST in caught.value.message
    assert OTHER_DIGEST in caught.value.message


def test_push_references__engine_that_does_not_tell_the_digest_knows_it(
    wire: responses.RequestsMock, client: Any
) -> None:
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    client.api.push.side_effect = lambda *_, **__: iter([{"status": "Pushed", "id": "a"}])
    client.images.get.side_effect = None
    client.images.get.return_value.attrs = {
        "RepoDigests": [f"ghcr.io/x/y@{OTHER_DIGEST}", f"quay.io/org/image@{DIGEST}"]
    }
    assert push(client)[0].digest == DIGEST
    client.images.get.return_value.attrs = {"RepoDigests": [f"ghcr.io/x/y@{DIGEST}"]}
    with pytest.raises(PushError, match="is not what was pushed"):
        push(client)


def test_push_references__passing_fault_is_tried_again(
    wire: responses.RequestsMock, client: Any, slept: list[float]
) -> None:
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    away = {"error": "received unexpected HTTP status: 503 Service Unavailable"}
    client.api.push.side_effect = [iter([away]), iter([away]), iter(DONE)]
    said: list[str] = []
    assert push(client, said=said)
    assert [line for line in said if line.startswith("Trying again")] == [
        "Trying again, 1 of 3: quay.io/org/image:v1",
        "Trying again, 2 of 3: quay.io/org/image:v1",
    ]
    assert len(slept) == 2


def test_push_references__gives_up(wire: responses.RequestsMock, client: Any) -> None:
    client.api.push.side_effect = lambda *_, **__: iter([{"error": "dial tcp: connection refused"}])
    with pytest.raises(PushError, match=f"also after {ATTEMPTS} tries"):
        push(client)
    assert client.api.push.call_count == ATTEMPTS


def test_push_references__refusal_is_final(wire: responses.RequestsMock, client: Any, slept: list[float]) -> None:
    client.api.push.side_effect = lambda *_, **__: iter([{"error": "denied: requested access is denied"}])
    with pytest.raises(PushError, match="refused"):
        push(client)
    assert client.api.push.call_count == 1
    assert slept == []


def test_push_references__tells_what_had_arrived(wire: responses.RequestsMock, client: Any) -> None:
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    second = Reference(NAME, "v2")
    client.api.push.side_effect = [iter(DONE), iter([{"error": "denied"}])]
    with pytest.raises(PushError) as caught:
        push(client, [REFERENCE, second])
    assert "quay.io/org/image:v2" in caught.value.message
    assert "Pushed before that: quay.io/org/image:v1" in caught.value.message


def test_push_references__registry_that_only_the_engine_reaches(wire: responses.RequestsMock, client: Any) -> None:
    """With services in the job, localhost is another machine for the engine than for this container."""
    local = Reference(ImageName("localhost:5000", "org/image"), "v1")
    client.api.inspect_distribution.return_value = {"Descriptor": {"digest": DIGEST}}
    (pushed,) = push(client, [local])
    assert (pushed.digest, pushed.size) == (DIGEST, None)


def test_push_references__progress_every_few_seconds(
    wire: responses.RequestsMock, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    ticks = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks) / 100)
    messages = [
        {"status": "Pushing", "id": layer, "progressDetail": {"current": number * 1_000_000, "total": 10**9}}
        for number in range(1000)
        for layer in ("a", "b")
    ]
    client.api.push.side_effect = lambda *_, **__: iter([*messages, *DONE])
    said: list[str] = []
    push(client, said=said)
    progress = [line for line in said if "layers" in line]
    assert 2 <= len(progress) <= 6
    assert progress[0].startswith("0 of 2 layers, ")
    assert progress[0].endswith(" MB")


# --- further tags and repositories ---

LAYER_DIGEST = "sha256:" + "1" * 64
CONFIG_DIGEST = "sha256:" + "2" * 64
IMAGE = json.dumps(
    {"config": {"digest": CONFIG_DIGEST, "size": 100}, "layers": [{"digest": LAYER_DIGEST, "size": 23}]}
).encode()
IMAGE_DIGEST = f"sha256:{hashlib.sha256(IMAGE).hexdigest()}"
PUT_DIGEST = {"Docker-Content-Digest": IMAGE_DIGEST}
SECOND = Reference(NAME, "v2")
ELSEWHERE = Reference(ImageName("quay.io", "org/second"), "v1")
MOUNTS = "https://quay.io/v2/org/second/blobs/uploads/"


@pytest.fixture
def image(client: Any, wire: responses.RequestsMock) -> None:
    """An image whose blobs can be told, pushed as v1."""
    client.images.get.side_effect = None
    client.images.get.return_value.id = CONFIG_DIGEST
    client.api.push.side_effect = lambda *_, **__: iter([{"aux": {"Tag": "v1", "Digest": IMAGE_DIGEST, "Size": 5}}])
    wire.get(manifest_url(REFERENCE), body=IMAGE, content_type="application/vnd.oci.image.manifest.v1+json")


def accept(wire: responses.RequestsMock, reference: Reference) -> None:
    wire.head(manifest_url(reference), headers=PUT_DIGEST)
    wire.put(manifest_url(reference), status=201)


def tags_by_engine(client: Any) -> list[str]:
    return [f"{call.args[0]}:{call.args[1]}" for call in client.api.push.call_args_list]


@pytest.mark.usefixtures("image")
def test_push_references__further_tags_are_the_same_bytes(wire: responses.RequestsMock, client: Any) -> None:
    accept(wire, SECOND)
    pushed = push(client, [REFERENCE, SECOND])
    assert [(item.digest, item.size) for item in pushed] == [(IMAGE_DIGEST, 123)] * 2
    assert tags_by_engine(client) == ["quay.io/org/image:v1"]
    (put,) = [call.request for call in wire.calls if call.request.method == "PUT"]
    assert put.body == IMAGE
    assert put.headers["Content-Type"] == "application/vnd.oci.image.manifest.v1+json"


@pytest.mark.usefixtures("image")
def test_push_references__further_repositories_are_mounted(wire: responses.RequestsMock, client: Any) -> None:
    """Once for each repository, however many tags."""
    more = Reference(ELSEWHERE.name, "v2")
    mounts = wire.post(MOUNTS, status=201)
    accept(wire, ELSEWHERE)
    accept(wire, more)
    assert len(push(client, [REFERENCE, ELSEWHERE, more])) == 3
    assert tags_by_engine(client) == ["quay.io/org/image:v1"]
    mounted = [call.request.params for call in mounts.calls]
    assert mounted == [{"mount": digest, "from": "org/image"} for digest in (CONFIG_DIGEST, LAYER_DIGEST)]


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize("case", ["mount", "missing", "put", "head"])
def test_push_references__what_we_cannot_copy_the_engine_pushes(
    wire: responses.RequestsMock, client: Any, case: str
) -> None:
    wire.post(MOUNTS, status=202 if case == "mount" else 201, headers={"Location": "/u1"})
    wire.delete("https://quay.io/u1", status=204)
    wire.head(MOUNTS.replace("uploads/", CONFIG_DIGEST), status=404)
    wire.put(manifest_url(ELSEWHERE), status={"missing": 404, "put": 403}.get(case, 201))
    wire.head(manifest_url(ELSEWHERE), status=403)
    wire.get(manifest_url(ELSEWHERE), body=IMAGE)
    said: list[str] = []
    assert len(push(client, [REFERENCE, ELSEWHERE], said)) == 2
    assert tags_by_engine(client) == ["quay.io/org/image:v1", "quay.io/org/second:v1"]
    assert any("The engine has to push quay.io/org/second:v1 itself: quay.io" in line for line in said) is (
        case != "mount"
    )


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [({"headers": {"Docker-Content-Digest": OTHER_DIGEST}}, OTHER_DIGEST), ({"status": 404}, "")],
)
def test_push_references__copied_tag_that_is_not_what_was_put(
    wire: responses.RequestsMock, client: Any, answer: dict[str, Any], sentence: str
) -> None:
    wire.put(manifest_url(SECOND), status=201)
    wire.head(manifest_url(SECOND), **answer)
    with pytest.raises(PushError, match="is not") as caught:
        push(client, [REFERENCE, SECOND])
    assert sentence in caught.value.message
    assert caught.value.message.endswith("Pushed before that: quay.io/org/image:v1.")


def test_push_references__each_registry_is_pushed_to_once(wire: responses.RequestsMock, client: Any) -> None:
    """And `latest` comes last, over all of them."""
    hosts = ("quay.io", "localhost:5000")
    references = [Reference(ImageName(host, "org/image"), tag) for host in hosts for tag in ("latest", "v1")]
    for reference in references:
        if reference.tag == "v1":
            wire.get(manifest_url(reference), body=MANIFEST)
        else:
            wire.put(manifest_url(reference), status=201)
            wire.head(manifest_url(reference), headers={"Docker-Content-Digest": DIGEST})
    assert [str(item.reference) for item in push(client, references)] == [
        "quay.io/org/image:v1",
        "localhost:5000/org/image:v1",
        "quay.io/org/image:latest",
        "localhost:5000/org/image:latest",
    ]
    assert tags_by_engine(client) == ["quay.io/org/image:v1", "localhost:5000/org/image:v1"]


def test_push_references__all_by_the_engine_where_only_it_reaches_the_registry(
    wire: responses.RequestsMock, client: Any
) -> None:
    name = ImageName("localhost:5000", "org/image")
    client.api.inspect_distribution.return_value = {"Descriptor": {"digest": DIGEST}}
    assert len(push(client, [Reference(name, "v1"), Reference(name, "v2")])) == 2
    assert tags_by_engine(client) == ["localhost:5000/org/image:v1", "localhost:5000/org/image:v2"]


def test_push_references__index_is_not_mounted(wire: responses.RequestsMock, client: Any) -> None:
    """Its manifests are no blobs; the engine knows how to push them."""
    wire.get(manifest_url(REFERENCE), body=MANIFEST)
    wire.get(manifest_url(ELSEWHERE), body=MANIFEST)
    assert len(push(client, [REFERENCE, ELSEWHERE])) == 2
    assert tags_by_engine(client) == ["quay.io/org/image:v1", "quay.io/org/second:v1"]
    assert {call.request.method for call in wire.calls} == {"GET"}
