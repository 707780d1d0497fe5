"""The comment on a pull request: one body, made of sections that different steps keep up to date.

Pure text: writing it to GitHub is report/post.py's business.
"""

import re
from collections.abc import Iterable, Sequence

CUT_NOTE = "\n\n_(cut: GitHub takes no longer comment; the job summary has all of it)_"


def cut(markdown: str, length: int) -> str:
    """Shorten to a length, between two lines, closing a code block that was open; says that it did."""
    if len(markdown) <= length:
        return markdown
    marks = [match[0] for match in re.finditer(r"^`{3,}", markdown, re.MULTILINE)]
    room = length - len(CUT_NOTE) - max(map(len, marks), default=0) - 1
    kept = markdown[: max(room, 0)].rpartition("\n")[0]
    fence = _open_fence(kept)
    return (kept + (f"\n{fence}" if fence else "") + CUT_NOTE)[: max(length, 0)]


def _open_fence(markdown: str) -> str:
    """What ends the code block that is open at the end; empty when none is."""
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
"""Code points that are ignored when text is drawn, or turn its direction: https://www.unicode.org/reports/tr44/

All but U+FE0F, which makes a picture of the sign before it.
"""


def code(text: str) -> str:
    """Return the text as a code span: no markup, link, mention or reference comes to life in there.

    Characters that nobody sees, or that turn the direction of writing, are shown as a replacement character.
    https://github.github.com/gfm/#code-spans
    """
    flat = _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", re.sub(r"[\t\n\r ]+", " ", text).strip())
    # Our own marks are comments, and may not be forged either.
    flat = flat.replace("<!--", "<! --").replace("-->", "-- >")
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    space = " " if not flat or flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{space}{flat or '?'}{space}{fence}"


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values; a pipe in a value, even in code, would end its cell."""
    cells = [(name, value.replace("|", "\\|")) for name, value in rows]
    lines = [f"| {name} | {value} |" for name, value in cells]
    return "\n".join(["| | |", "|---|---|", *lines])


def list_left_out(files: Sequence[str]) -> str:
    """Return the first few of the files' names, as code."""
    return ", ".join(code(file) for file in files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")


def format_bytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
