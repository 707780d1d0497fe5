"""What works on a hub, and not for its users."""

from dataclasses import replace
from pathlib import Path

import pytest

from hubaction.clients.engine.values import LocalImage
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.settings import HubPolicy
from hubaction.results import HubChecked
from hubaction.verify.hub_evidence import Evidence
from hubaction.verify.hub_image import HiddenFiles, Programs
from hubaction.verify.hub_remarks import make_remarks

RESULT = HubChecked(ready_seconds=1, versions={"jupyterhub": "5.2.1"})


@pytest.fixture
def seen(tmp_path: Path) -> Evidence:
    (tmp_path / "Dockerfile").touch()
    policy = HubPolicy(HubCheck.TRUE, ("jupyterhub-singleuser",), 2**30, 120, "/lab", "5.0.0")
    image = LocalImage("sha256:x", 1, "/srv/repo")
    return Evidence(policy, tmp_path, "/home/jovyan", image, Programs("/a", "/b", "/c"), HiddenFiles())


def test_make_remarks__nothing_to_say(seen: Evidence) -> None:
    assert make_remarks(RESULT, seen) == ()


def test_make_remarks__files_in_the_home(seen: Evidence) -> None:
    hidden = HiddenFiles(files=("notes.ipynb",), program_folders=("/home/jovyan/bin",))
    (remark,) = make_remarks(RESULT, replace(seen, hidden=hidden))
    assert "(notes.ipynb, /home/jovyan/bin)" in remark.message
    assert remark.file == "Dockerfile"


def test_make_remarks__another_major_version(seen: Evidence) -> None:
    (remark,) = make_remarks(replace(RESULT, versions={"jupyterhub": "4.1.6"}), seen)
    assert "The hub is JupyterHub 5.0.0, and the image has 4.1.6" in remark.message


def test_make_remarks__a_server_without_a_login(seen: Evidence) -> None:
    (remark,) = make_remarks(replace(RESULT, lets_anybody_in=True), seen)
    assert "without a login" in remark.message
