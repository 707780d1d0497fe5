"""The process of a Docker Engine of ours: started on folders that it is given, and stopped whoever started it."""

import contextlib
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import docker
import requests
from docker.errors import DockerException

from devtools import packages, process
from devtools.errors import DevtoolsError

Store = Literal["overlay2", "containerd"]

START_SECONDS = 60


class EngineError(DevtoolsError):
    """The engine did not start."""


@dataclass(frozen=True)
class Daemon:
    """An engine's place: `run` holds socket, process id and settings, and names the engine among all processes."""

    run: Path

    @property
    def host(self) -> str:
        return f"unix://{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def _pid_file(self) -> Path:
        return self.run / "docker.pid"

    @property
    def _settings(self) -> Path:
        return self.run / "daemon.json"

    @property
    def _exec_root(self) -> Path:
        return self.run / "exec"

    def start(self, programs: Path, store: Store, folder: Path, more: dict[str, Any] | None = None) -> None:
        """Start it with its images and its log in `folder`; `more` are settings besides those that it needs."""
        folder.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(parents=True, exist_ok=True)
        settings = self._make_settings(store, folder / "data") | (more or {})
        self._settings.write_text(json.dumps(settings, indent=2))
        log = folder / "dockerd.log"
        log.write_text("")
        env = {"PATH": f"{programs}/usr/bin:{programs}/usr/sbin:{packages.SYSTEM_PATH}"}
        command: list[str | Path] = [programs / "usr/sbin/dockerd", "--config-file", self._settings]
        pid = process.start_daemon(command, log=log, env=env)

        def ready_or_gone() -> bool:
            return answering_store(self.host) is not None or not process.is_running(pid)

        with contextlib.suppress(process.DeadlineError):
            process.wait_until(ready_or_gone, deadline=START_SECONDS, what="the engine")
        if answering_store(self.host) is None:
            self.stop()
            raise EngineError(f"Docker Engine did not start; the end of {log}:\n{process.tail(log.read_text())}")

    def stop(self) -> None:
        """End it, and whatever an earlier one left behind when it was killed."""
        for pid in process.find_processes(program="dockerd", argument=str(self._settings)):
            process.stop_process(pid, grace=30)
        for pid in process.find_processes(program="containerd", argument=str(self._exec_root)):
            process.stop_process(pid, grace=10)
        for shim in process.find_processes(program="containerd-shim-runc-v2", argument=str(self._exec_root)):
            for container in process.find_children(shim):
                process.stop_process(container, grace=0)
            process.stop_process(shim, grace=0)
        for path in (self._socket, self._pid_file, self._exec_root / "containerd" / "containerd.pid"):
            path.unlink(missing_ok=True)

    def _make_settings(self, store: Store, data: Path) -> dict[str, Any]:
        """https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file"""
        return {
            "hosts": [self.host],
            "group": "root",
            "pidfile": str(self._pid_file),
            "exec-root": str(self._exec_root),
            "data-root": str(data),
            "features": {"containerd-snapshotter": store == "containerd"},
            "log-level": "warn",
            "shutdown-timeout": 5,
        }


def answering_store(host: str) -> Store | None:
    """The image store of the engine at an address; None when none answers there."""
    if not _takes_connections(host):
        return None
    try:
        client = docker.DockerClient(base_url=host, timeout=20)
        with contextlib.closing(client):
            return _store_of(client.info())
    except (DockerException, requests.RequestException):
        return None


def _takes_connections(host: str) -> bool:
    """Whether anybody listens on a local socket: docker-py leaves its own open where nobody does."""
    if not host.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(host.removeprefix("unix://"))
        except OSError:
            return False
    return True


def _store_of(info: dict[str, Any]) -> Store:
    """Docker's own sign of the containerd image store: https://docs.docker.com/engine/storage/containerd/"""
    snapshotter = ["driver-type", "io.containerd.snapshotter.v1"]
    return "containerd" if snapshotter in (info.get("DriverStatus") or []) else "overlay2"
