"""What is made of the results that a container hands out."""

from pathlib import Path

import pytest

from hubaction.verify.tests_verdict import ImageTestsError, judge


def results(file: str) -> bytes:
    return f'<testsuite><testcase name="a" time="1" file="{file}" line="3"/></testsuite>'.encode()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "image-tests").mkdir()
    (tmp_path / "image-tests/test_a.py").touch()
    (tmp_path / "secret").touch()
    return tmp_path / "image-tests"


def test_judge__a_file_of_the_tests(files: Path) -> None:
    (case,) = judge(0, results("test_a.py"), files=files, folder="image-tests")
    assert (case.file, case.line) == ("image-tests/test_a.py", 3)


@pytest.mark.parametrize("file", ["", "other.py", "../secret", "/etc/passwd", "x" * 1000])
def test_judge__any_other_file_is_left_out(files: Path, file: str) -> None:
    (case,) = judge(0, results(file), files=files, folder="image-tests")
    assert (case.file, case.line) == ("", None)


def test_judge__ended_from_outside(files: Path) -> None:
    """Although exit code and results are good."""
    with pytest.raises(ImageTestsError, match="took too long") as caught:
        judge(0, results("test_a.py"), files=files, folder="image-tests", why_ended="It took too long.")
    assert [case.name for case in caught.value.tested.cases] == ["a"]
