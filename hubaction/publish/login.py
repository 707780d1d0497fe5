"""Docker login, into a temporary configuration of this run."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubaction.clients.process import run_process
from hubaction.errors import ActionError
from hubaction.image import DOCKER_HUB, display_registry
from hubaction.inputs.credentials import Credentials
from hubaction.inputs.docker_config import read_docker_config, without_missing_helpers

_TAKEN_OVER: Mapping[str, type] = {
    "auths": dict,
    "credHelpers": dict,
    "credsStore": str,
    "HttpHeaders": dict,
    "proxies": dict,
    "cliPluginsExtraDirs": list,
}
"""The keys of the caller's Docker configuration that are used. A context, for example, would need further files."""


class LoginError(ActionError):
    """A registry refused the login, or did not answer."""


@contextmanager
def temporary_docker_config(caller: Path | None, folder: Path) -> Iterator[Path]:
    """Yield a private configuration folder with the caller's logins. It is always removed."""
    given = without_missing_helpers(read_docker_config(caller))
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
    """Log in to each registry, with the password on standard input. Raises LoginError."""
    for entry in credentials:
        server = [] if entry.registry == DOCKER_HUB else [entry.registry]
        arguments = ["docker", "login", "--username", entry.username, "--password-stdin", *server]
        code, output = run_process(arguments, env=env, cwd=cwd, stdin=entry.password)
        if code:
            raise _explain_login(entry, output)


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
