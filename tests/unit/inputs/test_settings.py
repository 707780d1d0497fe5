"""What each input becomes, and what is said about a value that is not allowed."""

import pytest

from hubaction.inputs.choices import Choice, HubCheck, Mode
from hubaction.inputs.settings import INPUTS, HubPolicy, TryOnHubSettings
from tests.unit.samples import make_settings, problems_of


def test_inputs__every_default_is_a_value() -> None:
    for name, declared in INPUTS.items():
        declared.parse(declared.default)
        assert not declared.blank_means_off or declared.parse("") == "", name


def test_inputs__secret_ones() -> None:
    secret = [name for name, declared in INPUTS.items() if declared.find_secrets]
    assert secret == ["password", "registry-auth", "github-token", "rollout-token"]


# --- single values; their parsers have tests of their own ---


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


def test_read_settings__empty_image_tests_switch_them_off() -> None:
    assert make_settings({"image-tests": ""}).tests.folder == ""


def test_read_settings__repo2docker_args_problem() -> None:
    assert problems_of({"repo2docker-args": "--push"}) == [
        "input 'repo2docker-args': '--push' is set by the input 'push'; use that instead"
    ]


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


# --- files ---


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


# --- where pull requests are tried ---


def test_read_settings__try_on_hub() -> None:
    given = {"hub-url": "https://hub.example.edu/base/", "hub-profile": "custom", "hub-content-path": "a/b c.ipynb/"}
    assert make_settings(given).try_on_hub == TryOnHubSettings(
        "https://hub.example.edu/base", "custom", "image", "a/b c.ipynb"
    )
    assert make_settings().try_on_hub == TryOnHubSettings("", "", "image", "")
    assert make_settings({**given, "hub-image-option": "my-image"}).try_on_hub.image_option == "my-image"


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
