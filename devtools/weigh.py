"""`python -m devtools.weigh`: what the action's own image weighs, flattened and compressed, part by part."""

import gzip
import sys
import tempfile
from pathlib import Path
from typing import cast

from devtools import images, repository
from devtools.engine import Engine, running_engine
from devtools.process import run

TAG = "hub-image-action/weighed"
PARTS = (
    "/usr/libexec/docker",
    "/usr/bin/docker",
    "/usr/lib/python3.13",
    "/opt/hub-image-action/venv",
    "/opt/hub-image-action/hubaction",
)


class _Counter:
    """A file that keeps its length only."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.bytes += len(data)
        return len(data)

    def flush(self) -> None:
        return


def flattened_bytes(engine: Engine, image: str) -> int:
    """Bytes of an image's whole file system as one gzip-compressed tar archive."""
    client = engine.client()
    container = client.containers.create(image)
    counter = _Counter()
    try:
        with gzip.GzipFile(fileobj=counter, mode="wb", compresslevel=9) as archive:
            for chunk in container.export():
                archive.write(cast("bytes", chunk))
    finally:
        container.remove(v=True)
        client.close()
    return counter.bytes


def main() -> int:
    with running_engine() as engine, tempfile.TemporaryDirectory() as name:
        images.ensure_debian(engine)
        folder = repository.copy_project(Path(name) / "action")
        run(["docker", "build", "--quiet", "--tag", TAG, folder], env=engine.environment())
        du = ["docker", "run", "--rm", "--entrypoint", "du", TAG, "-sm", *PARTS]
        print("MB, unpacked:")
        print(run(du, env=engine.environment()))
        print(f"flattened and compressed: {flattened_bytes(engine, TAG) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
