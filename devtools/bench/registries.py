"""Two registries behind proxies that count: one to push to, whose content can be put back, and one with the base.

The second stands for the public registry, and lets everybody in. What is asked of either goes into the same figures.
The ports of the proxies stay the same while the registry that is pushed to is started again for each run.
"""

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devtools import registry
from devtools.bench.proxy import Link, Proxy, connect_tcp, tcp_proxy
from devtools.bench.traffic import Traffic

USER = "bench"
BASE_NAME = "bench/base:1"


@dataclass
class Registries:
    """What is pushed to is `host`; `base` is the base image's whole name."""

    host: str
    base: str
    proxies: tuple[Proxy, Proxy]
    password: str = field(repr=False)
    pushed_to: "_Behind"

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator[None]:
        """The registry with the content of a folder, which changes with it."""
        with self.pushed_to.running(folder, self.password):
            yield

    @contextlib.contextmanager
    def running_copy(self, folder: Path) -> Iterator[None]:
        """The registry with the content of a folder, which stays as it is."""
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="registry-") as name:
            copy = Path(name) / "registry"
            shutil.copytree(folder, copy, copy_function=_copy)
            with self.running(copy):
                yield

    def count(self, link: Link) -> Traffic:
        """From now on all is counted into the answer, and passes over the link."""
        traffic = Traffic()
        for proxy in self.proxies:
            proxy.observe, proxy.link = traffic, link
            proxy.busy.clear()
        return traffic


class _Behind:
    """The registry behind a proxy."""

    def __init__(self) -> None:
        self._port = 0

    def connect(self) -> socket.socket:
        return connect_tcp(self._port)

    @contextlib.contextmanager
    def running(self, folder: Path, password: str) -> Iterator[None]:
        self._port = registry.free_port()
        registry.start_registry(self._port, {USER: password}, folder=folder)
        try:
            yield
        finally:
            registry.stop_registry(folder)


@contextlib.contextmanager
def counted_registries(public_folder: Path) -> Iterator[Registries]:
    """The proxies for the length of the block, and the public registry; the other is started by `running`."""
    pushed_to, public = _Behind(), _Behind()
    password = secrets.token_hex(16)
    with (
        public.running(public_folder, password),
        tcp_proxy(pushed_to.connect, Traffic()) as (proxy, port),
        tcp_proxy(public.connect, Traffic()) as (public_proxy, public_port),
    ):
        public_proxy.authorization = "Basic " + b64encode(f"{USER}:{password}".encode()).decode()
        base = f"127.0.0.1:{public_port}/{BASE_NAME}"
        yield Registries(f"127.0.0.1:{port}", base, (proxy, public_proxy), password, pushed_to)


def _copy(source: str, target: str) -> str:
    """Blobs never change, and so are not copied; the registry writes into its other files in place."""
    if Path(source).name == "data":
        os.link(source, target)
        return target
    return shutil.copy2(source, target)
