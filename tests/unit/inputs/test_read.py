"""The runner's variables -> Settings: defaults, all problems together, and every secret for the masks."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs.choices import Choice, Mode
from hubaction.inputs.read import input_variable, read_secrets
from hubaction.inputs.settings import DEFAULTS, INPUTS
from tests.unit.samples import LOGIN, make_inputs, make_settings, problems_of

PASSWORD = "correct-horse-battery"


def test_read_settings__defaults() -> None:
    settings = make_settings()
    assert settings.mode is Mode.AUTO
    assert settings.push is settings.latest is Choice.AUTO
    assert [str(name) for name in settings.images] == ["docker.io/org/course"]
    assert (settings.credentials, settings.tags, settings.build_args, settings.labels) == ((), (), (), ())
    assert (settings.path, settings.repo_dir, settings.tests.folder) == (".", "/srv/repo", "image-tests")
    assert (settings.notebook_user, settings.user_id) == ("jovyan", 1000)
    assert (settings.appendix_file, settings.base_image, settings.platform) == ("", "", "")
    assert settings.include_git is False
    assert settings.warnings == ()


def test_read_settings__empty_means_default() -> None:
    empty = make_settings({name: " " for name, each in INPUTS.items() if not each.blank_means_off})
    assert empty == make_settings()


def test_read_settings__all_problems_together() -> None:
    said = problems_of(
        {
            "mode": "biuld",
            "image-name": "org/my image",
            "push": "maybe",
            "latest": "2",
            "tags": "{shaa}",
            "path": "../x",
            "allow-files": "/etc",
            "repo-dir": "srv",
            "notebook-user": "root",
            "user-id": "0",
            "appendix-file": "/etc/passwd",
            "base-image": "--x",
            "platform": "amd64",
            "build-args": "NOVALUE",
            "labels": "novalue",
            "repo2docker-args": "--push",
            "rebuild": "never",
            "cache": "gha",
            "cache-ref": "org/image",
            "include-git": "maybe",
            "image-tests": "/tests",
            "test-timeout": "10m",
            "test-notebook-outputs": "some",
            "hub-check": "wran",
            "hub-command": "'",
            "hub-memory": "1 G",
            "hub-timeout": "2m",
            "hub-default-url": "https://example.org",
            "hub-version": "latest",
            "registry-auth": "nolist",
            "comment": "sometimes",
            "binder-url": "mybinder.org",
            "binder-ref": "tag",
            "binder-urlpath": "https://example.org",
            "binder-repository": "environment",
            "hub-url": "hub.example.edu",
            "hub-profile": "A profile",
            "hub-image-option": "profile",
            "hub-content-path": "/etc",
            "result-file": "/result.json",
            "junit-file": "..",
            "repo2docker-version": "--index-url=https://example.org",
            "public-check": "maybe",
            "binder-cache": "chekc",
            "binder-cache-message": "x" * 300,
            "binder-prebuild": "a b",
            "rollout": "maybe",
            "rollout-repository": "hub",
            "rollout-token": "one\ntwo",
            "rollout-branch": "a b",
            "rollout-paths": "singleuser.image",
            "rollout-labels": "x" * 51,
            "rollout-reviewers": "a b",
            "rollout-draft": "some",
            "rollout-automerge": "fast",
            "preview": "maybe",
            "preview-expires": "4 weeks",
            "binder-image-branch": "binder",
        }
    )
    named = [problem.partition("'")[2].partition("'")[0] for problem in said]
    assert sorted(named) == sorted(DEFAULTS.keys() - {"registry", "username", "password", "github-token"})


ANY_TEXT = {
    "password", "github-token", "registry-auth", "username", "binder-urlpath", "binder-cache-message", "hub-command",
    "rollout-labels", "rollout-token",
}  # fmt: skip
"""Inputs that take any line, or that show no value because it may be secret."""


def test_read_settings__problem_names_input_and_value() -> None:
    bad = "!no/../such"
    for name in DEFAULTS.keys() - ANY_TEXT:
        said = problems_of({name: bad})
        assert any(problem.startswith(f"input '{name}'") and bad in problem for problem in said), name


def test_read_settings__unknown_input_is_a_warning() -> None:
    (warning,) = make_settings({"image-nam": "x"}).warnings
    assert warning == "input 'image-nam' is not known and has no effect; did you mean 'image-name'?"


def test_read_settings__runners_own_inputs_are_known() -> None:
    assert make_settings({"args": "x", "entrypoint": "y"}).warnings == ()


def test_input_variable__keeps_hyphens() -> None:
    assert input_variable("image-name") == "INPUT_IMAGE-NAME"


# --- secrets ---


def test_read_secrets__every_form() -> None:
    auth = f"- {{registry: quay.io, username: a, password: {PASSWORD}}}"
    inputs = {"github-token": "ghs_token", "registry-auth": auth} | LOGIN
    found = read_secrets(make_inputs(inputs))
    encoded = base64.b64encode(f"{LOGIN['username']}:{LOGIN['password']}".encode()).decode()
    assert {"ghs_token", PASSWORD, LOGIN["password"], encoded} <= set(found)
    assert base64.b64encode(f"a:{PASSWORD}".encode()).decode() in found


def test_read_secrets__nothing_secret() -> None:
    assert read_secrets(make_inputs({"username": "robot", "mode": "build"})) == ()


@given(st.text(max_size=200))
def test_read_secrets__unreadable_registry_auth_is_masked_whole(auth: str) -> None:
    unreadable = "{" + auth
    assert unreadable.strip() in read_secrets(make_inputs({"registry-auth": unreadable}))


def test_read_secrets__rollout_token() -> None:
    assert read_secrets(make_inputs({"rollout-token": "ghs_x"})) == ("ghs_x",)
    # A key of several lines is masked line by line, as it is printed.
    assert set(read_secrets(make_inputs({"rollout-token": "one1\ntwo2"}))) == {"one1\ntwo2", "one1", "two2"}
