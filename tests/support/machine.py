"""What can be seen of a run on the machine: processes, and what the engine holds."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from devtools import process
from devtools.engine import Engine

SECONDS_BETWEEN_LOOKS = 0.01


@contextlib.contextmanager
def watched_processes() -> Iterator[set[str]]:
    """Yield a set that grows by every command line which the machine's list of processes shows meanwhile."""
    seen: set[str] = set()
    with repeated(lambda: seen.update(command_lines())):
        yield seen


@contextlib.contextmanager
def repeated(look: Callable[[], None]) -> Iterator[None]:
    """Look again and again, on a thread of its own, for as long as the block runs."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def command_lines() -> Iterator[str]:
    """The command lines of all processes that run now, in containers too."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield (folder / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()


def runs(command_line: str) -> bool:
    """Whether a process with exactly that command line runs now."""
    return command_line in command_lines()


def containers_left(engine: Engine, image_name: str) -> list[str]:
    """Containers, running or not, that a run with that image made."""
    listed = _docker(engine, "ps", "--all", "--format", '{{.ID}} {{.Label "hub-image-action.run"}}')
    return [line for line in listed.splitlines() if image_name.replace("/", "-") in line]


def tags_left(engine: Engine, image_name: str) -> list[str]:
    """Local tags of an image, under its own name and under the one that it is built as."""
    listed = _docker(engine, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
    return [line for line in listed.splitlines() if image_name in line or image_name.replace("/", "-") in line]


def _docker(engine: Engine, *arguments: str) -> str:
    return process.run(["docker", *arguments], env=engine.environment())
