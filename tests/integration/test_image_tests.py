"""verify.image_tests against the real engine, in an image without any tools of its own to install with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine as RunningEngine
from hubaction.errors import ActionError
from hubaction.runner.engine import Engine
from hubaction.verify.image_tests import ImageTestsError, ImageTestsResult, run_image_tests
from tests.end_to_end.conftest import REPOSITORIES
from tests.end_to_end.machine import containers_left

IMAGE = "hub-image-action/tests-plain:1"
RUN = "integration/image-tests"


@pytest.fixture(scope="module")
def image(engine: RunningEngine) -> Iterator[str]:
    process.run(["docker", "build", "--quiet", "--tag", IMAGE, REPOSITORIES / "plain"], env=engine.environment())
    yield IMAGE
    process.run(["docker", "image", "rm", "--force", IMAGE], env=engine.environment())


class ImageTests:
    """A folder with tests, and a way to run them in the image."""

    def __init__(self, folder: Path, engine: Engine, image: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.log: list[str] = []
        self._engine = engine
        self._image = image

    def add(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def run(self, image: str = "") -> ImageTestsResult:
        return run_image_tests(
            self.folder,
            "image-tests",
            engine=self._engine,
            image=image or self._image,
            user_id=1000,
            run=RUN,
            on_line=self.log.append,
        )


@pytest.fixture
def image_tests(tmp_path: Path, engine_door: Engine, image: str) -> ImageTests:
    return ImageTests(tmp_path / "image-tests", engine_door, image)


def test_run_image_tests__pass(image_tests: ImageTests, engine: RunningEngine) -> None:
    image_tests.add("test_one.py", "def test_one():\n    pass\n")
    assert image_tests.run().summary.startswith("1 passed in")
    assert containers_left(engine, RUN) == []


def test_run_image_tests__fail(image_tests: ImageTests, engine: RunningEngine) -> None:
    image_tests.add("test_one.py", "def test_one():\n    assert 'tide' == 'low'\n\n\ndef test_two():\n    pass\n")
    with pytest.raises(ImageTestsError, match=r"1 failed, 1 passed in"):
        image_tests.run()
    assert any("'tide' == 'low'" in line for line in image_tests.log)
    assert containers_left(engine, RUN) == []


def test_run_image_tests__none_collected(image_tests: ImageTests) -> None:
    image_tests.add("check_one.py", "def test_one():\n    pass\n")
    with pytest.raises(ImageTestsError, match="No test was found"):
        image_tests.run()


def test_run_image_tests__requirements_that_cannot_be_installed(image_tests: ImageTests) -> None:
    """The image has neither pip nor the means to make an environment."""
    image_tests.add("test_one.py", "def test_one():\n    pass\n")
    image_tests.add("requirements.txt", "tabulate\n")
    with pytest.raises(ImageTestsError, match="could not be installed"):
        image_tests.run()


def test_run_image_tests__image_without_python(image_tests: ImageTests) -> None:
    image_tests.add("test_one.py", "def test_one():\n    pass\n")
    with pytest.raises(ImageTestsError, match="The image has no python3"):
        image_tests.run("debian:trixie-slim")


def test_run_image_tests__image_without_a_shell(image_tests: ImageTests, tiny_image: str) -> None:
    image_tests.add("test_one.py", "def test_one():\n    pass\n")
    with pytest.raises(ActionError, match="/bin/sh"):
        image_tests.run(tiny_image)
