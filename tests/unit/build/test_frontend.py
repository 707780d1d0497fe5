"""Which frontend a Dockerfile or an argument names.

What the builder does with one is in tests/integration/test_frontend.py.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.build.frontend import find_foreign_frontend, is_dockers


@pytest.mark.parametrize(
    "name",
    [
        "docker/dockerfile",
        "docker/dockerfile:1",
        "docker/dockerfile:1.7-labs",
        "docker.io/docker/dockerfile:1",
        "index.docker.io/docker/dockerfile:1",
        "docker/dockerfile-upstream:master",
        f"docker/dockerfile@sha256:{'a' * 64}",
        f"docker/dockerfile-upstream@sha256:{'a' * 64}",
        f"docker.io/docker/dockerfile:1@sha256:{'a' * 64}",
    ],
)
def test_is_dockers(name: str) -> None:
    assert is_dockers(name)
    assert find_foreign_frontend(f"# syntax={name}\nFROM debian:1\n".encode(), (), ()) == ""


@pytest.mark.parametrize(
    "name",
    [
        "",
        "dockerfile",
        "dockerfile:1",
        "docker/dockerfile2:1",
        "docker/dockerfile-upstreams",
        "docker/dockerfile/x",
        "example/docker/dockerfile",
        "ghcr.io/docker/dockerfile:1",
        "docker.io.example.org/docker/dockerfile:1",
        "localhost/docker/dockerfile",
        "docker/dockerfile:1:2",
        "Docker/dockerfile",
        "docker/dockerfile:1\n",
    ],
)
def test_is_dockers__others(name: str) -> None:
    assert not is_dockers(name)


@pytest.mark.parametrize(
    "start",
    [
        "# syntax=example/frontend",
        "#syntax=example/frontend",
        "#SynTax = example/frontend",
        "#\t \v\fsyntax\t=\texample/frontend\t",
        "#\u00a0\u0085\u2003\u3000syntax=example/frontend",
        "\ufeff# syntax=example/frontend",
        "#!/usr/bin/env docker\n# syntax=example/frontend",
        "\ufeff#!x\n# syntax=example/frontend",
        "#!x\n// syntax=example/frontend",
        "# escape=`\n# syntax=example/frontend",
        "# check=skip=all\r\n# syntax=example/frontend\r",
        "# unknown=directive\n# syntax=example/frontend",
        "# syntax=docker/dockerfile:1\n# syntax=example/frontend",
        " # syntax=example/frontend",
        "// syntax=example/frontend",
        "//syntax = example/frontend",
        "# syntax=example/frontend and what is behind it",
    ],
)
def test_find_foreign_frontend__directive(start: str) -> None:
    assert find_foreign_frontend(f"{start}\nFROM debian:1\n".encode(), (), ()) == "example/frontend"


@pytest.mark.parametrize(
    "text",
    [
        '{"syntax": "example/frontend"}',
        '\n\t {"a": 1, "syntax": "example/frontend"}\n',
        '\ufeff{"syntax": "example/frontend"}',
        '#!x\n{"syntax": "docker/dockerfile:1",\n"syntax": "example/frontend"}',
    ],
)
def test_find_foreign_frontend__json(text: str) -> None:
    assert find_foreign_frontend(text.encode(), (), ()) == "example/frontend"


@pytest.mark.parametrize("text", ['{"syntax": 1}', '{"syntax": ""}', "{", '{"a": ' * 5000, "{}\nFROM debian:1\n"])
def test_find_foreign_frontend__braces_are_no_dockerfile(text: str) -> None:
    assert find_foreign_frontend(text.encode(), (), ()).startswith("{")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FROM debian:1\n",
        "FROM debian:1\n# syntax=example/frontend\n",
        "\n# syntax=example/frontend\nFROM debian:1\n",
        "# a comment\n# syntax=example/frontend\nFROM debian:1\n",
        "#\n# syntax=example/frontend\nFROM debian:1\n",
        "# syntax of this file: docker=1\nFROM debian:1\n",
        "# syntax=docker/dockerfile:1\r\nFROM debian:1\r\n",
        "# syntax=docker/dockerfile:1 # a comment\nFROM debian:1\n",
        "# escape=`\nFROM debian:1\n",
        "#!/usr/bin/env docker\nFROM debian:1\n",
        'FROM debian:1\nRUN echo \'\n{"syntax": "example/frontend"}\'\n',
    ],
)
def test_find_foreign_frontend__none(text: str) -> None:
    assert find_foreign_frontend(text.encode(), (), ()) == ""


def test_find_foreign_frontend__bytes_that_are_no_text() -> None:
    assert find_foreign_frontend(b"# caf\xe9\nFROM debian:1\n", (), ()) == ""
    assert find_foreign_frontend(b"# syntax=caf\xe9\nFROM debian:1\n", (), ()).startswith("caf")


@given(st.binary(max_size=200))
def test_find_foreign_frontend__whatever_the_bytes(data: bytes) -> None:
    assert find_foreign_frontend(b"# syntax=example/frontend\n" + data, (), ()) == "example/frontend"
    assert find_foreign_frontend(b"FROM debian:1\n" + data, (), ()) == ""


def test_find_foreign_frontend__is_shown_in_one_short_line() -> None:
    shown = find_foreign_frontend(b"# syntax=a\x1b[2J\r::error::" + b"x" * 500, (), ())
    assert shown.startswith("a?[2J?::error::xxx")
    assert len(shown) < 110


# --- arguments ---


@pytest.mark.parametrize(
    "argument",
    [
        "--build-arg=BUILDKIT_SYNTAX=example/frontend",
        "BUILDKIT_SYNTAX=example/frontend",
        "BUILDKIT_SYNTAX= example/frontend with arguments",
    ],
)
def test_find_foreign_frontend__build_argument(argument: str) -> None:
    words = ("--build-arg", argument)
    assert find_foreign_frontend(b"FROM debian:1\n", words, ()) == "example/frontend"
    assert find_foreign_frontend(b"FROM debian:1\n", (), words) == "example/frontend"
    assert find_foreign_frontend(b"# syntax=docker/dockerfile:1\n", words, ()) == "example/frontend"
    dockers = ("--build-arg", "BUILDKIT_SYNTAX=docker/dockerfile:1")
    assert find_foreign_frontend(b"FROM debian:1\n", dockers, words) == "example/frontend"


@pytest.mark.parametrize("argument", ["BUILDKIT_SYNTAX", "BUILDKIT_SYNTAX=", "--build-arg=BUILDKIT_SYNTAX"])
def test_find_foreign_frontend__build_argument_from_elsewhere(argument: str) -> None:
    assert find_foreign_frontend(b"FROM debian:1\n", (), ("--build-arg", argument)) == "BUILDKIT_SYNTAX"


def test_find_foreign_frontend__trait_with_a_build_argument() -> None:
    trait = "--Application.extra_build_args=BUILDKIT_SYNTAX=example/frontend"
    assert find_foreign_frontend(b"FROM debian:1\n", (trait,), ()) == trait


def test_find_foreign_frontend__build_argument_wins_over_the_directive() -> None:
    words = ("--build-arg", "BUILDKIT_SYNTAX=docker/dockerfile:1")
    assert find_foreign_frontend(b"# syntax=example/frontend\nFROM debian:1\n", words, ()) == ""


@pytest.mark.parametrize(
    "words",
    [
        ("--build-arg", "NOTE=BUILDKIT_SYNTAX=example/frontend"),
        ("--build-arg=NOTE=BUILDKIT_SYNTAX",),
        ("--build-arg", "MY_BUILDKIT_SYNTAX=example/frontend"),
        ("--appendix", "BUILDKIT_SYNTAX=example/frontend"),
        ("--label=note=BUILDKIT_SYNTAX",),
        ("--build-context=data=docker/dockerfile",),
        ("--build-context", "data=./docker/dockerfile"),
        ("--cache-from", "docker/dockerfile=x"),
    ],
)
def test_find_foreign_frontend__other_arguments(words: tuple[str, ...]) -> None:
    assert find_foreign_frontend(b"FROM debian:1\n", words, words) == ""


@pytest.mark.parametrize("name", ["docker/dockerfile:1", "docker.io/docker/dockerfile-upstream", "Docker/Dockerfile:1"])
def test_find_foreign_frontend__build_context_in_its_place(name: str) -> None:
    """BuildKit takes a build context of the frontend's name for the frontend."""
    context = f"{name}=docker-image://example/frontend"
    for words in ((f"--build-context={context}",), ("--build-context", context)):
        assert find_foreign_frontend(b"# syntax=docker/dockerfile:1\nFROM debian:1\n", (), words).endswith(context)
