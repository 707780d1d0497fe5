"""The images that a build starts from or copies from: which they are, and what they are by now.

Whatever is in doubt makes the answer None: an image that is not seen to change would keep an old image alive, while a
superfluous build only costs its time.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hubaction.build.dockerfile import FLAGS, Dockerfile, DoubtError, Instruction, read_dockerfile, split_flags
from hubaction.build.dockerfile_arguments import GlobalArguments
from hubaction.build.frontend import SYNTAX_ARGUMENT, is_dockers
from hubaction.clients.process import read_process
from hubaction.errors import ActionError
from hubaction.image import is_digest, normalize_reference

_PLAIN_INSTRUCTIONS = frozenset(
    {
        *("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "SHELL", "STOPSIGNAL", "USER"),
        *("VOLUME", "WORKDIR"),
    }
)
_STAGE = re.compile(r"[a-z][a-z0-9_.-]*")


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
    """Return the present digest of each image: the one it is pinned to, else the registry's, else the engine's id.

    Both functions return nothing for an unknown image, or raise ActionError or ValueError. None when neither knows one.
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
    """Return the full names of all images from outside that a Dockerfile names, sorted; None when in doubt.

    `build_args` are all that the builder is given, repo2docker's own ones included. Images that are built here and
    the empty `scratch` do not count; the frontend that `# syntax=` names does. Pinned names keep their digest.
    """
    try:
        return _Stages(build_args, read_dockerfile(dockerfile)).find_bases()
    except (DoubtError, ValueError):
        return None


class _Stages:
    """The stages of a Dockerfile, read from its top to its end."""

    def __init__(self, build_args: Mapping[str, str], dockerfile: Dockerfile) -> None:
        if SYNTAX_ARGUMENT in build_args:
            raise DoubtError
        self._dockerfile = dockerfile
        self._arguments = GlobalArguments(build_args, dockerfile.escape)
        self._names: list[str] = []
        """Names of the stages so far, empty for those without one."""
        self._copied: list[tuple[int, str]] = []
        """Number of a stage, and what it copies from."""
        self._bases: set[str] = set()

    def find_bases(self) -> tuple[str, ...]:
        if "syntax" in self._dockerfile.directives:
            self._add_frontend(self._dockerfile.directives["syntax"].partition(" ")[0])
        for instruction in self._dockerfile.instructions:
            self._read_instruction(instruction)
        if not self._names:
            raise DoubtError
        for stage, source in self._copied:
            self._add_source(stage, source)
        return tuple(sorted(self._bases))

    def _add_frontend(self, name: str) -> None:
        if not is_dockers(name):
            raise DoubtError
        self._bases.add(normalize_reference(name))

    def _read_instruction(self, instruction: Instruction) -> None:
        name, rest = instruction.name, instruction.rest
        if name == "ARG":
            if not self._names:
                self._arguments.declare(rest)
        elif name == "ONBUILD":
            # Run when a later stage starts from this one; what a base image from outside has of these is its own.
            if re.search(r"from|\badd\b", rest, re.IGNORECASE):
                raise DoubtError
        elif name in FLAGS:
            flags, rest = split_flags(instruction, self._dockerfile.escape)
            readers = {"FROM": self._read_from, "COPY": self._read_copy, "ADD": self._read_add, "RUN": self._read_run}
            if name != "FROM" and not self._names:
                raise DoubtError
            readers[name](flags, rest)
        elif name not in _PLAIN_INSTRUCTIONS or not self._names:
            raise DoubtError

    def _read_from(self, flags: Sequence[tuple[str, str]], rest: str) -> None:
        words = rest.split()
        if len(words) not in {1, 3} or (len(words) == 3 and words[1].upper() != "AS"):
            raise DoubtError
        stage = words[2].lower() if len(words) == 3 else ""
        if stage and (not _STAGE.fullmatch(stage) or stage == "scratch"):
            raise DoubtError
        base = self._arguments.expand(words[0])
        if not base or base.isdigit():
            raise DoubtError
        if base.lower() not in self._names:
            self._add_image(base)
        self._names.append(stage)

    def _read_copy(self, flags: Sequence[tuple[str, str]], rest: str) -> None:
        self._copied += ((len(self._names) - 1, value) for flag, value in flags if flag == "from")

    def _read_run(self, flags: Sequence[tuple[str, str]], rest: str) -> None:
        for flag, value in flags:
            if flag == "mount":
                pairs = (pair.partition("=") for pair in value.split(","))
                self._copied += ((len(self._names) - 1, given) for key, _, given in pairs if key.lower() == "from")

    def _read_add(self, flags: Sequence[tuple[str, str]], rest: str) -> None:
        """Content at a URL may change unnoticed."""
        try:
            words = json.loads(rest) if rest.startswith("[") else rest.split()
        except ValueError:
            raise DoubtError from None
        for word in words[:-1]:
            if not isinstance(word, str) or re.search(r"[:@$'\"\\`]|^github\.com/", word):
                raise DoubtError

    def _add_source(self, stage: int, source: str) -> None:
        """An image, or a stage before the one that copies from it, by name or number."""
        if not source or "$" in source:
            raise DoubtError
        if source.isdigit():
            if int(source) >= stage:
                raise DoubtError
        elif source.lower() in self._names[stage:]:
            raise DoubtError
        elif source.lower() not in self._names:
            self._add_image(source)

    def _add_image(self, name: str) -> None:
        if name != "scratch":
            self._bases.add(normalize_reference(name))
