"""The images that a build starts from or copies from: which they are, and what they are by now.

The rules of a Dockerfile are https://docs.docker.com/reference/dockerfile/, and in detail BuildKit's own parser:
https://github.com/moby/buildkit/tree/master/frontend/dockerfile/parser. The packages for it on PyPI know nothing of
here-documents and mounts. Whatever is in doubt here makes the answer None: an image that is not seen to change would
keep an old image alive, while a build too many costs its time.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubaction.build.frontend import SYNTAX_ARGUMENT, is_dockers
from hubaction.clients.process import read_process
from hubaction.errors import ActionError
from hubaction.image import is_digest, normalize_reference


def render_dockerfile(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """Return the Dockerfile that repo2docker would build with these arguments; empty when it has none to show as it is.

    `command` is the build's own, and ends with the context, relative to `folder` like all that it names.
    """
    # Read as text, as repo2docker does, a carriage return ends a line; to the builder it is a blank.
    files = [file for file in (folder / command[-1]).rglob("Dockerfile") if file.is_file()]
    if any(re.search(rb"\r(?!\n)", file.read_bytes()) for file in files):
        return ""
    try:
        code, output = read_process([*command[:-1], "--no-build", command[-1]], env=env, cwd=folder)
    except OSError:
        return ""  # the build itself will tell
    return "" if code else output


def resolve_bases(
    names: Sequence[str], ask_registry: Callable[[str], str | None], ask_engine: Callable[[str], str]
) -> Mapping[str, str] | None:
    """Return what each image is now: the digest that it is pinned to, else the registry's, else the engine's id.

    Who does not know answers with nothing, or raises ActionError or ValueError. None when one is known to nobody.
    """
    resolved: dict[str, str] = {}
    for name in names:
        pinned = name.partition("@")[2]
        digest = pinned or _ask(ask_registry, name) or _ask(ask_engine, name)
        if not is_digest(digest):
            return None
        resolved[name] = digest
    return resolved


def _ask(ask: Callable[[str], str | None], name: str) -> str:
    try:
        answer = ask(name) or ""
    except (ActionError, ValueError):  # the grammar of names is wider than what registries have
        return ""
    return answer if is_digest(answer) else ""


def find_bases(dockerfile: str, build_args: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return every image from outside that a Dockerfile names, in full and sorted; None when that is not certain.

    `build_args` are all that the builder is given, repo2docker's own ones included. An image that is built here, and
    the empty `scratch`, are none; the frontend that `# syntax=` names is one. Pinned names keep their digest.
    """
    try:
        return _Reader(build_args).read(dockerfile)
    except (_DoubtError, ValueError):
        return None


class _DoubtError(Exception):
    """What an instruction does is not certain."""


@dataclass(frozen=True)
class _Instruction:
    name: str
    rest: str


# --- lines ---

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
            raise _DoubtError
    return lines


def _read_directives(lines: Sequence[str]) -> dict[str, str]:
    """The directives at the top: https://docs.docker.com/reference/dockerfile/#parser-directives"""
    if lines[0].startswith("#!"):
        raise _DoubtError
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip(_BLANKS))
        if not match or match[1].lower() not in _DIRECTIVES:
            return found
        # Versions differ on whether one may be indented.
        if match[1].lower() in found or not line.startswith("#"):
            raise _DoubtError
        found[match[1].lower()] = match[2]
    return found


def _read_instructions(lines: Sequence[str], escape: str) -> Iterator[_Instruction]:
    ahead = iter(lines)
    for first in ahead:
        if _is_empty(first):
            continue
        line = _join(first.lstrip(_BLANKS), ahead, escape)
        name, _, rest = re.sub(rf"[{_BLANKS}]+", " ", line, count=1).partition(" ")
        instruction = _Instruction(name.upper(), rest.strip(_BLANKS))
        for terminator, chomps in _find_heredocs(instruction, escape):
            body = (text.lstrip("\t") if chomps else text for text in ahead)
            if terminator not in body:  # reads on to the terminator
                raise _DoubtError
        yield instruction


def _is_empty(line: str) -> bool:
    bare = line.lstrip(_BLANKS)
    return not bare or bare.startswith("#")


