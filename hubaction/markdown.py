"""Untrusted text as Markdown: code spans, tables, cuts and sizes."""

import re
from collections.abc import Iterable, Sequence

CUT_NOTE = "\n\n_(cut: GitHub takes no longer comment; the job summary has all of it)_"


def cut(markdown: str, length: int) -> str:
    """Shorten to a length at the end of a line, close an open code block, and append a note."""
    if len(markdown) <= length:
        return markdown
    marks = [match[0] for match in re.finditer(r"^`{3,}", markdown, re.MULTILINE)]
    room = length - len(CUT_NOTE) - max(map(len, marks), default=0) - 1
    kept = markdown[: max(room, 0)].rpartition("\n")[0]
    fence = _open_fence(kept)
    return (kept + (f"\n{fence}" if fence else "") + CUT_NOTE)[: max(length, 0)]


def _open_fence(markdown: str) -> str:
    """The fence that closes the code block that is open at the end; empty when none is open."""
    fence = ""
    for match in re.finditer(r"^(`{3,})(.*)$", markdown, re.MULTILINE):
        if not fence:
            fence = match[1]
        elif len(match[1]) >= len(fence) and not match[2].strip():
            fence = ""
    return fence


_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Code points that are invisible, or change the direction of writing: https://www.unicode.org/reports/tr44/

Without U+FE0F, which turns the character before it into an emoji.
"""


def code(text: str) -> str:
    """Return the text as a code span, in which no markup, link, mention or reference works.

    Invisible characters, and those that change the direction of writing, are replaced.
    https://github.github.com/gfm/#code-spans
    """
    flat = _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", re.sub(r"[\t\n\r ]+", " ", text).strip())
    # Our own markers are HTML comments, which must not be forged.
    flat = flat.replace("<!--", "<! --").replace("-->", "-- >")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    space = " " if not flat or flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{space}{flat or '?'}{space}{fence}"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values. Pipes are escaped, since they end a cell even within code."""
    cells = [(name, value.replace("|", "\\|")) for name, value in rows]
    lines = [f"| {name} | {value} |" for name, value in cells]
    return "\n".join(["| | |", "|---|---|", *lines])


def list_left_out(files: Sequence[str]) -> str:
    """Return the first few of the files' names, as code."""
    return ", ".join(code(file) for file in files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")


def format_bytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
