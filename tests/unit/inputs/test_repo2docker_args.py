"""The user's arguments for repo2docker: shell quoting, where each goes, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs.repo2docker_args import parse_repo2docker_args


@pytest.mark.parametrize(
    ("text", "arguments", "buildx", "labels"),
    [
        pytest.param("", (), (), (), id="none"),
        pytest.param("--debug", ("--debug",), (), (), id="flag"),
        pytest.param("--build-arg A=1", ("--build-arg", "A=1"), (), (), id="value"),
        pytest.param("--build-arg=A=1", ("--build-arg", "A=1"), (), (), id="value-with-equals"),
        pytest.param("--build-arg 'A=x y'", ("--build-arg", "A=x y"), (), (), id="quoted"),
        pytest.param('--build-arg A="x \\" y"', ("--build-arg", 'A=x " y'), (), (), id="escaped"),
        pytest.param("--build-arg A=x\\ y", ("--build-arg", "A=x y"), (), (), id="backslash"),
        pytest.param("--debug\n--build-arg \\\n  A=1", ("--debug", "--build-arg", "A=1"), (), (), id="several-lines"),
        pytest.param("# why\n--debug # because", ("--debug",), (), (), id="comments"),
        pytest.param("--label a=b", (), (), (("a", "b"),), id="label"),
        pytest.param("--label a=b#c", (), (), (("a", "b#c"),), id="number-sign-inside-a-word"),
        pytest.param("--label a=", (), (), (("a", ""),), id="empty-label"),
        pytest.param("--cache-from quay.io/a/b", ("--cache-from", "quay.io/a/b"), (), (), id="cache-from"),
        pytest.param("--Repo2Docker.log_level=10", ("--Repo2Docker.log_level=10",), (), (), id="trait"),
        pytest.param(
            "--DockerEngine.extra_buildx_build_args='--secret id=x' --DockerEngine.extra_buildx_build_args=--quiet",
            (),
            ("--secret id=x", "--quiet"),
            (),
            id="buildx",
        ),
    ],
)
def test_parse_repo2docker_args__sorts(
    text: str, arguments: tuple[str, ...], buildx: tuple[str, ...], labels: tuple[tuple[str, str], ...]
) -> None:
    parsed = parse_repo2docker_args(text)
    assert (parsed.arguments, parsed.buildx, parsed.labels) == (arguments, buildx, labels)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--appendix x", "is set by the input 'appendix-file'"),
        ("--user-id 5", "is set by the input 'user-id'"),
        ("--user-name=x", "is set by the input 'notebook-user'"),
        ("--target-repo-dir /x", "is set by the input 'repo-dir'"),
        ("--subdir x", "is set by the input 'path'"),
        ("--push", "is set by the input 'push'"),
        ("--image-name x", "is set by the input 'image-name'"),
        ("--Repo2Docker.platform=x", "is set by the input 'platform'"),
        ("--Repo2Docker.base_image=x", "is set by the input 'base-image'"),
        ("--config x.py", "a configuration file of the repository would run with this step's credentials"),
        ("--config=x.py", "a configuration file of the repository would run with this step's credentials"),
        (
            "--Application.config_file=x.py",
            "a configuration file of the repository would run with this step's credentials",
        ),
        ("--Repo2Docker.config_file=x.py", "a configuration file of the repository"),
        ("--engine podman", "this action talks to Docker"),
        ("--ref main", "what was checked out is built"),
        ("--no-build", "is not an argument that can be passed on"),
        ("https://example.org/repository", "is not an argument that can be passed on"),
        (".", "is not an argument that can be passed on"),
        ("-v", "is not an argument that can be passed on"),
        ("--", "is not an argument that can be passed on"),
        ("--debgu", "did you mean '--debug'?"),
        ("--build-arg", "needs a value of the form NAME=VALUE"),
        ("--build-arg A", "needs a value of the form NAME=VALUE"),
        ("--label x", "needs a value of the form NAME=VALUE"),
        ("--cache-from", "'--cache-from' needs a value"),
        ("--Repo2Docker.log_level 10", "must be written as --Repo2Docker.log_level=VALUE"),
        ("--DockerEngine.extra_buildx_build_args", "must be written as"),
        ("--build-arg 'A=1", "quote"),
        ("--debug=1", "--debug"),
    ],
)
def test_parse_repo2docker_args__refuses(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_repo2docker_args(text)


@pytest.mark.parametrize("abbreviated", ["--conf x.py", "--user-i 5", "--pus", "--imag x", "--confi=x.py"])
def test_parse_repo2docker_args__refuses_abbreviations(abbreviated: str) -> None:
    """repo2docker's parser takes any unambiguous beginning of an option for the option."""
    with pytest.raises(ValueError, match="is not an argument that can be passed on"):
        parse_repo2docker_args(abbreviated)


@given(st.text(max_size=100))
def test_parse_repo2docker_args__nothing_becomes_the_repository(text: str) -> None:
    try:
        arguments = list(parse_repo2docker_args(text).arguments)
    except ValueError:
        return
    while arguments:
        option = arguments.pop(0)
        assert option.startswith("--")
        if option in {"--build-arg", "--cache-from"}:
            assert arguments.pop(0)
