"""The scenario `comment`: a step in comment mode, the tests' server being GitHub."""

import dataclasses
import sys
import time
from pathlib import Path

from devtools import places
from devtools.bench.measure import Figures, measure
from devtools.bench.subjects import Command
from devtools.bench.traffic import Traffic
from tests.github.runs import make_run
from tests.github.server import GitHubServer


def measure_comment(server: GitHubServer, folder: Path, *, env: dict[str, str]) -> Figures:
    """A comment that is created. The overhead ends with the first request: then the comment is ready to send."""
    server.reset()
    arrived: list[float] = []
    server.before("GET", lambda: arrived.append(time.monotonic()))
    prepared = make_run(folder, server.url)
    command = Command((sys.executable, "-I", str(places.PROJECT / "entrypoint.py")), variables=prepared.environ)
    began = time.monotonic()
    log = folder / "comment.log"
    figures = measure([command], env=env, cwd=folder, log=log, traffic=Traffic(), proxies=[], is_ours=True)
    return dataclasses.replace(figures, overhead_seconds=arrived[0] - began)
