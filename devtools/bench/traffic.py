"""What goes to and from a registry: requests, and the bytes of layers.

A layer is a blob that is neither an image's config nor a build cache's, which the manifests that pass by tell apart.
Bytes are counted as they pass, so an upload that was given up counts too, and so does a layer that is sent twice.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from devtools.bench.http1 import Head
from devtools.bench.proxy import Exchange

UPLOAD = re.compile(r"/v2/.+/blobs/uploads/([^/]*)")
BLOB = re.compile(r"/v2/.+/blobs/(\w+:\w+)")
MANIFEST = re.compile(r"/v2/.+/manifests/.+")
MAX_MANIFEST = 4 * 1024**2
NO_LAYERS = re.compile(r"cacheconfig|manifest|image\.index|image\.config|container\.image")


class Traffic:
    """Counts what passes a proxy; it is the proxy's observer."""

    def __init__(self) -> None:
        self.requests = 0
        self._lock = threading.Lock()
        self._up: Counter[str] = Counter()
        """Bytes by digest; for uploads without an end, by the upload's name."""
        self._down: Counter[str] = Counter()
        self._no_layers: set[str] = set()

    @property
    def layer_bytes_up(self) -> int:
        return self._sum(self._up)

    @property
    def layer_bytes_down(self) -> int:
        return self._sum(self._down)

    def __call__(self, request: Head) -> Exchange:
        with self._lock:
            self.requests += 1
        target = urlsplit(request.target)
        path = unquote(target.path)
        if found := UPLOAD.fullmatch(path):
            return _Upload(self, found[1], parse_qs(target.query).get("digest", [""])[0])
        if found := BLOB.fullmatch(path):
            return _Download(self, found[1])
        return _Manifest(self) if MANIFEST.fullmatch(path) else Exchange()

    def add_up(self, name: str, amount: int) -> None:
        with self._lock:
            self._up[name] += amount

    def add_down(self, digest: str, amount: int) -> None:
        with self._lock:
            self._down[digest] += amount

    def finish_upload(self, name: str, digest: str) -> None:
        """From now on its bytes are those of a digest."""
        with self._lock:
            self._up[digest] += self._up.pop(name, 0)

    def read_manifest(self, content: bytes) -> None:
        """Learn what is no layer: configs, and what other manifests and build caches point to."""
        try:
            digests = set(_digests_without_layers(json.loads(content)))
        except ValueError:
            return
        with self._lock:
            self._no_layers |= digests

    def _sum(self, counted: Counter[str]) -> int:
        with self._lock:
            return sum(amount for name, amount in counted.items() if name not in self._no_layers)


def _digests_without_layers(manifest: Any) -> Iterator[str]:
    if not isinstance(manifest, dict):
        return
    if config := manifest.get("config"):
        yield str(config.get("digest"))
    for entry in manifest.get("manifests") or []:
        if NO_LAYERS.search(str(entry.get("mediaType"))):
            yield str(entry.get("digest"))


class _Upload(Exchange):
    def __init__(self, traffic: Traffic, name: str, digest: str) -> None:
        self._traffic = traffic
        self._name = name or f"at once: {id(self)}"
        self._digest = digest

    def sent(self, content: bytes) -> None:
        self._traffic.add_up(self._name, len(content))

    def ended(self) -> None:
        if self._digest:
            self._traffic.finish_upload(self._name, self._digest)


class _Download(Exchange):
    def __init__(self, traffic: Traffic, digest: str) -> None:
        self._traffic = traffic
        self._digest = digest
        self._is_content = False

    def answered(self, head: Head) -> None:
        self._is_content = head.status in {200, 206}

    def received(self, content: bytes) -> None:
        if self._is_content:
            self._traffic.add_down(self._digest, len(content))


class _Manifest(Exchange):
    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._content = b""

    def sent(self, content: bytes) -> None:
        self._keep(content)

    def received(self, content: bytes) -> None:
        self._keep(content)

    def ended(self) -> None:
        self._traffic.read_manifest(self._content)

    def _keep(self, content: bytes) -> None:
        if len(self._content) < MAX_MANIFEST:
            self._content += content
