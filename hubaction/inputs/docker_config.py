"""The caller's Docker configuration: its place, and the registries that it has credentials for."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB

HUB_KEY = "https://index.docker.io/v1/"
"""Key of Docker Hub in a Docker configuration, for historical reasons."""


def find_docker_config(environ: Mapping[str, str], workspace: Path) -> Path | None:
    """Return the caller's Docker configuration, unless it is in the workspace.

    There it may come from a pull request, and the workspace's files become part of the image.
    """
    file = _docker_config_file(environ)
    return file if file and file.is_file() and not _is_below(file, workspace) else None


def warn_of_docker_config(environ: Mapping[str, str], workspace: Path) -> tuple[str, ...]:
    """Warn about a Docker configuration in the workspace, which is ignored."""
    file = _docker_config_file(environ)
    if file is None or not file.is_file() or not _is_below(file, workspace):
        return ()
    return (
        f"The Docker configuration {file} (see DOCKER_CONFIG) is ignored: what stands in the workspace becomes part of"
        " the image, passwords included. Use the inputs 'username' and 'password', or a folder below"
        " ${{ runner.temp }}.",
    )


def _docker_config_file(environ: Mapping[str, str]) -> Path | None:
    folder = environ.get("DOCKER_CONFIG") or (f"{environ['HOME']}/.docker" if environ.get("HOME") else "")
    return Path(folder) / "config.json" if folder else None


def _is_below(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve()) or file.absolute().is_relative_to(folder.absolute())


def read_docker_config(file: Path | None) -> dict[str, Any]:
    """Return the parsed configuration; raises ActionError naming a file that is unreadable."""
    if file is None:
        return {}
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ActionError(
            f"The Docker configuration {file} (see DOCKER_CONFIG) is not readable JSON: mend or remove it."
        ) from None
    return loaded if isinstance(loaded, dict) else {}


def registries_with_login(config: Mapping[str, Any]) -> frozenset[str]:
    """Registries that a Docker configuration has credentials for."""
    usable = without_missing_helpers(config)
    stored = bool(usable.get("credsStore"))
    logins = {
        key
        for key, entry in _mapping(usable, "auths").items()
        # With a credential store, an entry without a login refers to the store.
        if stored or (isinstance(entry, dict) and (entry.get("auth") or entry.get("identitytoken")))
    }
    found = logins | set(_mapping(usable, "credHelpers"))
    return frozenset(_registry_of_key(key) for key in found)


def _registry_of_key(key: str) -> str:
    host = re.sub(r"^https?://", "", key).partition("/")[0]
    return DOCKER_HUB if key == HUB_KEY or host in {"index.docker.io", "docker.io"} else host


def read_auth(docker_config: Path, registry: str) -> dict[str, str]:
    """Return what docker-py and the registry client need to log in; empty without credentials."""
    # Slow to load. Builds, whose threads come by here, have loaded it with the engine's client.
    from docker import auth as docker_auth
    from docker.errors import DockerException

    try:
        configuration = docker_auth.load_config(config_path=str(docker_config / "config.json"))
        found = docker_auth.resolve_authconfig(configuration, registry)
    except (DockerException, ValueError, TypeError, AttributeError):
        raise ActionError(
            f"The Docker configuration that an earlier step made (see DOCKER_CONFIG) has no readable login for"
            f" {registry}: log in again there, or use the inputs 'username' and 'password'."
        ) from None
    return {str(key).lower(): str(value) for key, value in (found or {}).items() if value}


def without_missing_helpers(config: Mapping[str, Any]) -> dict[str, Any]:
    """Drop credential helpers that are not installed here: they are on the runner, and this is a container."""
    kept = dict(config)
    if kept.get("credsStore") and not _has_helper(str(kept["credsStore"])):
        del kept["credsStore"]
    helpers = {key: name for key, name in _mapping(config, "credHelpers").items() if _has_helper(str(name))}
    if "credHelpers" in kept:
        kept["credHelpers"] = helpers
    return kept


def _has_helper(name: str) -> bool:
    return shutil.which(f"docker-credential-{name}") is not None


def _mapping(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}
