"""Where devtools keeps things: a cache that all clones share, and what runs just now."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from devtools import process

NAME = "hub-image-action"
PROJECT = Path(__file__).resolve().parents[1]
RUN = Path("/run") / NAME
"""Sockets, process ids and locks of what devtools started: gone after a reboot, as they should be."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/hub-image-action`, with the specification's default of ~/.cache."""
    home = process.environment().get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / NAME


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel frees it when the holder ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def shared(path: Path) -> Iterator[None]:
    """Be counted among the users of something: any number may hold this lock at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def in_use(path: Path) -> bool:
    """Whether anybody holds the shared lock."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
