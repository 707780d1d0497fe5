"""What was pushed although a hub could not start it is never taken for proven."""

from collections.abc import Callable

from devtools import process
from devtools.engine import Engine
from devtools.registry import Registry
from devtools.repository import commit_all
from tests.support.handler import Job, StepResult
from tests.support.hub_images import IMAGES
from tests.support.machine import containers_left
from tests.support.registry_contents import read_config, tags_of

MakeJob = Callable[[str], Job]


def run(job: Job, inputs: dict[str, str], check: str) -> StepResult:
    """On the host's network, where the registry can be asked for earlier images."""
    return job.run({**inputs, "hub-check": check, "image-tests": ""}, network="host")


def is_built(result: StepResult) -> bool:
    return "::group::Build" in result.log


def test_unproven__image_is_not_used_again(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine, image_name: str
) -> None:
    job = make_job("plain")
    next(image for image in IMAGES if image.name == "start-fails").write(job.workspace)
    job.commit = commit_all(job.workspace, "A start script that fails")
    pushed = run(job, inputs, "warn")
    assert pushed.returncode == 0, process.tail(pushed.log)
    assert pushed.outputs["pushed"] == "true"
    assert read_config(registry, image_name, "latest")["config"]["Labels"]["hub-image-action.unproven"] == "hub-check"

    again = run(job, inputs, "warn")
    assert is_built(again), process.tail(again.log)
    assert "was pushed unproven, so it is not used again" in again.log

    before = tags_of(registry, image_name)
    refused = run(job, inputs, "true")
    assert refused.returncode == 1
    assert is_built(refused)
    assert [error.properties.get("title") for error in refused.obeyed("error")] == ["Hub check failed"]
    assert refused.outputs.get("pushed") != "true"
    assert tags_of(registry, image_name) == before
    assert containers_left(engine, image_name) == []


def test_unproven__the_same_policy_again_is_reused_once_it_proves(make_job: MakeJob, inputs: dict[str, str]) -> None:
    """The control: what makes the difference above is the policy, and not that nothing is ever used again."""
    job = make_job("plain")
    results = [run(job, inputs, check) for check in ("warn", "true", "true", "false")]
    assert [result.returncode for result in results] == [0, 0, 0, 0]
    assert [is_built(result) for result in results] == [True, True, False, True]
