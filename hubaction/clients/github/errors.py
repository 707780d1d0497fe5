"""How GitHub refuses, known without its library."""

from collections.abc import Iterator
from contextlib import contextmanager

from hubaction.errors import ActionError


class GitHubError(ActionError):
    """GitHub did not do what was asked; `status` and `reason` are its own, zero and empty when it did not answer."""

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def is_missing(self) -> bool:
        """Whether there is no such thing; something that the token may not see looks the same."""
        return self.status == 404


class NotAllowedError(GitHubError):
    """The token has no right to do this."""


class BadTokenError(GitHubError):
    """The token is none, or no longer one."""


class PassingError(GitHubError):
    """A rate limit or a fault that may pass; `wait` is how many seconds GitHub asks for, if it does."""

    def __init__(self, message: str, *, wait: float | None = None, status: int = 0, reason: str = "") -> None:
        super().__init__(message, status=status, reason=reason)
        self.wait = wait


class MovedError(PassingError):
    """A branch got other commits since it was read."""


class BranchRulesError(GitHubError):
    """The rules of a branch forbid to write to it directly."""


@contextmanager
def reading(action: str) -> Iterator[None]:
    """Where an answer is read, and nothing else is done: an answer may lack anything, or have it in another shape."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise no_answer(action) from error


def no_answer(action: str) -> GitHubError:
    return GitHubError(f"What came back when GitHub was asked to {action} was no answer of its API.")
