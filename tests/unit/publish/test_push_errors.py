"""What people are told when a registry did not take a push."""

import pytest

from hubaction.image import ImageName, Reference
from hubaction.publish.push_errors import PassingPushError, explain_push

REFERENCE = Reference(ImageName("quay.io", "org/image"), "v1")


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
