"""Engines with nothing in them but the base image, one for each run.

The state is made once for each store: an engine that has pulled the base image and has no build cache is stopped, and
its data root copied for every run, all but the layers, which an engine only reads. Removing what a run left would not
be the same: an engine remembers which registry has which layer, also of images that are gone.

The engine is none that anybody else uses: its socket, its data and its bridge are its own, it changes no firewall, and
its builds reach no network.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtools import images, places, process
from devtools.daemon import Daemon
from devtools.engine import Engine, Store

DAEMON = Daemon(places.RUN / "bench")
BRIDGE = "hub-bench"
ADDRESS = "198.18.77.1/24"
"""Of the range that RFC 2544 keeps for benchmarks."""
LAYERS = (
    "data/overlay2",
    "data/containerd/daemon/io.containerd.content.v1.content/blobs",
    "data/containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots",
)
"""Where the two stores have what never changes once it is there."""
HERE = Path(__file__).resolve().parent
SETTINGS = {
    "bridge": BRIDGE,
    "iptables": False,
    "ip6tables": False,
    "ip-forward": False,
    "ip-masq": False,
    "userland-proxy": False,
}


@dataclass(frozen=True)
class Engines:
    """Starts engines, one at a time; `folder` takes their data, and whoever made it removes it."""

    folder: Path
    programs: Path

    @contextlib.contextmanager
    def running(self, store: Store, data: Path) -> Iterator[Engine]:
        """An engine on the data of a folder, and a Docker configuration that holds no login."""
        DAEMON.start(self.programs, store, data, SETTINGS)
        try:
            with tempfile.TemporaryDirectory(dir=self.folder, prefix="config-") as config:
                plugins = {"cliPluginsExtraDirs": [f"{self.programs}/usr/libexec/docker/cli-plugins"]}
                (Path(config) / "config.json").write_text(json.dumps(plugins))
                yield Engine(DAEMON.host, store, True, Path(config), self.programs)
        finally:
            DAEMON.stop()

    @contextlib.contextmanager
    def fresh(self, store: Store) -> Iterator[Engine]:
        """An engine that has the base image only; `prepare` was called for the store."""
        data = self.folder / "engine"
        copy_data(self._template(store), data)
        try:
            # What is left to be written would be charged to the run.
            process.run(["sync", "--file-system", data])
            with self.running(store, data) as engine:
                yield engine
        finally:
            shutil.rmtree(data, ignore_errors=True)

    def prepare(self, store: Store, base: str) -> None:
        """Make the state that runs start from."""
        with self.running(store, self._template(store)) as engine:
            _docker(engine, "pull", "--quiet", base)

    def push_base(self, name: str) -> None:
        """Build the base image and push it."""
        data = self.folder / "base"
        with self.running("overlay2", data) as engine:
            images.ensure_debian(engine)
            # The bridge leads nowhere, and these two builds are the ones that fetch.
            images.ensure_conda_base(engine, network="host")
            _docker(engine, "build", "--network", "host", "--tag", name, HERE / "base_image")
            _docker(engine, "push", "--quiet", name)
        shutil.rmtree(data)

    def _template(self, store: Store) -> Path:
        return self.folder / f"template-{store}"


def copy_data(source: Path, target: Path) -> None:
    """Copy what an engine left when it was stopped: its layers as hard links, all else as files of their own."""
    process.run(["cp", "--archive", "--link", source, target])
    layers = {target / folder for folder in LAYERS}
    for folder, names, files in os.walk(target):
        names[:] = [name for name in names if Path(folder, name) not in layers]
        for file in (Path(folder, name) for name in files):
            if file.is_file() and not file.is_symlink():  # no device either
                own = file.with_name(f"{file.name}.own")
                shutil.copy2(file, own)
                own.rename(file)


@contextlib.contextmanager
def own_bridge() -> Iterator[None]:
    """A network bridge for the length of the block; docker0 belongs to whoever has it."""
    _remove_bridge()
    process.run(["ip", "link", "add", "name", BRIDGE, "type", "bridge"])
    try:
        process.run(["ip", "address", "add", ADDRESS, "dev", BRIDGE])
        process.run(["ip", "link", "set", BRIDGE, "up"])
        yield
    finally:
        _remove_bridge()


def _remove_bridge() -> None:
    with contextlib.suppress(process.CommandError):
        process.run(["ip", "link", "delete", BRIDGE])


def base_digest() -> str:
    """What the base image is made from, as a name for it."""
    files = [*sorted((HERE / "base_image").iterdir()), *sorted((images.HERE / "stand_in").iterdir())]
    content = b"\0".join(file.read_bytes() for file in files)
    return hashlib.sha256(content + images.recipe_digest().encode()).hexdigest()[:12]


def _docker(engine: Engine, *arguments: str | Path) -> str:
    return process.run(["docker", *arguments], env=engine.environment())
