"""Reads the cause of a failure from the output of Docker, shells and Python, which is untrusted."""

import re
from collections.abc import Sequence

_START_ERROR = re.compile(r'exec: \\?"([^"\\]+)\\?": (.*)', re.DOTALL)
_MISSING = (
    re.compile(r"FileNotFoundError: \[Errno 2\] No such file or directory: '([^']+)'$"),
    re.compile(r"(?:^|[\s:])([^\s:]+): (?:command )?not found$"),
    re.compile(r"(?:^|[\s:])([^\s:]+): [Nn]o such file or directory$"),
    re.compile(r"(?:^|[\s:])([^\s:]+): cannot execute: required file not found$"),
)
_FORBIDDEN = (
    re.compile(r"PermissionError: \[Errno 13\] Permission denied: '([^']+)'$"),
    re.compile(r"can't open file '([^']+)': \[Errno 13\] Permission denied$"),
    re.compile(r"(?:^|[\s:])([^\s:]+): [Pp]ermission denied$"),
)
_EXCEPTION = re.compile(r"(?:[A-Za-z_][\w.]*\.)?(?:[A-Z]\w*)?(?:Error|Exception|Exit|Interrupt)(?::.*)?$")
_IMPORT_ERROR = re.compile(r"(?:ModuleNotFoundError|ImportError): .+$")


def read_start_error(reason: str) -> tuple[str, bool]:
    """The program that Docker could not start, and whether for lack of permission."""
    match = _START_ERROR.search(reason)
    return (match[1], "permission denied" in match[2]) if match else ("", False)


def find_blamed_program(lines: Sequence[str]) -> tuple[str, bool]:
    """The program that the last such line names, and whether it lacks permission; '' when no line names one."""
    for line in reversed(lines):
        for patterns, forbidden in ((_FORBIDDEN, True), (_MISSING, False)):
            for pattern in patterns:
                if match := pattern.search(line.strip()):
                    return match[1], forbidden
    return "", False


def find_last_exception(lines: Sequence[str]) -> str:
    """The line that ends the last traceback; '' when there is none."""
    found = ""
    inside = False
    for line in lines:
        if "Traceback (most recent call last)" in line:
            inside = True
        elif inside and _EXCEPTION.match(line.strip()) and not line.startswith(" "):
            found, inside = line.strip(), False
    return found


def is_import_error(exception: str) -> bool:
    """Whether the last line of a traceback is that of a failed import."""
    return _IMPORT_ERROR.search(exception) is not None
