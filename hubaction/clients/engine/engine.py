"""The one door to the container engine. It translates docker-py's errors, and callers never see its client."""

import base64
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import docker
import docker.errors
import requests
from docker.models.containers import Container

from hubaction.errors import ActionError, DiskFullError
from hubaction.image import Reference

TIMEOUT_SECONDS = 900
"""Silence of the engine, e.g. while a registry takes in a layer of some gigabytes."""
RUN_LABEL = "hub-image-action.run"
LOW_DISK_BYTES = 5 * 1024**3
TAR_BYTES = 64 * 1024
"""More than what an archive of one file has besides the file."""


class EngineError(ActionError):
    """The engine is away or failed."""


class NotStartedError(EngineError):
    """The engine could not start a container's first process; `reason` is in its own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The engine could not start a container: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class EngineInfo:
    """What the log and the registry client need to know about the engine."""

    version: str
    image_store: str
    insecure_registries: frozenset[str]
    platform: str
    """What it builds for unless told otherwise, e.g. linux/x86_64."""
    exports_cache: bool
    """Whether it can write a layer cache to a registry, as only containerd's image store can."""


@dataclass(frozen=True)
class LocalImage:
    """An image as the engine describes it."""

    id: str
    size: int
    """Bytes, unpacked."""
    working_folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spawn:
    """What a hub's spawner sets for a user's container; the image's ENTRYPOINT stays and gets the command."""

    command: tuple[str, ...]
    user_id: int
    home: str
    """A folder of the user's own, empty, in memory."""
    memory_bytes: int
    environment: Mapping[str, str] = field(repr=False)
    """Tokens are in it."""


@dataclass(frozen=True)
class ContainerState:
    """What became of a container's first process."""

    running: bool
    exit_code: int
    out_of_memory: bool
    """Whether the memory limit has ended a process of it."""


@dataclass(frozen=True)
class PushEvent:
    """One message of a push; every field may be empty."""

    status: str
    layer: str
    current: int
    error: str
    digest: str


