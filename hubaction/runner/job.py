"""What the runner gives to a step, in one piece."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubaction.runner.cancel import Cancellation
from hubaction.runner.protocol import Console, FileCommands


@dataclass(frozen=True)
class Job:
    """The runner's side of one step: its variables, its folder, and the ways to talk to it."""

    environ: Mapping[str, str] = field(repr=False)
    """The process's environment, inputs and so secrets included."""
    console: Console
    cancellation: Cancellation = field(default_factory=Cancellation)

    @property
    def workspace(self) -> Path:
        return Path(self.environ.get("GITHUB_WORKSPACE") or ".").absolute()

    @property
    def outputs(self) -> FileCommands:
        return FileCommands(self.environ)
