"""A container registry on this machine that asks for a name and a password, or lets everybody in.

Beside an engine of ours it is Debian's docker-registry; beside an engine that was there already, the public
image `registry:2`, whose port an engine within a virtual machine reaches too.

A `Door` makes one that others have: with TLS under an authority of its own, or with tokens from a server.
"""

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
class Tls:
    """A certificate and its key in PEM, and the file of the authority that signed it."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: Path


@dataclass(frozen=True)
class TokenServer:
    """Where tokens are handed out, `issuer` as they name it, and the certificate in PEM that they are signed under."""

    realm: str
    issuer: str
    certificate: bytes


@dataclass(frozen=True)
class Door:
    """How a registry is entered: at which address of this machine, by TLS or not, with a token or a password."""

    address: str = "127.0.0.1"
    tls: Tls | None = None
    tokens: TokenServer | None = None
    public: bool = False
    """Whether it takes any login, and none."""
    deletes: bool = True
    """Whether it deletes what it is told to; Docker's own does not by default."""

    def url(self, port: int) -> str:
        return f"{'https' if self.tls else 'http'}://{self.address}:{port}"

    @property
    def verify(self) -> str | bool:
        """What requests verifies the certificate by."""
        return str(self.tls.authority) if self.tls else True


PLAIN = Door()


@dataclass(frozen=True)
class Registry:
    """`host` is the name to log in to, e.g. 127.0.0.1:5000. `folder` holds its settings and its data."""

    host: str
    folder: Path
    users: Mapping[str, str] = field(repr=False)
    started_here: bool = True
    door: Door = PLAIN

    @property
    def port(self) -> int:
        return int(self.host.rpartition(":")[2])

    def digest(self, name: str, reference: str) -> str:
        """`sha256:...` of the manifest that the registry has under a tag or digest of a repository."""
        url = f"{self.door.url(self.port)}/v2/{name}/manifests/{reference}"
        login = next(iter(self.users.items()))
        headers = {"Accept": MANIFESTS}
        answer = requests.head(url, auth=login, headers=headers, timeout=30, verify=self.door.verify)
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
    door: Door = PLAIN,
) -> Iterator[Registry]:
    """A registry for the length of the block, or the one of ours that already runs at `port`.

    `users` are names and passwords (default: demo, demo). Without `port` it gets a free one, without `folder`
    its data end with the block. `engine` is the engine that will push to it; by default one of ours.
    """
    users = users or {"demo": "demo"}
    with contextlib.ExitStack() as stack:
        kept = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registry-")))
        registry = start_registry(port or free_port(door.address), users, folder=kept, engine=engine, door=door)
        if registry.started_here:
            stack.callback(stop_registry, kept)
        yield registry


def start_registry(
    port: int, users: Mapping[str, str], *, folder: Path, engine: Engine | None = None, door: Door = PLAIN
) -> Registry:
    """A registry that stays up until stop_registry. RegistryError when somebody else has the port."""
    host = f"{door.address}:{port}"
    if answers(port, door):
        return Registry(host, folder, users, started_here=False, door=door)
    _require_free(port, door.address)
    in_container = engine is not None and not engine.ours
    _write_settings(folder, port=port, users=users, in_container=in_container, door=door)
    if in_container:
        _start_container(folder, port, door.address)
    else:
        program = packages.ensure_programs() / "usr/bin/docker-registry"
        process.start_daemon([program, "serve", folder / "config.yml"], log=folder / "registry.log")
    try:
        process.wait_until(lambda: answers(port, door), deadline=20, what=f"the registry at {host}")
    except process.DeadlineError as error:
        stop_registry(folder)
        raise RegistryError(f"The registry at {host} did not start; see {folder / 'registry.log'}") from error
    return Registry(host, folder, users, door=door)


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


def answers(port: int, door: Door = PLAIN) -> bool:
    """Whether a registry of ours is ready: it asks for a password in our name, or for none where it is public."""
    try:
        answer = requests.get(f"{door.url(port)}/v2/", timeout=5, verify=door.verify)
    except requests.RequestException:
        return False
    if door.public:
        return answer.ok and answer.headers.get(SIGN) == REALM
    asks_in_our_name = REALM in answer.headers.get("WWW-Authenticate", "")
    return answer.status_code == requests.codes.unauthorized and asks_in_our_name


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as listener:
        listener.bind((address, 0))
        return int(listener.getsockname()[1])


def _require_free(port: int, address: str) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            raise RegistryError(
                f"Port {port} on {address} is taken by a program that is not ours, and the registry needs it."
                f" See what has it with `ss -ltnp 'sport = :{port}'`, stop it, and run this again."
            ) from error


def _write_settings(folder: Path, *, port: int, users: Mapping[str, str], in_container: bool, door: Door) -> None:
    """https://distribution.github.io/distribution/about/configuration/ - without `auth` everybody may do everything."""
    inside = Path("/registry") if in_container else folder
    settings: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(inside / "data")}, "delete": {"enabled": door.deletes}},
        "http": {
            "addr": ":5000" if in_container else f"{door.address}:{port}",
            "secret": REALM,
            "headers": {SIGN: [REALM]},
            **({"tls": {"certificate": str(inside / "tls.crt"), "key": str(inside / "tls.key")}} if door.tls else {}),
        },
    }
    if not door.public:
        settings["auth"] = {"htpasswd": {"realm": REALM, "path": str(inside / "htpasswd")}}
    if tokens := door.tokens:
        signer = str(inside / "tokens.crt")
        settings["auth"] = {
            "token": {"realm": tokens.realm, "service": REALM, "issuer": tokens.issuer, "rootcertbundle": signer}
        }
    (folder / "data").mkdir(parents=True, exist_ok=True)
    _write_certificates(folder, door)
    (folder / "config.yml").write_text(yaml.safe_dump(settings))
    # With tokens it is their server that knows the passwords.
    lines = [f"{name}:{_hash(password)}\n" for name, password in users.items() if not door.tokens]
    (folder / "htpasswd").write_text("".join(lines))


def _write_certificates(folder: Path, door: Door) -> None:
    if door.tls:
        (folder / "tls.crt").write_bytes(door.tls.certificate)
        (folder / "tls.key").touch(mode=0o600)
        (folder / "tls.key").write_bytes(door.tls.key)
    if door.tokens:
        (folder / "tokens.crt").write_bytes(door.tokens.certificate)


def _hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=5)).decode()


def _start_container(folder: Path, port: int, address: str) -> None:
    name = f"{CONTAINER}-{port}"
    (folder / "container").write_text(name)
    user = f"{os.getuid()}:{os.getgid()}"  # so that the data can be removed by whoever started it
    options = ["--user", user, "--publish", f"{address}:{port}:5000", "--volume", f"{folder}:/registry"]
    command = [IMAGE, "serve", "/registry/config.yml"]
    process.run(["docker", "run", "--detach", "--rm", "--name", name, *options, *command])