class Engine:
    """The container engine behind DOCKER_HOST, or behind the usual socket."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def connect(cls, environ: Mapping[str, str]) -> Iterator["Engine"]:
        """Yield the engine; raises EngineError when none answers."""
        with _translate("connect to the engine"):
            client = docker.from_env(environment=dict(environ), timeout=TIMEOUT_SECONDS)
        try:
            yield cls(client)
        finally:
            client.close()

    def info(self) -> EngineInfo:
        with _translate("ask the engine for its version"):
            info = self._client.info()
        indexes = (info.get("RegistryConfig") or {}).get("IndexConfigs") or {}
        insecure = {name for name, index in indexes.items() if not index.get("Secure", True)}
        status = [entry for entry in info.get("DriverStatus") or [] if len(entry) == 2]
        return EngineInfo(
            version=str(info.get("ServerVersion", "")),
            image_store=str(info.get("Driver", "")),
            insecure_registries=frozenset(insecure),
            platform=f"{info.get('OSType', '')}/{info.get('Architecture', '')}",
            exports_cache=any(value == "io.containerd.snapshotter.v1" for _, value in status),
        )

    def inspect(self, reference: str) -> LocalImage:
        with _translate(f"inspect the image {reference}"):
            attributes = self._client.images.get(reference).attrs
        config = attributes.get("Config") or {}
        return LocalImage(
            id=str(attributes["Id"]),
            size=int(attributes.get("Size", 0)),
            working_folder=str(config.get("WorkingDir") or "/"),
            environment=_split_environment(config.get("Env") or []),
            entrypoint=tuple(config.get("Entrypoint") or ()),
            labels=dict(config.get("Labels") or {}),
        )

    def describe(self, reference: str) -> dict[str, Any]:
        """All that a registry would tell everybody about an image, its history included."""
        with _translate(f"inspect the image {reference}"):
            image = self._client.images.get(reference)
            return {"config": image.attrs.get("Config") or {}, "history": image.history()}

    def find_image(self, reference: str) -> str:
        """Return the id of a local image; '' when there is none of that name."""
        with _translate(f"look for the image {reference}"):
            try:
                return str(self._client.images.get(reference).id)
            except docker.errors.ImageNotFound:
                return ""

    def local_digests(self, reference: Reference) -> frozenset[str]:
        """Digests that the engine knows its image by in the reference's repository, once it was pushed there."""
        return self.digests_of(str(reference), str(reference.name))

    def digests_of(self, image: str, name: str) -> frozenset[str]:
        """Digests of a local image in the repository `name`, which begins with the registry."""
        with _translate(f"inspect the image {image}"):
            known = self._client.images.get(image).attrs.get("RepoDigests") or []
        pairs = [entry.rpartition("@") for entry in known]
        return frozenset(digest for found, _, digest in pairs if _full_name(found) == name)

    @contextmanager
    def tagged(self, local: str, reference: Reference) -> Iterator[None]:
        """Give an image a further name for a while; one that had the name before gets it back."""
        before = self.find_image(str(reference))
        self._tag(local, reference)
        try:
            yield
        finally:
            if before:
                self._tag(before, reference)
            else:
                self.remove_image(str(reference))

    def _tag(self, local: str, reference: Reference) -> None:
        with _translate(f"tag the image as {reference}"):
            self._client.api.tag(local, str(reference.name), reference.tag)

    def push(self, reference: Reference, auth: Mapping[str, str]) -> Iterator[PushEvent]:
        """Push a tag, yielding what the engine says; an error is an event too, for the caller knows what it means."""
        with _translate(f"push {reference}"):
            stream = self._client.api.push(
                str(reference.name), reference.tag, stream=True, decode=True, auth_config=dict(auth)
            )
            for message in stream:
                yield _read_push_event(message)

    def remote_digest(self, reference: Reference, auth: Mapping[str, str]) -> str:
        """Ask the registry for a tag's digest through the engine, which may reach registries that we do not."""
        with _translate(f"ask for the digest of {reference}"):
            answer = self._client.api.inspect_distribution(  # type: ignore[no-untyped-call]
                str(reference), auth_config=dict(auth)
            )
        return str(answer["Descriptor"]["digest"])

    def remove_image(self, reference: str) -> None:
        """Remove a local tag; the layers stay while anything else uses them."""
        with _translate(f"remove {reference}"):
            try:
                self._client.api.remove_image(reference, force=False)
            except (docker.errors.ImageNotFound, docker.errors.NotFound):
                pass

    def remove_containers(self, run: str) -> int:
        """Remove whatever containers a run left behind; return how many."""
        with _translate("remove containers"):
            left = self._client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={run}"})
            for container in left:
                _remove(container)
        return len(left)

    @contextmanager
    def container(
        self,
        image: str,
        command: Sequence[str],
        *,
        user: str,
        run: str,
        environment: Mapping[str, str],
        tmpfs: Mapping[str, str] | None = None,
    ) -> Iterator["StoppedContainer"]:
        """Yield a created container that is always removed; `tmpfs` has mount options for folders that are empty."""
        with _translate("create a container"):
            container = self._client.containers.create(
                image,
                list(command),
                user=user,
                labels={RUN_LABEL: run},
                environment=dict(environment),
                tmpfs=dict(tmpfs or {}),
            )
        try:
            yield StoppedContainer(container)
        finally:
            _remove(container)

    @contextmanager
    def spawned(self, image: str, spawn: Spawn, *, run: str) -> Iterator["SpawnedContainer"]:
        """Yield a created container, as a hub's spawner makes it, without any network; it is always removed.

        Privileges cannot be gained in it, as Zero to JupyterHub has it:
        https://z2jh.jupyter.org/en/stable/resources/reference.html#singleuser-allowprivilegeescalation
        """
        with _translate("create a container"):
            container = self._client.containers.create(
                image,
                list(spawn.command),
                user=str(spawn.user_id),
                labels={RUN_LABEL: run},
                environment=dict(spawn.environment),
                # Docker's own choice for such folders is noexec, which no volume of a hub is.
                tmpfs={spawn.home: f"exec,mode=0755,uid={spawn.user_id}"},
                mem_limit=spawn.memory_bytes,
                memswap_limit=spawn.memory_bytes,
                network_mode="none",
                security_opt=["no-new-privileges"],
            )
        try:
            yield SpawnedContainer(container)
        finally:
            _remove(container)


