"""Registry credentials: a Docker configuration of this run's own, which is gone when the run ends."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, display_registry
from hubaction.runner.process import run_process
from hubaction.settings import Credentials

HUB_KEY = "https://index.docker.io/v1/"
"""The key of Docker Hub in a Docker configuration, for historical reasons."""


_TAKEN_OVER: Mapping[str, type] = {
    "auths": dict,
    "credHelpers": dict,
    "credsStore": str,
    "HttpHeaders": dict,
    "proxies": dict,
    "cliPluginsExtraDirs": list,
}
"""What of the caller's Docker configuration is used; a context, say, would name files that are not copied."""


class LoginError(ActionError):
    """A registry did not let us in, or did not answer."""


def find_docker_config(environ: Mapping[str, str], workspace: Path) -> Path | None:
    """Return the caller's Docker configuration when this process can see one that it may trust.

    One in the workspace may be a pull request's own, and what stands there becomes part of the image.
    """
    file = _docker_config_file(environ)
    return file if file and file.is_file() and not _is_below(file, workspace) else None


def warn_of_docker_config(environ: Mapping[str, str], workspace: Path) -> tuple[str, ...]:
    """Warnings about a Docker configuration that is left alone."""
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
    """Return the caller's configuration; an unreadable one is an error that names the file."""
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
    usable = _without_missing_helpers(config)
    stored = bool(usable.get("credsStore"))
    logins = {
        key
        for key, entry in _mapping(usable, "auths").items()
        # An entry without login says that the store has it.
        if stored or (isinstance(entry, dict) and (entry.get("auth") or entry.get("identitytoken")))
    }
    found = logins | set(_mapping(usable, "credHelpers"))
    return frozenset(_registry_of_key(key) for key in found)


def _registry_of_key(key: str) -> str:
    host = re.sub(r"^https?://", "", key).partition("/")[0]
    return DOCKER_HUB if key == HUB_KEY or host in {"index.docker.io", "docker.io"} else host


@contextmanager
def temporary_docker_config(caller: Path | None, folder: Path) -> Iterator[Path]:
    """Yield a private configuration folder that starts with what the caller's has; always removed."""
    given = _without_missing_helpers(read_docker_config(caller))
    config = {key: value for key, value in given.items() if isinstance(value, _TAKEN_OVER.get(key, ()))}
    folder.mkdir(mode=0o700)
    try:
        file = folder / "config.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(config), encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def log_in(credentials: Sequence[Credentials], *, env: Mapping[str, str], cwd: Path) -> None:
    """Log in to each registry, the password on standard input; raises LoginError naming registry and user."""
    for entry in credentials:
        server = [] if entry.registry == DOCKER_HUB else [entry.registry]
        arguments = ["docker", "login", "--username", entry.username, "--password-stdin", *server]
        code, output = run_process(arguments, env=env, cwd=cwd, stdin=entry.password)
        if code:
            raise _explain_login(entry, output)


def read_auth(docker_config: Path, registry: str) -> dict[str, str]:
    """Return what docker-py and the registry client need to log in; empty when there is nothing."""
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


def _explain_login(entry: Credentials, output: str) -> LoginError:
    registry = display_registry(entry.registry)
    said = output.replace(entry.password, "***").strip().splitlines()
    detail = said[-1][-300:] if said else "no reason given"
    if re.search(r"x509|certificate|HTTP response to HTTPS", output, re.IGNORECASE):
        return LoginError(
            f"{registry} cannot be trusted by the engine: its certificate is unknown, or it speaks plain HTTP. Give the"
            f" runner's engine the registry's certificate (/etc/docker/certs.d). ({detail})",
            title="Registry not trusted",
        )
    refused = re.search(r"unauthorized|access denied|incorrect|forbidden|status:? 40[13]", output, re.IGNORECASE)
    if refused and not re.search(r"dial tcp|no such host|timeout", output):
        return LoginError(
            f"{registry} refused the login of '{entry.username}', so nothing could be pushed there. Check the inputs"
            f" 'username' and 'password': for robot accounts and tokens the user is often a special one. ({detail})",
            title="Login refused",
        )
    return LoginError(
        f"The login of '{entry.username}' at {registry} failed: it could not be reached, or takes no more logins for"
        f" now. Check its name in the inputs 'registry' and 'image-name', or run again later. ({detail})",
        title="Registry away",
    )


def _without_missing_helpers(config: Mapping[str, Any]) -> dict[str, Any]:
    """Drop credential helpers that do not exist here: they belong to the machine, and we are in a container."""
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
