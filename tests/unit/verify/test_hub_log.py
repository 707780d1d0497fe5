"""What engines, shells and Python print when something is missing."""

import pytest

from hubaction.verify.hub_log import find_blamed_program, find_last_exception, is_import_error, read_start_error


@pytest.mark.parametrize(
    ("reason", "program", "forbidden"),
    [
        ('exec: "/srv/repo/start": permission denied: unknown', "/srv/repo/start", True),
        ('exec: \\"jupyter\\": executable file not found in $PATH', "jupyter", False),
        ("no space left on device", "", False),
    ],
)
def test_read_start_error(reason: str, program: str, forbidden: bool) -> None:
    assert read_start_error(reason) == (program, forbidden)


@pytest.mark.parametrize(
    ("lines", "program", "forbidden"),
    [
        (["sh: 1: conda: not found"], "conda", False),
        (["bash: /srv/repo/start: Permission denied"], "/srv/repo/start", True),
        (["a: not found", "b: not found", "bye"], "b", False),
        (["all is well"], "", False),
    ],
)
def test_find_blamed_program__the_last(lines: list[str], program: str, forbidden: bool) -> None:
    assert find_blamed_program(lines) == (program, forbidden)


def test_is_import_error() -> None:
    assert is_import_error("ModuleNotFoundError: No module named 'x'")
    assert not is_import_error("KeyError: 'x'")
    assert not is_import_error("")


def test_find_last_exception__the_last_of_a_chain() -> None:
    log = [
        "Traceback (most recent call last):",
        '  File "a.py", line 1',
        "KeyError: 'a'",
        "During handling of the above exception, another exception occurred:",
        "Traceback (most recent call last):",
        '  File "b.py", line 1',
        "notebook.Error: b",
        "[I 2026] ValueError: of a log line",
    ]
    assert find_last_exception(log) == "notebook.Error: b"
    assert find_last_exception(["ValueError: without a traceback"]) == ""
