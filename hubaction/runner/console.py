"""Workflow commands on standard output.

Rules: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and, where that is silent,
ActionCommandManager.cs of https://github.com/actions/runner
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

MAX_MESSAGE_LENGTH = 4096
"""Characters; GitHub cuts a longer annotation."""
_LINE_END = re.compile(r"\r\n|\r|\n|\v|\f|\x1c|\x1d|\x1e|\x85|\u2028|\u2029")
_MINIMUM_MASK_LENGTH = 4


class Console:
    """The step's standard output, the only stream that we write to.

    With two streams, a forged command could overtake the line that stops commands.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._secrets: list[str] = []

    def mask(self, *values: str) -> None:
        """Hide values in this console and, by the runner, in the rest of the job's log."""
        for line in sorted(_secret_lines(values), key=len, reverse=True):
            self._write(f"::add-mask::{_escape_data(line)}")
        self.hide(*values)

    def hide(self, *values: str) -> None:
        """Hide values in this console only; the runner does not learn them."""
        known = _secret_lines(values) | set(self._secrets)
        # Hiding one or two characters would garble the whole log; the runner still masks them.
        self._secrets = sorted((line for line in known if len(line) >= _MINIMUM_MASK_LENGTH), key=len, reverse=True)

    def say(self, text: str) -> None:
        """Print text of our own; text that it quotes cannot become a command."""
        for line in _LINE_END.split(text):
            self._write(neutralize(self.scrub(line)))

    def scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def notice(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self._annotate("notice", message, {"file": file, "line": line})

    def warning(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self._annotate("warning", message, {"file": file, "line": line})

    def error(
        self, message: str, *, file: str | None = None, line: int | None = None, title: str | None = None
    ) -> None:
        self._annotate("error", message, {"file": file, "line": line, "title": title})

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold the output of the block; the last line shows success and seconds."""
        started = time.monotonic()
        title = " ".join(_LINE_END.split(self.scrub(title)))
        self._write(f"::group::{neutralize(title)}")
        mark = "✗"
        try:
            yield
            mark = "✓"
        finally:
            self._write("::endgroup::")
            self._write(f"{mark} {neutralize(title)} ({time.monotonic() - started:.1f} s)")

    @contextmanager
    def untrusted(self) -> Iterator[Callable[[str], None]]:
        """Yield a function that prints untrusted output, in which the runner obeys no command.

        The runner resumes at a line with the token, which is secret.
        """
        token = secrets.token_hex(20)
        self._write(f"::stop-commands::{token}")
        try:
            yield self._write_untrusted
        finally:
            self._write(f"::{token}::")

    def _write_untrusted(self, text: str) -> None:
        for line in _LINE_END.split(text):
            self._write(line_without_legacy_command(self.scrub(line)))

    def _annotate(self, kind: str, message: str, properties: Mapping[str, str | int | None]) -> None:
        text = self.scrub(message)
        if len(text) > MAX_MESSAGE_LENGTH:
            text = text[: MAX_MESSAGE_LENGTH - 1] + "…"
        given = ",".join(
            f"{key}={_escape_property(self.scrub(str(value)))}" for key, value in properties.items() if value
        )
        self._write(f"::{kind}{' ' + given if given else ''}::{_escape_data(text)}")

    def _write(self, line: str) -> None:
        # Variables and payloads may hold lone surrogates, which cannot be encoded.
        self._stream.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
        self._stream.flush()


def _secret_lines(values: Iterable[str]) -> set[str]:
    """Split secrets into lines: the runner masks within lines only."""
    lines: set[str] = set()
    for value in values:
        several = [line for line in _LINE_END.split(value) if line.strip()]
        # A lone brace in a key of many lines is no secret, and hiding it would garble the whole log.
        lines |= {line for line in several if len(several) == 1 or len(line.strip()) >= _MINIMUM_MASK_LENGTH}
    return lines


def neutralize(line: str) -> str:
    """Make a line harmless outside of `untrusted`: neither `::command` nor `##[command]` is left."""
    visible = line_without_legacy_command(line)
    return re.sub(r"^(\s*):(?=:)", r"\1: ", visible)


def line_without_legacy_command(line: str) -> str:
    """Insert a blank: the runner obeys `##[command]` anywhere in a line."""
    return line.replace("##[", "## [")


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
