"""Logins for registries: whose password is whose, and no secret in any message."""

import pytest

from hubaction.inputs.credentials import Credentials
from hubaction.inputs.read import read_secrets
from tests.unit.samples import LOGIN, make_inputs, make_settings, problems_of

PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize(
    ("inputs", "registries"),
    [
        pytest.param({}, ["docker.io"], id="docker-hub"),
        pytest.param({"registry": "quay.io"}, ["quay.io"], id="registry"),
        pytest.param({"image-name": "ghcr.io/a/b", "registry": "quay.io"}, ["ghcr.io"], id="registry-of-the-name"),
        pytest.param({"image-name": "a/b\nghcr.io/a/b", "registry": "quay.io"}, ["quay.io"], id="registry-of-several"),
    ],
)
def test_read_settings__password_is_for(inputs: dict[str, str], registries: list[str]) -> None:
    settings = make_settings(inputs | LOGIN)
    assert settings.credentials == tuple(Credentials(name, LOGIN["username"], LOGIN["password"]) for name in registries)


def test_read_settings__password_for_any_of_several() -> None:
    (said,) = problems_of({"image-name": "quay.io/a/b\nghcr.io/a/b"} | LOGIN)
    assert said.startswith("input 'registry-auth': is needed for images in several registries (ghcr.io, quay.io)")


def test_read_settings__password_without_user() -> None:
    (said,) = problems_of({"password": PASSWORD})
    assert said.startswith("input 'username': is empty although a password is given")
    assert PASSWORD not in said


def test_read_settings__user_without_password_is_no_login() -> None:
    assert make_settings({"username": "robot"}).credentials == ()


def test_read_settings__registry_auth() -> None:
    auth = f"- {{registry: quay.io, username: a, password: {PASSWORD}}}\n- registry: https://index.docker.io/v1/\n" + (
        "  username: b\n  password: other-password"
    )
    settings = make_settings({"image-name": "quay.io/a/b\na/b", "registry-auth": auth})
    assert settings.credentials == (
        Credentials("quay.io", "a", PASSWORD),
        Credentials("docker.io", "b", "other-password"),
    )


def test_read_settings__registry_auth_beside_a_password() -> None:
    auth = f"- {{registry: quay.io, username: a, password: {PASSWORD}}}"
    settings = make_settings({"image-name": "quay.io/a/b\nghcr.io/a/b", "registry-auth": auth} | LOGIN)
    assert [(entry.registry, entry.username) for entry in settings.credentials] == [
        ("quay.io", "a"),
        ("ghcr.io", "robot"),
    ]


def test_read_settings__registry_auth_with_empty_secret_is_no_login() -> None:
    assert make_settings({"registry-auth": "- {registry: quay.io, username: a, password: ''}"}).credentials == ()


@pytest.mark.parametrize(
    "password",
    ["0123456", "12:30:45", "1_000", "on", "1e3", "0x1F", "2024-01-31", "2024-13-99", "1.50"],
)
def test_read_settings__registry_auth_takes_passwords_as_written(password: str) -> None:
    """YAML 1.1 reads each of these as something else than text; a password is always text."""
    auth = f"- {{registry: quay.io, username: '1', password: {password}}}"
    (entry,) = make_settings({"registry-auth": auth}).credentials
    assert entry.password == password
    assert password in read_secrets(make_inputs({"registry-auth": auth}))


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        pytest.param(f"password: {PASSWORD}", "is not a list", id="mapping"),
        pytest.param(PASSWORD, "is not a list", id="text"),
        pytest.param(f"- {{registry: 'quay.io, password: {PASSWORD}", "is not a list", id="no-yaml"),
        pytest.param(f"- {{registry: quay.io, password: {PASSWORD}}}", "entry 1 is incomplete", id="no-user"),
        pytest.param(f"- {{username: a, password: {PASSWORD}}}", "entry 1 is incomplete", id="no-registry"),
        pytest.param(f"- {PASSWORD}", "entry 1 is incomplete", id="no-mapping"),
        pytest.param(
            f"- {{registry: quay.io, username: a, passwrd: {PASSWORD}}}", "entry 1 is incomplete", id="other-key"
        ),
        pytest.param(f"- {{registry: '{PASSWORD}!', username: a}}", "entry 1 names no registry", id="registry"),
        pytest.param(
            f"- {{registry: , username: a, password: {PASSWORD}}}", "entry 1 names no registry", id="empty-registry"
        ),
        pytest.param("[" * 1500, "is not a list", id="too-deep"),
    ],
)
def test_read_settings__wrong_registry_auth(auth: str, said: str) -> None:
    (problem,) = problems_of({"registry-auth": auth})
    assert problem.startswith(f"input 'registry-auth': {said}")
    assert problem.endswith("allowed is a YAML list, each entry with registry, username and password") or (
        "allowed is a host" in problem
    )
    assert PASSWORD not in problem


def test_settings__repr_has_no_secret() -> None:
    auth = f"- {{registry: quay.io, username: a, password: {PASSWORD}}}"
    settings = make_settings({"github-token": "ghs_token", "registry-auth": auth} | LOGIN)
    shown = repr(settings) + str(settings)
    assert "robot" in shown
    for secret in ("ghs_token", PASSWORD, LOGIN["password"]):
        assert secret not in shown


def test_read_settings__problems_have_no_secret() -> None:
    auth = f"- {{registry: 'no registry', username: a, password: {PASSWORD}}}"
    inputs = {"github-token": "ghs_token", "registry-auth": auth, "mode": "x", "image-name": "X"} | LOGIN
    said = "\n".join(problems_of(inputs))
    for secret in ("ghs_token", PASSWORD, LOGIN["password"]):
        assert secret not in said
