"""Which folder has the image tests, and which folders are refused."""

from pathlib import Path

import pytest

from hubaction.verify.tests_folder import MAX_TESTS_BYTES, find_image_tests
from hubaction.verify.tests_verdict import ImageTestsError


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    folder = tmp_path / "image-tests"
    folder.mkdir()
    (folder / "test_a.py").write_text("def test_a(): pass\n", encoding="utf-8")
    return folder


def test_find_image_tests__there(tests: Path) -> None:
    assert find_image_tests(tests.parent, "image-tests") == tests


def test_find_image_tests__missing(tmp_path: Path) -> None:
    assert find_image_tests(tmp_path, "image-tests") is None


def test_find_image_tests__empty_but_for_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "image-tests").mkdir()
    (tmp_path / "image-tests/.gitkeep").touch()
    assert find_image_tests(tmp_path, "image-tests") is None


def test_find_image_tests__file(tmp_path: Path) -> None:
    (tmp_path / "image-tests").touch()
    assert find_image_tests(tmp_path, "image-tests") is None


def test_find_image_tests__link_inside(tests: Path) -> None:
    (tests.parent / "link").symlink_to("image-tests")
    assert find_image_tests(tests.parent, "link") == tests


@pytest.mark.parametrize("link", ["/etc", "..", "../.."])
def test_find_image_tests__link_to_the_outside(tmp_path: Path, link: str) -> None:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace/image-tests").symlink_to(link)
    with pytest.raises(ImageTestsError, match="a link to a place outside of the repository"):
        find_image_tests(tmp_path / "workspace", "image-tests")


def test_find_image_tests__link_to_where_git_keeps_its_logins(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").touch()
    (tmp_path / "image-tests").symlink_to(".git")
    with pytest.raises(ImageTestsError, match="git's own files"):
        find_image_tests(tmp_path, "image-tests")


def test_find_image_tests__too_large_to_copy(tests: Path) -> None:
    with (tests / "data").open("wb") as sparse:
        sparse.truncate(MAX_TESTS_BYTES + 1)
    with pytest.raises(ImageTestsError, match="keep data elsewhere"):
        find_image_tests(tests.parent, "image-tests")
