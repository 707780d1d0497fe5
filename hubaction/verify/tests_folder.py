"""Finds the repository's folder of image tests."""

from pathlib import Path

from hubaction.verify.tests_verdict import ImageTestsError

MAX_TESTS_BYTES = 1_000_000_000


def find_image_tests(source: Path, folder: str) -> Path | None:
    """Return the folder with the image tests; None when it is missing or empty.

    Raises ImageTestsError when it is too large, or a link out of the repository or to git's own files.
    """
    tests = (source / folder).resolve()
    if not tests.is_relative_to(source.resolve()):
        raise ImageTestsError(f"'{folder}' is a link to a place outside of the repository: remove it.", file=folder)
    if ".git" in tests.relative_to(source.resolve()).parts:
        raise ImageTestsError(f"'{folder}' leads to git's own files, which are no tests: remove it.", file=folder)
    if not tests.is_dir() or not any(not entry.name.startswith(".") for entry in tests.iterdir()):
        return None
    _check_size(tests, folder)
    return tests


def _check_size(tests: Path, folder: str) -> None:
    size = sum(path.lstat().st_size for path in tests.rglob("*"))
    if size > MAX_TESTS_BYTES:
        raise ImageTestsError(
            f"'{folder}' holds {size / 1e9:.1f} GB, more than the {MAX_TESTS_BYTES / 1e9:.0f} GB that are copied into"
            " the image for its tests: keep data elsewhere, e.g. in the image, or load it in the test.",
            file=folder,
        )
