"""What the program inside may say, and what counts; the engine's side of it is played."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest

from hubaction.clients.engine.container import SpawnedContainer
from hubaction.clients.engine.values import ContainerState, LocalImage
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.settings import HubPolicy
from hubaction.results import HubChecked
from hubaction.verify.hub_check import MAX_KERNELS, _Check
from hubaction.verify.hub_container import SINGLEUSER
from hubaction.verify.hub_diagnosis import HubCheckError
from hubaction.verify.hub_evidence import Evidence
from hubaction.verify.hub_image import HiddenFiles, Programs

READY = {"event": "ready", "memory": 90_000_000}
VERSIONS = {"event": "versions", "versions": {"python": "3.13.0"}}
DONE = {"event": "done"}


def kernels(*names: str) -> dict[str, Any]:
    return {"event": "kernels", "names": list(names)}


def kernel(name: str, error: str = "") -> dict[str, Any]:
    return {"event": "kernel", "name": name, "error": error}


GOOD = [READY, VERSIONS, kernels("ir", "python3"), kernel("ir"), kernel("python3"), DONE]


@pytest.fixture
def seen(tmp_path: Path) -> Evidence:
    (tmp_path / "environment.yml").touch()
    image = LocalImage("sha256:x", 1, "/srv/repo")
    policy = HubPolicy(HubCheck.TRUE, (SINGLEUSER,), 2**30, 120, "/lab", "")
    return Evidence(
        policy, tmp_path, "/home/jovyan", image, Programs("/bin/a", "/bin/b", "/bin/python3"), HiddenFiles()
    )


def check(seen: Evidence, *events: object, lines: list[str] | None = None) -> HubChecked:
    def say(_command: list[str]) -> Iterator[bytes]:
        for event in events:
            yield (event if isinstance(event, str) else json.dumps(event)).encode() + b"\n"

    container = create_autospec(SpawnedContainer, instance=True)
    container.execute.side_effect = say
    container.state.return_value = ContainerState(running=True, exit_code=0, out_of_memory=False)
    container.read_log.return_value = ""
    return _Check(container, seen, (lines if lines is not None else []).append).run()


def test_run__good(seen: Evidence) -> None:
    result = check(seen, *GOOD)
    assert result.kernels == ("ir", "python3")
    assert result.memory_bytes == 90_000_000


@pytest.mark.parametrize(("said", "is_open"), [(True, True), (False, False), ("yes", False), (None, False)])
def test_run__a_server_without_a_login(seen: Evidence, said: object, is_open: bool) -> None:
    assert check(seen, {**READY, "open": said}, *GOOD[1:]).lets_anybody_in is is_open


@pytest.mark.parametrize("missing", range(len(GOOD)))
def test_run__each_event_is_needed(seen: Evidence, missing: int) -> None:
    with pytest.raises(HubCheckError):
        check(seen, *GOOD[:missing], *GOOD[missing + 1 :])


@pytest.mark.parametrize("forged", [DONE, READY, kernels(), kernel("other"), {"event": "other"}])
@pytest.mark.parametrize("place", range(1, len(GOOD) - 1))
def test_run__what_comes_out_of_turn_is_only_text(seen: Evidence, place: int, forged: dict[str, Any]) -> None:
    if place == 2 and forged == kernels():
        return  # that is when it is awaited
    lines: list[str] = []
    assert check(seen, *GOOD[:place], forged, *GOOD[place:], lines=lines).kernels == ("ir", "python3")
    assert lines[0] == json.dumps(forged)


@pytest.mark.parametrize("memory", [-1, 10**400, True, "much", None])
def test_run__memory_that_is_none(seen: Evidence, memory: object) -> None:
    result = check(seen, {"event": "ready", "memory": memory}, *GOOD[1:])
    assert result.memory_bytes is None
    assert "at rest" not in result.summary


def test_run__more_kernels_than_are_tried(seen: Evidence) -> None:
    names = [f"kernel{number}" for number in range(MAX_KERNELS + 1)]
    with pytest.raises(HubCheckError, match=rf"{MAX_KERNELS + 1} kernels.*kernelspec remove"):
        check(seen, READY, VERSIONS, kernels(*names), *map(kernel, names[:MAX_KERNELS]), DONE)


def test_run__a_kernel_that_fails(seen: Evidence) -> None:
    with pytest.raises(HubCheckError, match="The kernel 'ir' runs no cell: it died") as caught:
        check(seen, READY, VERSIONS, kernels("ir"), kernel("ir", "it died"), DONE)
    assert caught.value.file == "environment.yml"
