"""Single values of inputs: what is taken, and what is said about the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs import parsers
from hubaction.inputs.choices import Choice, Mode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("biuld", "; did you mean 'build'?"),
        ("COMENT", "; did you mean 'comment'?"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_suggest__near_misses_only(text: str, expected: str) -> None:
    assert parsers.suggest(text, Mode) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auto", Mode.AUTO),
        ("build", Mode.BUILD),
        ("test", Mode.TEST),
        ("comment", Mode.COMMENT),
        ("rollout", Mode.ROLLOUT),
        ("Test", Mode.TEST),
    ],
)
def test_choice_of__mode(text: str, expected: Mode) -> None:
    assert parsers.choice_of(Mode)(text) is expected


@pytest.mark.parametrize(("text", "tail"), [("biuld", "; did you mean 'build'?"), ("none", ""), ("build test", "")])
def test_choice_of__another(text: str, tail: str) -> None:
    with pytest.raises(ValueError, match="is not one of") as caught:
        parsers.choice_of(Mode)(text)
    assert str(caught.value).startswith(f"'{text}' is not one of auto, build, test, comment, rollout, cleanup{tail}")


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "yes", "on"])
def test_parse_boolean__true(text: str) -> None:
    assert parsers.parse_boolean(text) is True
    assert parsers.parse_auto_boolean(text) is Choice.TRUE


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "no", "off"])
def test_parse_boolean__false(text: str) -> None:
    assert parsers.parse_boolean(text) is False
    assert parsers.parse_auto_boolean(text) is Choice.FALSE


def test_parse_auto_boolean__auto() -> None:
    assert parsers.parse_auto_boolean("Auto") is Choice.AUTO


@pytest.mark.parametrize("text", ["1", "0", "null", "'true'", "true false"])
def test_parse_boolean__another(text: str) -> None:
    with pytest.raises(ValueError, match="is neither true nor false") as caught:
        parsers.parse_boolean(text)
    assert text in str(caught.value)
    with pytest.raises(ValueError, match="is not one of auto, true, false") as caught:
        parsers.parse_auto_boolean(text)
    assert text in str(caught.value)


def test_parse_boolean__auto_is_none() -> None:
    with pytest.raises(ValueError, match="'auto' is neither true nor false"):
        parsers.parse_boolean("auto")


@pytest.mark.parametrize(("text", "near"), [("ture", "true"), ("flase", "false"), ("Truee", "true")])
def test_parse_boolean__near_miss(text: str, near: str) -> None:
    for parse in (parsers.parse_boolean, parsers.parse_auto_boolean):
        with pytest.raises(ValueError, match=f"did you mean '{near}'"):
            parse(text)


@pytest.mark.parametrize(("text", "expected"), [(".", "."), ("./a", "a"), ("a/b/", "a/b"), ("my images", "my images")])
def test_parse_inner_path__inside(text: str, expected: str) -> None:
    assert parsers.parse_inner_path(text) == expected


@pytest.mark.parametrize("text", ["..", "../x", "a/../b", "/etc", "//etc", "a\nb", "a\0b", "\x1b[31m"])
def test_parse_inner_path__outside(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not inside the repository; allowed is a relative path without '\.\.'"):
        parsers.parse_inner_path(text)


def test_parse_optional_path__may_be_empty() -> None:
    assert parsers.parse_optional_path("") == ""
    assert parsers.parse_optional_path("a/b") == "a/b"


@pytest.mark.parametrize(
    ("text", "expected"), [("/srv/repo", "/srv/repo"), ("/opt/my-course_1.0/", "/opt/my-course_1.0")]
)
def test_parse_repo_dir__absolute(text: str, expected: str) -> None:
    assert parsers.parse_repo_dir(text) == expected


@pytest.mark.parametrize(
    "text", ["", "srv/repo", "/", "//", "/srv/../etc", "/srv repo", "/srv\nRUN id", "/srv\n", "/srv/$HOME", "/srv//x"]
)
def test_parse_repo_dir__another(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed is an absolute path, e\.g\. /srv/repo"):
        parsers.parse_repo_dir(text)


@pytest.mark.parametrize("text", ["jovyan", "_x", "r-studio_1", "x" * 32])
def test_parse_user__legal(text: str) -> None:
    assert parsers.parse_user(text) == text


@pytest.mark.parametrize("text", ["", "root", "Jovyan", "1x", "-x", "a b", "x" * 33, "a;b", "a\n"])
def test_parse_user__illegal(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be the notebook user; allowed are lower-case letters") as caught:
        parsers.parse_user(text)
    assert str(caught.value).startswith(f"'{text}'")


@pytest.mark.parametrize("number", [1, 1000, 2**31 - 1])
def test_parse_user_id__legal(number: int) -> None:
    assert parsers.parse_user_id(str(number)) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "x", "2147483648", "99999999999", "1_0", "\u0661", "1\n"])
def test_parse_user_id__illegal(text: str) -> None:
    with pytest.raises(ValueError, match="is not a user id; allowed are 1 to 2147483647") as caught:
        parsers.parse_user_id(text)
    assert str(caught.value).startswith(f"'{text}'")


@pytest.mark.parametrize("number", [1, 600, 21600])
def test_parse_seconds__legal(number: int) -> None:
    assert parsers.parse_seconds(str(number)) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "10m", "21601", "9999999", "\u0661", "1\n"])
def test_parse_seconds__illegal(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number of seconds; allowed are 1 to 21600"):
        parsers.parse_seconds(text)


@pytest.mark.parametrize("text", ["", "ubuntu:24.04", "docker.io/library/ubuntu", "localhost:5000/base"])
def test_parse_base_image__legal(text: str) -> None:
    assert parsers.parse_base_image(text) == text


@pytest.mark.parametrize("text", ["ubuntu 24", "--x", "Ubuntu", "ubuntu\nRUN id"])
def test_parse_base_image__illegal(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an image reference; allowed is e\.g\."):
        parsers.parse_base_image(text)


@pytest.mark.parametrize("text", ["", "linux/amd64", "linux/arm64", "linux/arm/v7"])
def test_parse_platform__legal(text: str) -> None:
    assert parsers.parse_platform(text) == text


@pytest.mark.parametrize("text", ["linux/amd64,linux/arm64", "linux/amd64\nlinux/arm64"])
def test_parse_platform__several(text: str) -> None:
    with pytest.raises(ValueError, match="names several platforms; allowed is one"):
        parsers.parse_platform(text)


def test_parse_platform__near_miss() -> None:
    with pytest.raises(ValueError, match="'linux-arm64' is not a platform; did you mean 'linux/arm64'"):
        parsers.parse_platform("linux-arm64")


@pytest.mark.parametrize("text", ["zos", "windows/amd64", "x"])
def test_parse_platform__says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a platform.*linux/amd64"):
        parsers.parse_platform(text)


@given(st.text())
def test_split_lines__no_blank_ones(text: str) -> None:
    for line in parsers.split_lines(text):
        assert line
        assert line == line.strip()


def test_split_lines__keeps_the_order() -> None:
    assert parsers.split_lines(" b\n\n a \r\nb\n") == ["b", "a", "b"]
