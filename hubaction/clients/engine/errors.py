"""Errors of the engine. Importing them does not load docker-py."""

from hubaction.errors import ActionError


class EngineError(ActionError):
    """The engine did not answer, or failed."""


class NotStartedError(EngineError):
    """The engine could not start a container's first process; `reason` is its own message."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The engine could not start a container: {reason}")
        self.reason = reason
