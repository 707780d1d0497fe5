"""Files on their way into a container and out of it, which the engine takes and gives as tar archives."""

import io
import tarfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO

TAR_BYTES = 64 * 1024
"""More than what an archive of one file has besides the file."""
START_BYTES = 16384
"""Bytes of an archive that hold the headers of its first file, and a little of that."""


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
