"""The bench as a whole, with images of 2 MB: its figures say nothing here, but that they are figures does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import places
from devtools.bench.engines import BRIDGE, DAEMON
from devtools.daemon import answering_store

NOT_HERE = "can start one on"


@pytest.mark.slow
def test_smoke__measures_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devtools.bench", "--smoke", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=places.PROJECT, capture_output=True, text=True, timeout=1800, check=False)
    if NOT_HERE in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr

    written = json.loads((tmp_path / "bench.json").read_text())
    rows = {(row["scenario"], row["subject"]): row for row in written["rows"]}
    ours = rows["cold", "hub-image-action"]
    assert ours["layer_bytes_up"] > 20_000_000
    assert ours["layer_bytes_up"] == pytest.approx(rows["cold", "plain"]["layer_bytes_up"], rel=0.01)
    assert 0 < ours["overhead_seconds"] < ours["seconds"]
    assert 10 < ours["peak_memory_mb"] < 100
    assert rows["unchanged", "buildx-inline"]["steps_cached"] > 10
    assert rows["unchanged", "plain"]["steps_cached"] == 0
    assert rows["comment", "hub-image-action"]["requests"] == 0
    assert (tmp_path / "bench.svg").read_text().startswith("<svg")

    assert answering_store(DAEMON.host) is None
    assert not Path(f"/sys/class/net/{BRIDGE}").exists()
    assert not list((places.cache_folder() / "bench").glob("bench-*"))
