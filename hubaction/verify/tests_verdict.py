"""Judges image tests by their exit code and results.

The exit code decides, which no file in the container can change; the results have to agree.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from hubaction.errors import ActionError
from hubaction.results import CaseResult, Tested, count_cases, failing
from hubaction.verify.junit import JUnitError, read_junit

NO_TESTS_COLLECTED = 5
NO_PLACE = 96
NOT_INSTALLED = 97
NO_PYTHON = 98
"""Exit codes of the scripts that go into the container; pytest itself uses 0 to 5."""


class ImageTestsError(ActionError):
    """The image tests failed, or could not run."""

    def __init__(
        self,
        message: str,
        *,
        title: str = "Image tests failed",
        file: str | None = None,
        cases: tuple[CaseResult, ...] = (),
    ) -> None:
        super().__init__(message, title=title, file=file)
        self.cases = cases
        """What is known of each test. Files are relative to the folder that is built, and exist."""

    @property
    def tested(self) -> Tested:
        return Tested(self.cases)


def judge(code: int, results: bytes | None, *, files: Path, folder: str, why_ended: str = "") -> tuple[CaseResult, ...]:
    """Return the cases when none failed; else raise ImageTestsError, which has them, too.

    `results` is the JUnit file from the container, None when it could not be read. `files` is the folder of the tests,
    `folder` its name in messages. `why_ended` says why the container was killed; empty when it ended by itself.
    """
    cases, odd = _read_cases(results, files, folder)
    why = why_ended or (_explain(code, folder, cases) if code else _doubt(cases, odd))
    if why:
        raise ImageTestsError(why, file=folder, cases=cases)
    return cases


def _read_cases(results: bytes | None, files: Path, folder: str) -> tuple[tuple[CaseResult, ...], str]:
    """The cases, and what is odd about the file when there are none."""
    if results is None:
        return (), "it is missing, or no file"
    try:
        return tuple(_located(case, files, folder) for case in read_junit(results)), ""
    except JUnitError as error:
        return (), str(error)


def _located(case: CaseResult, files: Path, folder: str) -> CaseResult:
    """With a file from the folder that is built, or with none: a name from the container cannot be trusted."""
    path = PurePosixPath(case.file)
    inside = case.file and not path.is_absolute() and ".." not in path.parts and "\0" not in case.file
    try:
        known = bool(inside) and (files / path).is_file()
    except OSError:  # e.g. a name that is too long
        known = False
    return replace(case, file=str(PurePosixPath(folder) / path)) if known else replace(case, file="", line=None)


def _doubt(cases: tuple[CaseResult, ...], odd: str) -> str:
    """Why a run whose exit code says that it passed did not; empty when it did."""
    if failing(cases):
        return f"The image tests failed ({count_cases(cases)}), though they ended as if they had passed. {_NOT_PUSHED}"
    if not cases:
        return (
            "The image tests ended as if they had passed, and no result of any test is to be found"
            f" ({odd or 'the list is empty'}): something in the tests ends pytest early. {_NOT_PUSHED}"
        )
    return ""


_NOT_PUSHED = "So nothing is proven, and the image is not pushed."


def _explain(code: int, folder: str, cases: tuple[CaseResult, ...]) -> str:
    if code == NO_TESTS_COLLECTED and not failing(cases):
        return (
            f"No test was found in '{folder}': pytest looks for functions test_* in files test_*.py. Add one, or a"
            " notebook, or empty the folder."
        )
    if code == NO_PYTHON:
        return f"The image has no python3 on its PATH, so the tests in '{folder}' cannot run. Install Python into it."
    if code == NO_PLACE:
        return (
            f"The tests in '{folder}' could not be copied to the folder where the image starts, nor to the home of its"
            " user. Set WORKDIR and HOME in the Dockerfile to folders that the user may write to."
        )
    if code == NOT_INSTALLED and not cases:
        return (
            f"pytest or nbclient, or what '{folder}/requirements.txt' asks for, could not be installed beside the"
            " image's own packages: the log says why. Install them in the image to need no network here."
        )
    counts = count_cases(cases)
    told = counts if failing(cases) else f"exit code {code}{', ' if counts else ''}{counts}"
    return (
        f"The image tests failed ({told}), so the image is not pushed. The log above has each failure; the tests stand"
        f" in '{folder}'."
    )
