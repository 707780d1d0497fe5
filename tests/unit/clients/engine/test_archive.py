"""Archives for a container, which the user owns, and archives of a container, which anything may be in."""

import io
import posixpath
import tarfile
from pathlib import Path

import pytest

from hubaction.clients.engine.archive import START_BYTES, pack_folder, read_first_file, read_only_member


@pytest.mark.parametrize("name", ["image-tests", ".", "a/b"])
def test_pack_folder__leaves_out_what_it_is_told_and_git(name: str, tmp_path: Path) -> None:
    """The login that actions/checkout leaves in .git is nothing for a test to read."""
    for file in (".git/config", "data/.git/config", "data/key.json", ".gitignore", "test_a.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("text")
    packed = io.BytesIO()
    pack_folder(tmp_path, name, packed, user_id=1000, leave_out={"data/key.json"})
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        files = {posixpath.relpath(member.name, name) for member in archive if member.isfile()}
    assert files == {".gitignore", "test_a.py"}


def test_pack_folder__belongs_to_the_user(tmp_path: Path) -> None:
    (tmp_path / "tests/sub").mkdir(parents=True)
    (tmp_path / "tests/sub/test_a.py").write_text("x", encoding="utf-8")
    (tmp_path / "tests/link").symlink_to("/etc/passwd")
    packed = io.BytesIO()
    pack_folder(tmp_path / "tests", "image-tests", packed, user_id=2000)
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        members = {member.name: member for member in archive.getmembers()}
    assert set(members) == {"image-tests", "image-tests/sub", "image-tests/sub/test_a.py", "image-tests/link"}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members.values()} == {
        (2000, 2000, "", "")
    }
    assert members["image-tests/link"].issym()


def archive_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def link(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


@pytest.mark.parametrize(("max_bytes", "found"), [(4, b"text"), (3, None)])
def test_read_only_member__no_larger_than_allowed(max_bytes: int, found: bytes | None) -> None:
    assert read_only_member(io.BytesIO(archive_of((tarfile.TarInfo("file"), b"text"))), max_bytes) == found


@pytest.mark.parametrize("archive", [archive_of((link("link"), b"")), archive_of(), b"no archive"])
def test_read_only_member__nothing_but_a_file(archive: bytes) -> None:
    assert read_only_member(io.BytesIO(archive), 99) is None


@pytest.mark.parametrize("shown", [2, 9])
def test_read_first_file__of_an_archive_that_is_cut(shown: int) -> None:
    archive = archive_of((tarfile.TarInfo("first"), b"0123456789" * 10_000), (tarfile.TarInfo("second"), b"x"))
    assert read_first_file(archive[:START_BYTES], shown) == b"0123456789"[:shown]


@pytest.mark.parametrize("archive", [archive_of((link("link"), b"")), b"", b"no archive"])
def test_read_first_file__of_no_file(archive: bytes) -> None:
    assert read_first_file(archive, 9) == b""
