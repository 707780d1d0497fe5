"""The secret values that this step was given, and the ways in which somebody may have written them into a file."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

MIN_LENGTH = 8
"""Characters. Shorter values, such as `demo`, stand in texts by chance."""
MAX_LENGTH = 64
"""Characters of a long value that are looked for: enough to know it by."""
_SURE_LENGTH = 16
_SECRET_NAME = re.compile(
    r"(?:.*_)?(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|PAT|(?:API|ACCESS|SECRET|PRIVATE)_?KEY)", re.IGNORECASE
)


@dataclass(frozen=True)
class HeldSecret:
    """A value that must not become part of an image, and what it is called in messages."""

    name: str
    value: str = field(repr=False)


def hold_secrets(
    inputs: Iterable[str], environ: Mapping[str, str], build_args: Iterable[tuple[str, str]]
) -> tuple[HeldSecret, ...]:
    """What this step knows to be secret: `inputs`, and variables and build arguments whose names say so.

    Values that would be found by chance are left out: those of fewer than MIN_LENGTH characters, and plain words.
    """
    found = [HeldSecret("a secret among the inputs of this step", value) for value in inputs]
    found += [HeldSecret(f"the build argument '{name}'", value) for name, value in build_args if _is_named_so(name)]
    found += [
        HeldSecret(f"the value of the variable '{name}'", value)
        for name, value in environ.items()
        if _is_named_so(name) and not name.startswith("INPUT_") and "/" not in value[:1]
    ]
    unique = {secret.value: secret for secret in reversed(found)}
    return tuple(secret for secret in unique.values() if not is_common(secret.value))


def _is_named_so(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


def is_common(value: str) -> bool:
    """Whether a value may stand in a file by chance."""
    core = _core(value)
    if len(core) < MIN_LENGTH:
        return True
    return len(core) < _SURE_LENGTH and re.fullmatch(r"[a-z]+|[A-Z]+|[A-Z]?[a-z]+|[0-9]+", core) is not None


def spellings(value: str) -> frozenset[bytes]:
    """The value as it is, in JSON, in addresses, and in base64, on its own or anywhere in something longer."""
    core = _core(value)
    raw = core.encode("utf-8", "surrogateescape")
    if len(core) < MIN_LENGTH:
        return frozenset()
    texts = {json.dumps(core)[1:-1], quote(core, safe="", errors="replace"), quote_plus(core, errors="replace")}
    return frozenset({raw, *(text.encode() for text in texts), *_in_base64(raw)})


def _core(value: str) -> str:
    """The part that is looked for: of several lines the longest, which a key has its secret in; of that the middle."""
    line = max(value.splitlines(), key=len, default="").strip()
    start = max(0, (len(line) - MAX_LENGTH) // 2)
    return line[start : start + MAX_LENGTH]


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """The characters that stand for nothing else than these bytes, for each place in a group of three."""
    for shift in range(3):
        first, end = -(-8 * shift // 6), 8 * (shift + len(raw)) // 6
        text = base64.b64encode(bytes(shift) + raw)[first:end]
        yield text
        yield text.replace(b"+", b"-").replace(b"/", b"_")
