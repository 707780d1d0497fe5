"""Tar archives, in which the engine takes and returns the files of a container."""

import io
import tarfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO

TAR_BYTES = 64 * 1024
"""More than what an archive of one file adds to the file."""
START_BYTES = 16384
"""Enough of an archive for the headers and the beginning of its first file."""


def pack_folder(folder: Path, name: str, archive: IO[bytes], *, user_id: int, leave_out: Collection[str] = ()) -> None:
    """Write a tar archive of a folder under the given name. The user owns the files; links stay links.

    Leaves out the files in `leave_out`, relative to the folder, and every .git, which may contain credentials.
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


def read_only_member(archive: IO[bytes], max_bytes: int) -> bytes | None:
    try:
        with tarfile.open(fileobj=archive, mode="r:") as tar:
            member = tar.next()
            stream = tar.extractfile(member) if member and member.isreg() and member.size <= max_bytes else None
            return stream.read(max_bytes) if stream else None
    except tarfile.TarError:
        return None


def read_first_file(archive: bytes, size: int) -> bytes:
    with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as files:
        member = files.next()
        content = files.extractfile(member) if member and member.isfile() else None
        return content.read(size) if content else b""
    return b""
