"""How the engine fails, known without its library."""

from hubaction.errors import ActionError


class EngineError(ActionError):
    """The engine is away or failed."""


class NotStartedError(EngineError):
    """The engine could not start a container's first process; `reason` is in its own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The engine could not start a container: {reason}")
        self.reason = reason
