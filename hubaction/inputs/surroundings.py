"""Small files beside the inputs: the appendix, the Docker configuration, and the running workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hubaction.errors import ActionError
from hubaction.inputs.docker_config import (
    find_docker_config,
    read_docker_config,
    registries_with_login,
    warn_of_docker_config,
)
from hubaction.inputs.settings import Settings
from hubaction.inputs.workflow import UnseenLogin, find_unseen_login

MAX_APPENDIX_BYTES = 100_000


class InvalidAppendixError(ActionError):
    """The appendix cannot be read."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"input 'appendix-file': '{file}' is no readable text file of the repository, below the folder that the"
            f" input 'path' names, of at most {MAX_APPENDIX_BYTES} bytes."
        )


@dataclass(frozen=True)
class Surroundings:
    """What is read beside the inputs.

    Every mode reads it, and not every mode needs it. So a file that cannot be read is no error yet.
    """

    appendix: str = ""
    """Text of the appendix file; empty when there is none, or when it is unreadable."""
    appendix_error: InvalidAppendixError | None = None
    logins: frozenset[str] | ActionError = frozenset()
    """Registries with a login in the caller's Docker configuration, or the reason why it is unreadable."""
    unseen_login: UnseenLogin | None = None
    """Looked for only where no Docker configuration is visible."""
    warnings: tuple[str, ...] = ()
    """For builds only: other modes read none of these files for their own work."""

    @property
    def logged_in(self) -> frozenset[str]:
        """Registries with a login in the caller's Docker configuration; raises ActionError if it is unreadable."""
        if isinstance(self.logins, ActionError):
            raise self.logins
        return self.logins


def read_surroundings(settings: Settings, environ: Mapping[str, str], workspace: Path) -> Surroundings:
    appendix = _read_appendix(workspace / settings.path, settings.appendix_file)
    unreadable = appendix if isinstance(appendix, InvalidAppendixError) else None
    docker_config = find_docker_config(environ, workspace)
    return Surroundings(
        "" if isinstance(appendix, InvalidAppendixError) else appendix,
        unreadable,
        _read_logins(docker_config),
        unseen_login=None if docker_config else find_unseen_login(environ, workspace),
        warnings=(*([unreadable.message] if unreadable else []), *warn_of_docker_config(environ, workspace)),
    )


def _read_logins(docker_config: Path | None) -> frozenset[str] | ActionError:
    try:
        return registries_with_login(read_docker_config(docker_config))
    except ActionError as error:
        return error


def _read_appendix(source: Path, file: str) -> str | InvalidAppendixError:
    """Links to places outside of the repository are not followed."""
    if not file:
        return ""
    path = (source / file).resolve()
    try:
        inside = path.is_relative_to(source.resolve()) and path.is_file()
        if not inside or path.stat().st_size > MAX_APPENDIX_BYTES:
            raise OSError(file)
        text = path.read_text(encoding="utf-8")
        if "\0" in text:
            raise ValueError("no text")
    except (OSError, ValueError):
        return InvalidAppendixError(file)
    # An empty file is an appendix all the same: a line end has no effect.
    return text or "\n"
