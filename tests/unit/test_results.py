"""What reports show of results."""

import pytest

from hubaction import results
from hubaction.results import CaseOutcome, CaseResult, HubChecked

PASSED, FAILED, SKIPPED = (CaseResult(outcome, outcome, 1.0) for outcome in CaseOutcome)


@pytest.mark.parametrize(
    ("result", "summary"),
    [
        (HubChecked(1.25, versions={"python": "3.13"}), "ready in 1.2 s; python 3.13"),
        (
            HubChecked(2, 90_000_000, {"a": "1", "b": "2"}, ("ir", "python3")),
            "ready in 2.0 s, 90 MB at rest; a 1, b 2; kernels: ir, python3",
        ),
    ],
)
def test_summary(result: HubChecked, summary: str) -> None:
    assert result.summary == summary


def test_tested() -> None:
    tested = results.Tested((PASSED, FAILED, SKIPPED, PASSED))
    assert tested.counts == "2 passed, 1 failed, 1 skipped"
    assert tested.failing == [FAILED]


@pytest.mark.parametrize(
    ("cases", "expected"),
    [((SKIPPED, SKIPPED), True), ((SKIPPED, PASSED), False), ((SKIPPED, FAILED), False), ((), False)],
)
def test_proves_nothing(cases: tuple[CaseResult, ...], expected: bool) -> None:
    assert results.Tested(cases).proves_nothing is expected
