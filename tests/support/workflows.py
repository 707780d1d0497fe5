"""A repository's workflow files, and act to run them."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools import repository, runner
from devtools.engine import Engine

FULL_NAME = "lab/user-image"


@dataclass(frozen=True)
class Run:
    """A workflow's end: its exit code and what its steps printed, annotations included."""

    succeeded: bool
    log: str

    @property
    def errors(self) -> list[str]:
        """Annotations of errors, each with its properties before the message."""
        return re.findall(r"::error ?(.*)", self.log)

    @property
    def outputs(self) -> dict[str, str]:
        """The action's outputs as a later step of the job saw them."""
        found = re.search(r"\| outputs (\{.*\})", self.log)
        assert found, self.log
        outputs: dict[str, str] = json.loads(found[1])
        return outputs


class Workflows:
    """The workflows of one of the repositories, and what to run them with."""

    def __init__(
        self,
        folder: Path,
        *,
        engine: Engine,
        action: Path,
        env: Mapping[str, str],
        password: str = "",
        secrets: Mapping[str, str] | None = None,
        full_name: str = FULL_NAME,
    ) -> None:
        self._folder = folder
        self._full_name = full_name
        self._engine = engine
        self._action = action
        self._secrets = {"REGISTRY_PASSWORD": password} if secrets is None else secrets
        self._env = env
        self.commit = ""

    def use(self, content: Path) -> "Workflows":
        shutil.rmtree(self._folder, ignore_errors=True)
        self.commit = repository.make_repository(content, self._folder, full_name=self._full_name)
        return self

    def push(self, workflow: str = "image.yaml", **changes: Any) -> Run:
        """Run a workflow on a push to main; `changes` are to its payload."""
        return self.run(workflow, "push", {**runner.push_payload(self._full_name, self.commit), **changes})

    def run(
        self,
        workflow: str,
        event_name: str,
        payload: Mapping[str, Any],
        *,
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Run:
        run = runner.run_workflow(
            Path(".github/workflows", workflow),
            event_name=event_name,
            payload=payload,
            repository=self._folder,
            action=self._action,
            engine=self._engine,
            secrets=self._secrets if secrets is None else secrets,
            variables=variables,
            env={**self._env, **(env or {})},
        )
        return Run(run.succeeded, run.log)
