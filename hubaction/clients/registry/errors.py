"""How a registry refuses, or fails, known without the library that asks it."""

from hubaction.errors import ActionError


class RegistryError(ActionError):
    """The registry answered, and not with what was asked for."""


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


class UntrustedError(RegistryError):
    """We know nobody who vouches for the registry's certificate; the engine, which has its own list, may."""
