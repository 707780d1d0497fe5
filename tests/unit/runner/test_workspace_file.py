"""Files for later steps go into the workspace, and nowhere else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hubaction.errors import ActionError
from hubaction.inputs.settings import DEFAULTS
from hubaction.runner.workspace_file import EXAMPLES, store_file


def test_examples__are_of_inputs() -> None:
    assert EXAMPLES.keys() <= DEFAULTS.keys()


def test_store_file__writes_a_file(tmp_path: Path) -> None:
    store_file("told", tmp_path, "result.json", "result-file")
    assert (tmp_path / "result.json").read_text(encoding="utf-8") == "told"


def test_store_file__makes_folders(tmp_path: Path) -> None:
    store_file("told", tmp_path, "a/b/result.json", "result-file")
    assert (tmp_path / "a/b/result.json").is_file()


def test_store_file__replaces_a_file(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text("old " * 1000)
    file.chmod(0o400)
    store_file("told", tmp_path, "result.json", "result-file")
    assert file.read_text(encoding="utf-8") == "told"


def test_store_file__belongs_to_the_workspaces_owner(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 1234, 2345)
    store_file("told", tmp_path, "result.json", "result-file")
    owner, made = tmp_path.stat(), (tmp_path / "result.json").stat()
    assert (made.st_uid, made.st_gid) == (owner.st_uid, owner.st_gid)


def test_store_file__replaces_a_hard_link_without_writing_through_it(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("kept")
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace/result.json").hardlink_to(tmp_path / "outside")
    store_file("told", tmp_path / "workspace", "result.json", "result-file")
    assert (tmp_path / "outside").read_text() == "kept"


@pytest.mark.parametrize("target", ["../outside", "inside", "../nothing"])
def test_store_file__replaces_a_link_without_writing_through_it(tmp_path: Path, target: str) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "outside").write_text("kept")
    (workspace / "inside").write_text("kept")
    (workspace / "result.json").symlink_to(target)
    store_file("told", workspace, "result.json", "result-file")
    assert (tmp_path / "outside").read_text() == "kept"
    assert (workspace / "inside").read_text() == "kept"
    assert not (tmp_path / "nothing").exists()
    assert not (workspace / "result.json").is_symlink()


@pytest.mark.parametrize("file", ["link/result.json", "link/new/folders/result.json", "a/link/../../up/result.json"])
def test_store_file__follows_no_folder_out_of_the_workspace(tmp_path: Path, file: str) -> None:
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    (workspace / "a").mkdir(parents=True)
    outside.mkdir()
    (workspace / "link").symlink_to(outside)
    (workspace / "a/link").symlink_to(outside)
    with pytest.raises(ActionError, match="cannot be written"):
        store_file("told", workspace, file, "result-file")
    assert list(outside.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "workspace"]


def make_folder(place: Path) -> None:
    place.mkdir()


def make_circle(place: Path) -> None:
    place.symlink_to(place.name)


def make_file_above(place: Path) -> None:
    place.parent.rmdir()
    place.parent.write_text("a file")


@pytest.mark.parametrize("make", [make_folder, make_file_above])
def test_store_file__where_it_cannot_be(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "a").mkdir()
    make(tmp_path / "a/result.json")
    with pytest.raises(ActionError, match=r"'a/result\.json' cannot be written"):
        store_file("told", tmp_path, "a/result.json", "result-file")


def test_store_file__below_links_in_a_circle(tmp_path: Path) -> None:
    make_circle(tmp_path / "a")
    with pytest.raises(ActionError, match="cannot be written"):
        store_file("told", tmp_path, "a/result.json", "result-file")


def test_store_file__replaces_links_in_a_circle(tmp_path: Path) -> None:
    make_circle(tmp_path / "result.json")
    store_file("told", tmp_path, "result.json", "result-file")
    assert (tmp_path / "result.json").is_file()
