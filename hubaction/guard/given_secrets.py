"""The secret values that this step was given, and the ways in which they may be written in a file."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MIN_LENGTH = 8
"""Characters. Shorter values, such as `demo`, occur in texts by chance."""
MAX_LENGTH = 64
"""Characters of a long value that are searched for: enough to identify it."""
_SURE_LENGTH = 16
_PART_BYTES = 24
"""Lines of base64 have 48 bytes or more: https://www.rfc-editor.org/rfc/rfc7468, https://www.rfc-editor.org/rfc/rfc2045"""
_SECRET_NAME = re.compile(
    r"(?:.*_)?(?:TOKEN|PASSWORD|PASSWD|PASS|PASSPHRASE|SECRET|PAT|CREDENTIALS?"
    r"|(?:API|ACCESS|SECRET|PRIVATE|SSH|DEPLOY|SIGNING|GPG|SA|ACCOUNT|AUTH)_?KEY)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class GivenSecret:
    """A value that must not become part of an image, and what it is called in messages."""

    name: str
    value: str = field(repr=False)


def find_given_secrets(
    inputs: Iterable[str], environ: Mapping[str, str], build_args: Iterable[tuple[str, str]]
) -> tuple[GivenSecret, ...]:
    """Secret inputs, and the values of variables and build arguments with names of secrets.

    Values that would be found by chance are left out: those of fewer than MIN_LENGTH characters, and plain words.
    """
    found = [GivenSecret("a secret among the inputs of this step", value) for value in inputs]
    found += [GivenSecret(f"the build argument '{name}'", value) for name, value in build_args if _is_named_so(name)]
    found += [
        GivenSecret(f"the value of the variable '{name}'", value)
        for name, value in environ.items()
        if _is_named_so(name) and not name.startswith("INPUT_") and "/" not in value[:1]
    ]
    found += [GivenSecret(secret.name, value) for secret in found for value in _kept_in(secret.value)]
    unique = {secret.value: secret for secret in reversed(found)}
    return tuple(secret for secret in unique.values() if not is_common(secret.value))


def _is_named_so(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


def _kept_in(value: str) -> Iterator[str]:
    """The secrets within a JSON object, also in base64: the key of a service account is one."""
    for text in (value, *_from_base64(value)):
        try:
            loaded = json.loads(text) if text.lstrip()[:1] == "{" else None
        except (ValueError, RecursionError):
            continue
        items = loaded.items() if isinstance(loaded, dict) else ()
        yield from (inner for name, inner in items if isinstance(inner, str) and _is_named_so(name))


def _from_base64(value: str) -> Iterator[str]:
    with suppress(ValueError):
        yield base64.b64decode("".join(value.split()), validate=True).decode()


def is_common(value: str) -> bool:
    """Whether a value may occur in a file by chance."""
    core = _core(value)
    if len(core) < MIN_LENGTH:
        return True
    return len(core) < _SURE_LENGTH and re.fullmatch(r"[a-z]+|[A-Z]+|[A-Z]?[a-z]+|[0-9]+", core) is not None


def spellings(value: str) -> frozenset[bytes]:
    """The value as it is, in JSON, XML and URLs, and in base64, on its own or anywhere within a longer text."""
    core = _core(value)
    raw = core.encode("utf-8", "surrogateescape")
    if len(core) < MIN_LENGTH:
        return frozenset()
    return frozenset({raw, *_in_utf16(core), *(text.encode() for text in _escaped(core)), *_in_base64(raw)})


def _escaped(core: str) -> Iterator[str]:
    yield (text := json.dumps(core)[1:-1])
    yield re.sub(r"[<>&]", lambda match: f"\\u{ord(match[0]):04x}", text)  # Go's way
    yield escape(core)
    for text in (
        quote(core, safe="", errors="replace"),
        quote(core, errors="replace"),
        quote_plus(core, errors="replace"),
    ):
        yield text
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)


def _in_utf16(core: str) -> Iterator[bytes]:
    """As programs on Windows write text. For ASCII, one sequence of bytes occurs in both byte orders."""
    text = core.encode("utf-16-le", "surrogatepass")
    yield from [text[:-1]] if core.isascii() else [text, core.encode("utf-16-be", "surrogatepass")]


def _core(value: str) -> str:
    """The part that is searched for: the middle of the longest line, where a key has its secret."""
    line = max(value.splitlines(), key=len, default="").strip()
    start = max(0, (len(line) - MAX_LENGTH) // 2)
    return line[start : start + MAX_LENGTH]


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """The characters that encode only these bytes, for each offset in a group of three.

    Programs wrap base64, so the value is cut into parts, one of which is whole on some line.
    """
    parts = 1 if len(raw) < _SURE_LENGTH else max(2, -(-len(raw) // _PART_BYTES))
    bounds = [len(raw) * number // parts for number in range(parts + 1)]
    for part in (raw[start:end] for start, end in pairwise(bounds)):
        for shift in range(3):
            first, end = -(-8 * shift // 6), 8 * (shift + len(part)) // 6
            text = base64.b64encode(bytes(shift) + part)[first:end]
            yield text
            yield text.replace(b"+", b"-").replace(b"/", b"_")
