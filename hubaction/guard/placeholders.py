"""Tells real secrets from what documentation has in their place."""

import re
from itertools import pairwise

_WORDS = re.compile(
    r"example|your|change[-_ ]?me|place[-_ ]?holder|dummy|redacted|insert|replace|x{4,}|\*{2,}|\.{3}"
    r"|<.*>|^\$|\$[{(]|\{\{|%\(",
    re.IGNORECASE,
)
_COMMON = re.compile(
    r"password|passwd|pass|passw0rd|mypassword|hunter2|secret|token|mytoken|key|user|username|admin|root|guest|default"
    r"|postgres|mysql|test|testing|todo|none|null|true|false|foobar|x-oauth-basic",
    re.IGNORECASE,
)
_MIN_DISTINCT = 8
_SEQUENCE = 6


def is_placeholder(value: str) -> bool:
    """Whether a value after `password =` is not a password, such as `${TOKEN}`, `changeme` or `***`."""
    bare = value.strip().strip("'\"").strip()
    return (
        len(bare) < 4
        or _COMMON.fullmatch(bare) is not None
        or len(set(bare)) < 3
        or bare.startswith("{")  # a template's or a format's
        or _WORDS.search(bare) is not None
    )


def looks_random(text: str) -> bool:
    """Whether a text in the shape of a token can be one. Documentation has the alphabet there, or one letter."""
    return len(set(text)) >= _MIN_DISTINCT and not _WORDS.search(text) and not _has_sequence(text)


def _has_sequence(text: str) -> bool:
    """Six consecutive characters, as in `abcdef` and `123456`, which do not occur by chance."""
    run = 1
    for before, after in pairwise(text):
        run = run + 1 if ord(after) - ord(before) == 1 else 1
        if run >= _SEQUENCE:
            return True
    return False
