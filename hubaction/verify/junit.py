"""Reads a JUnit file from a container, which is untrusted.

The format is pytest's `junit_family=xunit1`, https://docs.pytest.org/en/stable/how-to/output.html, of which only the
attributes name, time, file, line and message are used.
"""

from typing import NoReturn
from xml.parsers import expat

from hubaction.results import CaseOutcome, CaseResult

MAX_BYTES = 16 * 1024**2
MAX_CASES = 50_000
MAX_TEXT = 2000
_OUTCOMES = {"failure": CaseOutcome.FAILED, "error": CaseOutcome.FAILED, "skipped": CaseOutcome.SKIPPED}


class JUnitError(ValueError):
    """The file is not one that the scripts in the container write."""


def read_junit(content: bytes) -> tuple[CaseResult, ...]:
    """Return the cases in the file's order; raises JUnitError.

    A document type is refused, since only there entities can be declared, which can make a small file large or include
    other files: https://docs.python.org/3/library/xml.html#xml-security
    """
    if len(content) > MAX_BYTES:
        raise JUnitError("it is too large")
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise JUnitError("it is no XML") from None
    return tuple(reader.cases)


def _refuse(*_: object) -> NoReturn:
    raise JUnitError("it declares a document type")


class _Reader:
    def __init__(self) -> None:
        self.cases: list[CaseResult] = []
        self._open: list[str] = []
        self._case: dict[str, str] = {}
        self._outcome = CaseOutcome.PASSED
        self._message = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > 10 or self._open[0] not in {"testsuite", "testsuites"}:
            raise JUnitError("it is no list of tests")
        if name == "testcase":
            self._case, self._outcome, self._message = attributes, CaseOutcome.PASSED, ""
        elif "testcase" in self._open and name in _OUTCOMES and self._outcome is not CaseOutcome.FAILED:
            self._outcome, self._message = _OUTCOMES[name], attributes.get("message", "")

    def end(self, name: str) -> None:
        self._open.pop()
        if name != "testcase":
            return
        if len(self.cases) >= MAX_CASES:
            raise JUnitError("it has too many tests")
        self.cases.append(
            CaseResult(
                name=self._case.get("name", "")[:MAX_TEXT] or "?",
                outcome=self._outcome,
                seconds=_read_seconds(self._case.get("time", "0")),
                file=self._case.get("file", "")[:MAX_TEXT],
                line=_read_line(self._case.get("line", "")),
                message=self._message[:MAX_TEXT],
            )
        )


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise JUnitError("a time is no number") from None
    # Also False for NaN.
    if not 0 <= seconds < 10**7:
        raise JUnitError("a time is none")
    return seconds


def _read_line(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 and int(text) else None