class StoppedContainer:
    """A container that was created and not started yet."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def copy_in(self, source: Path, name: str, folder: str, *, user_id: int, leave_out: Collection[str] = ()) -> None:
        """Copy a folder under a name into a folder of the container, owned by the user; links stay links."""
        with tempfile.TemporaryFile(dir="/tmp") as archive, _translate("copy files into a container"):
            pack_folder(source, name, archive, user_id=user_id, leave_out=leave_out)
            archive.seek(0)
            self._container.put_archive(folder, archive)

    def make_folder(self, name: str, folder: str, *, user_id: int) -> None:
        """Make an empty folder of the user's under a name in a folder of the container."""
        with tempfile.TemporaryDirectory(dir="/tmp") as empty:
            self.copy_in(Path(empty), name, folder, user_id=user_id)

    @contextmanager
    def copy_out(self, folder: str) -> Iterator[Iterator[bytes]]:
        """Yield a tar archive of a folder, in pieces; an empty one when there is no such folder."""
        with _translate("copy files out of a container"):
            try:
                pieces, _ = self._container.get_archive(folder)
            except docker.errors.NotFound:
                yield iter(())
                return
            yield pieces
            for _ in pieces:
                pass  # what was not read would stay in the connection

    def run(self) -> Iterator[bytes]:
        """Start it and yield its output in pieces, both streams in one, until it ends."""
        with _translate("run a container"):
            output = self._container.attach(stdout=True, stderr=True, stream=True, logs=True)
            try:
                self._container.start()
                yield from output
            finally:
                # docker-py's own close() leaves the connection's socket open.
                output._response.close()  # type: ignore[attr-defined]

    def read_file(self, path: str, max_bytes: int) -> bytes | None:
        """Return a file of a container that has ended; None when there is no regular file of at most that size."""
        with _translate("read a file of a container"):
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
        return _read_only_member(archive, max_bytes)

    def kill(self) -> None:
        """End it at once; whether it still runs does not matter."""
        with suppress(docker.errors.APIError, requests.exceptions.RequestException):
            self._container.kill()

    def wait(self) -> int:
        """Return the exit code."""
        with _translate("wait for a container"):
            return int(self._container.wait()["StatusCode"])


class SpawnedContainer(StoppedContainer):
    """A container that is looked into while it runs. Paths need not be text: the repository names its files."""

    def has_path(self, path: str) -> bool:
        """Whether the image has such a file or folder; before the start, for what is mounted over it hides it."""
        with _translate("look into a container"):
            answer = self._api.head(self._archive_url, params={"path": os.fsencode(path)})
        return bool(answer.ok)

    def read_start_of(self, path: str, size: int) -> bytes:
        """The first bytes of a file of the image, b'' when there is none; links are not followed."""
        with _translate("read a file of a container"):
            answer = self._api.get(self._archive_url, params={"path": os.fsencode(path)}, stream=True)
            try:
                if not answer.ok:
                    return b""
                data = b""
                for piece in answer.iter_content(_ARCHIVE_START):
                    data += piece
                    if len(data) >= _ARCHIVE_START:
                        break
            finally:
                answer.close()
        return _read_first_file(data, size)

    def link_target(self, path: str) -> str:
        """Where a symbolic link of the image leads; '' for anything else."""
        with _translate("look into a container"):
            answer = self._api.head(self._archive_url, params={"path": os.fsencode(path)})
        described = json.loads(base64.b64decode(answer.headers.get(_PATH_STAT, "") or b"e30="))
        return str(described.get("linkTarget") or "")

    def start(self) -> None:
        """Start it; raises NotStartedError when its first process cannot be."""
        try:
            self._container.start()
        except docker.errors.APIError as error:
            raise NotStartedError(_explain(error)) from error
        except (docker.errors.DockerException, requests.exceptions.RequestException):
            with _translate("start a container"):
                raise

    def execute(self, command: Sequence[str]) -> Iterator[bytes]:
        """Run a further process in it, as its user, and yield what it prints; nothing when the container has ended."""
        with _translate("run a process in a container"):
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
        """Wait until it has ended, or for so long."""
        with _translate("wait for a container"), suppress(requests.exceptions.RequestException):
            self._container.wait(timeout=seconds)

    def state(self) -> ContainerState:
        with _translate("inspect a container"):
            self._container.reload()
        state = self._container.attrs["State"]
        return ContainerState(bool(state["Running"]), int(state["ExitCode"]), bool(state["OOMKilled"]))

    def read_log(self, lines: int) -> str:
        """The last lines of its output, both streams in one."""
        with _translate("read a container's output"):
            return bytes(self._container.logs(tail=lines)).decode(errors="replace")

    @property
    def _api(self) -> docker.APIClient:
        client: docker.DockerClient = self._container.client  # type: ignore[assignment]
        return client.api

    @property
    def _archive_url(self) -> str:
        """https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerArchiveInfo"""
        return f"{self._api.base_url}/v{self._api.api_version}/containers/{self._container.id}/archive"


