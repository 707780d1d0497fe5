"""The whole program as a process on this machine, without its container."""

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devtools import places, process
from devtools.engine import Engine
from tests.support.runner_rules import Command, read_commands
from tests.support.thread_imports import tell_imports

_WATCH = places.PROJECT / "tests/support/thread_imports.py"
"""Each run shows as well that no worker thread imports anything."""


@dataclass(frozen=True)
class Ended:
    """How the program ended."""

    returncode: int
    log: str

    @property
    def error(self) -> Command:
        (error,) = [command for command in read_commands(self.log) if command.name == "error"]
        return error


class Program:
    """The action's entry point, on a workspace of its own."""

    def __init__(self, folder: Path, engine: Engine, *, branch: str = "topic") -> None:
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        ref = f"refs/heads/{branch}"
        repository = {"full_name": "lab/integration", "default_branch": "main"}
        event = {"ref": ref, "after": "1" * 40, "repository": repository}
        (folder / "event.json").write_text(json.dumps(event))
        (folder / "home").mkdir()
        inherited = {name: value for name, value in process.environment().items() if name in {"LANG", "PATH"}}
        self.env = {
            **inherited,
            **engine.environment(),
            "HOME": str(folder / "home"),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_REF": ref,
            "GITHUB_REPOSITORY": "lab/integration",
            "GITHUB_RUN_ID": str(secrets.randbelow(10**10)),  # in the name of its image on the engine
            "GITHUB_SHA": "1" * 40,
            "GITHUB_WORKSPACE": str(self.workspace),
        }

    def run(self, **changes: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-I", _WATCH, places.PROJECT / "entrypoint.py"],
            env={**self.env, **changes},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert not (told := tell_imports(done.stdout)), told
        return Ended(done.returncode, done.stdout)
