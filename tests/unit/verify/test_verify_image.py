"""Image tests as they are verified: which image, which folder and which home. The engine is played."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest

from hubaction.clients.engine.container import StoppedContainer
from hubaction.clients.engine.engine import Engine
from hubaction.clients.engine.values import LocalImage
from hubaction.inputs.settings import ImageTestPolicy
from hubaction.verify.tests_verdict import ImageTestsError
from hubaction.verify.verify_image import ImageToVerify, verify_by_tests

POLICY = ImageTestPolicy("image-tests", 30, True, "")
RESULTS = b'<testsuite><testcase name="a" time="1" file="test_a.py"/></testsuite>'


@pytest.fixture
def image(tmp_path: Path) -> ImageToVerify:
    (tmp_path / "image-tests").mkdir()
    (tmp_path / "image-tests/test_a.py").touch()
    return ImageToVerify("sha256:x", "run-1", tmp_path, "ada", 1001, "/srv/repo")


class Played:
    """An engine whose container ends with an exit code."""

    def __init__(self, code: int) -> None:
        self.given: dict[str, Any] = {}
        self.container = create_autospec(StoppedContainer, instance=True)
        self.container.wait.return_value = code
        self.container.read_file.return_value = RESULTS
        self.engine = create_autospec(Engine, instance=True)
        self.engine.inspect.return_value = LocalImage("sha256:x", 1, "/srv/repo")
        self.engine.container.side_effect = self._contain

    @contextmanager
    def _contain(self, image: str, command: list[str], **given: Any) -> Iterator[StoppedContainer]:
        self.given = {**given, "image": image}
        self.container.run.return_value = iter(["".join(command[-2:]).encode() + b"\n"])
        yield self.container


def test_verify_by_tests__where_they_run(image: ImageToVerify) -> None:
    played = Played(0)
    tested = verify_by_tests(image, image.source / "image-tests", POLICY, engine=played.engine, on_line=print)
    assert tested.counts == "1 passed"
    assert tested.cases[0].file == "image-tests/test_a.py"
    assert (played.given["image"], played.given["run"], played.given["user"]) == ("sha256:x", "run-1", "1001")
    assert list(played.given["tmpfs"]) == ["/home/ada"]


def test_verify_by_tests__files_that_stay_outside(image: ImageToVerify) -> None:
    played = Played(0)
    folder, left_out = image.source / "image-tests", frozenset({"login.json"})
    verify_by_tests(image, folder, POLICY, left_out=left_out, engine=played.engine, on_line=print)
    copies = [call for call in played.container.copy_in.call_args_list if call.args[0] == folder]
    assert [call.kwargs["leave_out"] for call in copies] == [left_out]


def test_verify_by_tests__failed(image: ImageToVerify) -> None:
    played = Played(1)
    with pytest.raises(ImageTestsError) as caught:
        verify_by_tests(image, image.source / "image-tests", POLICY, engine=played.engine, on_line=print)
    assert caught.value.tested.counts == "1 passed"
