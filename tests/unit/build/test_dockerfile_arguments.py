"""Values of a Dockerfile's global arguments, in their places."""

import pytest

from hubaction.build.dockerfile import DoubtError
from hubaction.build.dockerfile_arguments import GlobalArguments


@pytest.fixture
def arguments() -> GlobalArguments:
    found = GlobalArguments({"GIVEN": "given"}, "\\")
    found.declare("GIVEN=default PLAIN=a QUOTED='$PLAIN' DOUBLE=\"$PLAIN-b\" EMPTY= UNSET")
    return found


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("x", "x"),
        ("$GIVEN", "given"),
        ("${PLAIN}b", "ab"),
        ("$QUOTED", "$PLAIN"),
        ("$DOUBLE", "a-b"),
        ("x$EMPTY", "x"),
        ("${EMPTY:-word}", "word"),
        ("${EMPTY-word}", ""),
        ("${UNSET-word}", "word"),
        ("${PLAIN:+word}", "word"),
        ("${EMPTY:+word}", ""),
    ],
)
def test_expand(arguments: GlobalArguments, text: str, expanded: str) -> None:
    assert arguments.expand(text) == expanded


@pytest.mark.parametrize("text", ["$UNSET", "$OTHER", "$TARGETPLATFORM", "$HTTP_PROXY", "${PLAIN#a}", "a\\b", "'a'"])
def test_expand__doubt(arguments: GlobalArguments, text: str) -> None:
    with pytest.raises(DoubtError):
        arguments.expand(text)


@pytest.mark.parametrize("rest", ["PLAIN=again", "A=b'c'", "1=a"])
def test_declare__doubt(arguments: GlobalArguments, rest: str) -> None:
    with pytest.raises(DoubtError):
        arguments.declare(rest)
