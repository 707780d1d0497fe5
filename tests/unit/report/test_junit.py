"""What is written as JUnit is read as the same, and is XML whatever the tests print."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from hubaction.report.junit import render_junit
from hubaction.results import CaseOutcome, CaseResult
from hubaction.verify.junit import read_junit

CASES = (
    CaseResult("test_import", CaseOutcome.PASSED, 0.25, "course/image-tests/test_a.py", 3),
    CaseResult("test_plot", CaseOutcome.FAILED, 1.5, "course/image-tests/test_a.py", 9, "assert 1 == 2"),
    CaseResult("lecture.ipynb", CaseOutcome.SKIPPED, 0.0, "course/image-tests/lecture.ipynb", None, "no data"),
)


def test_render_junit__is_read_as_the_same() -> None:
    assert read_junit(render_junit(CASES).encode()) == CASES


def test_render_junit__counts_each_file() -> None:
    root = ElementTree.fromstring(render_junit(CASES))
    counts = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    assert counts == [
        ("course/image-tests/test_a.py", "2", "1", "0"),
        ("course/image-tests/lecture.ipynb", "1", "0", "1"),
    ]
    assert (root.get("tests"), root.get("failures"), root.get("time")) == ("3", "1", "1.750")


@given(st.text(st.characters(), min_size=1), st.text(st.characters()))
def test_render_junit__is_xml_whatever_tests_print(name: str, message: str) -> None:
    case = CaseResult(name, CaseOutcome.FAILED, 0.1, name, 1, message)
    (read,) = read_junit(render_junit([case]).encode())
    assert (read.outcome, read.line) == (CaseOutcome.FAILED, 1)


def test_render_junit__shows_that_a_character_was_there() -> None:
    (read,) = read_junit(render_junit([CaseResult("a\x00b", CaseOutcome.PASSED, 0)]).encode())
    assert read.name == "a\N{REPLACEMENT CHARACTER}b"