def _join(line: str, ahead: Iterator[str], escape: str) -> str:
    """A line with those that continue it; comments and empty lines between them are none."""
    while (bare := line.rstrip(" \t")).endswith(escape):
        if bare.endswith(escape * 2):
            raise _DoubtError  # versions differ
        line = bare.removesuffix(escape)
        following = next((text for text in ahead if not _is_empty(text)), None)
        if following is None:
            return line
        line += following
    return line


def _find_heredocs(instruction: _Instruction, escape: str) -> list[tuple[str, bool]]:
    """Each here-document's last line, and whether tabs before it count; `<<` anywhere else is a doubt."""
    if "<<" not in instruction.rest or instruction.name not in {*_WITH_HEREDOC, "ONBUILD"}:
        return []
    if instruction.name == "ONBUILD" or instruction.rest.startswith("["):
        raise _DoubtError
    found = []
    before = ""
    for word in instruction.rest.split():
        if "<<" in word:
            match = _HEREDOC_WORD.fullmatch(word)
            # In quotes it would be none.
            if not match or set(before) & {"'", '"', "\\", escape}:
                raise _DoubtError
            found.append((match[3], bool(match[1])))
        else:
            before += word
    return found


# --- instructions ---

_PLAIN_INSTRUCTIONS = frozenset(
    {
        *("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL", "STOPSIGNAL", "USER"),
        *("VOLUME", "WORKDIR"),
    }
)
_FLAGS: Mapping[str, frozenset[str]] = {
    "FROM": frozenset({"platform"}),
    "COPY": frozenset({"from", "chown", "chmod", "link", "parents", "exclude"}),
    "ADD": frozenset({"chown", "chmod", "link", "checksum", "keep-git-dir", "exclude", "unpack"}),
    "RUN": frozenset({"mount", "network", "security", "device"}),
}
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ARG = re.compile(rf"({_NAME})(?:=(?:'([^']*)'|\"([^\"]*)\"|([^\s'\"]*)))?(?:\s+|$)")
_STAGE = re.compile(r"[a-z][a-z0-9_.-]*")
# The builder sets these of itself: https://docs.docker.com/reference/dockerfile/#predefined-args
_SET_BY_BUILDER = re.compile(
    r"(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE)|BUILDKIT_.*|SOURCE_DATE_EPOCH"
    r"|(?:https?|ftp|no|all)_proxy",
    re.IGNORECASE,
)


