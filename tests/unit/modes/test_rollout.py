"""What is told of a rollout."""

import io
from pathlib import Path

from hubaction.modes.rollout import tell_rolled_out
from hubaction.results import RolledOut
from hubaction.runner.cancel import Cancellation
from hubaction.runner.console import Console
from hubaction.runner.job import Job


def tell(rolled: RolledOut, output: Path) -> list[str]:
    stream = io.StringIO()
    tell_rolled_out(rolled, Job({"GITHUB_OUTPUT": str(output)}, Console(stream), Cancellation()))
    return stream.getvalue().splitlines()


def test_tell_rolled_out__as_asked(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.touch()
    rolled = RolledOut("Opened pull request 1.", "#### Rollout", url="https://x/1", warnings=("w",), notes=("n",))
    assert tell(rolled, output) == ["::warning::w", "  n", "Opened pull request 1. https://x/1"]
    assert "https://x/1" in output.read_text()


def test_tell_rolled_out__with_something_to_know(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.touch()
    assert tell(RolledOut("Nothing to roll out.", "", as_asked=False), output) == ["::notice::Nothing to roll out."]
    assert output.read_text() == ""
