"""The one family of errors that a user is meant to read, and the pages that they link to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PROJECT_URL = "https://github.com/org/hub-image-action"
ISSUES_URL = f"{PROJECT_URL}/issues"
_REGISTRIES = f"{PROJECT_URL}/blob/main/docs/registries.md"


class Help(StrEnum):
    """Pages of the documentation; a contract test checks that each of them exists."""

    SECRETS = f"{PROJECT_URL}/blob/main/docs/secrets.md"
    EARLIER_LOGIN = f"{_REGISTRIES}#an-earlier-docker-login-is-not-seen"
    OWN_CERTIFICATE = f"{_REGISTRIES}#a-registry-with-a-certificate-of-its-own"


class ActionError(Exception):
    """A known failure: the message says what failed, why it matters and what to do.

    Any other exception that reaches the error boundary is a bug in this action.
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
        """The errors that get an annotation of their own."""
        return (self,)


class DiskFullError(ActionError):
    """The runner's disk is full."""

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
    """Everything that is wrong with the inputs, reported together."""

    def __init__(self, problems: Sequence[InputProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems), title="Invalid input")
        self.problems = tuple(problems)


class SeveralProblemsError(ActionError):
    """Problems in several places. The message lists all of them; each also has a message and a place of its own."""

    def __init__(self, message: str, problems: Sequence[ActionError], *, title: str) -> None:
        super().__init__(message, title=title)
        self._problems = tuple(problems)

    @property
    def parts(self) -> Sequence[ActionError]:
        return self._problems
