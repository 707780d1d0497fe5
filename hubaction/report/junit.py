"""Writes the image tests as a JUnit file, for test reporters and other CI services."""

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from hubaction.results import CaseOutcome, CaseResult

_ELEMENTS = {CaseOutcome.FAILED: "failure", CaseOutcome.SKIPPED: "skipped"}
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""https://www.w3.org/TR/xml/#charsets"""


def render_junit(cases: Sequence[CaseResult]) -> str:
    """Return the file's text, with a suite for each file of tests, in the cases' order.

    The shape is that of pytest's `junit_family=xunit1`, https://docs.pytest.org/en/stable/how-to/output.html, whose
    attributes `file` and `line` locate a test; files are as in the cases.
    """
    root = ElementTree.Element("testsuites", _counts(cases))
    for file, group in groupby(cases, key=lambda case: case.file):
        of_file = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": _legal(file or "image tests"), **_counts(of_file)})
        suite.extend(_render_case(case) for case in of_file)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(cases: Sequence[CaseResult]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(outcomes.count(CaseOutcome.FAILED)),
        "errors": "0",
        "skipped": str(outcomes.count(CaseOutcome.SKIPPED)),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _render_case(case: CaseResult) -> ElementTree.Element:
    attributes = {
        "classname": _legal(case.file or "image tests"),
        "name": _legal(case.name),
        "time": f"{case.seconds:.3f}",
        **({"file": _legal(case.file)} if case.file else {}),
        **({"line": str(case.line)} if case.line is not None else {}),
    }
    element = ElementTree.Element("testcase", attributes)
    if case.outcome in _ELEMENTS:
        ElementTree.SubElement(element, _ELEMENTS[case.outcome], {"message": _legal(case.message)})
    return element


def _legal(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
