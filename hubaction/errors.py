"""The one family of errors that a user is meant to read."""

from collections.abc import Sequence
from dataclasses import dataclass


class ActionError(Exception):
    """A known failure: the message says what failed, why it matters and what to do.

    Anything else that reaches the error boundary is a bug of this action.
    """

    def __init__(
        self, message: str, *, file: str | None = None, line: int | None = None, title: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        """Path relative to the repository's root, where the annotation belongs."""
        self.line = line
        self.title = title

    @property
    def parts(self) -> "Sequence[ActionError]":
        """What gets an annotation of its own."""
        return (self,)


class DiskFullError(ActionError):
    """The runner's disk is full, whoever met it first."""

    def __init__(self) -> None:
        super().__init__(DISK_FULL, title="Disk full")


DISK_FULL = (
    "The disk is full. Free some of it in a step before this one (hosted runners carry 20 GB of tools that images do"
    " not need: sudo rm -rf /usr/local/lib/android /usr/share/dotnet /opt/ghc), install less, or use a runner with a"
    " larger disk."
)


@dataclass(frozen=True)
class InputProblem:
    """One thing wrong with one input; `message` names the value and what is allowed."""

    input_name: str
    message: str

    def __str__(self) -> str:
        return f"input '{self.input_name}': {self.message}"


class InvalidInputError(ActionError):
    """All that is wrong with the inputs, reported together."""

    def __init__(self, problems: Sequence[InputProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems), title="Invalid input")
        self.problems = tuple(problems)


class SeveralProblemsError(ActionError):
    """Problems in several places; the message tells all of them, and each has one of its own for where it belongs."""

    def __init__(self, message: str, problems: Sequence[ActionError], *, title: str) -> None:
        super().__init__(message, title=title)
        self._problems = tuple(problems)

    @property
    def parts(self) -> Sequence[ActionError]:
        return self._problems
