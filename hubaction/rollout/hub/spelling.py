"""How a new value is written: in the quotes of the old one, and in quotes where YAML would read a number."""

import re

from ruamel.yaml.nodes import ScalarNode

_NUMBER = (
    r"[-+]?[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9_.]*)?|0[xX][0-9a-fA-F_]+|0[oO]?[0-9_]+|0[bB][01_]+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"
    r"|[-+]?\.(?:inf|nan)"
)
_WORD = r"y|n|yes|no|on|off|true|false|null|nan|inf"
_OTHER_THAN_TEXT = re.compile(rf"(?:{_NUMBER}|{_WORD})", re.IGNORECASE)


def is_read_as_text(tag: str) -> bool:
    """Whether every YAML parser, old and new, reads an unquoted tag as text: 1234567e8901 is a number.

    https://yaml.org/spec/1.2.2/#103-core-schema and https://yaml.org/type/
    """
    return _OTHER_THAN_TEXT.fullmatch(tag) is None


def quote_if_needed(text: str) -> str:
    return text if is_read_as_text(text) and ":" not in text else f'"{text}"'


def respell(node: ScalarNode, raw: str, new: str) -> str | None:
    """The new value in the quotes of the old one; None if the old one has escapes or spans lines."""
    old = "" if str(node.tag).endswith(":null") else str(node.value).strip()
    if not raw:
        return f" {quote_if_needed(new)}"
    if not old and raw in {"''", '""'}:
        return f"{raw[0]}{new}{raw[0]}"
    if node.style in {None, ""} and (not old or not is_read_as_text(new)):
        return quote_if_needed(new)
    if raw.count(old) != 1:
        return None
    # In flow style, old parsers end a plain text at a colon.
    gets_colon = node.style in {None, ""} and ":" in new and ":" not in old
    return f'"{new}"' if gets_colon else raw.replace(old, new)
