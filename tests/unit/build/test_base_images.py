"""Which images a Dockerfile names, where that is in doubt, and what they are now.

What the real builder makes of Dockerfiles stands in tests/integration/test_bases.py.
"""

from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.build.base_images import find_bases, resolve_bases
from hubaction.build.dockerfile import MAX_LINE
from hubaction.errors import ActionError

DEBIAN = "docker.io/library/debian:1"


def test_find_bases__nothing_from_outside() -> None:
    assert find_bases("FROM scratch\nCOPY --from=scratch / /\n", {}) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "ARG A=1\n",
        "RUN true\nFROM debian:1\n",
        "ENV A=1\nFROM debian:1\n",
        "FROM\n",
        "FROM debian:1 AS\n",
        "FROM debian:1 AS a b\n",
        "FROM debian:1 a\n",
        "FROM debian:1 AS a$b\n",
        "FROM 'debian:1'\n",
        "FROM deb\\ian:1\n",
        "FROM Debian:1\n",
        "FROM a//b\n",
        "FROM debian:\n",
        "FROM debian@sha256:1\n",
        "FROM 0\n",
        "FROM --platform linux/amd64 debian:1\n",
        "FROM --new=1 debian:1\n",
        "FROM debian:1\nNEW instruction\n",
        "FROM debian:1\nINCLUDE other\n",
        # variables
        "FROM debian:$TAG\n",
        "FROM ${TAG}\n",
        "ARG TAG\nFROM debian:$TAG\n",
        "ARG TAG=1\nARG TAG=2\nFROM debian:$TAG\n",
        "ARG TAG=\nFROM $TAG\n",
        "ARG A=1\nFROM debian:${A:-${A}}\n",
        "ARG A=1\nFROM debian:${A#1}\n",
        "ARG A=1\nFROM debian:${A/1/2}\n",
        "ARG A=1\nFROM debian:${A:?x}\n",
        "ARG A='1\nFROM debian:$A\n",
        "ARG A=\\1\nFROM debian:$A\n",
        "ARG A=1'2'\nFROM debian:$A\n",
        "FROM debian:$(echo)\n",
        "FROM debian:$\n",
        "ARG TARGETARCH\nFROM debian:${TARGETARCH:-1}\n",
        "FROM debian:${BUILDPLATFORM:-1}\n",
        "FROM debian:${https_proxy:-1}\n",
        # sources
        "FROM debian:1\nCOPY --from=$X / /\n",
        "FROM debian:1\nCOPY --from= / /\n",
        "FROM debian:1\nCOPY --from / /\n",
        "FROM debian:1\nCOPY --from='x' / /\n",
        "FROM debian:1\nCOPY --from=0 / /\n",
        "FROM debian:1\nCOPY --from=7 / /\n",
        "FROM debian:1 AS a\nCOPY --from=a / /\n",
        "FROM debian:1 AS a\nCOPY --from=B / /\nFROM debian:1 AS b\n",
        "FROM debian:1\nCOPY --new=x / /\n",
        "FROM debian:1\nRUN --mount=type=bind,from=$X true\n",
        'FROM debian:1\nRUN --mount=type=bind,"from=x" true\n',
        "FROM debian:1\nRUN --new=x true\n",
        "FROM debian:1\nONBUILD COPY --from=x / /\n",
        "FROM debian:1\nONBUILD RUN --mount=from=x true\n",
        "FROM debian:1\nONBUILD ADD https://example.org/ /\n",
        "FROM debian:1\nONBUILD RUN cat <<EOF\nEOF\n",
        # what is at an address
        "FROM debian:1\nADD https://example.org/a /\n",
        "FROM debian:1\nADD HTTPS://example.org/a /\n",
        "FROM debian:1\nADD --checksum=sha256:1 http://example.org/a /\n",
        "FROM debian:1\nADD git@github.com:a/b /\n",
        "FROM debian:1\nADD github.com/a/b.git /\n",
        "FROM debian:1\nADD a https://example.org/a b /\n",
        "FROM debian:1\nADD $ADDRESS /\n",
        'FROM debian:1\nADD "https"\\:"//example.org/a" /\n',
        'FROM debian:1\nADD ["https://example.org/a", "/"]\n',
        'FROM debian:1\nADD ["\\u0068ttps\\u003a//example.org/a", "/"]\n',
        'FROM debian:1\nADD ["a", "/"\n',
        "FROM debian:1\nADD [1, 2]\n",
        # directives
        "# syntax=example/frontend:1\nFROM debian:1\n",
        "# syntax=example.org/docker/dockerfile:1\nFROM debian:1\n",
        "#SYNTAX = example/frontend\nFROM debian:1\n",
        " # syntax=docker/dockerfile:1\nFROM debian:1\n",
        "# syntax=docker/dockerfile:1\n# syntax=docker/dockerfile:2\nFROM debian:1\n",
        "#!/usr/bin/env docker\n# syntax=example/frontend\nFROM debian:1\n",
        "// syntax=example/frontend\nFROM debian:1\n",
        '{"syntax": "example/frontend"}\n',
        "# escape=x\nFROM debian:1\n",
        # lines
        "FROM debian:1\nRUN echo \\\\\nCOPY --from=a / /\n",
        "FROM debian:1\n\x85# comment\n",
        "FROM debian:1\n\xa0RUN true\n",
        "FROM debian:1\0\n",
        f"FROM debian:1\n#{'x' * MAX_LINE}\n",
        # here-documents
        "FROM debian:1\nRUN <<EOF\nFROM a\n",
        "FROM debian:1\nRUN cat<<EOF\nFROM a\nEOF\n",
        "FROM debian:1\nRUN echo '<<EOF'\nCOPY --from=a / /\nEOF\n",
        "FROM debian:1\nRUN echo ' <<EOF '\nCOPY --from=a / /\n",
        "FROM debian:1\nRUN echo \\ <<EOF\nCOPY --from=a / /\nEOF\n",
        "FROM debian:1\nRUN cat <<EOF>x\nCOPY --from=a / /\nEOF\n",
        "FROM debian:1\nRUN cat <<<EOF\n",
        'FROM debian:1\nRUN ["cat", "<<EOF"]\n',
    ],
)
def test_find_bases__doubt(text: str) -> None:
    assert find_bases(text, {}) is None


