"""Whether everybody may pull: one request without a login, and advice for each registry."""

import pytest
import responses

from hubaction.image import ImageName, Reference
from hubaction.publish.public import PrivateImageError, check_public

MANIFEST = {"config": {"size": 1, "digest": "sha256:0"}, "layers": []}


def reference(registry: str) -> Reference:
    return Reference(ImageName(registry, "org/image"), "v1")


def url(registry: str) -> str:
    return f"https://{registry}/v2/org/image/manifests/v1"


@responses.activate
def test_check_public__passes_without_a_login() -> None:
    responses.get(url("quay.io"), json=MANIFEST)
    check_public(reference("quay.io"))
    assert "Authorization" not in responses.calls[0].request.headers


@responses.activate
@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(
    ("registry", "host", "advice"),
    [
        ("quay.io", "quay.io", "Make Public"),
        ("ghcr.io", "ghcr.io", "Change visibility"),
        ("docker.io", "registry-1.docker.io", "Make public"),
        ("registry.example", "registry.example", "Make its repository public"),
    ],
)
def test_check_public__private(status: int, registry: str, host: str, advice: str) -> None:
    responses.get(url(host), status=status)
    with pytest.raises(PrivateImageError, match=advice):
        check_public(reference(registry))
