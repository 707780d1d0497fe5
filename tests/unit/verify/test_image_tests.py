"""Image tests: which folder, which command, and what each exit code means."""

import tarfile
from pathlib import Path
from typing import IO, Any
from unittest.mock import create_autospec

import docker
import pytest
import requests
from docker.models.containers import Container
from docker.types.daemon import CancellableStream

from hubaction.runner.engine import Engine
from hubaction.verify.image_tests import (
    MAX_TESTS_BYTES,
    ImageTestsError,
    ImageTestsResult,
    find_image_tests,
    run_image_tests,
)


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    folder = tmp_path / "image-tests"
    folder.mkdir()
    (folder / "test_a.py").write_text("def test_a(): pass\n", encoding="utf-8")
    return folder


@pytest.fixture
def container() -> Any:
    container = create_autospec(Container, instance=True)
    container.wait.return_value = {"StatusCode": 0}
    return container


def run(
    tests: Path,
    container: Any,
    *,
    output: bytes = b"=== 2 passed in 0.12s ===\n",
    starts: bool = True,
    working_folder: str = "/srv/repo",
    lines: list[str] | None = None,
) -> ImageTestsResult:
    """Run the tests in a container that prints the output, after the line that says that our script is running."""
    client = create_autospec(docker.DockerClient, instance=True)
    client.images.get.return_value.attrs = {"Id": "sha256:x", "Config": {"WorkingDir": working_folder}}

    def create(_image: str, command: list[str], **_: object) -> Any:
        start_line = "".join(command[-2:]).encode() + b"\n" if starts else b""
        response = create_autospec(requests.Response, instance=True)
        container.attach.return_value = CancellableStream(iter([start_line, output]), response)
        return container

    client.containers.create.side_effect = create
    return run_image_tests(
        tests,
        "image-tests",
        engine=Engine(client),
        image="hub-image-action/x:1",
        user_id=1000,
        run="run-1",
        on_line=(lines if lines is not None else []).append,
    )


# --- the folder ---


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


def test_find_image_tests__too_large_to_copy(tests: Path) -> None:
    with (tests / "data").open("wb") as sparse:
        sparse.truncate(MAX_TESTS_BYTES + 1)
    with pytest.raises(ImageTestsError, match="keep data elsewhere"):
        find_image_tests(tests.parent, "image-tests")


# --- running them ---


def test_run_image_tests__passed(tests: Path, container: Any) -> None:
    lines: list[str] = []
    assert run(tests, container, lines=lines).summary == "2 passed in 0.12s"
    assert lines == ["=== 2 passed in 0.12s ==="]
    container.remove.assert_called_once_with(force=True, v=True)


def test_run_image_tests__copies_scripts_and_tests(tests: Path, container: Any) -> None:
    copied: dict[str, set[str]] = {}

    def put_archive(folder: str, archive: IO[bytes]) -> None:
        with tarfile.open(fileobj=archive) as opened:
            copied.setdefault(folder, set()).update(opened.getnames())

    container.put_archive.side_effect = put_archive
    run(tests, container)
    assert copied["/srv/repo"] == {"image-tests", "image-tests/test_a.py"}
    assert {"tmp/hub-image-action/run.sh", "tmp/hub-image-action/run_tests.py"} <= copied["/"]


@pytest.mark.parametrize(
    ("working_folder", "expected"), [("", "/"), ("/home/jovyan", "/home/jovyan"), ("work", "/work")]
)
def test_run_image_tests__where_the_image_starts(
    tests: Path, container: Any, working_folder: str, expected: str
) -> None:
    run(tests, container, working_folder=working_folder)
    assert expected in [call.args[0] for call in container.put_archive.call_args_list]


@pytest.mark.parametrize(
    ("code", "output", "said"),
    [
        pytest.param(1, b"== 1 failed, 2 passed in 3.45s ==\n", "failed (1 failed, 2 passed in 3.45s)", id="failed"),
        pytest.param(2, b"Interrupted\n", "failed (exit code 2)", id="interrupted"),
        pytest.param(137, b"", "failed (exit code 137)", id="killed"),
        pytest.param(5, b"=== no tests ran in 0.01s ===\n", "No test was found in 'image-tests'", id="none-found"),
        pytest.param(
            97, b"No matching distribution\n", "pytest, or what 'image-tests/requirements.txt'", id="no-pytest"
        ),
        pytest.param(98, b"There is no python3\n", "has no python3 on its PATH", id="no-python"),
    ],
)
def test_run_image_tests__failures(tests: Path, container: Any, code: int, output: bytes, said: str) -> None:
    container.wait.return_value = {"StatusCode": code}
    with pytest.raises(ImageTestsError) as caught:
        run(tests, container, output=output)
    assert said in caught.value.message
    container.remove.assert_called_once_with(force=True, v=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "============== 1 passed, 1 warning in 61.00s (0:01:01) ==============",
            "1 passed, 1 warning in 61.00s (0:01:01)",
        ),
        ("3 passed in 0.01s", "3 passed in 0.01s"),
        ("collected 3 items", ""),
        ("test_a.py::test_1 PASSED", ""),
    ],
)
def test_run_image_tests__summary(tests: Path, container: Any, line: str, expected: str) -> None:
    assert run(tests, container, output=line.encode()).summary == expected


@pytest.mark.parametrize("code", [0, 1])
def test_run_image_tests__entry_point_that_runs_something_else(tests: Path, container: Any, code: int) -> None:
    container.wait.return_value = {"StatusCode": code}
    with pytest.raises(ImageTestsError, match="ENTRYPOINT did not run the image tests"):
        run(tests, container, starts=False, output=b"image tests 0123456789abcdef\n3 passed in 0.01s\n")
    container.remove.assert_called_once_with(force=True, v=True)
