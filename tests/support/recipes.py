"""The recipes of docs/registries.md, as workflows and as what the runner would hand over."""

import re
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from devtools.places import PROJECT
from tests.support.workflow_expressions import Value, evaluate

PAGE = (PROJECT / "docs" / "registries.md").read_text(encoding="utf-8")
TITLES = re.findall(r"(?m)^## (.+)$", PAGE)
RECIPES: Mapping[str, str] = dict(re.findall(r"(?ms)^## ([^\n]+)\n(?:(?!^## |^```).)*^```yaml\n(.*?)^```$", PAGE))
"""The block under each title."""
OURS = "org/hub-image-action@"

OF_A_TRUSTED_RUN: Mapping[str, Value] = {
    "github.actor": "ada",
    "github.event_name": "push",
    "github.repository": "my-org/my-image",
    "github.token": "job-token",
    "runner.temp": "/home/runner/work/_temp",
    "steps.acr.outputs.password": "acr-token",
    "steps.ecr.outputs.password": "ecr-token",
    "steps.google.outputs.access_token": "google-token",
    **{f"secrets.{name}": f"secret-{name.lower()}" for name in ("BASE_PASSWORD", "REGISTRY_PASSWORD")},
}
OF_A_FORK: Mapping[str, Value] = {
    name: value for name, value in OF_A_TRUSTED_RUN.items() if not name.startswith(("secrets.", "steps."))
} | {"github.event_name": "pull_request", "github.event.pull_request.head.repo.full_name": "stranger/my-image"}


def anchor_of(title: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def workflow_of(recipe: str) -> str:
    """The recipe as the rest of a job that starts on pushes and pull requests."""
    job = textwrap.dedent(recipe)
    return f"on: [push, pull_request]\njobs:\n  image:\n    runs-on: ubuntu-latest\n{textwrap.indent(job, '    ')}"


def job_of(recipe: str) -> dict[str, Any]:
    # Texts only: what the runner hands over is what stands there.
    job: dict[str, Any] = yaml.load(workflow_of(recipe), Loader=yaml.BaseLoader)["jobs"]["image"]
    return job


def our_step(recipe: str) -> dict[str, Any]:
    steps: list[dict[str, Any]] = job_of(recipe)["steps"]
    (step,) = [step for step in steps if step.get("uses", "").startswith(OURS)]
    return step


def inputs_of(recipe: str, context: Mapping[str, Value] = OF_A_TRUSTED_RUN) -> dict[str, str]:
    """The inputs of our step, with what their expressions give."""
    given: Mapping[str, str] = our_step(recipe)["with"]
    return {name: evaluate(text, context) for name, text in given.items()}
