"""How the runner reads a step's output and the files beside it, for judging what the action writes.

The rules, in words of our own, are those of https://github.com/actions/runner:
`ActionCommand.cs` (what a command looks like), `ActionCommandManager.cs` (which are known, stop and resume),
`OutputManager.cs` (line by line) and `FileCommandManager.cs` (GITHUB_OUTPUT). Where the runner's versions differ,
the reading that obeys more commands is taken.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

COMMANDS = frozenset(
    {
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "internal-set-repo-path",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    }
)

_DATA_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_LEGACY_ESCAPES = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))


@dataclass(frozen=True)
class Command:
    """A command that the runner obeys."""

    name: str
    data: str
    properties: Mapping[str, str] = field(default_factory=dict)


def read_commands(output: str) -> list[Command]:
    """Return the commands that the runner would obey in a step's output, in order."""
    found = []
    token = ""
    for line in split_output(output):
        command = parse_command(line, token)
        if command is None:
            continue
        if token:
            # Stopped: only the token is obeyed.
            if command.name.lower() == token.lower():
                token = ""
        else:
            found.append(command)
            if command.name.lower() == "stop-commands":
                token = command.data
    return found


def split_output(output: str) -> list[str]:
    """Split as .NET's StreamReader.ReadLine does: at CR LF, at LF and at CR."""
    return re.split(r"\r\n|\n|\r", output)


def parse_command(line: str, token: str = "") -> Command | None:
    """Read one line; the current stop token is a command's name as well. Names are compared without case."""
    known = COMMANDS | ({token.lower()} if token else set())
    command = _parse_current(line) or None
    if command is None or command.name.lower() not in known:
        command = _parse_legacy(line)
    return command if command and command.name.lower() in known else None


def _parse_current(line: str) -> Command | None:
    """`::name key=value,key=value::data`, behind any blanks."""
    text = line.lstrip()
    if not text.startswith("::"):
        return None
    info, separator, data = text[2:].partition("::")
    if not separator:
        return None
    name, _, given = info.partition(" ")
    return Command(name, _unescape(data, _DATA_ESCAPES), dict(_read_properties(given.strip(), ",", _PROPERTY_ESCAPES)))


def _parse_legacy(line: str) -> Command | None:
    """`##[name key=value;key=value]data`, anywhere in a line."""
    _, prefix, rest = line.partition("##[")
    info, bracket, data = rest.partition("]")
    if not prefix or not bracket:
        return None
    name, _, given = info.partition(" ")
    return Command(name, _unescape(data, _LEGACY_ESCAPES), dict(_read_properties(given, ";", _LEGACY_ESCAPES)))


def _read_properties(text: str, separator: str, escapes: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for pair in text.split(separator):
        key, equals, value = pair.lstrip("=").partition("=")
        if key and equals and value:
            yield key, _unescape(value, escapes)


def _unescape(text: str, escapes: Iterable[tuple[str, str]]) -> str:
    for escaped, plain in escapes:
        text = text.replace(escaped, plain)
    return text


def read_file_command(text: str) -> dict[str, str]:
    """Read what a step wrote into GITHUB_OUTPUT, by the rules for Linux: lines end at LF only.

    Raises ValueError where the runner would fail the step.
    """
    values = {}
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    rest = iter(lines)
    for line in rest:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = line.partition("=")
            values[name] = value
        elif heredoc >= 0:
            name, _, delimiter = line.partition("<<")
            if not name or not delimiter:
                raise ValueError(f"no name or no delimiter in {line!r}")
            values[name] = "\n".join(_take_until(delimiter, rest))
        else:
            raise ValueError(f"neither NAME=VALUE nor NAME<<DELIMITER: {line!r}")
    return values


def _take_until(delimiter: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == delimiter:
            return
        yield line
    raise ValueError(f"the delimiter {delimiter!r} is missing")
