"""Workflow files as users have them, run by act: what ends in the registry, and what the log says when it does not."""

import json
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from devtools import images, places, runner
from devtools.engine import Engine
from devtools.registry import Registry, free_port, running_registry
from tests.support.handler import REPOSITORIES
from tests.support.registry_contents import read_config, tags_of
from tests.support.users import USER
from tests.support.workflows import FULL_NAME, Run, Workflows

HEAD = "fedcba9876543210fedcba9876543210fedcba98"
EXAMPLE_LOGIN = {"REGISTRY_USERNAME": "demo", "REGISTRY_PASSWORD": "demo"}


@pytest.fixture
def workflows(
    tmp_path: Path, engine: Engine, action_folder: Path, registry: Registry, image_name: str, password: str
) -> Workflows:
    env = {"REGISTRY": registry.host, "IMAGE_NAME": image_name, "REGISTRY_USERNAME": USER}
    return Workflows(tmp_path / "user-image", engine=engine, action=action_folder, env=env, password=password)


def pull_request_payload(head_repository: str = FULL_NAME) -> dict[str, Any]:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request"""
    push = runner.push_payload(FULL_NAME, HEAD)
    head = {"sha": HEAD, "ref": "more-tides", "repo": {"full_name": head_repository}}
    base = {"sha": "0" * 40, "ref": "main", "repo": {"full_name": FULL_NAME}}
    return {
        "action": "opened",
        "number": 7,
        "pull_request": {"number": 7, "head": head, "base": base},
        "repository": push["repository"],
        "sender": push["sender"],
    }


# --- what is pushed ---


def test_push__to_main_ends_in_the_registry(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.use(REPOSITORIES / "plain").push()

    assert run.succeeded, run.log
    tag = workflows.commit[:12]
    digest = registry.digest(image_name, tag)
    reference = f"{registry.host}/{image_name}"
    assert tags_of(registry, image_name) == {tag, "latest"}
    assert registry.digest(image_name, "latest") == digest
    size = run.outputs.pop("size")
    assert int(size) > 1_000_000
    assert run.outputs == {
        "mode": "build",
        "tests": "2 passed",
        "pushed": "true",
        "image": f"{reference}:{tag}",
        "digest": digest,
        "size": size,
        "tags": json.dumps([f"{reference}:{tag}", f"{reference}:latest"]),
        "IMAGE_SHA_NAME": f"{reference}:{tag}",
        "IMAGE_SHA_TAG": tag,
        "PUSH_STATUS": "true",
    }
    assert f"Summary - ### ✅ User image `{reference}:{tag}`: built, tested and pushed" in run.log
    assert f"{reference}@{digest}" in run.log
    assert "2 passed" in run.log


def test_push__labels_the_image(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.use(REPOSITORIES / "plain").push()

    assert run.succeeded, run.log
    labels = read_config(registry, image_name, "latest")["config"]["Labels"]
    assert labels["org.opencontainers.image.source"] == f"https://github.com/{FULL_NAME}"
    assert labels["org.opencontainers.image.revision"] == workflows.commit


@pytest.mark.slow
def test_push__built_with_another_repo2docker(workflows: Workflows, registry: Registry, image_name: str) -> None:
    """One without buildx: the engine's older builder builds, and has the labels from repo2docker's own option."""
    run = workflows.use(REPOSITORIES / "versioned").push()

    assert run.succeeded, run.log
    assert "Successfully installed" in run.log
    assert "| repo2docker | `2024.7.0` |" in run.log
    assert "::notice::repo2docker 2024.7.0 is older than 2025.8 and builds without buildx" in run.log
    assert "> `repo2docker 2024.7.0 is older than 2025.8" in run.log
    assert "not recognized" not in run.log
    assert tags_of(registry, image_name) == {workflows.commit[:12], "latest"}
    labels = read_config(registry, image_name, "latest")["config"]["Labels"]
    assert labels["repo2docker.version"] == "2024.07.0"
    assert labels["org.opencontainers.image.revision"] == workflows.commit


@pytest.mark.slow
def test_push__built_with_another_repo2docker_without_configuration(workflows: Workflows, tmp_path: Path) -> None:
    """Where it fails with a traceback, the error is the same sentence as with ours."""
    content = tmp_path / "content"
    shutil.copytree(REPOSITORIES / "versioned", content)
    (content / "Dockerfile").unlink()
    run = workflows.use(content).push()

    assert not run.succeeded
    assert "TypeError: 'NoneType' object is not callable" in run.log
    assert "There is no configuration file that repo2docker knows" in run.errors[0]


def test_push__of_several_images_and_tags(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.use(REPOSITORIES / "plain").push("several.yaml")

    assert run.succeeded, run.log
    tags = tags_of(registry, image_name)
    assert tags == tags_of(registry, f"{image_name}-copy")
    (dated,) = tags - {workflows.commit[:12], "latest"}
    assert re.fullmatch(r"main-\d{4}-\d\d-\d\d", dated)
    digests = {registry.digest(name, tag) for name in (image_name, f"{image_name}-copy") for tag in tags}
    assert digests == {run.outputs["digest"]}
    assert "'{version}' is skipped" in run.log
    assert len(json.loads(run.outputs["tags"])) == 6


def test_push__of_a_commit_that_does_not_change_the_image(
    workflows: Workflows, registry: Registry, image_name: str, tmp_path: Path
) -> None:
    content = tmp_path / "content"
    shutil.copytree(REPOSITORIES / "plain", content)
    (content / ".dockerignore").write_text("README.md\n")
    built = workflows.use(content).push()
    before = workflows.commit
    (content / "README.md").write_text("# Tides\n")
    run = workflows.use(content).push(before=before)

    assert built.succeeded, built.log
    assert run.succeeded, run.log
    assert "2 passed" in built.log
    assert "::group::Build" not in run.log
    assert "::group::Test" not in run.log
    same = f"{registry.host}/{image_name}:{before[:12]}"
    assert f"Nothing has changed since {same} (the commit before)." in run.log
    assert f"`{registry.host}/{image_name}:{workflows.commit[:12]}`: unchanged, the same as `{same}`" in run.log
    assert run.outputs["digest"] == built.outputs["digest"] == registry.digest(image_name, workflows.commit[:12])
    assert run.outputs["pushed"] == "true"
    assert tags_of(registry, image_name) == {before[:12], workflows.commit[:12], "latest"}


def test_pull_request__of_a_branch_is_pushed_where_asked_for(
    workflows: Workflows, registry: Registry, image_name: str
) -> None:
    run = workflows.use(REPOSITORIES / "plain").run("pull-requests.yaml", "pull_request", pull_request_payload())

    assert run.succeeded, run.log
    assert tags_of(registry, image_name) == {f"pr-7-{HEAD[:12]}"}


# --- what is not pushed, and green ---


def test_pull_request__is_built_and_tested_only(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.use(REPOSITORIES / "plain").run("image.yaml", "pull_request", pull_request_payload())

    assert run.succeeded, run.log
    assert "2 passed" in run.log
    assert tags_of(registry, image_name) == set()
    assert run.outputs == {"mode": "test", "tests": "2 passed", "pushed": "false", "tags": "[]"}
    assert f"Nothing was pushed. It would be: `{registry.host}/{image_name}:pr-7-{HEAD[:12]}`" in run.log


def test_pull_request__of_a_fork_is_never_pushed(workflows: Workflows, registry: Registry, image_name: str) -> None:
    """act hands secrets to forks, which GitHub does not: the push is left undone although it could be done."""
    payload = pull_request_payload("stranger/user-image")
    run = workflows.use(REPOSITORIES / "plain").run("pull-requests.yaml", "pull_request", payload)

    assert run.succeeded, run.log
    assert "2 passed" in run.log
    assert "::notice::The image is not pushed: this pull request comes from a fork" in run.log
    assert tags_of(registry, image_name) == set()
    assert run.outputs["pushed"] == "false"


def test_pull_request__without_secrets_is_green(workflows: Workflows, registry: Registry, image_name: str) -> None:
    payload = pull_request_payload()
    run = workflows.use(REPOSITORIES / "plain").run("pull-requests.yaml", "pull_request", payload, secrets={})

    assert run.succeeded, run.log
    assert f"::notice::The image is not pushed: there is no password for {registry.host}" in run.log
    assert tags_of(registry, image_name) == set()


def test_push__that_deletes_a_branch_does_nothing(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.use(REPOSITORIES / "plain").push(
        deleted=True, after=runner.ZERO_COMMIT, ref="refs/heads/old", head_commit=None
    )

    assert run.succeeded, run.log
    assert "the push deleted refs/heads/old" in run.log
    assert "::group::" not in run.log
    assert run.outputs == {"mode": "none"}
    assert tags_of(registry, image_name) == set()


# --- what fails, and how it says so ---


def test_pull_request_target__builds_nothing(workflows: Workflows, registry: Registry, image_name: str) -> None:
    run = workflows.use(REPOSITORIES / "plain").run("target.yaml", "pull_request_target", pull_request_payload())

    assert not run.succeeded
    assert "Building under 'pull_request_target' is refused" in run.errors[0]
    assert "::group::" not in run.log
    assert tags_of(registry, image_name) == set()


def test_push__with_failing_image_tests_pushes_nothing(
    workflows: Workflows, registry: Registry, image_name: str
) -> None:
    run = workflows.use(REPOSITORIES / "failing-tests").push()

    assert not run.succeeded
    assert "nobody copied the measurements" in run.log
    properties, _, message = run.errors[0].partition("::")
    assert properties == "file=image-tests/test_failing.py,line=5,title=Image test failed"
    assert message.startswith("test_failing.py::test_data__is_there: AssertionError: nobody copied the measurements")
    assert "The image tests failed (1 failed), so the image is not pushed" in run.errors[1]
    assert tags_of(registry, image_name) == set()
    assert run.outputs == {"tests": "1 failed"}
    assert "Summary - ### ❌" in run.log
    assert "| `test_failing.py::test_data__is_there` | ❌ failed `AssertionError: nobody copied" in run.log


def test_push__with_a_wrong_password_builds_nothing(workflows: Workflows, registry: Registry) -> None:
    wrong = "correct-horse-battery-staple"
    workflows.use(REPOSITORIES / "plain")
    payload = runner.push_payload(FULL_NAME, workflows.commit)
    run = workflows.run("image.yaml", "push", payload, secrets={"REGISTRY_PASSWORD": wrong})

    assert not run.succeeded
    assert f"{registry.host} refused the login of '{USER}'" in run.errors[0]
    assert wrong not in run.log
    assert "::group::Build" not in run.log


def test_push__without_a_password_names_the_secret(workflows: Workflows, registry: Registry) -> None:
    workflows.use(REPOSITORIES / "plain")
    payload = runner.push_payload(FULL_NAME, workflows.commit)
    run = workflows.run("image.yaml", "push", payload, secrets={})

    assert not run.succeeded
    assert f"there is no password for {registry.host}" in run.errors[0]
    assert "secrets." in run.errors[0]
    assert "::group::" not in run.log


def test_push__to_an_unreachable_registry_builds_nothing(workflows: Workflows) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    workflows.use(REPOSITORIES / "plain")
    payload = runner.push_payload(FULL_NAME, workflows.commit)
    run = workflows.run("image.yaml", "push", payload, env={"REGISTRY": nobody})

    assert not run.succeeded
    assert f"The login of '{USER}' at {nobody} failed: it could not be reached" in run.errors[0]
    assert "::group::Build" not in run.log


def test_push__of_a_broken_dockerfile_is_annotated_at_its_line(workflows: Workflows) -> None:
    run = workflows.use(REPOSITORIES / "broken").push()

    assert not run.succeeded
    properties, _, message = run.errors[0].partition("::")
    assert properties == "file=Dockerfile,line=3,title=Build failed"
    assert message.startswith("The build failed in the step [2/2] RUN echo")
    repeated = run.log.partition("The failing step's last lines:")[2]
    assert "| tides: no such harbour" in repeated


def test_push__of_a_repository_without_configuration(workflows: Workflows) -> None:
    run = workflows.use(REPOSITORIES / "unconfigured").push()

    assert not run.succeeded
    assert "There is no configuration file that repo2docker knows" in run.errors[0]


def test_push__without_a_checkout(workflows: Workflows) -> None:
    run = workflows.use(REPOSITORIES / "plain").push("no-checkout.yaml")

    assert not run.succeeded
    assert "actions/checkout" in run.errors[0]
    assert "::group::Build" not in run.log


# --- the examples, unmodified ---


def test_examples__dockerfile_jupyterlab(workflows: Workflows, engine: Engine) -> None:
    """The demonstration's workflow, against a registry where that workflow expects one."""
    with running_registry(5000, {"demo": "demo"}, engine=engine) as demo:
        run = run_example(workflows, "dockerfile-jupyterlab")

        assert run.succeeded, run.log
        assert demo.digest("lab/user-image", workflows.commit[:12]) in run.log


def test_examples__conda(workflows: Workflows, engine: Engine) -> None:
    """repo2docker's conda build pack, on a base image that stands in for the source of the packages.

    Where the engine is ours the base fetches them from PyPI instead of a conda channel; all else is the real thing.
    """
    images.ensure_conda_base(engine)
    with running_registry(5000, {"demo": "demo"}, engine=engine) as demo:
        run = run_example(workflows, "conda")

        assert run.succeeded, run.log
        assert demo.digest("demo/conda-image", workflows.commit[:12]) in run.log
        assert re.search(r"\| Image tests \| `\d+ passed", run.log)


def run_example(workflows: Workflows, name: str) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        content = shutil.copytree(places.PROJECT / "examples" / name, Path(folder) / name)
        # The registry of `make engine` may have the image of an earlier run, which would be used again.
        (content / "new.txt").write_text(secrets.token_hex(8), encoding="utf-8")
        workflows.use(content)
    payload = runner.push_payload(FULL_NAME, workflows.commit)
    return workflows.run("build.yaml", "push", payload, secrets=EXAMPLE_LOGIN)
