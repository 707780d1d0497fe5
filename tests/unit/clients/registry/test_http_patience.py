"""How often a look-up tries a password that is refused."""

import pytest
import responses

from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName

NAME = ImageName("quay.io", "org/image")
URL = "https://quay.io/v2/org/image/manifests/"
TOKEN_URL = "https://quay.io/token"
AUTH = {"username": "robot", "password": "wrong-horse-battery"}
CHALLENGES = (f'Bearer realm="{TOKEN_URL}",service="quay.io"', 'Basic realm="quay.io"')


def look_up_often(challenge: str, auth: dict[str, str], *, patient: bool) -> int:
    """Return how often a password was sent in three look-ups that are all refused."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get(TOKEN_URL, status=401)
        for tag in "abc":
            wire.head(URL + tag, status=401, headers={"WWW-Authenticate": challenge})
        registry = Registry("quay.io", auth, patient=patient)
        assert [registry.look_up_digest(NAME, tag) for tag in "abc"] == [None] * 3
        return sum(call.request.headers.get("Authorization", "").startswith("Basic ") for call in wire.calls)


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_look_up_digest__a_wrong_password_is_sent_once(challenge: str) -> None:
    """Accounts are locked after a few."""
    assert look_up_often(challenge, AUTH, patient=False) == 1
    assert look_up_often(challenge, AUTH, patient=True) == 3


def test_look_up_digest__refused_where_the_token_is_fine() -> None:
    """Docker Hub says so of a repository that is not there yet; another one may well be."""
    with responses.RequestsMock() as wire:
        wire.get(TOKEN_URL, json={"token": "good"})
        wire.head(URL + "a", status=401, headers={"WWW-Authenticate": CHALLENGES[0]})
        wire.head(URL + "b", headers={"Docker-Content-Digest": f"sha256:{'1' * 64}"})
        registry = Registry("quay.io", AUTH, patient=False)
        assert registry.look_up_digest(NAME, "a") is None
        assert registry.look_up_digest(NAME, "b")
