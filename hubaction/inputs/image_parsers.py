"""What an image is called, and what is in it: single values of inputs, parsed as in `parsers`."""

import re

from hubaction import image
from hubaction.inputs.parsers import parse_lines, suggest

PLACEHOLDERS = ("sha", "branch", "pr", "date", "version")


def parse_tag(text: str) -> str:
    if not image.is_tag(text):
        near = image.sanitize_tag(text.removeprefix("refs/heads/").removeprefix("refs/tags/"))
        raise ValueError(
            f"'{text}' is not a tag; allowed are up to {image.MAX_TAG_LENGTH} letters, digits, '_', '.', '-', not"
            f" starting with '.' or '-'{f'; did you mean {chr(39)}{near}{chr(39)}?' if near else ''}"
        )
    return text


def parse_tag_template(template: str) -> str:
    names = re.findall(r"\{([^{}]*)\}", template)
    for name in names:
        if name not in PLACEHOLDERS:
            allowed = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise ValueError(f"'{template}' has the unknown placeholder {{{name}}}; allowed are {allowed}")
    # Placeholders stand for at least one legal character, so one stands in for them here.
    if not image.is_tag(re.sub(r"\{[^{}]*\}", "x", template)):
        raise ValueError(
            f"'{template}' is not a tag; allowed are up to {image.MAX_TAG_LENGTH} letters, digits, '_', '.', '-',"
            " not starting with '.' or '-'"
        )
    return template


def parse_base_image(text: str) -> str:
    if text and not image.is_reference(text):
        raise ValueError(f"'{text}' is not an image reference; allowed is e.g. docker.io/library/buildpack-deps:24.04")
    return text


def parse_platform(text: str) -> str:
    if "," in text or "\n" in text:
        raise ValueError(f"'{text}' names several platforms; allowed is one, since an image is tested before its push")
    if text and not re.fullmatch(r"linux/[a-z0-9]+(?:/v[0-9]+)?", text):
        known = ["linux/amd64", "linux/arm64"]
        raise ValueError(f"'{text}' is not a platform{suggest(text, known)}; allowed are e.g. {' and '.join(known)}")
    return text


def parse_repo_dir(text: str) -> str:
    if not re.fullmatch(r"(?:/[A-Za-z0-9_.-]+)+/?", text) or ".." in text.split("/"):
        raise ValueError(f"'{text}' is not a folder in the image; allowed is an absolute path, e.g. /srv/repo")
    return text.rstrip("/")


def parse_user(text: str) -> str:
    if text == "root" or not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", text):
        raise ValueError(
            f"'{text}' cannot be the notebook user; allowed are lower-case letters, digits, '_' and '-', and not root"
        )
    return text


def parse_user_id(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 0 < int(text) < 2**31:
        raise ValueError(f"'{text}' is not a user id; allowed are 1 to {2**31 - 1} (0 is root, which hubs refuse)")
    return int(text)


def _parse_pairs(key_pattern: str, text: str) -> tuple[tuple[str, str], ...]:
    """NAME=VALUE, one per line; the last line of a name wins."""

    def parse_pair(line: str) -> tuple[str, str]:
        key, equals, value = line.partition("=")
        if not equals or not re.fullmatch(key_pattern, key):
            raise ValueError(f"'{line}' is not NAME=VALUE")
        return key, value

    return tuple(dict(parse_lines(parse_pair, text)).items())


def parse_build_args(text: str) -> tuple[tuple[str, str], ...]:
    return _parse_pairs(r"[A-Za-z_][A-Za-z0-9_]*", text)


def parse_labels(text: str) -> tuple[tuple[str, str], ...]:
    return _parse_pairs(r"[A-Za-z0-9][A-Za-z0-9._/-]*", text)


def parse_expiry(text: str) -> str:
    """A time as quay.io takes it: https://docs.quay.io/use-quay/index.html#setting-tag-expirations"""
    if not re.fullmatch(r"[1-9][0-9]{0,4}[hdw]", text.lower()):
        raise ValueError(
            f"'{text}' is not a time that quay.io knows; allowed are hours, days and weeks, e.g. 36h, 10d, 4w"
        )
    return text.lower()
