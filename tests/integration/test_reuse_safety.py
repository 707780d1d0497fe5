"""What no fake tells about the safety of reuse: sockets that trickle, and whose labels win in the builder."""

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine
from hubaction.clients.registry import http
from hubaction.clients.registry.errors import RegistryError, UnreachableError
from hubaction.clients.registry.registry import Registry
from hubaction.decide.labels import FINGERPRINT_LABEL, PULL_REQUEST_LABEL
from hubaction.image import ImageName
from tests.unit.decide.test_plan import NOW
from tests.unit.samples import LOGIN, make_build_plan, make_settings, push_to


@pytest.fixture
def serve() -> Iterator[Callable[[Iterator[bytes]], ImageName]]:
    """Yield a way to answer one request piece by piece; it returns a name at that registry."""
    listeners = []

    def start(pieces: Iterator[bytes]) -> ImageName:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer() -> None:
            with suppress(OSError), closing(listener.accept()[0]) as connection:
                connection.recv(65536)
                for piece in pieces:
                    connection.sendall(piece)

        threading.Thread(target=answer, daemon=True).start()
        return ImageName(f"127.0.0.1:{listener.getsockname()[1]}", "org/image")

    yield start
    for listener in listeners:
        listener.close()


def slowly(length: int) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    for _ in range(length):
        time.sleep(0.05)
        yield b"x"


def test_fetch_manifest__a_byte_now_and_then(
    serve: Callable[[Iterator[bytes]], ImageName], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LOOK_UP_SECONDS", 0.3)
    name = serve(slowly(600))
    started = time.monotonic()
    with pytest.raises(RegistryError, match="slower"):
        Registry(name.registry, {}, patient=False).fetch_manifest(name, "v1")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"Content-Length: 100\r\n\r\n{}", id="cut off"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", id="cut off in a chunk"),
        pytest.param(b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", id="not compressed as it says"),
    ],
)
def test_fetch_manifest__not_the_whole_answer(serve: Callable[[Iterator[bytes]], ImageName], answer: bytes) -> None:
    name = serve(iter([b"HTTP/1.1 200 OK\r\n" + answer]))
    with pytest.raises(UnreachableError):
        Registry(name.registry, {}, patient=False).fetch_manifest(name, "v1")


def build(folder: Path, engine: Engine, *labels: str) -> dict[str, str]:
    """Build with a run's own arguments and these labels after them; return what the image has."""
    tag = f"hub-image-action/tests-labels:{secrets.token_hex(6)}"
    arguments = [*make_build_plan(make_settings(LOGIN), push_to(), NOW).build.buildx, *labels]
    environment = engine.environment()
    process.run(["docker", "buildx", "build", "--quiet", "--tag", tag, *arguments, folder], env=environment)
    try:
        inspect = ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", tag]
        found: dict[str, str] = json.loads(process.run(inspect, env=environment))
    finally:
        process.run(["docker", "image", "rm", tag], env=environment)
    return found


def test_labels__a_dockerfile_cannot_give_itself_a_fingerprint(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM scratch\nCOPY Dockerfile /\nLABEL {FINGERPRINT_LABEL}=forged {PULL_REQUEST_LABEL}=7 theirs=stays\n"
    )
    labels = build(tmp_path, engine)
    assert (labels[FINGERPRINT_LABEL], labels[PULL_REQUEST_LABEL], labels["theirs"]) == ("", "", "stays")
    assert build(tmp_path, engine, f"--label={FINGERPRINT_LABEL}=known")[FINGERPRINT_LABEL] == "known"
