"""How GitHub refuses, known without its library."""

from hubaction.errors import ActionError


class GitHubError(ActionError):
    """GitHub did not do what was asked."""


class NotAllowedError(GitHubError):
    """The token has no right to do this."""


class BadTokenError(GitHubError):
    """The token is none, or no longer one."""


class PassingError(GitHubError):
    """A rate limit or a fault that may pass; `wait` is how many seconds GitHub asks for, if it does."""

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class MovedError(PassingError):
    """A branch got other commits since it was read."""


class BranchRulesError(GitHubError):
    """The rules of a branch forbid to write to it directly."""
