"""Reads a Dockerfile: its directives, and its instructions with their flags.

The rules are https://docs.docker.com/reference/dockerfile/, and in detail BuildKit's own parser:
https://github.com/moby/buildkit/tree/master/frontend/dockerfile/parser. On PyPI, the package `dockerfile` binds
that parser and knows all of it, but has no wheel for arm64; the others do not know here-documents and mounts. Where
versions of the parser differ, or Go and Python do, reading ends with a DoubtError.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


class DoubtError(Exception):
    """It is not certain what a Dockerfile does."""


@dataclass(frozen=True)
class Instruction:
    name: str
    """In capitals."""
    rest: str


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile, of which each instruction is one line."""

    directives: Mapping[str, str]
    instructions: tuple[Instruction, ...]

    @property
    def escape(self) -> str:
        return self.directives.get("escape", "\\")


def read_dockerfile(text: str) -> Dockerfile:
    """Raises DoubtError."""
    lines = _split_lines(text)
    directives = _read_directives(lines)
    escape = directives.get("escape", "\\")
    if escape not in {"\\", "`"}:
        raise DoubtError
    return Dockerfile(directives, tuple(_read_instructions(lines, escape)))


MAX_LINE = 60_000
"""Characters; the parser gives up at 64 KiB."""
_BLANKS = " \t\v\f\r"
_DIRECTIVE = re.compile(r"#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_HEREDOC_WORD = re.compile(r"[0-9]*<<(-?)(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\2")
_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})


def _split_lines(text: str) -> list[str]:
    lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    for line in lines:
        bare = line.lstrip(_BLANKS)
        # Go and Python do not agree on all blanks.
        if bare[:1].isspace() or len(line) > MAX_LINE or "\0" in line:
            raise DoubtError
    return lines


def _read_directives(lines: Sequence[str]) -> dict[str, str]:
    """The directives at the top: https://docs.docker.com/reference/dockerfile/#parser-directives"""
    if lines[0].startswith("#!"):
        raise DoubtError
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip(_BLANKS))
        if not match or match[1].lower() not in _DIRECTIVES:
            return found
        # Versions differ on whether one may be indented.
        if match[1].lower() in found or not line.startswith("#"):
            raise DoubtError
        found[match[1].lower()] = match[2]
    return found


def _read_instructions(lines: Sequence[str], escape: str) -> Iterator[Instruction]:
    ahead = iter(lines)
    for first in ahead:
        if _is_empty(first):
            continue
        line = _join(first.lstrip(_BLANKS), ahead, escape)
        name, _, rest = re.sub(rf"[{_BLANKS}]+", " ", line, count=1).partition(" ")
        instruction = Instruction(name.upper(), rest.strip(_BLANKS))
        for terminator, chomps in _find_heredocs(instruction, escape):
            body = (text.lstrip("\t") if chomps else text for text in ahead)
            if terminator not in body:  # reads on to the terminator
                raise DoubtError
        yield instruction


def _is_empty(line: str) -> bool:
    bare = line.lstrip(_BLANKS)
    return not bare or bare.startswith("#")


def _join(line: str, ahead: Iterator[str], escape: str) -> str:
    """A line with those that continue it; comments and empty lines between them are none."""
    while (bare := line.rstrip(" \t")).endswith(escape):
        if bare.endswith(escape * 2):
            raise DoubtError  # versions differ
        line = bare.removesuffix(escape)
        following = next((text for text in ahead if not _is_empty(text)), None)
        if following is None:
            return line
        line += following
    return line


def _find_heredocs(instruction: Instruction, escape: str) -> list[tuple[str, bool]]:
    """Each here-document's last line, and whether tabs before it count; `<<` anywhere else is a doubt."""
    if "<<" not in instruction.rest or instruction.name not in {*_WITH_HEREDOC, "ONBUILD"}:
        return []
    if instruction.name == "ONBUILD" or instruction.rest.startswith("["):
        raise DoubtError
    found = []
    before = ""
    for word in instruction.rest.split():
        if "<<" in word:
            match = _HEREDOC_WORD.fullmatch(word)
            # In quotes it would be none.
            if not match or set(before) & {"'", '"', "\\", escape}:
                raise DoubtError
            found.append((match[3], bool(match[1])))
        else:
            before += word
    return found


# --- flags ---

FLAGS: Mapping[str, frozenset[str]] = {
    "FROM": frozenset({"platform"}),
    "COPY": frozenset({"from", "chown", "chmod", "link", "parents", "exclude"}),
    "ADD": frozenset({"chown", "chmod", "link", "checksum", "keep-git-dir", "exclude", "unpack"}),
    "RUN": frozenset({"mount", "network", "security", "device"}),
}


def split_flags(instruction: Instruction, escape: str) -> tuple[list[tuple[str, str]], str]:
    """The flags of an instruction that may have some, and what follows them; raises DoubtError for unknown flags."""
    flags = []
    rest = instruction.rest
    while rest.startswith("--"):
        word = rest.split(maxsplit=1)[0]
        rest = rest.removeprefix(word).lstrip()
        flag, equals, value = word.removeprefix("--").partition("=")
        if flag not in FLAGS[instruction.name] or set(word) & {"'", '"', "\\", escape}:
            raise DoubtError
        if not equals and flag not in {"link", "parents", "unpack", "keep-git-dir"}:
            raise DoubtError
        flags.append((flag, value))
    return flags, rest
