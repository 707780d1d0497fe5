"""What a registry holds, read over its API and not through the engine, whose cache would answer for it."""

import gzip
from collections.abc import Iterator
from typing import Any

import requests

from devtools.registry import MANIFESTS, Registry


def tags_of(registry: Registry, name: str) -> set[str]:
    """The tags of a repository; none when it does not exist."""
    answer = _get(registry, f"{name}/tags/list")
    return set(answer.json()["tags"] or []) if answer.ok else set()


def read_config(registry: Registry, name: str, tag: str) -> dict[str, Any]:
    """What `docker inspect` and `docker history` are made from."""
    config: dict[str, Any] = _get(registry, f"{name}/blobs/{_manifest(registry, name, tag)['config']['digest']}").json()
    return config


def read_everything(registry: Registry, name: str, tag: str) -> Iterator[bytes]:
    """The manifest, the configuration with its history, and each layer as the tar archive that it is."""
    answer = _get(registry, f"{name}/manifests/{tag}")
    yield answer.content
    manifest = answer.json()
    for blob in (manifest["config"], *manifest["layers"]):
        content = _get(registry, f"{name}/blobs/{blob['digest']}").content
        yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _manifest(registry: Registry, name: str, tag: str) -> dict[str, Any]:
    manifest: dict[str, Any] = _get(registry, f"{name}/manifests/{tag}").json()
    return manifest


def _get(registry: Registry, path: str) -> requests.Response:
    login = next(iter(registry.users.items()))
    url = f"http://{registry.host}/v2/{path}"
    return requests.get(url, auth=login, headers={"Accept": MANIFESTS}, timeout=30)
