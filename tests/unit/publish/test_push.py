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

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.publish.push import ATTEMPTS, PassingPushError, PushError, explain_push, push_references
from hubaction.runner.engine import Engine

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


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


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
        auths={"quay.io": AUTH, "localhost:5000": {}},
        insecure=frozenset(),
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


# --- what the engine's messages mean ---


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        pytest.param("denied: requested access to the resource is denied", "may not write there", id="denied"),
        pytest.param("unauthorized: access to the requested resource is not authorized", "may not write", id="401"),
        pytest.param("unexpected status from POST request: 403 Forbidden", "may not write there", id="403"),
        pytest.param("insufficient_scope: authorization failed", "may not write there", id="scope"),
        pytest.param("unexpected status from POST request: 404 Not Found", "no such repository", id="404"),
        pytest.param("name unknown: repository name not known to registry", "no such repository", id="unknown"),
        pytest.param("unexpected status: 413 Request Entity Too Large", "too large", id="413"),
        pytest.param("denied: quota exceeded", "too large for the registry, or your quota", id="quota"),
    ],
)
def test_explain_push__refusals(error: str, advice: str) -> None:
    explained = explain_push(REFERENCE, error, "robot")
    assert not isinstance(explained, PassingPushError)
    assert advice in explained.message
    assert "quay.io refused quay.io/org/image:v1, pushed by 'robot'" in explained.message
    assert error in explained.message


@pytest.mark.parametrize(
    "error",
    [
        "received unexpected HTTP status: 500 Internal Server Error",
        "received unexpected HTTP status: 502 Bad Gateway",
        "dial tcp 10.0.0.1:443: i/o timeout",
        "net/http: TLS handshake timeout",
        "read: connection reset by peer",
        "write: broken pipe",
        "unexpected EOF",
        "dial tcp: lookup quay.io: no such host",
        "toomanyrequests: retry later",
        "context deadline exceeded",
        "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    ],
)
def test_explain_push__passing_faults(error: str) -> None:
    explained = explain_push(REFERENCE, error, "")
    assert isinstance(explained, PassingPushError)
    assert "Run again" in explained.message


def test_explain_push__unknown() -> None:
    explained = explain_push(REFERENCE, "the moon is full", "")
    assert not isinstance(explained, PassingPushError)
    assert explained.message == "quay.io did not take quay.io/org/image:v1. (the moon is full)"


def test_explain_push__long_messages_are_cut() -> None:
    assert len(explain_push(REFERENCE, "x" * 10_000, "").message) < 3500


def test_explain_push__docker_hub_by_its_name() -> None:
    reference = Reference(ImageName("docker.io", "org/image"), "v1")
    assert explain_push(reference, "denied", "").message.startswith(
        "Docker Hub refused docker.io/org/image:v1, pushed:"
    )
