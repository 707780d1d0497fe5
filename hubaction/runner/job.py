"""What the runner gives to a step, in one piece."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubaction.runner.cancel import Cancellation
from hubaction.runner.console import Console
from hubaction.runner.file_commands import FileCommands


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

    @property
    def api_url(self) -> str:
        """https://docs.github.com/en/actions/reference/workflows-and-actions/variables"""
        return self.environ.get("GITHUB_API_URL") or "https://api.github.com"

    def add_summary(self, markdown: str) -> None:
        """Append to the job summary, which leaves this machine, without the secrets of this step."""
        self.outputs.add_summary(self.console.scrub(markdown))

    @property
    def run_number(self) -> tuple[int, int]:
        """GitHub's number of the run and of its attempt, which grow; zeros where the runner tells none."""
        return read_run_number(self.environ)


def read_run_number(environ: Mapping[str, str]) -> tuple[int, int]:
    def number(name: str) -> int:
        text = environ.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0

    return number("GITHUB_RUN_ID"), number("GITHUB_RUN_ATTEMPT")
