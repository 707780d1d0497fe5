"""Containers: their files, their processes, their output, and their end."""

import base64
import io
import json
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import docker.errors
import requests
from docker.models.containers import Container

from hubaction.clients.engine.archive import START_BYTES, TAR_BYTES, pack_folder, read_first_file, read_only_member
from hubaction.clients.engine.errors import NotStartedError
from hubaction.clients.engine.translation import explain, translate
from hubaction.clients.engine.values import ContainerState

PATH_STAT = "X-Docker-Container-Path-Stat"


class StoppedContainer:
    """A container that was created and not started yet."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def copy_in(self, source: Path, name: str, folder: str, *, user_id: int, leave_out: Collection[str] = ()) -> None:
        """Copy a folder under a name into a folder of the container. The user owns the files; links stay links."""
        with tempfile.TemporaryFile(dir="/tmp") as archive, translate("copy files into a container"):
            pack_folder(source, name, archive, user_id=user_id, leave_out=leave_out)
            archive.seek(0)
            self._container.put_archive(folder, archive)

    def make_folder(self, name: str, folder: str, *, user_id: int) -> None:
        """Make an empty folder that the user owns."""
        with tempfile.TemporaryDirectory(dir="/tmp") as empty:
            self.copy_in(Path(empty), name, folder, user_id=user_id)

    @contextmanager
    def copy_out(self, folder: str) -> Iterator[Iterator[bytes]]:
        """Yield a tar archive of a folder, in pieces; nothing when there is no such folder."""
        with translate("copy files out of a container"):
            try:
                pieces, _ = self._container.get_archive(folder)
            except docker.errors.NotFound:
                yield iter(())
                return
            yield pieces
            for _ in pieces:
                pass  # what was not read would stay in the connection

    def run(self) -> Iterator[bytes]:
        """Start it and yield its output in pieces, both streams merged, until it ends."""
        with translate("run a container"):
            output = self._container.attach(stdout=True, stderr=True, stream=True, logs=True)
            try:
                self._container.start()
                yield from output
            finally:
                # docker-py's own close() leaves the connection's socket open.
                output._response.close()  # type: ignore[attr-defined]

    def read_file(self, path: str, max_bytes: int) -> bytes | None:
        """Return a file of a container that has ended; None when there is no regular file of at most that size."""
        with translate("read a file of a container"):
            try:
                pieces, _ = self._container.get_archive(path)
            except docker.errors.NotFound:
                return None
            archive = io.BytesIO()
            for piece in pieces:
                archive.write(piece)
                if archive.tell() > max_bytes + TAR_BYTES:
                    return None
        archive.seek(0)
        return read_only_member(archive, max_bytes)

    def kill(self) -> None:
        """End it at once. It may have ended already."""
        with suppress(docker.errors.APIError, requests.exceptions.RequestException):
            self._container.kill()

    def wait(self) -> int:
        """Wait for its end; return the exit code."""
        with translate("wait for a container"):
            return int(self._container.wait()["StatusCode"])


class SpawnedContainer(StoppedContainer):
    """A container that is inspected while it runs. Paths may have bytes that are not UTF-8, as in git."""

    def has_path(self, path: str) -> bool:
        """Whether the image has such a file or folder. Ask before the start: a mount would hide it."""
        with translate("look into a container"):
            answer = self._api.head(self._archive_url, params={"path": os.fsencode(path)})
        return bool(answer.ok)

    def read_start_of(self, path: str, size: int) -> bytes:
        """The first bytes of a file of the image; empty when there is none. Does not follow links."""
        with translate("read a file of a container"):
            answer = self._api.get(self._archive_url, params={"path": os.fsencode(path)}, stream=True)
            try:
                if not answer.ok:
                    return b""
                data = b""
                for piece in answer.iter_content(START_BYTES):
                    data += piece
                    if len(data) >= START_BYTES:
                        break
            finally:
                answer.close()
        return read_first_file(data, size)

    def link_target(self, path: str) -> str:
        """Target of a symbolic link of the image; empty for anything else."""
        with translate("look into a container"):
            answer = self._api.head(self._archive_url, params={"path": os.fsencode(path)})
        described = json.loads(base64.b64decode(answer.headers.get(PATH_STAT, "") or b"e30="))
        return str(described.get("linkTarget") or "")

    def start(self) -> None:
        """Start it; raises NotStartedError when its first process cannot be started."""
        try:
            self._container.start()
        except docker.errors.APIError as error:
            raise NotStartedError(explain(error)) from error
        except (docker.errors.DockerException, requests.exceptions.RequestException):
            with translate("start a container"):
                raise

    def execute(self, command: Sequence[str]) -> Iterator[bytes]:
        """Run a further process in it, as its user, and yield its output; nothing when the container has ended."""
        with translate("run a process in a container"):
            try:
                process = self._api.exec_create(str(self._container.id), list(command))
                output = self._api.exec_start(process["Id"], stream=True)
            except docker.errors.APIError as error:
                if error.status_code in {404, 409}:
                    return
                raise
            try:
                yield from output
            finally:
                output._response.close()  # type: ignore[attr-defined]

    def wait_for_end(self, seconds: float) -> None:
        """Wait for its end, up to this time."""
        with translate("wait for a container"), suppress(requests.exceptions.RequestException):
            self._container.wait(timeout=seconds)

    def state(self) -> ContainerState:
        with translate("inspect a container"):
            self._container.reload()
        state = self._container.attrs["State"]
        return ContainerState(bool(state["Running"]), int(state["ExitCode"]), bool(state["OOMKilled"]))

    def read_log(self, lines: int) -> str:
        """The last lines of its output, both streams merged."""
        with translate("read a container's output"):
            return bytes(self._container.logs(tail=lines)).decode(errors="replace")

    @property
    def _api(self) -> docker.APIClient:
        client: docker.DockerClient = self._container.client  # type: ignore[assignment]
        return client.api

    @property
    def _archive_url(self) -> str:
        """https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerArchiveInfo"""
        return f"{self._api.base_url}/v{self._api.api_version}/containers/{self._container.id}/archive"


def remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError as error:
        # Removed already, or being removed.
        if error.status_code not in {404, 409}:
            raise
