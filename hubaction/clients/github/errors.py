"""Errors of GitHub. Importing them does not load PyGithub."""

from collections.abc import Iterator
from contextlib import contextmanager

from hubaction.errors import ActionError


class GitHubError(ActionError):
    """GitHub did not do what was asked. Without an answer, `status` is zero and `reason` is empty."""

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def is_missing(self) -> bool:
        """Whether GitHub answered 404. A thing that the token may not see looks the same."""
        return self.status == 404


class NotAllowedError(GitHubError):
    """The token has no right to do this."""


class BadTokenError(GitHubError):
    """The token is not valid, or expired."""


class PassingError(GitHubError):
    """A rate limit, or a failure that may be temporary. `wait` is how many seconds GitHub asks for."""

    def __init__(self, message: str, *, wait: float | None = None, status: int = 0, reason: str = "") -> None:
        super().__init__(message, status=status, reason=reason)
        self.wait = wait


class MovedError(PassingError):
    """A branch changed since it was read."""


class BranchRulesError(GitHubError):
    """The rules of a branch forbid a direct write."""


@contextmanager
def reading(action: str) -> Iterator[None]:
    """Around code that only reads an answer: fields may be missing or of another type.

    No other code belongs inside, so that bugs of ours are not reported as a bad answer.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise no_answer(action) from error


def no_answer(action: str) -> GitHubError:
    return GitHubError(f"What came back when GitHub was asked to {action} was no answer of its API.")
