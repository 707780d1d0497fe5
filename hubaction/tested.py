"""Results of tests inside an image, as all of this program passes them on. The texts come from the tests."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class CaseOutcome(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CaseResult:
    """One test, or one notebook."""

    name: str
    outcome: CaseOutcome
    seconds: float
    file: str = ""
    """Where it stands or failed; empty when that is not known. Whoever makes one says relative to what."""
    line: int | None = None
    message: str = ""
    """Why it failed or was skipped."""


def failing(cases: Iterable[CaseResult]) -> list[CaseResult]:
    return [case for case in cases if case.outcome is CaseOutcome.FAILED]


def count_cases(cases: Iterable[CaseResult]) -> str:
    """E.g. `5 passed, 1 failed`; empty for none."""
    outcomes = [case.outcome for case in cases]
    counts = [(outcomes.count(outcome), outcome) for outcome in CaseOutcome]
    return ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
