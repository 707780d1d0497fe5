"""A Docker Engine: the one that is there, else one of our own that nobody has to install.

Ours has its own socket, process-id file and data, apart from any other engine's. Its data stay in the cache
folder, one data root per image store, so that base images and the layer cache survive between runs. Only one
of the two stores can be up at a time: both would own the bridge docker0.

Whoever uses our engine holds a shared lock, and the last one to leave stops it, unless `start_engine` was to
keep it. A killed run loses its lock with its life, so it cannot keep the engine running for ever.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker

from devtools import daemon, packages, places, process
from devtools.daemon import answering_store
from devtools.errors import DevtoolsError

Store = daemon.Store

DAEMON = daemon.Daemon(places.RUN)
KEPT = places.RUN / "kept"
"""Names the store of the engine that is to stay up when nobody uses it."""
USERS = places.RUN / "users.lock"
CHANGES = places.RUN / "changes.lock"
TURN_SECONDS = 30 * 60


class StoreUnavailableError(DevtoolsError):
    """The engine that is there keeps its images in the other store."""


@dataclass(frozen=True)
class Engine:
    """A running engine. `docker_config` and `programs` are set for ours only: another is used as it is."""

    docker_host: str
    store: Store
    started_here: bool = False
    docker_config: Path | None = None
    programs: Path | None = None

    @property
    def ours(self) -> bool:
        return self.programs is not None

    def environment(self) -> dict[str, str]:
        """What to lay over the environment of a program that is to reach this engine."""
        variables = {"DOCKER_HOST": self.docker_host}
        if self.docker_config:
            variables["DOCKER_CONFIG"] = str(self.docker_config)
        if self.programs:
            inherited = process.environment().get("PATH", packages.SYSTEM_PATH)
            variables["PATH"] = ":".join([*self.program_folders(), inherited])
        return variables

    def program_folders(self) -> list[str]:
        """What ours adds to the front of PATH."""
        return [f"{self.programs}/usr/bin", f"{self.programs}/usr/sbin"] if self.programs else []

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(base_url=self.docker_host, timeout=600)


@contextlib.contextmanager
def running_engine(store: Store | None = None) -> Iterator[Engine]:
    """An engine for the length of the block.

    Raises StoreUnavailableError when an engine is there that keeps its images in another store than the one
    asked for, and packages.UnsupportedMachineError when none is there and none can be started.
    """
    found = find_engine()
    if found:
        yield _require_store(found, store)
        return
    with contextlib.ExitStack() as share:
        engine = _join(store, share)
        try:
            yield engine
        finally:
            with places.locked(CHANGES):
                share.close()
                _stop_unless_needed()


def start_engine(store: Store | None = None) -> Engine:
    """An engine that stays up until stop_engine, or until the next reboot."""
    with running_engine(store) as engine:
        if engine.ours:
            KEPT.write_text(engine.store)
        return engine


def stop_engine() -> bool:
    """Stop our engine, whoever uses it. False when it was not running."""
    if not places.RUN.exists():
        return False
    with places.locked(CHANGES):
        KEPT.unlink(missing_ok=True)
        was_running = answering_store(DAEMON.host) is not None
        DAEMON.stop()
    return was_running


def find_engine() -> Engine | None:
    """The engine that `docker info` would ask, unless it is ours."""
    host = _configured_host()
    store = None if host == DAEMON.host else answering_store(host)
    return Engine(host, store) if store else None


def find_our_engine() -> Engine | None:
    store = answering_store(DAEMON.host)
    return _our_engine(store, packages.ensure_programs()) if store else None


def _configured_host() -> str:
    """DOCKER_HOST, else the address in Docker's current context, else the default socket."""
    configured = process.environment().get("DOCKER_HOST")
    if configured:
        return configured
    if not shutil.which("docker"):
        return "unix:///var/run/docker.sock"
    return process.run(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]).strip()


def _require_store(engine: Engine, store: Store | None) -> Engine:
    if store in (None, engine.store):
        return engine
    raise StoreUnavailableError(
        f"The engine at {engine.docker_host} keeps its images in the {engine.store} store, and this needs"
        f" {store}. Switch its containerd image store on or off"
        " (https://docs.docker.com/engine/storage/containerd/), or stop that engine and run this again."
    )


def _join(store: Store | None, share: contextlib.ExitStack) -> Engine:
    """Become a user of our engine, started if need be; a user of the other store is waited for."""
    programs = packages.ensure_programs()
    joined: list[Engine] = []

    def try_to_join() -> bool:
        with places.locked(CHANGES):
            running = answering_store(DAEMON.host)
            wanted = store or running or "overlay2"
            if running != wanted and places.in_use(USERS):
                return False
            if running != wanted:
                DAEMON.stop()
                _start(wanted, programs)
            share.enter_context(places.shared(USERS))
            joined.append(_our_engine(wanted, programs, started_here=running != wanted))
        return True

    what = f"the other users of our engine, which must make room for one with the {store} store"
    process.wait_until(try_to_join, deadline=TURN_SECONDS, what=what, every=0.5)
    return joined[0]


def _stop_unless_needed() -> None:
    """Stop our engine when its last user has gone; bring the one back that is to be kept."""
    if places.in_use(USERS):
        return
    kept = _kept_store()
    if kept and kept == answering_store(DAEMON.host):
        return
    DAEMON.stop()
    if kept:
        _start(kept, packages.ensure_programs())


def _kept_store() -> Store | None:
    text = KEPT.read_text() if KEPT.exists() else ""
    if text == "overlay2":
        return "overlay2"
    return "containerd" if text == "containerd" else None


def _our_engine(store: Store, programs: Path, *, started_here: bool = False) -> Engine:
    return Engine(DAEMON.host, store, started_here, _docker_config(programs), programs)


def _docker_config(programs: Path) -> Path:
    """A folder for DOCKER_CONFIG with which any docker CLI finds the buildx plugin."""
    folder = places.cache_folder() / "docker-config"
    wanted = [str(programs / "usr/libexec/docker/cli-plugins")]
    file = folder / "config.json"
    settings = json.loads(file.read_text()) if file.exists() else {}
    if settings.get("cliPluginsExtraDirs") != wanted:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(json.dumps({**settings, "cliPluginsExtraDirs": wanted}, indent=2))
    return folder


def _start(store: Store, programs: Path) -> None:
    DAEMON.start(programs, store, places.cache_folder() / "engine" / store)
