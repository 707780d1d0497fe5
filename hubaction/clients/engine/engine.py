"""The container engine. Callers never see docker-py's client or its errors."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors

from hubaction.clients.engine.container import SpawnedContainer, StoppedContainer, remove
from hubaction.clients.engine.translation import translate
from hubaction.clients.engine.values import EngineInfo, LocalImage, PushEvent, Spawn
from hubaction.image import Reference

TIMEOUT_SECONDS = 900
"""Longest silence of the engine, e.g. while a registry stores a layer of some gigabytes."""
RUN_LABEL = "hub-image-action.run"


class Engine:
    """The container engine behind DOCKER_HOST, or behind the usual socket."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def connect(cls, environ: Mapping[str, str]) -> Iterator["Engine"]:
        """Yield the engine; raises EngineError when none answers."""
        with translate("connect to the engine"):
            client = docker.from_env(environment=dict(environ), timeout=TIMEOUT_SECONDS)
        try:
            yield cls(client)
        finally:
            client.close()

    def info(self) -> EngineInfo:
        with translate("ask the engine for its version"):
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
        with translate(f"inspect the image {reference}"):
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
        """What the image's config in a registry shows: the configuration and the history."""
        with translate(f"inspect the image {reference}"):
            image = self._client.images.get(reference)
            return {"config": image.attrs.get("Config") or {}, "history": image.history()}

    def find_image(self, reference: str) -> str:
        """Return the id of a local image; empty when no image has that name."""
        with translate(f"look for the image {reference}"):
            try:
                return str(self._client.images.get(reference).id)
            except docker.errors.ImageNotFound:
                return ""

    def local_digests(self, reference: Reference) -> frozenset[str]:
        """Digests of the local image in the reference's repository; none before it was pushed there."""
        return self.digests_of(str(reference), str(reference.name))

    def digests_of(self, image: str, name: str) -> frozenset[str]:
        """Digests of a local image in the repository `name`, which begins with the registry."""
        with translate(f"inspect the image {image}"):
            known = self._client.images.get(image).attrs.get("RepoDigests") or []
        pairs = [entry.rpartition("@") for entry in known]
        return frozenset(digest for found, _, digest in pairs if _full_name(found) == name)

    @contextmanager
    def tagged(self, local: str, reference: Reference) -> Iterator[None]:
        """Give an image a further name for a while. An image that had the name before gets it back."""
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
        with translate(f"tag the image as {reference}"):
            self._client.api.tag(local, str(reference.name), reference.tag)

    def push(self, reference: Reference, auth: Mapping[str, str]) -> Iterator[PushEvent]:
        """Push a tag and yield the engine's messages, errors included: the caller knows what they mean."""
        with translate(f"push {reference}"):
            stream = self._client.api.push(
                str(reference.name), reference.tag, stream=True, decode=True, auth_config=dict(auth)
            )
            for message in stream:
                yield _read_push_event(message)

    def remote_digest(self, reference: Reference, auth: Mapping[str, str]) -> str:
        """Ask a registry for a tag's digest through the engine, which may reach registries that we cannot."""
        with translate(f"ask for the digest of {reference}"):
            answer = self._client.api.inspect_distribution(  # type: ignore[no-untyped-call]
                str(reference), auth_config=dict(auth)
            )
        return str(answer["Descriptor"]["digest"])

    def remove_image(self, reference: str) -> None:
        """Remove a local tag. Layers that anything else uses stay."""
        with translate(f"remove {reference}"):
            try:
                self._client.api.remove_image(reference, force=False)
            except (docker.errors.ImageNotFound, docker.errors.NotFound):
                pass

    def remove_containers(self, run: str) -> int:
        """Remove the containers that a run left behind; return how many."""
        with translate("remove containers"):
            left = self._client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={run}"})
            for container in left:
                remove(container)
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
    ) -> Iterator[StoppedContainer]:
        """Yield a created container that is always removed. `tmpfs` maps empty folders to their mount options."""
        with translate("create a container"):
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
            remove(container)

    @contextmanager
    def spawned(self, image: str, spawn: Spawn, *, run: str) -> Iterator[SpawnedContainer]:
        """Yield a created container, as a hub's spawner makes it, without a network. It is always removed.

        Processes cannot gain privileges, which is the default of Zero to JupyterHub:
        https://z2jh.jupyter.org/en/stable/resources/reference.html#singleuser-allowprivilegeescalation
        """
        with translate("create a container"):
            container = self._client.containers.create(
                image,
                list(spawn.command),
                user=str(spawn.user_id),
                labels={RUN_LABEL: run},
                environment=dict(spawn.environment),
                # Docker mounts such folders with noexec by default; volumes of a hub are not.
                tmpfs={spawn.home: f"exec,mode=0755,uid={spawn.user_id}"},
                mem_limit=spawn.memory_bytes,
                memswap_limit=spawn.memory_bytes,
                network_mode="none",
                security_opt=["no-new-privileges"],
            )
        try:
            yield SpawnedContainer(container)
        finally:
            remove(container)


def _split_environment(pairs: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _full_name(name: str) -> str:
    """The engine leaves out `docker.io`, and `library` for official images."""
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
