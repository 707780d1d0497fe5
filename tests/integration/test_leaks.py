"""A real image is searched for secrets of the step, without running anything of it."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine as RunningEngine
from hubaction.clients.engine.engine import Engine
from hubaction.guard.given_secrets import GivenSecret
from hubaction.guard.image import LeakError, guard_image
from tests.support.planted import characters

SECRET = GivenSecret("the build argument 'TOKEN'", characters(30))
FOLDERS = ("/srv/repo", "/srv/repo/inner", "/home/jovyan")


@pytest.fixture
def image(tmp_path: Path, engine: RunningEngine, request: pytest.FixtureRequest) -> Iterator[str]:
    """Build an image by the commands that the test gives; 40 MB of data lie before what they write."""
    tag = f"hub-image-action/tests-leaks:{secrets.token_hex(6)}"
    login = base64.b64encode(f"ada:{SECRET.value}".encode()).decode()
    (tmp_path / "data.bin").write_bytes(secrets.token_bytes(40_000_000))
    (tmp_path / "Dockerfile").write_text(
        f"FROM debian:trixie-slim\nCOPY data.bin /srv/repo/a.bin\n{request.param.replace('@@', login)}\n"
    )
    process.run(["docker", "build", "--quiet", "--tag", tag, tmp_path], env=engine.environment())
    yield tag
    process.run(["docker", "image", "rm", "--force", tag], env=engine.environment())


def check(engine_door: Engine, image: str) -> None:
    guard_image(image, [SECRET], engine=engine_door, run=image, folders=FOLDERS, build_args=[("NB_USER", "jovyan")])


@pytest.mark.parametrize(
    ("image", "place"),
    [
        ("ENV LOGIN=@@", "the variable 'LOGIN' of the image"),
        ("LABEL login=@@", "the label 'login' of the image"),
        ('CMD ["login", "@@"]', "the configuration of the image"),
        ("COPY <<-END /srv/repo/inner/login\n\t@@\n\tEND", "the file /srv/repo/inner/login"),
        ("COPY <<-END /work/login\n\t@@\n\tEND\nWORKDIR /work", "the file /work/login"),
        ("RUN true @@", "the history of the image"),
        (
            "COPY <<-END /data/login\n\t@@\n\tEND\nRUN rm -r /srv/repo && ln -s /data /srv/repo",
            "the file /srv/repo/login",
        ),
    ],
    indirect=["image"],
    ids=["variable", "label", "command", "file", "start folder", "history", "link"],
)
def test_guard_image__says_where(image: str, place: str, engine_door: Engine) -> None:
    with pytest.raises(LeakError) as caught:
        check(engine_door, image)
    assert f"the build argument 'TOKEN' is in {place}" in caught.value.message
    assert "A command of the build wrote it there" in caught.value.message
    assert SECRET.value not in caught.value.message


@pytest.mark.parametrize("image", ["RUN true"], indirect=True)
def test_guard_image__nothing_there(image: str, engine_door: Engine) -> None:
    """Two of the folders do not exist, and the one that it starts in is the whole image."""
    check(engine_door, image)
    assert engine_door.remove_containers(image) == 0
