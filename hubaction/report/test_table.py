"""The image tests: a table for the summary, and the names of failed tests for the comment."""

from collections.abc import Iterable, Sequence

from hubaction.markdown import code
from hubaction.report.result_file import MAX_FAILING, MAX_TEXT
from hubaction.results import CaseOutcome, CaseResult, failing

MAX_ROWS = 50
MAX_CELL = 200
"""Maximum characters of a name or a reason."""
_MARKS = {CaseOutcome.PASSED: "✅", CaseOutcome.FAILED: "❌", CaseOutcome.SKIPPED: "⏭️"}


def render_cases(cases: Sequence[CaseResult]) -> str:
    """Return a table of at most MAX_ROWS tests, failed ones first; empty if there are no tests."""
    if not cases:
        return ""
    ordered = sorted(cases, key=lambda case: case.outcome is not CaseOutcome.FAILED)
    lines = ["#### Image tests", "", "| test | result | seconds |", "|---|---|---:|"]
    lines += [_row(case) for case in ordered[:MAX_ROWS]]
    if more := len(ordered) - MAX_ROWS:
        lines += ["", f"And {more} more; the log has all of them."] if more > 0 else []
    return "\n".join(lines)


def _row(case: CaseResult) -> str:
    why = f" {code(_cut(case.message))}" if case.message else ""
    cells = (code(_cut(case.name)), f"{_MARKS[case.outcome]} {case.outcome}{why}", f"{case.seconds:.1f}")
    # A pipe, even in code, would end its cell.
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def name_failing(cases: Iterable[CaseResult]) -> tuple[str, ...]:
    """Return failed tests, at most MAX_FAILING, each with the first line of its reason."""
    return tuple(_name(case) for case in failing(cases)[:MAX_FAILING])


def _name(case: CaseResult) -> str:
    reason = next(iter(case.message.splitlines()), "")
    return _cut(f"{case.name}: {reason}" if reason else case.name)[:MAX_TEXT]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"
