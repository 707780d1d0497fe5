"""What is surely ignored: only what is understood, and never what an exception could bring back."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.build.dockerignore import keep_seen
from hubaction.inputs.globs import MAX_LINE_BYTES, IgnoreFile, find_glob, parse_allowed_file

DOUBTFUL = ("[a]", "\\a", "a|b", "a^", "a{1}", "a**", "**a", "../a", "b/../a", ".", "/", "")


def ignores(text: str, path: str) -> bool:
    return IgnoreFile.parse(text.encode()).surely_ignores(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a", "a"),
        ("a", "a/b/c"),
        ("/a/./b//", "a/b"),
        ("*.pyc", "x.pyc"),
        ("a?", "ab"),
        ("**/x", "x"),
        ("**/x", "a/b/x/y"),
        ("a/**", "a/b"),
        ("a/**/x", "a/x"),
        ("a/**/x", "a/b/c/x"),
        ("**", "a"),
        ("ü*", "über"),
    ],
)
def test_surely_ignores__what_is_understood(pattern: str, path: str) -> None:
    assert ignores(pattern, path)
    assert not ignores(f"{pattern}\n!{pattern}", path)
    assert not ignores(f"!{pattern}\n{pattern}", path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a", "A"),
        ("a", "ab"),
        ("a", "b/a"),
        ("*", "\x1b"),
        ("*", "a\n"),
        ("a", "a\n"),
        ("*", "\udcff"),
        ("a?", "a"),
        ("a?b", "a/b"),
        ("a*b", "a/b"),
        ("a/**", "a"),
        ("a/**/x", "a"),
        ("**/x/**", "x"),
        ("#a", "#a"),
        *((pattern, path) for pattern in DOUBTFUL for path in ("a", "aa", "a/b", pattern)),
    ],
)
def test_surely_ignores__what_is_not(pattern: str, path: str) -> None:
    assert not ignores(pattern, path)


@pytest.mark.parametrize("exception", ["![x]", "!\\x", "!x|y", "!x/../y", "!", "!!x", "!#x", "!x**", "!.", "!\x1c"])
def test_surely_ignores__nothing_beside_an_exception_that_is_not_understood(exception: str) -> None:
    assert ignores("a", "a")
    assert not ignores(f"a\n{exception}", "a")
    assert not ignores(f"{exception}\na", "a")


def test_surely_ignores__nothing_in_a_file_that_is_not_understood() -> None:
    assert not IgnoreFile.parse(b"a\n\xff\n").surely_ignores("a")
    assert not IgnoreFile.parse(b"a\n#" + b"x" * MAX_LINE_BYTES).surely_ignores("a")


def test_surely_ignores__hostile_pattern_takes_no_time() -> None:
    started = time.monotonic()
    assert not ignores("*a" * 100 + "b", "a" * 255)
    assert not ignores("**/a/" * 100 + "b", "a/" * 100 + "c")
    assert time.monotonic() - started < 1


def test_keep_seen__folders_lead_to_what_is_seen() -> None:
    rules = IgnoreFile.parse(b"a\n!a/b/c\n")
    assert keep_seen(("a", "a/b", "a/b/c", "a/d", "e"), rules, always=["e"]) == ("a", "a/b", "a/b/c", "e")


def test_keep_seen__always() -> None:
    rules = IgnoreFile.parse(b"*\n")
    assert keep_seen(("a", "binder", "binder/Dockerfile"), rules, always=["binder/Dockerfile"]) == (
        "binder",
        "binder/Dockerfile",
    )


PIECES = st.lists(st.sampled_from(["a", "b", "*", "?", "**", "/", "!", "\n"]), max_size=12).map("".join)
PATHS = st.lists(st.lists(st.sampled_from("ab"), min_size=1).map("".join), min_size=1, max_size=3).map("/".join)


@given(text=PIECES, path=PATHS, below=PATHS)
def test_surely_ignores__a_folder_without_exceptions_is_ignored_whole(text: str, path: str, below: str) -> None:
    if "!" not in text and ignores(text, path):
        assert ignores(text, f"{path}/{below}")


# --- one grammar ---


@pytest.mark.parametrize("text", DOUBTFUL)
def test_find_glob__none_for_what_is_not_understood(text: str) -> None:
    assert find_glob(text) is None


@pytest.mark.parametrize(
    ("text", "path", "matches", "covers"),
    [
        ("a", "a", True, True),
        ("a", "a/b", False, True),
        ("a/**", "a", False, False),
        ("a/**", "a/b/c", True, True),
        ("a/**/**/b", "a/b", True, True),
        ("*/b", "a/b/c", False, True),
        ("A", "a", False, False),
    ],
)
def test_glob__matches_a_path_or_covers_what_is_below(text: str, path: str, matches: bool, covers: bool) -> None:
    glob = find_glob(text)
    assert glob
    assert (glob.matches(path), glob.covers(path.split("/"))) == (matches, covers)


@pytest.mark.parametrize("text", ["tests/**/*.pem", "a b/?.key", "./a/b.pem", "keys/"])
def test_parse_allowed_file__what_is_taken_has_an_effect(text: str) -> None:
    """The guard reads the lines as an ignore file, which leaves out what it does not understand."""
    assert IgnoreFile.parse(parse_allowed_file(text).encode()).ignored
