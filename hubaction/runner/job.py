"""The runner's side of a step, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubaction.runner.cancel import Cancellation
from hubaction.runner.console import Console
from hubaction.runner.file_commands import FileCommands


@dataclass(frozen=True)
class Job:
    """The variables, workspace, console and file commands of one step."""

    environ: Mapping[str, str] = field(repr=False)
    """The process's environment, including inputs and secrets."""
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
        """Append to the job summary, without the secrets of this step: it leaves this machine."""
        self.outputs.add_summary(self.console.scrub(markdown))

    @property
    def run_number(self) -> tuple[int, int]:
        """GitHub's increasing numbers of the run and of its attempt; zeros if the runner sets none."""
        return read_run_number(self.environ)


def read_run_number(environ: Mapping[str, str]) -> tuple[int, int]:
    def number(name: str) -> int:
        text = environ.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0

    return number("GITHUB_RUN_ID"), number("GITHUB_RUN_ATTEMPT")
