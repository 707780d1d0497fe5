"""Values of the arguments that a Dockerfile declares before its first stage, put in their places."""

import re
from collections.abc import Mapping

from hubaction.build.dockerfile import DoubtError

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ARG = re.compile(rf"({_NAME})(?:=(?:'([^']*)'|\"([^\"]*)\"|([^\s'\"]*)))?(?:\s+|$)")
_VARIABLE = re.compile(
    rf"\$(?:(?P<plain>{_NAME})|\{{(?P<name>{_NAME})(?:(?P<colon>:?)(?P<operator>[-+])(?P<word>[^${{}}]*))?\}})"
)
# The builder sets these of itself: https://docs.docker.com/reference/dockerfile/#predefined-args
_SET_BY_BUILDER = re.compile(
    r"(?:BUILD|TARGET)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE)|BUILDKIT_.*|SOURCE_DATE_EPOCH"
    r"|(?:https?|ftp|no|all)_proxy",
    re.IGNORECASE,
)


class GlobalArguments:
    """https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact"""

    def __init__(self, build_args: Mapping[str, str], escape: str) -> None:
        self._build_args = build_args
        self._escape = escape
        self._values: dict[str, str | None] = {}
        """None is declared without a value."""

    def declare(self, rest: str) -> None:
        """Take in an instruction ARG; raises DoubtError."""
        place = 0
        while place < len(rest):
            match = _ARG.match(rest, place)
            if not match:
                raise DoubtError
            place = match.end()
            name, single, double, bare = match.groups()
            if name in self._values:
                raise DoubtError
            if name in self._build_args:
                self._values[name] = self._build_args[name]
            elif single is not None:
                self._values[name] = single
            else:
                given = bare if double is None else double
                self._values[name] = None if given is None else self.expand(given)

    def expand(self, text: str) -> str:
        """Raises DoubtError. https://docs.docker.com/reference/dockerfile/#environment-replacement"""
        if set(text) & {"'", '"', "\\", self._escape}:
            raise DoubtError
        expanded = _VARIABLE.sub(self._replace, text)
        if "$" in _VARIABLE.sub("", text):
            raise DoubtError
        return expanded

    def _replace(self, match: re.Match[str]) -> str:
        name = match["plain"] or match["name"]
        if _SET_BY_BUILDER.fullmatch(name):
            raise DoubtError
        value = self._values.get(name)
        unset = value is None or (value == "" and bool(match["colon"]))
        if match["operator"] == "-":
            return match["word"] if unset else value or ""
        if match["operator"] == "+":
            return "" if unset else match["word"]
        if value is None:
            raise DoubtError
        return value
