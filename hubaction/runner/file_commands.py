"""Outputs and summary: the files that the runner reads after the step.

Rules: FileCommandManager.cs of https://github.com/actions/runner
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

MAX_SUMMARY_BYTES = 1_048_576
"""GitHub drops a larger summary as a whole."""


class FileCommands:
    """Writes outputs and the summary; does nothing if the runner names no file."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._output = environ.get("GITHUB_OUTPUT", "")
        self._summary = environ.get("GITHUB_STEP_SUMMARY", "")

    def set_output(self, name: str, value: str) -> None:
        """Write one output; any value is safe, because the delimiter cannot be guessed."""
        delimiter = f"ghadelimiter_{secrets.token_hex(20)}"
        _append(self._output, f"{name}<<{delimiter}\n{value}\n{delimiter}\n")

    def add_summary(self, markdown: str) -> None:
        """Append to the job summary, cut to the length that GitHub accepts."""
        if not self._summary:
            return
        path = Path(self._summary)
        room = MAX_SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
        encoded = (markdown + "\n").encode("utf-8", "backslashreplace")
        if len(encoded) > room:
            encoded = encoded[: max(room, 0)].rpartition(b"\n")[0] + b"\n" if room > 1 else b""
        _append(self._summary, encoded.decode(errors="ignore"))


def _append(file: str, text: str) -> None:
    if file:
        with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
