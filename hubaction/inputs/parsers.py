"""Single values of inputs: text in, a checked value out; each function raises ValueError saying what is allowed."""

import difflib
import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import TypeVar

from hubaction.inputs.choices import E

T = TypeVar("T")
MAX_SECONDS = 6 * 3600
"""What GitHub gives a whole job: https://docs.github.com/en/actions/reference/limits"""


def suggest(given: str, allowed: Iterable[str]) -> str:
    """The tail of a message: `; did you mean 'x'?` when something allowed is near, else nothing."""
    near = difflib.get_close_matches(given.lower(), list(allowed), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def choice_of(kind: type[E]) -> Callable[[str], E]:
    def parse(text: str) -> E:
        try:
            return kind(text.lower())
        except ValueError:
            allowed = ", ".join(kind)
            raise ValueError(f"'{text}' is not one of {allowed}{suggest(text, kind)}") from None

    return parse


def parse_boolean(text: str) -> bool:
    if text.lower() in {"true", "yes", "on", "y"}:
        return True
    if is_false(text):
        return False
    raise ValueError(f"'{text}' is neither true nor false{suggest(text, ['true', 'false'])}")


def is_false(text: str) -> bool:
    return text.lower() in {"false", "no", "off", "n"}


def switch_of(kind: type[E]) -> Callable[[str], E]:
    """Return a parser of choices that have true and false among them, in all spellings of booleans."""

    def parse(text: str) -> E:
        try:
            return kind(text.lower())
        except ValueError:
            pass
        try:
            return kind("true" if parse_boolean(text) else "false")
        except ValueError:
            raise ValueError(f"'{text}' is not one of {', '.join(kind)}{suggest(text, kind)}") from None

    return parse


def split_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def parse_lines(parse: Callable[[str], T], text: str) -> list[T]:
    """Parse each line; raises a group with the ValueError of each line that is wrong."""
    parsed, errors = list[T](), list[ValueError]()
    for line in split_lines(text):
        try:
            parsed.append(parse(line))
        except ValueError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("several lines", errors)
    return parsed


def unique_lines(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """Return a parser of one value per line, each of them once."""
    return lambda text: tuple(dict.fromkeys(parse_lines(parse, text)))


def parse_line(text: str) -> str:
    if not text.isprintable() or len(text) > 255:
        raise ValueError(f"'{text[:80]}' is not one line of at most 255 characters")
    return text


def parse_inner_path(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not text.isprintable() or text.startswith("-"):
        raise ValueError(f"'{text}' is not inside the repository; allowed is a relative path without '..'")
    return str(path)


def parse_optional_path(text: str) -> str:
    return parse_inner_path(text) if text else ""


def parse_optional_file(text: str) -> str:
    if text and parse_inner_path(text) == ".":
        raise ValueError(f"'{text}' is a folder; allowed is the path of a file in the workspace, e.g. result.json")
    return parse_optional_path(text)


def parse_seconds(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 0 < int(text) <= MAX_SECONDS:
        raise ValueError(f"'{text}' is not a number of seconds; allowed are 1 to {MAX_SECONDS}")
    return int(text)


def parse_url(text: str) -> str:
    """Return an http(s) address without query and without a slash at its end."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?", text):
        raise ValueError(f"'{text}' is not an address; allowed is e.g. https://mybinder.org")
    return text.rstrip("/")


def parse_urlpath(text: str) -> str:
    if not text.isprintable() or len(text) > 1000 or "://" in text:
        raise ValueError(f"'{text}' is not a path in a server; allowed is e.g. lab or lab/tree/index.ipynb or rstudio")
    return text.lstrip("/")
