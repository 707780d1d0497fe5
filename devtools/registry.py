"""A container registry on this machine that asks for a name and a password, or lets everybody in.

Beside an engine of ours it is Debian's docker-registry; beside an engine that was there already, the public
image `registry:2`, whose port an engine within a virtual machine reaches too.
"""

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import requests
import yaml

from devtools import packages, places, process
from devtools.engine import Engine
from devtools.errors import DevtoolsError

REALM = places.NAME
"""What our registries call themselves when they ask for a password: how one is told from a stranger's."""

SIGN = "X-Registry-Of"
"""A header of every answer, by which ours is told from a stranger's where it asks for no password."""

CONTAINER = f"{places.NAME}-registry"
IMAGE = "registry:2"
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


class RegistryError(DevtoolsError):
    """The registry did not start, or does not have what it was asked for."""


@dataclass(frozen=True)
class Registry:
    """`host` is the name to log in to, e.g. 127.0.0.1:5000. `folder` holds its settings and its data."""

    host: str
    folder: Path
    users: Mapping[str, str] = field(repr=False)
    started_here: bool = True

    @property
    def port(self) -> int:
        return int(self.host.rpartition(":")[2])

    def digest(self, name: str, reference: str) -> str:
        """`sha256:...` of the manifest that the registry has under a tag or digest of a repository."""
        url = f"http://{self.host}/v2/{name}/manifests/{reference}"
        login = next(iter(self.users.items()))
        answer = requests.head(url, auth=login, headers={"Accept": MANIFESTS}, timeout=30)
        if not answer.ok:
            raise RegistryError(f"The registry has no {self.host}/{name}:{reference} ({answer.status_code}).")
        return str(answer.headers["Docker-Content-Digest"])


@contextlib.contextmanager
def running_registry(
    port: int | None = None,
    users: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
    engine: Engine | None = None,
    public: bool = False,
) -> Iterator[Registry]:
    """A registry for the length of the block, or the one of ours that already runs at `port`.

    `users` are names and passwords (default: demo, demo). Without `port` it gets a free one, without `folder`
    its data end with the block. `engine` is the engine that will push to it; by default one of ours.
    A `public` one takes any login, and none.
    """
    users = users or {"demo": "demo"}
    with contextlib.ExitStack() as stack:
        kept = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registry-")))
        registry = start_registry(port or free_port(), users, folder=kept, engine=engine, public=public)
        if registry.started_here:
            stack.callback(stop_registry, kept)
        yield registry


def start_registry(
    port: int, users: Mapping[str, str], *, folder: Path, engine: Engine | None = None, public: bool = False
) -> Registry:
    """A registry that stays up until stop_registry. RegistryError when somebody else has the port."""
    host = f"127.0.0.1:{port}"
    if answers(port, public=public):
        return Registry(host, folder, users, started_here=False)
    _require_free(port)
    in_container = engine is not None and not engine.ours
    _write_settings(folder, port=port, users={} if public else users, in_container=in_container)
    if in_container:
        _start_container(folder, port)
    else:
        program = packages.ensure_programs() / "usr/bin/docker-registry"
        process.start_daemon([program, "serve", folder / "config.yml"], log=folder / "registry.log")
    try:
        process.wait_until(lambda: answers(port, public=public), deadline=20, what=f"the registry at {host}")
    except process.DeadlineError as error:
        stop_registry(folder)
        raise RegistryError(f"The registry at {host} did not start; see {folder / 'registry.log'}") from error
    return Registry(host, folder, users)


def stop_registry(folder: Path) -> bool:
    """Stop the registry whose data are in `folder`. False when it was not running."""
    pids = list(process.find_processes(program="docker-registry", argument=str(folder / "config.yml")))
    for pid in pids:
        process.stop_process(pid, grace=5)
    container = folder / "container"
    if container.exists():
        process.run(["docker", "rm", "--force", container.read_text()])
        container.unlink()
        return True
    return bool(pids)


def answers(port: int, *, public: bool = False) -> bool:
    """Whether a registry of ours is ready: it asks for a password in our name, or for none where it is public."""
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/v2/", timeout=5)
    except requests.RequestException:
        return False
    if public:
        return answer.ok and answer.headers.get(SIGN) == REALM
    asks_in_our_name = REALM in answer.headers.get("WWW-Authenticate", "")
    return answer.status_code == requests.codes.unauthorized and asks_in_our_name


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise RegistryError(
                f"Port {port} on 127.0.0.1 is taken by a program that is not ours, and the registry needs it."
                f" See what has it with `ss -ltnp 'sport = :{port}'`, stop it, and run this again."
            ) from error


def _write_settings(folder: Path, *, port: int, users: Mapping[str, str], in_container: bool) -> None:
    """https://distribution.github.io/distribution/about/configuration/ - without users everybody may do everything."""
    inside = Path("/registry") if in_container else folder
    settings = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(inside / "data")}, "delete": {"enabled": True}},
        "http": {"addr": ":5000" if in_container else f"127.0.0.1:{port}", "secret": REALM, "headers": {SIGN: [REALM]}},
    }
    if users:
        settings["auth"] = {"htpasswd": {"realm": REALM, "path": str(inside / "htpasswd")}}
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(yaml.safe_dump(settings))
    lines = [f"{name}:{_hash(password)}\n" for name, password in users.items()]
    (folder / "htpasswd").write_text("".join(lines))


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=5)).decode()


def _start_container(folder: Path, port: int) -> None:
    name = f"{CONTAINER}-{port}"
    (folder / "container").write_text(name)
    user = f"{os.getuid()}:{os.getgid()}"  # so that the data can be removed by whoever started it
    options = ["--user", user, "--publish", f"127.0.0.1:{port}:5000", "--volume", f"{folder}:/registry"]
    command = [IMAGE, "serve", "/registry/config.yml"]
    process.run(["docker", "run", "--detach", "--rm", "--name", name, *options, *command])
