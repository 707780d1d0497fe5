"""Image tests: which command, in which container, and what each exit code means."""

import ast
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from unittest.mock import create_autospec

import docker
import docker.errors
import pytest
import requests
from docker.models.containers import Container
from docker.types.daemon import CancellableStream

from devtools.places import PROJECT
from hubaction.clients.engine.engine import Engine
from hubaction.results import CaseResult, count_cases
from hubaction.verify.image_tests import ImageTests, Place, home_to_empty, run_image_tests
from hubaction.verify.tests_verdict import ImageTestsError

SCRIPTS = PROJECT / "hubaction" / "verify" / "in_container"
PASSED = '<testsuite><testcase name="a" time="0.1"/><testcase name="b" time="0"/></testsuite>'
FAILED = '<testsuite><testcase name="a" time="1"><failure message="no"/></testcase></testsuite>'


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


def pack(name: str, content: str) -> Iterator[bytes]:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content.encode())
        archive.addfile(member, io.BytesIO(content.encode()))
    yield stream.getvalue()


def run(
    tests: Path,
    container: Any,
    *,
    output: bytes = b"=== 2 passed in 0.12s ===\n",
    results: str | None = PASSED,
    starts: bool = True,
    config: dict[str, Any] | None = None,
    home: str = "/home/jovyan",
    lines: list[str] | None = None,
    options: dict[str, Any] | None = None,
) -> tuple[CaseResult, ...]:
    """Run the tests in a container that prints the output, after the line that says that our script is running."""
    client = create_autospec(docker.DockerClient, instance=True)
    client.images.get.return_value.attrs = {"Id": "sha256:x", "Config": {"WorkingDir": "/srv/repo"} | (config or {})}

    def create(_image: str, command: list[str], **given: object) -> Any:
        (options if options is not None else {}).update(given, command=command)
        start_line = "".join(command[-2:]).encode() + b"\n" if starts else b""
        response = create_autospec(requests.Response, instance=True)
        container.attach.return_value = CancellableStream(iter([start_line, output]), response)
        return container

    def get_archive(path: str) -> tuple[Iterator[bytes], dict[str, Any]]:
        if results is None:
            raise docker.errors.NotFound("no such file")
        return pack(Path(path).name, results), {}

    client.containers.create.side_effect = create
    container.get_archive.side_effect = get_archive
    return run_image_tests(
        ImageTests(tests, "image-tests", 30, stored_outputs=False),
        Place("hub-image-action/x:1", 1000, "run-1", home),
        engine=Engine(client),
        on_line=(lines if lines is not None else []).append,
    )


def test_run_image_tests__passed(tests: Path, container: Any) -> None:
    lines: list[str] = []
    assert count_cases(run(tests, container, lines=lines)) == "2 passed"
    assert lines == ["=== 2 passed in 0.12s ==="]
    container.remove.assert_called_once_with(force=True, v=True)


