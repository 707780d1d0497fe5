"""Registries whose content can be put back, behind two proxies that count.

One proxy is the registry that subjects push to, with a password. The other stands for the public registry with the base
image, and lets everybody in; an engine takes them for two registries, as it would quay.io and Docker Hub. Both count
into the same figures. Their ports stay the same while the registry behind them changes.
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
    _port: int = 0

    def connect(self) -> socket.socket:
        return connect_tcp(self._port)

    @contextlib.contextmanager
    def running(self, folder: Path) -> Iterator[None]:
        """The registry with the content of a folder, which changes with it."""
        self._port = registry.free_port()
        started = registry.start_registry(self._port, {USER: self.password}, folder=folder)
        try:
            yield
        finally:
            registry.stop_registry(started.folder)

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


@contextlib.contextmanager
def counted_registries() -> Iterator[Registries]:
    """The two proxies for the length of the block; what is behind them is started by `running`."""
    made: list[Registries] = []

    def connect() -> socket.socket:
        return made[0].connect()

    with tcp_proxy(connect, Traffic()) as (pushed_to, port), tcp_proxy(connect, Traffic()) as (public, public_port):
        password = secrets.token_hex(16)
        public.authorization = "Basic " + b64encode(f"{USER}:{password}".encode()).decode()
        base = f"127.0.0.1:{public_port}/{BASE_NAME}"
        made.append(Registries(f"127.0.0.1:{port}", base, (pushed_to, public), password))
        yield made[0]


def _copy(source: str, target: str) -> str:
    """Blobs never change, and so are not copied; the registry writes into its other files in place."""
    if Path(source).name == "data":
        os.link(source, target)
        return target
    return shutil.copy2(source, target)
