"""What the figures should be, and whether they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devtools.bench.bench import Row
from devtools.bench.subjects import OURS


@dataclass(frozen=True)
class Goal:
    """`reached` goes with the figure, not with what was hoped for."""

    text: str
    figure: str
    reached: bool


def render_goals(rows: Sequence[Row]) -> str:
    lines = ["| goal | table | measured | reached |", "|---|---|---|---|"]
    for table in dict.fromkeys(row.table for row in rows):
        if table.name == "rows":
            own = [row for row in rows if row.table == table]
            lines += [f"| {goal.text} | {table.store} | {goal.figure} | {_word(goal)} |" for goal in judge(own)]
    lines += [f"| {goal.text} | all | {goal.figure} | {_word(goal)} |" for goal in _judge_growth(rows)]
    return "\n".join(lines) + "\n"


def judge(rows: Sequence[Row]) -> Iterator[Goal]:
    """The goals for one table; a goal whose rows were not measured is left out."""
    by_name = {(row.scenario, row.subject): row for row in rows}
    if row := by_name.get(("unchanged", OURS)):
        yield from _judge_unchanged(row, _rivals(rows, "unchanged"))
    if (row := by_name.get(("notebook", OURS))) and (rivals := _rivals(rows, "notebook")):
        best = min(rival.figures.seconds for rival in rivals)
        yield _at_most("notebook: times the best rival", row.figures.seconds / best, 1.2)
        # What the most sparing of the rivals uploads is the changed layer.
        layer = max(1, min(rival.figures.layer_bytes_up for rival in rivals))
        yield _at_most("notebook: layers up, times the least of a rival", row.figures.layer_bytes_up / layer, 1.2)
    if (row := by_name.get(("cold", OURS))) and (plain := by_name.get(("cold", "plain"))):
        yield _at_most("cold: times plain", row.figures.seconds / plain.figures.seconds, 1.02)
    overheads = [row.figures.overhead_seconds or 0 for row in rows if row.subject == OURS]
    yield _at_most("overhead, the largest, s", max(overheads, default=0), 1)
    memory = [row.figures.peak_memory_mb or 0 for row in rows if row.subject == OURS]
    yield _at_most("memory of our process, the largest, MB", max(memory, default=0), 100)


def _judge_unchanged(row: Row, rivals: Sequence[Row]) -> Iterator[Goal]:
    figures = row.figures
    moved = figures.layer_bytes_down + figures.layer_bytes_up
    yield Goal("unchanged: under 2 s", f"{figures.seconds:.2f}", figures.seconds < 2)
    yield Goal("unchanged: under 20 requests", str(figures.requests), figures.requests < 20)
    yield Goal("unchanged: no layer bytes", str(moved), moved == 0)
    if rivals:
        ratio = min(rival.figures.seconds for rival in rivals) / figures.seconds
        yield Goal("unchanged: the fastest rival takes at least 20 times as long", f"{ratio:.1f}", ratio >= 20)


def _judge_growth(rows: Sequence[Row]) -> Iterator[Goal]:
    """From the smallest image to the largest: within what one run differs from the next."""
    seconds = {
        row.table.megabytes: row.figures.seconds
        for row in rows
        if row.table.name == "growth" and row.scenario == "unchanged" and row.subject == OURS
    }
    if len(seconds) > 1:
        ratio = seconds[max(seconds)] / seconds[min(seconds)]
        yield _at_most(f"unchanged: {max(seconds)} MB, times {min(seconds)} MB", ratio, 1.2)


def _rivals(rows: Sequence[Row], scenario: str) -> list[Row]:
    return [row for row in rows if row.scenario == scenario and row.subject != OURS]


def _at_most(text: str, value: float, limit: float) -> Goal:
    return Goal(f"{text}: at most {limit:g}", f"{value:.2f}", value <= limit)


def _word(goal: Goal) -> str:
    return "yes" if goal.reached else "**no**"
