"""Lines of `rollout-paths`: which files are meant, and which paths are refused before any file is read."""

import time

import pytest

from hubaction.inputs.rollout_paths import matches, parse_value_path


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("a.yaml", "a.yaml", True),
        ("a.yaml", "b/a.yaml", False),
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "b/a.yaml", False),
        ("*/a.yaml", "b/a.yaml", True),
        ("**/a.yaml", "a.yaml", True),
        ("**/a.yaml", "b/c/a.yaml", True),
        ("hubs/**", "hubs/b/c.yaml", True),
        ("hubs/**/values.yaml", "hubs/values.yaml", True),
        ("hubs/**/values.yaml", "hubsx/values.yaml", False),
        ("hubs/**", "hubs", False),
        ("hubs/**/*.yaml", "hubs/b/c/d.yaml", True),
        ("**/b/**/d.yaml", "a/b/b/c/d.yaml", True),
        ("**/x/**/d.yaml", "a/b/c/d.yaml", False),
        ("**", "a/b", True),
        ("*/*.yaml", "a/b/c.yaml", False),
        ("hub?.yaml", "hub1.yaml", True),
        ("hub?.yaml", "hub/.yaml", False),
        ("a+b.yaml", "a+b.yaml", True),
        ("a.yaml", "axyaml", False),
        ("a.yaml", "a.yaml\n", False),
    ],
)
def test_matches(glob: str, path: str, expected: bool) -> None:
    assert matches(glob, path) is expected


@pytest.mark.parametrize(
    ("glob", "path"),
    [("*-*-*-*-*.yaml", "-" * 4000), ("**/*/**/*/**/*/**/x.yaml", "a/" * 2000 + "a"), ("*a?*a?*.y", "a" * 4000)],
    ids=["stars", "folders", "marks"],
)
def test_matches__takes_no_time_on_names_made_for_that(glob: str, path: str) -> None:
    started = time.monotonic()
    assert not matches(glob, path)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "condition",
    [
        "slug=='course'",
        "more.slug != 'course'",
        "default",
        "!default",
        "!(slug=='course') && more",
        "(a || b=='c') && `true`",
        "'a' == slug",
    ],
)
def test_parse_value_path__of_conditions(condition: str) -> None:
    assert parse_value_path(f"hub.yaml: list[?{condition}].image").text == f"list[?{condition}].image"


@pytest.mark.parametrize(
    "condition",
    [
        "!slug=='course'",
        "(a=='b')=='c'",
        "(a || b)=='c'",
        "(a=='b').c",
        "'a'.b",
        "size > `1`",
        "a[0]=='b'",
        "contains(slug, 'c')",
    ],
)
def test_parse_value_path__refuses_other_conditions(condition: str) -> None:
    """Some of them have a meaning in JMESPath, and none that could be looked for in a file."""
    with pytest.raises(ValueError, match=r"has a condition that is more than == or != of a value; supported are"):
        parse_value_path(f"hub.yaml: list[?{condition}].image")


@pytest.mark.parametrize("path", ["length(list)", "list[0:2]", "{a: b}", "[a, b]", "a | b", "@"])
def test_parse_value_path__refuses_more_than_a_path(path: str) -> None:
    with pytest.raises(ValueError, match=r"supported are keys"):
        parse_value_path(f"hub.yaml: {path}")
