"""Inputs -> Settings: every input's validation, all problems together, and no secret where it can be read."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.errors import InvalidInputError
from hubaction.inputs.choices import Choice, HubCheck, Mode
from hubaction.inputs.credentials import Credentials
from hubaction.inputs.read import input_variable, read_secrets, read_settings
from hubaction.inputs.settings import DEFAULTS, INPUTS, HubPolicy, TryOnHubSettings
from tests.unit.samples import LOGIN, REPOSITORY, make_inputs, make_settings

PASSWORD = "correct-horse-battery"


def problems_of(inputs: dict[str, str], **environ: str) -> list[str]:
    """Return what is said about the inputs; fails when nothing is."""
    with pytest.raises(InvalidInputError) as caught:
        read_settings({"GITHUB_REPOSITORY": REPOSITORY} | environ | make_inputs(inputs))
    return [str(problem) for problem in caught.value.problems]


# --- all of them ---


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


def test_read_settings__allow_files() -> None:
    assert make_settings({"allow-files": "tests/**/*.pem\n\n a b/?.key \ntests/**/*.pem"}).allow_files == (
        "tests/**/*.pem",
        "a b/?.key",
    )


@pytest.mark.parametrize("glob", ["*", "**", "**/*", ".", "./*", "*.*"])
def test_read_settings__allow_files_cannot_be_all(glob: str) -> None:
    (problem,) = problems_of({"allow-files": f"tests/a.pem\n{glob}"})
    assert problem.startswith(f"input 'allow-files': '{glob}' means every file")


@pytest.mark.parametrize(
    "glob", ["/etc/a", "../a", "..", "a/../b", "!a", "a[bc]", "{a,b}", "a**", "a\\*", "#a", "a/**/**/b"]
)
def test_read_settings__allow_files_that_could_be_read_in_two_ways(glob: str) -> None:
    (problem,) = problems_of({"allow-files": glob})
    assert "is not understood" in problem


def test_read_settings__empty_image_tests_switch_them_off() -> None:
    assert make_settings({"image-tests": ""}).tests.folder == ""


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


@pytest.mark.parametrize(
    "name",
    sorted(
        DEFAULTS.keys()
        - {
            "password",
            "github-token",
            "registry-auth",
            "username",
            "binder-urlpath",
            "binder-cache-message",
            "hub-command",
            "rollout-labels",
            "rollout-token",
        }
    ),
)
def test_read_settings__problem_names_input_and_value(name: str) -> None:
    bad = "!no/../such"
    assert any(problem.startswith(f"input '{name}'") and bad in problem for problem in problems_of({name: bad}))


def test_read_settings__unknown_input_is_a_warning() -> None:
    (warning,) = make_settings({"image-nam": "x"}).warnings
    assert warning == "input 'image-nam' is not known and has no effect; did you mean 'image-name'?"


def test_read_settings__runners_own_inputs_are_known() -> None:
    assert make_settings({"args": "x", "entrypoint": "y"}).warnings == ()


def test_input_variable__keeps_hyphens() -> None:
    assert input_variable("image-name") == "INPUT_IMAGE-NAME"


# --- values: what each is checked by is in test_values.py ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("", False)],
)
def test_read_settings__yaml_booleans(text: str, expected: bool) -> None:
    settings = make_settings({"push": text, "latest": text, "include-git": text})
    choice = Choice(str(expected).lower()) if text else Choice.AUTO
    assert (settings.push, settings.latest, settings.include_git) == (choice, choice, expected)


def test_read_settings__values_are_taken() -> None:
    settings = make_settings(
        {
            "mode": "test",
            "path": "images/a",
            "repo-dir": "/opt/course/",
            "notebook-user": "rstudio",
            "user-id": "2000",
            "appendix-file": "docker/appendix",
            "base-image": "ubuntu:24.04",
            "platform": "linux/arm64",
            "image-tests": "tests",
            "github-token": "ghs_token",
        }
    )
    assert (settings.mode, settings.path, settings.repo_dir) == (Mode.TEST, "images/a", "/opt/course")
    assert (settings.notebook_user, settings.user_id) == ("rstudio", 2000)
    assert (settings.appendix_file, settings.tests.folder) == ("docker/appendix", "tests")
    assert (settings.base_image, settings.platform) == ("ubuntu:24.04", "linux/arm64")
    assert settings.github_token == "ghs_token"


def test_read_settings__hub_policy() -> None:
    hub = make_settings(
        {
            "hub-check": "warn",
            "hub-command": "jupyterhub-singleuser --debug 'a b'",
            "hub-memory": "1.5g",
            "hub-timeout": "30",
            "hub-default-url": "rstudio",
            "hub-version": "5.2.1",
        }
    ).hub
    words = ("jupyterhub-singleuser", "--debug", "a b")
    assert hub == HubPolicy(HubCheck.WARN, words, 3 * 2**29, 30, "/rstudio", "5.2.1")
    assert make_settings().hub == HubPolicy(HubCheck.TRUE, words[:1], 2**30, 120, "/lab", "")


@pytest.mark.parametrize(("text", "size"), [("512M", 2**29), ("67108864", 2**26), ("2G", 2**31), ("1T", 2**40)])
def test_read_settings__hub_memory(text: str, size: int) -> None:
    assert make_settings({"hub-memory": text}).hub.memory_bytes == size


@pytest.mark.parametrize("text", ["63M", "0", "-1G", "1GB", "1Gi", "G", "99999999T", "1e9"])
def test_read_settings__hub_memory_that_is_none(text: str) -> None:
    (said,) = problems_of({"hub-memory": text})
    assert said == (
        f"input 'hub-memory': '{text}' is not an amount of memory; allowed are 64M and more, e.g. 512M, 1G or 1.5G"
    )


# --- pairs ---


def test_read_settings__pairs() -> None:
    settings = make_settings(
        {"build-args": "A=1\n\n B=x=y z \nC=", "labels": "org.opencontainers.image.title=My course\nkey/x=#1"}
    )
    assert settings.build_args == (("A", "1"), ("B", "x=y z"), ("C", ""))
    assert settings.labels == (("org.opencontainers.image.title", "My course"), ("key/x", "#1"))


@pytest.mark.parametrize("line", ["NOVALUE", "=x", "1A=x", "A B=x", "A-B=x"])
def test_read_settings__build_args(line: str) -> None:
    assert problems_of({"build-args": f"GOOD=1\n{line}"}) == [f"input 'build-args': '{line}' is not NAME=VALUE"]


@pytest.mark.parametrize("line", ["novalue", "=x", "a b=x", "--label=x"])
def test_read_settings__labels(line: str) -> None:
    assert problems_of({"labels": line}) == [f"input 'labels': '{line}' is not NAME=VALUE"]


def test_read_settings__build_arg_given_twice() -> None:
    (said,) = problems_of({"build-args": "A=1", "repo2docker-args": "--build-arg A=2"})
    assert said == "input 'build-args': 'A' is also set by the input 'repo2docker-args'; give it once"


# --- images ---


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({}, ["docker.io/org/course"], id="repository"),
        pytest.param({"registry": "quay.io"}, ["quay.io/org/course"], id="repository-and-registry"),
        pytest.param({"image-name": "a/b"}, ["docker.io/a/b"], id="name"),
        pytest.param({"image-name": "a/b", "registry": "quay.io"}, ["quay.io/a/b"], id="name-and-registry"),
        pytest.param({"image-name": "ghcr.io/a/b", "registry": "quay.io"}, ["ghcr.io/a/b"], id="own-registry"),
        pytest.param(
            {"image-name": "a/b\n\n ghcr.io/a/b \na/b", "registry": "quay.io"},
            ["quay.io/a/b", "ghcr.io/a/b"],
            id="several",
        ),
    ],
)
def test_read_settings__images(inputs: dict[str, str], expected: list[str]) -> None:
    assert [str(name) for name in make_settings(inputs).images] == expected


@pytest.mark.parametrize(
    ("repository", "expected"),
    [("My-Org/My.Course", "docker.io/my-org/my.course"), ("Org/_private_", "docker.io/org/private")],
)
def test_read_settings__image_named_after_the_repository(repository: str, expected: str) -> None:
    assert [str(name) for name in read_settings({"GITHUB_REPOSITORY": repository}).images] == [expected]


def test_read_settings__no_name_at_all() -> None:
    with pytest.raises(InvalidInputError, match=r"input 'image-name': is empty.*allowed is e\.g\. my-org/my-image"):
        read_settings({})


def test_read_settings__every_wrong_name_is_told() -> None:
    said = problems_of({"image-name": "org/my one\norg/my two\norg/three"})
    assert [problem.rpartition("did you mean ")[2] for problem in said] == ["'org/my-one'?", "'org/my-two'?"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("my-org/cache:x", "quay.io/my-org/cache:x"),
        ("ghcr.io/my-org/cache:x", "ghcr.io/my-org/cache:x"),
        ("localhost:5000/a/b:buildcache", "localhost:5000/a/b:buildcache"),
    ],
)
def test_read_settings__cache_ref(given: str, expected: str) -> None:
    assert str(make_settings({"cache-ref": given, "registry": "quay.io"}).cache_ref) == expected


@pytest.mark.parametrize(
    "inputs",
    [
        {"cache-ref": "my-org/my-image:latest"},
        {"cache-ref": "my-org/my-image"},
        {"cache-ref": "localhost:5000/image"},
        {"cache-ref": "my-org/my-image:-x"},
        {"cache-ref": "my-org/my-image:buildcache", "cache": "inline"},
        {"cache-ref": "my-org/my-image:buildcache", "cache": "none"},
    ],
)
def test_read_settings__no_cache_ref(inputs: dict[str, str]) -> None:
    assert [said for said in problems_of(inputs) if said.startswith("input 'cache-ref'")]


@pytest.mark.parametrize(
    "inputs",
    [
        {"labels": "hub-image-action.pull-request=1"},
        {"repo2docker-args": "--label hub-image-action.fingerprint=x"},
    ],
)
def test_read_settings__our_own_labels_are_ours(inputs: dict[str, str]) -> None:
    (said,) = problems_of(inputs)
    assert said.startswith("input 'labels': 'hub-image-action.")


def test_read_settings__names_in_capitals_are_lowered_with_a_notice() -> None:
    settings = make_settings({"image-name": "ghcr.io/My-Org/My-Image\nghcr.io/my-org/other\nghcr.io/my-org/my-image"})
    assert [str(name) for name in settings.images] == ["ghcr.io/my-org/my-image", "ghcr.io/my-org/other"]
    assert settings.notices == (
        "image-name 'ghcr.io/My-Org/My-Image' is used in lower case: registries take no other.",
    )


def test_read_settings__wrong_registry() -> None:
    assert problems_of({"registry": "https://quay.io"}) == [
        "input 'registry': 'https://quay.io' is a URL, not a registry's name; did you mean 'quay.io'?"
    ]


# --- tags ---


def test_read_settings__tags() -> None:
    assert make_settings({"tags": "{sha}\n\n  v{version} \n{sha}\nstable"}).tags == ("{sha}", "v{version}", "stable")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{shaa}", "has the unknown placeholder {shaa}; allowed are {sha}, {branch}, {pr}, {date}, {version}"),
        ("{Sha}", "has the unknown placeholder {Sha}"),
        ("{}", "has the unknown placeholder {}"),
        ("{sha!r}", "has the unknown placeholder {sha!r}"),
        ("{sha.x}", "has the unknown placeholder {sha.x}"),
        ("{sha", "is not a tag; allowed are up to 128 letters"),
        ("{{sha}}", "is not a tag"),
        ("a b", "is not a tag"),
        (".x", "is not a tag"),
        ("-{sha}", "is not a tag"),
        ("org/image:tag", "is not a tag"),
        ("x" * 129, "is not a tag"),
    ],
)
def test_read_settings__wrong_tags(template: str, said: str) -> None:
    (problem,) = problems_of({"tags": f"{{sha}}\n{template}"})
    assert problem.startswith(f"input 'tags': '{template}' ")
    assert said in problem


# --- credentials ---


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


# --- secrets ---


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


def test_read_settings__repo2docker_args_problem() -> None:
    assert problems_of({"repo2docker-args": "--push"}) == [
        "input 'repo2docker-args': '--push' is set by the input 'push'; use that instead"
    ]


# --- rollouts ---

ROLLOUT = {"rollout": "true", "rollout-paths": "hubs/*.yaml: singleuser.image"}


def test_read_settings__rollout() -> None:
    rollout = make_settings(
        ROLLOUT
        | {
            "rollout-repository": "Org/Hub",
            "rollout-token": "ghs_x",
            "rollout-paths": "a.yaml: x.y\n\n b/**/c.yaml : profileList[?slug=='r: s'].image \na.yaml: x.y",
            "rollout-reviewers": "@ada\nOrg/hub-admins",
            "rollout-labels": "image update\nhub",
            "rollout-automerge": "yes",
        }
    ).rollout
    assert [str(path) for path in rollout.paths] == ["a.yaml: x.y", "b/**/c.yaml: profileList[?slug=='r: s'].image"]
    assert (rollout.reviewers, rollout.labels) == (("ada", "Org/hub-admins"), ("image update", "hub"))
    assert (rollout.after_push, rollout.repository, rollout.automerge) == (True, "Org/Hub", "true")
    assert "ghs_x" not in repr(rollout)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"rollout": "true"}, "input 'rollout-paths': is empty"),
        ({"mode": "rollout"}, "input 'rollout-paths': is empty"),
        (ROLLOUT | {"hub-check": "warn"}, "input 'rollout': needs 'hub-check: true'"),
        (ROLLOUT | {"rollout-draft": "true", "rollout-automerge": "squash"}, "a draft is not merged; leave one out"),
        (ROLLOUT | {"rollout-token": "-----BEGIN\nkey\n-----END"}, "of an App, give the token and not the key"),
        (ROLLOUT | {"rollout-repository": "Org/Hub@main"}, "allowed is owner/name"),
        ({"rollout-paths": "/etc/passwd: a"}, "names no files of the repository"),
        ({"rollout-paths": "../x.yaml: a"}, "names no files of the repository"),
        ({"rollout-paths": "a.yaml: length(x)"}, "is more than a path to a value; supported are keys"),
        ({"rollout-paths": "a.yaml: x["}, "is no path to a value; supported are keys"),
        ({"rollout-paths": f"a.yaml: {'[' * 900}"}, "is no path to a value"),
        ({"rollout-reviewers": "ada,bob"}, "neither a user nor organisation/team"),
        ({"rollout-automerge": "sqash"}, "did you mean 'squash'?"),
    ],
)
def test_read_settings__rollout_problem(inputs: dict[str, str], said: str) -> None:
    (problem,) = problems_of(inputs)
    assert said in problem
    assert "key" not in inputs.get("rollout-token", "") or "BEGIN" not in problem


def test_read_secrets__rollout_token() -> None:
    assert read_secrets(make_inputs({"rollout-token": "ghs_x"})) == ("ghs_x",)
    # A key of several lines is masked line by line, as it is printed.
    assert set(read_secrets(make_inputs({"rollout-token": "one1\ntwo2"}))) == {"one1\ntwo2", "one1", "two2"}


# --- where pull requests are tried ---


def test_read_settings__trial() -> None:
    given = {"hub-url": "https://hub.example.edu/base/", "hub-profile": "custom", "hub-content-path": "a/b c.ipynb/"}
    assert make_settings(given).try_on_hub == TryOnHubSettings(
        "https://hub.example.edu/base", "custom", "image", "a/b c.ipynb"
    )
    assert make_settings().try_on_hub == TryOnHubSettings("", "", "image", "")
    assert make_settings({**given, "hub-image-option": "my-image"}).try_on_hub.image_option == "my-image"


@pytest.mark.parametrize("name", ["hub-profile", "hub-content-path"])
def test_read_settings__trial_without_a_hub(name: str) -> None:
    (problem,) = problems_of({name: "custom"})
    assert problem.startswith(f"input '{name}': 'custom' is for links to a hub, and 'hub-url' is empty")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://hub.example.edu/hub/home", "https://hub.example.edu"),
        ("https://hub.example.edu/base/hub/spawn/", "https://hub.example.edu/base"),
        ("https://hub.example.edu/user/ada/lab", "https://hub.example.edu"),
        ("https://hub.example.edu/hub/user-redirect/lab", "https://hub.example.edu"),
    ],
)
def test_read_settings__address_of_a_page_of_the_hub(url: str, meant: str) -> None:
    (problem,) = problems_of({"hub-url": url})
    assert problem.endswith(f"; did you mean '{meant}'?")


@pytest.mark.parametrize(
    "url",
    [
        "hub.example.edu",
        "ftp://hub.example.edu",
        "https://ada:secret@hub.example.edu",
        "https://hub.example.edu//evil.example",
        "https://hub.example.edu/../x",
        "https://hub.example.edu/?next=x",
        "https://hub.example.edu/#x",
        "https://hub.example.edu/)[x](https://evil.example",
        "javascript:alert(1)",
    ],
)
def test_read_settings__no_address_of_a_hub(url: str) -> None:
    (problem,) = problems_of({"hub-url": url})
    assert problem.endswith("allowed is e.g. https://hub.example.edu")


def test_read_settings__display_name_is_no_profile() -> None:
    (problem,) = problems_of({"hub-url": "https://hub.example.edu", "hub-profile": "Bring your own image"})
    assert problem.endswith("a display name is no slug; did you mean 'bring-your-own-image'?")


@pytest.mark.parametrize("option", ["profile", "autoStart", "a b", "image:x", "é", "x" * 101])
def test_read_settings__no_option_of_a_profile(option: str) -> None:
    (problem,) = problems_of({"hub-image-option": option})
    assert problem.startswith("input 'hub-image-option': ")


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../b"])
def test_read_settings__content_is_in_the_repository(path: str) -> None:
    (problem,) = problems_of({"hub-url": "https://hub.example.edu", "hub-content-path": path})
    assert problem.startswith(f"input 'hub-content-path': '{path}' is not inside the repository")
