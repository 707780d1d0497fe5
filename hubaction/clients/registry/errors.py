"""How a registry refuses, or fails, known without the library that asks it."""

from hubaction.errors import ActionError


class RegistryError(ActionError):
    """The registry answered, and not with what was asked for."""

    engine_may_reach = False
    """Whether the engine may get an answer all the same."""


class MissingBlobError(RegistryError):
    """A blob is not, or no longer, in the registry."""


class DeniedError(RegistryError):
    """The registry does not allow it; `detail` is what it says, with the status first, e.g. `403 DENIED: no`."""

    def __init__(self, message: str, *, detail: str) -> None:
        super().__init__(message)
        self.detail = detail


class UnreachableError(RegistryError):
    """The registry did not answer, or says that it cannot now."""

    def __init__(self, message: str, *, on_loopback: bool) -> None:
        super().__init__(message)
        self.on_loopback = on_loopback
        # With `services:` in the job, localhost is another one for the engine than for this container.
        self.engine_may_reach = on_loopback


class UntrustedError(RegistryError):
    """The registry's certificate is not signed by a CA that we trust. Docker has its own trust store."""

    engine_may_reach = True
