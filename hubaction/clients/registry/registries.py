"""The registries of a run, and the one decision about which login each is opened with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from hubaction.clients.registry.registry import Registry
from hubaction.errors import ActionError
from hubaction.inputs.credentials import Credentials
from hubaction.inputs.docker_config import read_auth


@dataclass
class Registries:
    """Opens registries. Thread-safe, also while `docker login` is still running."""

    credentials: Sequence[Credentials]
    docker_config: Path | None
    """Folder with logins of earlier steps."""
    insecure: frozenset[str]
    _looked_in: dict[str, Registry] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def open(self, host: str) -> Registry:
        """A registry to write to. Raises ActionError when the login of an earlier step cannot be read."""
        return self._make(host, patient=True)

    def look_in(self, host: str) -> Registry:
        """A registry for optional look-ups: with a short time-out, and without a login that cannot be read."""
        with self._lock:
            if host not in self._looked_in:
                self._looked_in[host] = self._make(host, patient=False)
            return self._looked_in[host]

    def open_anonymously(self, host: str) -> Registry:
        """A registry without a login, as everybody sees it."""
        return Registry(host, {}, insecure=host in self.insecure)

    @property
    def requests_made(self) -> int:
        """Requests for look-ups so far."""
        return sum(registry.requests_made for registry in self._looked_in.values())

    def _make(self, host: str, *, patient: bool) -> Registry:
        given = next((entry for entry in self.credentials if entry.registry == host), None)
        # Docker's configuration has this login only after `docker login`, which may still be running.
        login = {"username": given.username, "password": given.password} if given else None
        try:
            auth = login or (read_auth(self.docker_config, host) if self.docker_config else {})
        except ActionError:
            if patient:
                raise
            auth = {}
        return Registry(host, auth, insecure=host in self.insecure, patient=patient)