_PATH_STAT = "X-Docker-Container-Path-Stat"


_ARCHIVE_START = 16384
"""Bytes of an archive that hold the headers of its first file, and a little of that."""


def _read_first_file(archive: bytes, size: int) -> bytes:
    with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as files:
        member = files.next()
        content = files.extractfile(member) if member and member.isfile() else None
        return content.read(size) if content else b""
    return b""


def _split_environment(pairs: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def pack_folder(folder: Path, name: str, archive: IO[bytes], *, user_id: int, leave_out: Collection[str] = ()) -> None:
    """Write a tar archive of a folder under the given name; the user owns what is in it, links are kept as links.

    Files named in `leave_out`, relative to the folder, are not in it, and never is .git, which may log in.
    """

    def own(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        inner = member.name.removeprefix(name).lstrip("/")
        if inner in leave_out or ".git" in inner.split("/"):
            return None
        member.uid = member.gid = user_id
        member.uname = member.gname = ""
        return member

    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(folder, arcname=name, filter=own)


def _read_only_member(archive: IO[bytes], max_bytes: int) -> bytes | None:
    try:
        with tarfile.open(fileobj=archive, mode="r:") as tar:
            member = tar.next()
            stream = tar.extractfile(member) if member and member.isreg() and member.size <= max_bytes else None
            return stream.read(max_bytes) if stream else None
    except tarfile.TarError:
        return None


def free_disk_bytes() -> int:
    """Free space below /, which inside a container is the engine's own disk."""
    return shutil.disk_usage("/").free


def _remove(container: Container) -> None:
    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError as error:
        # Gone already, or on its way: nothing is left to do.
        if error.status_code not in {404, 409}:
            raise


def _full_name(name: str) -> str:
    """The engine leaves out Docker Hub's own name, and the name of its official images' place."""
    first, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{name}"
    return name if "." in first or ":" in first or first == "localhost" else f"docker.io/{name}"


def _read_push_event(message: Mapping[str, Any]) -> PushEvent:
    detail = message.get("progressDetail") or {}
    return PushEvent(
        status=str(message.get("status", "")),
        layer=str(message.get("id", "")),
        current=int(detail.get("current", 0)),
        # Newer engines send the detail only.
        error=str((message.get("errorDetail") or {}).get("message") or message.get("error") or ""),
        digest=str((message.get("aux") or {}).get("Digest", "")),
    )


@contextmanager
def _translate(action: str) -> Iterator[None]:
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise EngineError(f"The engine could not {action}: it has no such image ({_explain(error)}).") from error
    except docker.errors.APIError as error:
        if "no space left on device" in _explain(error):
            raise DiskFullError from error
        raise EngineError(f"The engine could not {action}: {_explain(error)}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineError(
            f"The engine does not answer, so nothing can be built (could not {action}: {error}). On hosted runners use"
            " runs-on: ubuntu-latest; on your own runner, start Docker and let the runner's user reach its socket.",
            title="No container engine",
        ) from error


def _explain(error: docker.errors.APIError) -> str:
    return str(error.explanation or error).strip()
