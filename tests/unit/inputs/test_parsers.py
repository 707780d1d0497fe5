"""Single values of inputs: what is taken, and what is said about the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs import parsers
from hubaction.inputs.choices import Automerge, BinderCache, Choice, HubCheck, Mode

parse_choice = parsers.switch_of(Choice)


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
    assert parse_choice(text) is Choice.TRUE


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "no", "off"])
def test_parse_boolean__false(text: str) -> None:
    assert parsers.parse_boolean(text) is False
    assert parse_choice(text) is Choice.FALSE


def test_switch_of__auto() -> None:
    assert parse_choice("Auto") is Choice.AUTO


@pytest.mark.parametrize("text", ["1", "0", "null", "'true'", "true false"])
def test_parse_boolean__another(text: str) -> None:
    with pytest.raises(ValueError, match="is neither true nor false") as caught:
        parsers.parse_boolean(text)
    assert text in str(caught.value)
    with pytest.raises(ValueError, match="is not one of auto, true, false") as caught:
        parse_choice(text)
    assert text in str(caught.value)


def test_parse_boolean__auto_is_none() -> None:
    with pytest.raises(ValueError, match="'auto' is neither true nor false"):
        parsers.parse_boolean("auto")


@pytest.mark.parametrize(("text", "near"), [("ture", "true"), ("flase", "false"), ("Truee", "true")])
def test_parse_boolean__near_miss(text: str, near: str) -> None:
    for parse in (parsers.parse_boolean, parse_choice):
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


@pytest.mark.parametrize("number", [1, 600, 21600])
def test_parse_seconds__legal(number: int) -> None:
    assert parsers.parse_seconds(str(number)) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "10m", "21601", "9999999", "\u0661", "1\n"])
def test_parse_seconds__illegal(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number of seconds; allowed are 1 to 21600"):
        parsers.parse_seconds(text)


@given(st.text())
def test_split_lines__no_blank_ones(text: str) -> None:
    for line in parsers.split_lines(text):
        assert line
        assert line == line.strip()


def test_split_lines__keeps_the_order() -> None:
    assert parsers.split_lines(" b\n\n a \r\nb\n") == ["b", "a", "b"]


@pytest.mark.parametrize("kind", [Automerge, BinderCache, Choice, HubCheck])
def test_switch_of__every_choice_and_every_spelling_of_a_boolean(kind: type[Automerge]) -> None:
    parse = parsers.switch_of(kind)
    assert [parse(choice.upper()) for choice in kind] == list(kind)
    assert (parse("yes"), parse("off")) == ("true", "false")
    with pytest.raises(ValueError, match=f"'flase' is not one of {', '.join(kind)}; did you mean 'false'"):
        parse("flase")


def test_unique_lines__every_wrong_line_is_reported() -> None:
    parse = parsers.unique_lines(parsers.parse_seconds)
    assert parse(" 5\n\n7\n5\n") == (5, 7)
    with pytest.raises(ExceptionGroup) as caught:
        parse("5\nx\ny")
    assert [str(error)[:3] for error in caught.value.exceptions] == ["'x'", "'y'"]
