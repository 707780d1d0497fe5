"""Lines of the input `rollout-paths`: files, and values in them. Parsed before any file is read.

The language is the part of JMESPath (https://jmespath.org/specification.html) that names places in a file, read by
JMESPath's own parser. Keys with hyphens, or that begin with a digit, need no quotes here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubaction.inputs.globs import find_glob, parse_files_of_repository

SUPPORTED = (
    "supported are keys (singleuser.image), positions ([0]), every one ([*], *), and those with a value"
    " ([?slug=='course'])"
)
_PATH_NODES = {
    "field", "subexpression", "index_expression", "index", "projection", "value_projection", "filter_projection",
    "flatten", "identity",
}  # fmt: skip
_LOGICAL_NODES = {"and_expression", "or_expression", "not_expression"}
_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`"
_BARE_KEY = re.compile(rf"({_QUOTED})|(\[-?[0-9]+\])|([A-Za-z0-9_][A-Za-z0-9_-]*)")


@dataclass(frozen=True)
class ValuePath:
    """A glob of files, and a path to values in each of them."""

    glob: str
    text: str
    tree: Mapping[str, Any] = field(compare=False, repr=False)
    """JMESPath's syntax tree, of the supported kinds of nodes only."""

    @property
    def names_one_file(self) -> bool:
        return not re.search(r"[*?]", self.glob)

    def __str__(self) -> str:
        return f"{self.glob}: {self.text}"


def parse_value_path(line: str) -> ValuePath:
    """Read `FILES: PATH`; raises ValueError with what is allowed."""
    glob, colon, text = (part.strip() for part in line.partition(":"))
    if not colon or not glob or not text:
        raise ValueError(f"'{line}' is not FILES: PATH; allowed is e.g. hubs/*.yaml: singleuser.image")
    parse_files_of_repository(glob)
    return ValuePath(glob, text, _parse(text))


def matches(glob: str, path: str) -> bool:
    """Whether a glob matches the path of a file."""
    found = find_glob(glob)
    return found is not None and found.matches(path)


def _parse(text: str) -> Mapping[str, Any]:
    # The library is slow to load, and most runs need no path.
    from jmespath.exceptions import JMESPathError
    from jmespath.parser import Parser

    if len(text) > 1000:
        raise ValueError(f"'{text[:40]}...' is longer than 1000 characters")
    try:
        tree: Mapping[str, Any] = Parser().parse(_BARE_KEY.sub(_quote, text)).parsed
    except (JMESPathError, RecursionError):
        raise ValueError(f"'{text}' is no path to a value; {SUPPORTED}") from None
    _check(tree, text)
    return tree


def _quote(match: re.Match[str]) -> str:
    key = match[3]
    return f'"{key}"' if key and ("-" in key or key[0].isdigit()) else match[0]


def _check(tree: Mapping[str, Any], text: str) -> None:
    """Refuse expressions that do not name places, such as functions."""
    if tree["type"] not in _PATH_NODES:
        raise ValueError(f"'{text}' is more than a path to a value; {SUPPORTED}")
    children = tree["children"]
    if tree["type"] == "filter_projection":
        _check_condition(children[2], text)
        children = children[:2]
    for child in children:
        _check(child, text)


def _check_condition(tree: Mapping[str, Any], text: str) -> None:
    kind, children = tree["type"], tree["children"]
    if kind in _LOGICAL_NODES:
        for child in children:
            _check_condition(child, text)
        return
    compared = children if kind == "comparator" and tree["value"] in {"eq", "ne"} else [tree]
    if not all(each["type"] == "literal" or _is_key(each) for each in compared):
        raise ValueError(f"'{text}' has a condition that is more than == or != of a value; {SUPPORTED}")


def _is_key(tree: Mapping[str, Any]) -> bool:
    """Whether it names one value: `slug` or `more.slug`."""
    return tree["type"] == "field" or (
        tree["type"] == "subexpression" and all(_is_key(child) for child in tree["children"])
    )
