"""The template's workflows, unmodified, run by act on the template's own content.

The registry is named by the repository's variables, which is how a user changes it. What is not real: the base image,
where the engine is ours, is the stand-in of devtools/stand_in, so the packages come from PyPI instead of conda-forge;
repo2docker's conda build pack runs to its end. A server of tests/github plays GitHub's API.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from devtools import images, runner
from devtools.engine import Engine
from devtools.registry import Registry
from tests.github.runs import FORK, HEAD_SHA, pull_request_payload
from tests.github.server import JOB_TOKEN, READ_ONLY_TOKEN, REPOSITORY, GitHubServer, running_server
from tests.support.registry_contents import tags_of
from tests.support.template import TEMPLATE, enable_pushing
from tests.support.users import USER
from tests.support.workflows import Run, Workflows

TESTS_PASSED = r"(?<!\d)5 passed"
"""Three packages, the server, the notebook."""


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with running_server() as running:
        yield running


@pytest.fixture
def secrets(password: str) -> dict[str, str]:
    """What the guide has people add under Settings, and the token that every job has."""
    return {"REGISTRY_USERNAME": USER, "REGISTRY_PASSWORD": password, "GITHUB_TOKEN": JOB_TOKEN}


@pytest.fixture
def variables(registry: Registry, image_name: str) -> dict[str, str]:
    """What the guide has people add for another registry than quay.io."""
    return {"REGISTRY": registry.host, "IMAGE_NAME": image_name}


@pytest.fixture
def workflows(tmp_path: Path, engine: Engine, action_folder: Path, server: GitHubServer) -> Workflows:
    images.ensure_conda_base(engine)
    env = {"GITHUB_API_URL": server.url}
    folder = tmp_path / "user-image"
    made = Workflows(folder, engine=engine, action=action_folder, env=env, password="", full_name=REPOSITORY)
    return made.use(TEMPLATE)


@pytest.fixture
def pushing(workflows: Workflows, tmp_path: Path) -> Workflows:
    """The template after the guide's step that has pull requests pushed."""
    content = tmp_path / "content"
    shutil.copytree(TEMPLATE, content)
    file = content / ".github" / "workflows" / "test.yaml"
    file.write_text(enable_pushing(file.read_text(encoding="utf-8")), encoding="utf-8")
    return workflows.use(content)


def test_template__on_a_push_ends_in_the_registry(
    workflows: Workflows,
    registry: Registry,
    image_name: str,
    secrets: Mapping[str, str],
    variables: Mapping[str, str],
) -> None:
    payload = runner.push_payload(REPOSITORY, workflows.commit)
    run = workflows.run("build.yaml", "push", payload, secrets=secrets, variables=variables)

    assert run.succeeded, run.log
    assert re.search(TESTS_PASSED, run.log)
    assert tags_of(registry, image_name) == {workflows.commit[:12], "latest"}
    digest = registry.digest(image_name, "latest")
    assert registry.digest(image_name, workflows.commit[:12]) == digest
    assert f"{registry.host}/{image_name}@{digest}" in run.log


def test_push__without_variables_goes_to_quay_io(workflows: Workflows) -> None:
    """Which no test reaches: without a password the run ends before it builds, and says for which registry."""
    payload = runner.push_payload(REPOSITORY, workflows.commit)
    run = workflows.run("build.yaml", "push", payload, secrets={})

    assert not run.succeeded
    assert "there is no password for quay.io" in run.errors[0]
    assert "::group::Build" not in run.log


def test_pull_request__of_a_branch_is_tested_and_told(
    workflows: Workflows, server: GitHubServer, registry: Registry, image_name: str, secrets: Mapping[str, str],
    variables: Mapping[str, str],
) -> None:  # fmt: skip
    payload = pull_request_payload()
    built = workflows.run("test.yaml", "pull_request", payload, secrets=secrets, variables=variables)
    badge = workflows.run("binder.yaml", "pull_request_target", payload, secrets=secrets, variables=variables)

    assert built.succeeded, built.log
    assert badge.succeeded, badge.log
    (body,) = server.bodies()
    assert re.search(TESTS_PASSED, body)
    assert "and not pushed" in body
    assert launch_address(REPOSITORY) in body
    assert tags_of(registry, image_name) == set()


@pytest.mark.slow
def test_pull_request__of_a_fork_is_green(workflows: Workflows) -> None:
    """Its run has no secrets, which GitHub keeps from forks, no variables, and a token that may only read."""
    payload = pull_request_payload(head_repository=FORK)
    run = workflows.run("test.yaml", "pull_request", payload, secrets={"GITHUB_TOKEN": READ_ONLY_TOKEN})

    assert run.succeeded, run.log
    assert re.search(TESTS_PASSED, run.log)
    assert f"Nothing was pushed. It would be: `quay.io/org/course:pr-7-{HEAD_SHA[:12]}`" in run.log


def test_pull_request_target__gives_a_fork_one_badge(
    workflows: Workflows, server: GitHubServer, secrets: Mapping[str, str]
) -> None:
    payload: dict[str, Any] = pull_request_payload(head_repository=FORK)
    runs = [
        workflows.run("binder.yaml", "pull_request_target", payload | {"action": action}, secrets=secrets)
        for action in ("opened", "synchronize", "reopened")
    ]

    assert all(run.succeeded for run in runs), [run.log for run in runs]
    (body,) = server.bodies()
    assert launch_address(FORK) in body
    assert not any("::group::Build" in run.log for run in runs)


@pytest.mark.slow
def test_pushing__of_a_branchs_pull_request(
    pushing: Workflows, server: GitHubServer, registry: Registry, image_name: str, secrets: Mapping[str, str],
    variables: Mapping[str, str],
) -> None:  # fmt: skip
    run = run_test(pushing, pull_request_payload(), secrets, variables)

    assert run.succeeded, run.log
    tag = f"pr-7-{HEAD_SHA[:12]}"
    assert tags_of(registry, image_name) == {tag}
    (body,) = server.bodies()
    assert f"{registry.host}/{image_name}:{tag}@{registry.digest(image_name, tag)}" in body


@pytest.mark.slow
def test_pushing__never_of_a_fork(
    pushing: Workflows, registry: Registry, image_name: str, secrets: Mapping[str, str], variables: Mapping[str, str]
) -> None:
    """Unlike GitHub this gives a fork's run the secrets: the push is left undone although it could be done."""
    run = run_test(pushing, pull_request_payload(head_repository=FORK), secrets, variables)

    assert run.succeeded, run.log
    assert tags_of(registry, image_name) == set()


def run_test(
    workflows: Workflows, payload: Mapping[str, Any], secrets: Mapping[str, str], variables: Mapping[str, str]
) -> Run:
    return workflows.run("test.yaml", "pull_request", payload, secrets=secrets, variables=variables)


def launch_address(repository: str) -> str:
    return f"https://mybinder.org/v2/gh/{repository}/{HEAD_SHA}?urlpath=lab"