def test_run_image_tests__command(tests: Path, container: Any) -> None:
    options: dict[str, Any] = {}
    run(tests, container, options=options)
    assert options["command"][:5] == ["/bin/sh", "/tmp/hub-image-action/run.sh", "image-tests", "30", "any"]
    assert options["user"] == "1000"
    assert options["environment"] == {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize(
    ("home", "variables", "expected"),
    [
        ("/home/jovyan", [], ["/home/jovyan"]),
        ("/home/jovyan", ["HOME=/home/rstudio"], ["/home/rstudio"]),
        ("/home/jovyan", ["HOME=/"], []),
        ("/home/jovyan", ["HOME=/root"], []),
        ("/home/jovyan", ["HOME=here"], []),
        ("", ["HOME=/home/jovyan"], []),
    ],
)
def test_run_image_tests__empty_home(
    tests: Path, container: Any, home: str, variables: list[str], expected: list[str]
) -> None:
    options: dict[str, Any] = {}
    run(tests, container, home=home, config={"Env": variables}, options=options)
    assert list(options["tmpfs"]) == expected
    assert all("uid=1000,gid=1000" in given for given in options["tmpfs"].values())


@pytest.mark.parametrize(
    ("user", "repo_dir", "expected"),
    [
        ("jovyan", "/srv/repo", "/home/jovyan"),
        ("ada", "/home/jovyan", "/home/ada"),
        ("jovyan", "/home/jovyan", ""),
        ("jovyan", "/home/jovyan/repo", ""),
    ],
)
def test_home_to_empty(user: str, repo_dir: str, expected: str) -> None:
    assert home_to_empty(user, repo_dir) == expected


@pytest.mark.parametrize(
    ("working_folder", "expected"),
    [
        ("/srv/repo", {"/srv/repo": "image-tests"}),
        ("", {"/": "image-tests"}),
        ("work", {"/work": "image-tests"}),
        ("/home/jovyan", {"/": "tmp/hub-image-action/start/image-tests"}),
        ("/home/jovyan/deep", {"/": "tmp/hub-image-action/start/image-tests"}),
    ],
)
def test_run_image_tests__copies_tests_where_the_image_starts(
    tests: Path, container: Any, working_folder: str, expected: dict[str, str]
) -> None:
    """Unless that is in the home, which is empty until the container runs."""
    copied: dict[str, set[str]] = {}

    def put_archive(folder: str, archive: IO[bytes]) -> None:
        with tarfile.open(fileobj=archive) as opened:
            copied.setdefault(folder, set()).update(opened.getnames())

    container.put_archive.side_effect = put_archive
    run(tests, container, config={"WorkingDir": working_folder})
    scripts = {
        f"tmp/hub-image-action/{name}" for name in ("run.sh", "run_tests.py", "results", "carried/pip/__main__.py")
    }
    assert scripts <= copied["/"]
    for folder, name in expected.items():
        assert {name, f"{name}/test_a.py"} <= copied[folder]


@pytest.mark.parametrize(
    ("code", "results", "said"),
    [
        pytest.param(1, FAILED, "failed (1 failed), so", id="failed"),
        pytest.param(1, PASSED, "failed (exit code 1, 2 passed), so", id="passed-and-not"),
        pytest.param(2, None, "failed (exit code 2), so", id="interrupted"),
        pytest.param(137, "<", "failed (exit code 137), so", id="killed"),
        pytest.param(0, FAILED, "though they ended as if they had passed", id="failed-and-not"),
        pytest.param(0, None, "no result of any test is to be found (it is missing", id="no-results"),
        pytest.param(0, "passed", "no result of any test is to be found (it is no XML)", id="no-xml"),
        pytest.param(0, "<testsuite/>", "no result of any test is to be found (the list is empty)", id="empty"),
        pytest.param(5, "<testsuite/>", "No test was found in 'image-tests'", id="none-found"),
        pytest.param(96, "<testsuite/>", "could not be copied to the folder where the image starts", id="no-place"),
        pytest.param(97, "<testsuite/>", "or what 'image-tests/requirements.txt'", id="no-pytest"),
        pytest.param(98, None, "has no python3 on its PATH", id="no-python"),
    ],
)
def test_run_image_tests__failures(tests: Path, container: Any, code: int, results: str | None, said: str) -> None:
    container.wait.return_value = {"StatusCode": code}
    with pytest.raises(ImageTestsError) as caught:
        run(tests, container, results=results)
    assert said in caught.value.message
    container.remove.assert_called_once_with(force=True, v=True)


@pytest.mark.parametrize("code", [0, 1])
def test_run_image_tests__entry_point_that_runs_something_else(tests: Path, container: Any, code: int) -> None:
    container.wait.return_value = {"StatusCode": code}
    with pytest.raises(ImageTestsError, match="ENTRYPOINT did not run the image tests"):
        run(tests, container, starts=False, output=b"image tests 0123456789abcdef\n3 passed in 0.01s\n")
    container.remove.assert_called_once_with(force=True, v=True)


def test_total_seconds(tests: Path) -> None:
    """An hour at least, and ten times as long as one may take."""
    limits = [ImageTests(tests, "image-tests", seconds, stored_outputs=False).total_seconds for seconds in (1, 600)]
    assert limits == [3600, 6000]


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.name)
def test_scripts__are_for_old_pythons(script: Path) -> None:
    ast.parse(script.read_text(encoding="utf-8"), feature_version=(3, 6))