@pytest.mark.parametrize(
    "line",
    [
        "RUN curl https://example.org/a",
        "RUN --network=none true",
        "COPY --link --chown=$USER:1 a $HOME/b",
        "ADD a.tar.gz ${HOME}/",
        'ADD ["a b", "c:d/"]',
        "LABEL a=<<b",
        "ONBUILD COPY a b",
        "HEALTHCHECK --interval=1s CMD true",
        'SHELL ["/bin/bash", "-c"]',
        "MAINTAINER x",
        "# syntax=example/frontend",
        "ARG A='",
    ],
)
def test_find_bases__no_doubt(line: str) -> None:
    assert find_bases(f"FROM debian:1\n{line}\n", {}) == (DEBIAN,)


def test_find_bases__syntax_of_a_build_argument() -> None:
    assert find_bases("FROM debian:1\n", {"BUILDKIT_SYNTAX": "docker/dockerfile:1"}) is None


def test_find_bases__several_are_sorted_and_named_once() -> None:
    text = "FROM b\nCOPY --from=quay.io/a/a:1 / /\nFROM docker.io/library/b:latest\n"
    assert find_bases(text, {}) == ("docker.io/library/b:latest", "quay.io/a/a:1")


@given(st.text())
def test_find_bases__any_text(text: str) -> None:
    find_bases(text, {})


PIECES = [
    "FROM ",
    "a",
    " AS b",
    "\n",
    "COPY --from=",
    " / /",
    "RUN ",
    "--mount=from=",
    "<<E",
    "\\",
    "$A",
    "ARG A=",
    "#",
    " ",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_find_bases__any_text_of_the_kind(text: str) -> None:
    """Whatever is read, an image in an instruction of its own is not overlooked."""
    before, after = find_bases(text, {}), find_bases(f"{text}\nFROM c\n", {})
    assert after is None or "docker.io/library/c:latest" in after or text.rstrip(" ").endswith("\\") or "<<E" in text
    assert before is None or after is None or set(before) <= set(after)


# --- what they are now ---

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def fail(_: str) -> NoReturn:
    raise ActionError("the registry cannot be reached")


def never(_: str) -> NoReturn:
    raise AssertionError("nobody had to be asked")


def test_resolve_bases__registry_first() -> None:
    assert resolve_bases([DEBIAN], lambda _: ONE, never) == {DEBIAN: ONE}


@pytest.mark.parametrize("answer", [None, "", "latest"])
def test_resolve_bases__then_the_engine(answer: str | None) -> None:
    assert resolve_bases([DEBIAN], lambda _: answer, lambda _: TWO) == {DEBIAN: TWO}


def test_resolve_bases__registry_cannot_be_reached() -> None:
    assert resolve_bases([DEBIAN], fail, lambda _: TWO) == {DEBIAN: TWO}


@pytest.mark.parametrize("answer", ["", "unknown"])
def test_resolve_bases__one_is_unknown(answer: str) -> None:
    assert resolve_bases([DEBIAN, "b"], lambda name: ONE if name == DEBIAN else None, lambda _: answer) is None


def test_resolve_bases__nobody_can_be_reached() -> None:
    assert resolve_bases([DEBIAN], fail, fail) is None


def test_resolve_bases__pinned() -> None:
    assert resolve_bases([f"a:1@{ONE}", f"b@{TWO}"], never, never) == {f"a:1@{ONE}": ONE, f"b@{TWO}": TWO}


def test_resolve_bases__none_to_ask_for() -> None:
    assert resolve_bases([], never, never) == {}
