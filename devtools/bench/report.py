"""The figures as tables in Markdown, as JSON, and beside the goals."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from devtools.bench.bench import Row
from devtools.bench.subjects import DESCRIPTIONS, OURS
from devtools.bench.tables import Table

NOTHING = "-"


def render_json(rows: Sequence[Row]) -> str:
    """`rows` has the main tables, told apart by their store; the other tables follow under `tables`."""
    others: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.table.name != "rows":
            others.setdefault(row.table.title, []).append(_record(row))
    main = [_record(row) for row in rows if row.table.name == "rows"]
    return json.dumps({"rows": main, "tables": others}, indent=1) + "\n"


def _record(row: Row) -> dict[str, Any]:
    figures = row.figures
    return {
        "scenario": row.scenario,
        "subject": row.subject,
        "store": row.table.store,
        "seconds": round(figures.seconds, 3),
        "layer_bytes_down": figures.layer_bytes_down,
        "layer_bytes_up": figures.layer_bytes_up,
        "requests": figures.requests,
        "steps_cached": figures.steps_cached,
        "overhead_seconds": _rounded(figures.overhead_seconds, 3),
        "peak_memory_mb": _rounded(figures.peak_memory_mb, 1),
    }


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


# --- Markdown ---

HEADER = (
    "| scenario | subject | s | times ours | layers down, MB | up, MB | requests | steps cached | overhead, s |"
    " memory, MB |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def render_tables(rows: Sequence[Row]) -> str:
    parts = [f"{DESCRIPTION_LINES}\n"]
    for table in tables_of(rows):
        own = [row for row in rows if row.table == table]
        lines = [_line(row, _ours(own, row)) for row in own]
        parts.append("\n".join([f"### {table.title}", "", HEADER, *lines, ""]))
    return "\n".join(parts)


DESCRIPTION_LINES = "\n".join(f"- `{subject}`: {text}" for subject, text in DESCRIPTIONS.items())


def tables_of(rows: Iterable[Row]) -> list[Table]:
    """Each table once, in the order of the rows."""
    return list(dict.fromkeys(row.table for row in rows))


def _ours(rows: Iterable[Row], row: Row) -> Row | None:
    return next((each for each in rows if each.scenario == row.scenario and each.subject == OURS), None)


def _line(row: Row, ours: Row | None) -> str:
    figures = row.figures
    steps = NOTHING if figures.steps_cached is None else f"{figures.steps_cached} of {figures.steps}"
    ratio = f"{figures.seconds / ours.figures.seconds:.2f}" if ours else NOTHING
    cells = [
        row.scenario,
        f"**{row.subject}**" if row.subject == OURS else row.subject,
        f"{figures.seconds:.1f}",
        NOTHING if row.subject == OURS else ratio,
        _megabytes(figures.layer_bytes_down),
        _megabytes(figures.layer_bytes_up),
        str(figures.requests),
        steps,
        _number(figures.overhead_seconds, 2),
        _number(figures.peak_memory_mb, 0),
    ]
    return f"| {' | '.join(cells)} |"


def _megabytes(number: int) -> str:
    """The layer of a notebook is a few thousandths."""
    return f"{number / 1e6:.{1 if number >= 1e6 else 3}f}" if number else "0"


def _number(number: float | None, digits: int) -> str:
    return NOTHING if number is None else f"{number:.{digits}f}"
