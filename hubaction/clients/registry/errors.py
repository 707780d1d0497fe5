"""Errors of registries. Importing them does not load an HTTP library."""

from hubaction.errors import ActionError


class RegistryError(ActionError):
    """The registry refused, or gave an answer that is not valid."""

    engine_may_reach = False
    """Whether the engine may get an answer all the same."""


class MissingBlobError(RegistryError):
    """The registry does not have a blob."""


class DeniedError(RegistryError):
    """The registry does not allow it. `detail` is status and reason, e.g. `403 DENIED: no`."""

    def __init__(self, message: str, *, detail: str) -> None:
        super().__init__(message)
        self.detail = detail


class UnreachableError(RegistryError):
    """The registry did not answer, or reports that it is unavailable."""

    def __init__(self, message: str, *, on_loopback: bool) -> None:
        super().__init__(message)
        self.on_loopback = on_loopback
        # With `services:` in the job, localhost is not the same for the engine as for this container.
        self.engine_may_reach = on_loopback


class UntrustedError(RegistryError):
    """The registry's certificate is not signed by a CA that we trust. Docker has its own trust store."""

    engine_may_reach = True
