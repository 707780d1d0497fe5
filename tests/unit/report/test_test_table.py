"""The table of the image tests, and the names of those that failed."""

import pytest
from hypothesis import given

from hubaction.report.result_file import MAX_FAILING
from hubaction.report.test_table import MAX_CELL, MAX_ROWS, name_failing, render_cases
from hubaction.results import CaseOutcome, CaseResult, count_cases, failing
from tests.github.pages import render
from tests.unit.test_markdown import TEXTS, Elements

PASSED = CaseResult("test_a.py::test_a", CaseOutcome.PASSED, 0.04)
FAILED = CaseResult("first.ipynb", CaseOutcome.FAILED, 61.26, "image-tests/first.ipynb", 3, "Code cell 2: no\ntide")
SKIPPED = CaseResult("test-b.R: b", CaseOutcome.SKIPPED, 0, message="no sea")


def test_count_cases() -> None:
    assert count_cases([PASSED, FAILED, PASSED, SKIPPED]) == "2 passed, 1 failed, 1 skipped"
    assert count_cases([PASSED]) == "1 passed"
    assert count_cases([]) == ""
    assert failing([PASSED, FAILED]) == [FAILED]


def test_render_cases__failures_first() -> None:
    assert render_cases([PASSED, FAILED, SKIPPED]).splitlines() == [
        "#### Image tests",
        "",
        "| test | result | seconds |",
        "|---|---|---:|",
        "| `first.ipynb` | ❌ failed `Code cell 2: no tide` | 61.3 |",
        "| `test_a.py::test_a` | ✅ passed | 0.0 |",
        "| `test-b.R: b` | ⏭️ skipped `no sea` | 0.0 |",
    ]


def test_render_cases__none() -> None:
    assert render_cases([]) == ""


@pytest.mark.parametrize("more", [0, 1, 9000])
def test_render_cases__many(more: int) -> None:
    text = render_cases([PASSED] * (MAX_ROWS + more - 1) + [FAILED])
    assert text.count("\n| `") == MAX_ROWS
    assert "first.ipynb" in text
    assert (f"And {more} more; the log has all of them." in text) is bool(more)


@given(TEXTS, TEXTS)
def test_render_cases__texts_of_others_stay_in_their_cell(name: str, message: str) -> None:
    case = CaseResult(name, CaseOutcome.FAILED, 1, message=message)
    page = Elements(render(render_cases([case])))
    assert page.tags.count("tr") == 2
    assert page.tags.count("td") == 3
    assert not {"a", "img", "script"} & set(page.tags)


def test_name_failing__is_bounded() -> None:
    long = CaseResult("x" * 1000, CaseOutcome.FAILED, 1, message="y" * 1000)
    assert name_failing([PASSED, FAILED]) == ("first.ipynb: Code cell 2: no",)
    assert [len(name) for name in name_failing([long] * 100)] == [MAX_CELL] * MAX_FAILING
