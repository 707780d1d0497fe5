"""The hub check's verdict is the hub's: the same images, on real hubs of each major version.

A hub's verdict is what its user gets: with a token, 200 from /user/NAME/lab, and a cell run in every kernel.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from devtools import hub as hubs
from devtools import images as base_images
from devtools import process
from devtools.engine import Engine as RunningEngine
from hubaction.clients.engine.engine import Engine
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.settings import HubPolicy
from hubaction.results import HubChecked
from hubaction.verify.hub_check import Subject, run_hub_check
from hubaction.verify.hub_container import make_spawn
from hubaction.verify.hub_diagnosis import HubCheckError
from tests.support.hub_images import IMAGES, HubImage
from tests.support.machine import containers_left

RUN = "end-to-end/hub-check"
SECONDS = 90
"""On a machine that has other things to do, too."""
SILENT_SECONDS = 15
POLICY = HubPolicy(HubCheck.TRUE, ("jupyterhub-singleuser",), 2**30, SECONDS, "/lab", "")
CORE = [image for image in IMAGES if image.core]
OTHERS = [image for image in IMAGES if not image.core]


@dataclass(frozen=True)
class Verdict:
    """What the check said of an image."""

    result: HubChecked | None
    error: HubCheckError | None
    log: str


def by_name(images: list[HubImage], *marks: pytest.MarkDecorator) -> list[Any]:
    return [pytest.param(image, id=image.name, marks=marks) for image in images]


ALL = [*by_name(CORE), *by_name(OTHERS, pytest.mark.slow)]


@pytest.fixture(scope="module")
def build(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[HubImage], Path]]:
    """Build an image, once; its repository's folder."""
    base_images.ensure_debian(engine)
    folder = tmp_path_factory.mktemp("hub-images")
    built: list[HubImage] = []

    def build_once(image: HubImage) -> Path:
        if image not in built:
            image.build(engine, folder / image.name)
            built.append(image)
        return folder / image.name

    yield build_once
    if built:
        process.run(["docker", "image", "rm", "--force", *(image.tag for image in built)], env=engine.environment())


@pytest.fixture(scope="module")
def check(engine: RunningEngine, build: Callable[[HubImage], Path]) -> Iterator[Callable[..., Verdict]]:
    """What the check says of an image, asked once."""
    with Engine.connect(engine.environment()) as door:

        @cache
        def check_once(name: str, policy: HubPolicy = POLICY) -> Verdict:
            image = next(image for image in IMAGES if image.name == name)
            policy = replace(policy, timeout=SILENT_SECONDS) if image.silent else policy
            subject = Subject(image.tag, "jovyan", 1000, build(image))
            log: list[str] = []
            try:
                result = run_hub_check(subject, policy, engine=door, run=RUN, on_line=log.append)
            except HubCheckError as error:
                return Verdict(None, error, "\n".join(log))
            return Verdict(result, None, "\n".join(log))

        yield check_once


@pytest.fixture(scope="module")
def hub_verdicts(
    engine: RunningEngine, build: Callable[[HubImage], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, bool], dict[str, Any]]:
    """What a hub of a major version makes of the images; those of the core, or the others."""

    @cache
    def ask(major: str, core: bool) -> dict[str, Any]:
        images = CORE if core else OTHERS
        for image in images:
            build(image)
        with hubs.running_hub(engine, major, tmp_path_factory.mktemp("hub"), seconds=SECONDS) as hub:
            assert hub.version.startswith(f"{major}.")
            return hub.try_images({image.name: image.tag for image in images}, seconds=SECONDS, at_once=2)

    return ask


@pytest.mark.parametrize("image", ALL)
@pytest.mark.parametrize("major", hubs.MAJORS)
def test_verdict__is_the_hubs(
    image: HubImage, major: str, check: Callable[..., Verdict], hub_verdicts: Callable[[str, bool], dict[str, Any]]
) -> None:
    verdict = check(image.name)
    of_hub = hub_verdicts(major, image.core)[image.name]
    assert of_hub["works"] == image.works, of_hub["why"]
    assert (verdict.error is None) == of_hub["works"], (of_hub["why"], verdict.error, verdict.log)


@pytest.mark.parametrize("image", ALL)
def test_verdict__says_why_and_where(image: HubImage, check: Callable[..., Verdict]) -> None:
    verdict = check(image.name)
    if image.works:
        assert verdict.error is None, verdict.log
        return
    assert verdict.error, verdict.log
    assert re.search(image.cause, verdict.error.message), (verdict.error.message, verdict.log)
    assert verdict.error.file == image.file


def test_result__says_what_was_seen(check: Callable[..., Verdict]) -> None:
    result = check("plain").result
    assert result
    assert 0 < result.ready_seconds < SECONDS
    assert result.memory_bytes
    assert 40e6 < result.memory_bytes < 400e6
    assert result.versions.keys() == {"python", "jupyterhub", "jupyterlab", "jupyter_server"}
    assert result.kernels == ("python3",)
    assert result.remarks == ()


@pytest.mark.slow
@pytest.mark.parametrize("image", by_name([image for image in IMAGES if image.remark]))
def test_result__remarks(image: HubImage, check: Callable[..., Verdict]) -> None:
    """JupyterHub itself warns of such versions, in the server's log."""
    verdict = check(image.name, replace(POLICY, version="5.2.1"))
    assert verdict.result, verdict.error
    (remark,) = verdict.result.remarks
    assert re.search(image.remark, remark.message)
    assert ("jupyterhub version 5.2.1 != jupyterhub-singleuser version 6" in verdict.log) == (
        image.name == "other-version"
    )


@pytest.mark.slow
@pytest.mark.parametrize("major", hubs.MAJORS)
def test_environment__is_the_hubs(
    major: str, engine: RunningEngine, build: Callable[[HubImage], Path], tmp_path: Path
) -> None:
    """Every variable that a real hub sets is set, and none besides but those of the other spawner or version."""
    plain = next(image for image in IMAGES if image.name == "plain")
    build(plain)
    with hubs.running_hub(engine, major, tmp_path, seconds=SECONDS) as hub:
        hub.start_server("ada", plain.tag, seconds=SECONDS)
        (container,) = hubs.containers_of(hub, engine)
        template = "{{range .Config.Env}}{{println .}}{{end}}"
        said = process.run(["docker", "inspect", "--format", template, container], env=engine.environment())
    names = {line.partition("=")[0] for line in said.splitlines()}
    real = {name for name in names if name.startswith(("JUPYTER", "JPY", "MEM_"))}
    ours = set(make_spawn(plain.tag, POLICY, user="jovyan", user_id=1000, token="").environment)
    assert real <= ours
    assert ours - real <= {"JUPYTER_IMAGE"}


def test_check__leaves_nothing_behind(check: Callable[..., Verdict], engine: RunningEngine) -> None:
    for image in CORE:
        check(image.name)
    assert containers_left(engine, RUN) == []
