"""Whether anybody can pull an image, on a wire of `responses`; the engine's side is docker-py's own class."""

import base64
from typing import Any
from unittest.mock import create_autospec

import docker
import pytest
import requests
import responses

from hubaction.clients.engine.engine import Engine
from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName, Reference
from hubaction.publish.public import PrivateImageError, UncheckedImageError, advise, check_public

REFERENCE = Reference(ImageName("quay.io", "org/image"), "v1")
URL = "https://quay.io/v2/org/image/manifests/v1"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="https://quay.io/v2/auth",service="quay.io"'}
TOKEN = "https://quay.io/v2/auth"
LOCAL = Reference(ImageName("localhost:5000", "org/image"), "v1")
LOCAL_URL = "http://localhost:5000/v2/org/image/manifests/v1"


@pytest.fixture
def client() -> Any:
    client = create_autospec(docker.DockerClient, instance=True)
    client.api = create_autospec(docker.APIClient, instance=True)
    return client


def check(client: Any, reference: Reference = REFERENCE, *, insecure: bool = False) -> None:
    registry = Registry(reference.name.registry, {}, insecure=insecure)
    check_public(reference, registry, engine=Engine(client))


def test_check_public__anonymous_token(wire: responses.RequestsMock, client: Any) -> None:
    wire.get(URL, status=401, headers=CHALLENGE)
    wire.get(TOKEN, json={"token": "anonymous"})
    wire.get(URL, json={"layers": []})
    check(client)
    sent = [call.request.headers.get("Authorization") for call in wire.calls]
    assert sent == [None, None, "Bearer anonymous"]
    client.api.inspect_distribution.assert_not_called()


def test_check_public__open_registry_without_tls(wire: responses.RequestsMock, client: Any) -> None:
    wire.get("http://registry.example.org/v2/org/image/manifests/v1", json={"layers": []})
    check(client, Reference(ImageName("registry.example.org", "org/image"), "v1"), insecure=True)


def test_check_public__engine_is_asked_where_only_it_knows_the_authority(
    wire: responses.RequestsMock, client: Any
) -> None:
    wire.get(URL, body=requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"))
    client.api.inspect_distribution.return_value = {"Descriptor": {"digest": "sha256:0"}}
    check(client)
    client.api.inspect_distribution.assert_called_once_with(str(REFERENCE), auth_config={})


def test_check_public__token_that_does_not_help(wire: responses.RequestsMock, client: Any) -> None:
    """Docker Hub and quay.io give everybody a token, and then answer 401."""
    wire.get(URL, status=401, headers=CHALLENGE)
    wire.get(TOKEN, json={"token": "anonymous"})
    wire.get(URL, status=401, headers=CHALLENGE)
    with pytest.raises(
        PrivateImageError, match=r"quay\.io/org/image:v1 is private: quay\.io does not show it"
    ) as caught:
        check(client)
    assert "https://quay.io/repository/org/image?tab=settings" in caught.value.message
    assert "pull secret (https://z2jh" in caught.value.message
    assert caught.value.message.endswith("(quay.io does not tell what quay.io/org/image:v1 is: it answers 401)")


@pytest.mark.parametrize("status", [401, 403])
def test_check_public__no_token_for_everybody(wire: responses.RequestsMock, client: Any, status: int) -> None:
    """ghcr.io refuses the token."""
    wire.get(URL, status=401, headers=CHALLENGE)
    wire.get(TOKEN, status=status, json={"errors": []})
    with pytest.raises(PrivateImageError, match="refuses a token"):
        check(client)


def test_check_public__asks_for_a_password(wire: responses.RequestsMock, client: Any) -> None:
    """Amazon ECR does; nothing that we know is sent."""
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    with pytest.raises(PrivateImageError):
        check(client)
    assert wire.calls[-1].request.headers["Authorization"] == "Basic " + base64.b64encode(b":").decode()


@pytest.mark.parametrize("status", [403, 404])
def test_check_public__hidden(wire: responses.RequestsMock, client: Any, status: int) -> None:
    wire.get(URL, status=status)
    with pytest.raises(PrivateImageError, match=str(status)):
        check(client)


def test_check_public__registry_away(wire: responses.RequestsMock, client: Any, slept: list[float]) -> None:
    wire.get(URL, status=503)
    with pytest.raises(UncheckedImageError, match=r"is not known: quay\.io cannot answer now") as caught:
        check(client)
    assert caught.value.title == "Registry away"
    assert len(slept) == 3


def test_check_public__localhost_of_the_engine(wire: responses.RequestsMock, client: Any) -> None:
    wire.get(LOCAL_URL, body=requests.ConnectionError())
    client.api.inspect_distribution.return_value = {"Descriptor": {"digest": "sha256:x"}}
    check(client, LOCAL)
    client.api.inspect_distribution.assert_called_once_with("localhost:5000/org/image:v1", auth_config={})


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("no basic auth credentials", PrivateImageError),
        ("unauthorized: authentication required", PrivateImageError),
        ("manifest unknown: not found", PrivateImageError),
        ("dial tcp 127.0.0.1:5000: connect: connection refused", UncheckedImageError),
    ],
)
def test_check_public__localhost_of_the_engine_refuses(
    wire: responses.RequestsMock, client: Any, said: str, error: type[Exception]
) -> None:
    wire.get(LOCAL_URL, body=requests.ConnectionError())
    client.api.inspect_distribution.side_effect = docker.errors.APIError(said)
    with pytest.raises(error, match="org/image:v1"):
        check(client, LOCAL)


@pytest.mark.parametrize(
    ("registry", "advice"),
    [
        ("quay.io", "https://quay.io/repository/my-org/lab/image?tab=settings"),
        ("docker.io", "https://hub.docker.com/repository/docker/my-org/lab/image/settings"),
        ("ghcr.io", "Change visibility"),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "IAM role"),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "IAM role"),
        ("public.ecr.aws", "Everything there is public"),
        ("europe-west1-docker.pkg.dev", "REPOSITORY --location=europe-west1 --project=my-org --member=allUsers"),
        ("eu.gcr.io", "allUsers"),
        ("mylab.azurecr.io", "az acr update --name mylab --anonymous-pull-enabled"),
        ("harbor.example.org", "Projects > my-org > Configuration"),
        ("quay.io.example.org", "Make it public at quay.io.example.org"),
    ],
)
def test_advise(registry: str, advice: str) -> None:
    assert advice in advise(Reference(ImageName(registry, "my-org/lab/image"), "v1"))
