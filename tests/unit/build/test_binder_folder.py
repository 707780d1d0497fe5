from pathlib import Path

import pytest

from hubaction.build.binder_folder import MAX_BYTES, find_own_binder_folder
from hubaction.decide.binder_dockerfile import render_dockerfile

OURS = render_dockerfile(f"quay.io/org/course@sha256:{'5' * 64}")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A repository whose binder/ holds our Dockerfile only."""
    (tmp_path / "binder").mkdir()
    (tmp_path / "binder/Dockerfile").write_text(OURS, encoding="utf-8")
    (tmp_path / "environment.yml").write_text("dependencies: []\n", encoding="utf-8")
    return tmp_path


def test_find_own_binder_folder__that_is_there(source: Path) -> None:
    assert find_own_binder_folder(source) == Path("binder")


def test_find_own_binder_folder__without_a_folder(tmp_path: Path) -> None:
    assert find_own_binder_folder(tmp_path) is None


@pytest.mark.parametrize("name", ["environment.yml", ".dockerignore", "Dockerfile.dockerignore"])
def test_find_own_binder_folder__beside_other_files(source: Path, name: str) -> None:
    (source / "binder" / name).touch()
    assert find_own_binder_folder(source) is None


@pytest.mark.parametrize(
    "content",
    [b"FROM python:3.12\n", OURS.encode() + b"RUN true\n", b"\xff\xfe", OURS.encode() + b" " * MAX_BYTES],
    ids=["another's", "changed", "no text", "long"],
)
def test_find_own_binder_folder__with_another_dockerfile(source: Path, content: bytes) -> None:
    (source / "binder/Dockerfile").write_bytes(content)
    assert find_own_binder_folder(source) is None


def test_find_own_binder_folder__where_the_dockerfile_is_a_link(source: Path) -> None:
    (source / "binder/Dockerfile").rename(source / "ours")
    (source / "binder/Dockerfile").symlink_to("../ours")
    assert find_own_binder_folder(source) is None


def test_find_own_binder_folder__where_the_folder_is_a_link(source: Path) -> None:
    (source / "binder").rename(source / "other")
    (source / "binder").symlink_to("other")
    assert find_own_binder_folder(source) is None


def test_find_own_binder_folder__where_binder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "binder").write_text(OURS, encoding="utf-8")
    assert find_own_binder_folder(tmp_path) is None
