import subprocess
import sys

import pytest

from devtools import process
from devtools.bench.proxy import Interval
from devtools.bench.watch import Watch, covered_seconds

CHILD = "import subprocess, sys; held = bytearray(60_000_000); subprocess.run([sys.executable, '-c', ''])"


@pytest.mark.parametrize(
    ("intervals", "covered"),
    [
        ([], 0),
        ([(1, 2), (4, 6)], 3),
        ([(1, 5), (2, 3), (4, 6)], 5),
        ([(-5, 1), (9, 20)], 2),
        ([(-5, 20)], 10),
        ([(-5, -1), (11, 20)], 0),
    ],
)
def test_covered_seconds__counts_what_overlaps_once(intervals: list[Interval], covered: float) -> None:
    assert covered_seconds(intervals, begin=0, end=10) == covered


def test_watch__sees_peak_memory_and_children() -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD]) as running:
        watch = Watch(running.pid)
        process.wait_until(lambda: running.poll() is not None, deadline=60, what="the end of the process")
        watch.stop()
    assert 60_000_000 < watch.peak_kilobytes * 1024 < 120_000_000
    assert watch.busy
