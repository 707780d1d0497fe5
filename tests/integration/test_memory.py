"""Our process stays small, however much a build prints."""

import subprocess
import sys

import pytest

from devtools import places

MAX_MEGABYTES = 100
READER = """
import sys
from pathlib import Path
from hubaction.build.build_log import BuildLog
from hubaction.modes.build import run_build
from hubaction.clients.process import stream_process
from hubaction.runner.console import Console

log = BuildLog("")
with open("/dev/null", "w") as sink, Console(sink).untrusted() as write:
    def read(line):
        log.read_line(line)
        write(line)
    code = stream_process([sys.executable, "-c", sys.argv[1]], env={}, cwd=Path("/"), on_line=read)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(code, log.steps, int(peak.split()[1]) // 1024)
"""
LINES = """
for number in range(500_000):
    print(f"#{number % 700} [{number % 700}/700] RUN a step that says a lot, again and again, {number:0360}")
"""
ONE_LINE = """
import sys
for _ in range(200):
    sys.stdout.write("x" * 1_000_000)
"""


@pytest.mark.parametrize("prints", [pytest.param(LINES, id="lines"), pytest.param(ONE_LINE, id="one-line")])
def test_memory__of_a_build_log_of_200_megabytes(prints: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READER, prints], cwd=places.PROJECT, capture_output=True, text=True, check=True
    )
    code, _, megabytes = map(int, done.stdout.split())
    assert code == 0
    assert megabytes < MAX_MEGABYTES
