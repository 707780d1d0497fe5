"""Opens the clients, each when it is needed.

Their libraries are slow to load, and most runs need few of them: this is the only module that imports late.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hubaction.clients.github.patience import TIMEOUT_SECONDS
from hubaction.inputs.credentials import Credentials

if TYPE_CHECKING:
    from hubaction.clients.engine.engine import Engine
    from hubaction.clients.github.api import GitHub
    from hubaction.clients.github.git_data import GitData
    from hubaction.clients.registry.registries import Registries


def open_engine(environ: Mapping[str, str]) -> AbstractContextManager["Engine"]:
    """Connect to the engine; raises EngineError when none answers."""
    from hubaction.clients.engine.engine import Engine

    return Engine.connect(environ)


def open_registries(
    credentials: Sequence[Credentials], docker_config: Path | None, *, insecure: frozenset[str] = frozenset()
) -> "Registries":
    """Connects to nothing yet. `insecure` holds the registries that the engine reaches without TLS."""
    from hubaction.clients.registry.registries import Registries

    return Registries(credentials, docker_config, insecure)


@contextmanager
def open_github(api_url: str, token: str, repository: str, *, timeout: int = TIMEOUT_SECONDS) -> Iterator["GitHub"]:
    """Yield one repository on GitHub; raises GitHubError."""
    from hubaction.clients.github.api import GitHub

    with closing(GitHub(api_url, token, repository, timeout=timeout)) as github:
        yield github


@contextmanager
def open_git_data(api_url: str, token: str, repository: str, *, timeout: int = TIMEOUT_SECONDS) -> Iterator["GitData"]:
    """Yield the commits and branches of one repository on GitHub; raises GitHubError."""
    from hubaction.clients.github.git_data import GitData

    with open_github(api_url, token, repository, timeout=timeout) as github:
        yield GitData(github)