@dataclass
class _Reader:
    """Reads a Dockerfile from its top to its end."""

    build_args: Mapping[str, str]
    args: dict[str, str | None] = field(default_factory=dict)
    """Those before the first FROM; None is declared without a value."""
    stages: list[str] = field(default_factory=list)
    """Names of the stages so far, empty for those without one."""
    copied: list[tuple[int, str]] = field(default_factory=list)
    """What is copied from, with the stage that does so."""
    bases: set[str] = field(default_factory=set)

    def read(self, text: str) -> tuple[str, ...]:
        if SYNTAX_ARGUMENT in self.build_args:
            raise _DoubtError
        lines = _split_lines(text)
        directives = _read_directives(lines)
        escape = directives.get("escape", "\\")
        if escape not in {"\\", "`"}:
            raise _DoubtError
        if "syntax" in directives:
            self._add_frontend(directives["syntax"].partition(" ")[0])
        for instruction in _read_instructions(lines, escape):
            self._read_instruction(instruction, escape)
        if not self.stages:
            raise _DoubtError
        for stage, source in self.copied:
            self._add_source(stage, source)
        return tuple(sorted(self.bases))

    def _add_frontend(self, name: str) -> None:
        if not is_dockers(name):
            raise _DoubtError
        self.bases.add(normalize_reference(name))

    def _read_instruction(self, instruction: _Instruction, escape: str) -> None:
        name, rest = instruction.name, instruction.rest
        if name == "ARG":
            if not self.stages:
                self._declare(rest, escape)
        elif name == "ONBUILD":
            # Run when a later stage starts from this one; what a base image from outside has of these is its own.
            if re.search(r"from|\badd\b", rest, re.IGNORECASE):
                raise _DoubtError
        elif name in _FLAGS:
            flags, rest = _split_flags(name, rest, escape)
            readers = {"FROM": self._read_from, "COPY": self._read_copy, "ADD": self._read_add, "RUN": self._read_run}
            if name != "FROM" and not self.stages:
                raise _DoubtError
            readers[name](flags, rest, escape)
        elif name not in _PLAIN_INSTRUCTIONS or not self.stages:
            raise _DoubtError

    def _declare(self, rest: str, escape: str) -> None:
        place = 0
        while place < len(rest):
            match = _ARG.match(rest, place)
            if not match:
                raise _DoubtError
            place = match.end()
            name, single, double, bare = match.groups()
            if name in self.args:
                raise _DoubtError
            if name in self.build_args:
                self.args[name] = self.build_args[name]
            elif single is not None:
                self.args[name] = single
            else:
                given = bare if double is None else double
                self.args[name] = None if given is None else self._expand(given, escape)

    def _expand(self, text: str, escape: str) -> str:
        """Put values in their places: https://docs.docker.com/reference/dockerfile/#environment-replacement"""
        if set(text) & {"'", '"', "\\", escape}:
            raise _DoubtError
        expanded = _VARIABLE.sub(self._replace, text)
        if "$" in _VARIABLE.sub("", text):
            raise _DoubtError
        return expanded

    def _replace(self, match: re.Match[str]) -> str:
        name = match["plain"] or match["name"]
        if _SET_BY_BUILDER.fullmatch(name):
            raise _DoubtError
        value = self.args.get(name)
        unset = value is None or (value == "" and bool(match["colon"]))
        if match["operator"] == "-":
            return match["word"] if unset else value or ""
        if match["operator"] == "+":
            return "" if unset else match["word"]
        if value is None:
            raise _DoubtError
        return value

    def _read_from(self, flags: Sequence[tuple[str, str]], rest: str, escape: str) -> None:
        words = rest.split()
        if len(words) not in {1, 3} or (len(words) == 3 and words[1].upper() != "AS"):
            raise _DoubtError
        stage = words[2].lower() if len(words) == 3 else ""
        if stage and (not _STAGE.fullmatch(stage) or stage == "scratch"):
            raise _DoubtError
        base = self._expand(words[0], escape)
        if not base or base.isdigit():
            raise _DoubtError
        if base.lower() not in self.stages:
            self._add_image(base)
        self.stages.append(stage)

    def _read_copy(self, flags: Sequence[tuple[str, str]], rest: str, escape: str) -> None:
        self.copied += ((len(self.stages) - 1, value) for flag, value in flags if flag == "from")

    def _read_run(self, flags: Sequence[tuple[str, str]], rest: str, escape: str) -> None:
        for flag, value in flags:
            if flag == "mount":
                pairs = (pair.partition("=") for pair in value.split(","))
                self.copied += ((len(self.stages) - 1, given) for key, _, given in pairs if key.lower() == "from")

    def _read_add(self, flags: Sequence[tuple[str, str]], rest: str, escape: str) -> None:
        """What is at an address may change without notice."""
        try:
            words = json.loads(rest) if rest.startswith("[") else rest.split()
        except ValueError:
            raise _DoubtError from None
        for word in words[:-1]:
            if not isinstance(word, str) or re.search(r"[:@$'\"\\`]|^github\.com/", word):
                raise _DoubtError

    def _add_source(self, stage: int, source: str) -> None:
        """An image, or a stage before the one that copies from it, by name or number."""
        if not source or "$" in source:
            raise _DoubtError
        if source.isdigit():
            if int(source) >= stage:
                raise _DoubtError
        elif source.lower() in self.stages[stage:]:
            raise _DoubtError
        elif source.lower() not in self.stages:
            self._add_image(source)

    def _add_image(self, name: str) -> None:
        if name != "scratch":
            self.bases.add(normalize_reference(name))


_VARIABLE = re.compile(
    rf"\$(?:(?P<plain>{_NAME})|\{{(?P<name>{_NAME})(?:(?P<colon>:?)(?P<operator>[-+])(?P<word>[^${{}}]*))?\}})"
)


def _split_flags(name: str, rest: str, escape: str) -> tuple[list[tuple[str, str]], str]:
    flags = []
    while rest.startswith("--"):
        word = rest.split(maxsplit=1)[0]
        rest = rest.removeprefix(word).lstrip()
        flag, equals, value = word.removeprefix("--").partition("=")
        if flag not in _FLAGS[name] or set(word) & {"'", '"', "\\", escape}:
            raise _DoubtError
        if not equals and flag not in {"link", "parents", "unpack", "keep-git-dir"}:
            raise _DoubtError
        flags.append((flag, value))
    return flags, rest
