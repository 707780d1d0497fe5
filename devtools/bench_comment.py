"""`python -m devtools.bench_comment`: what a comment run asks of GitHub, and how soon it does.

A run is the entry point as a process, and GitHub the test server; neither a container's start nor the network is in
the numbers.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from devtools import places, process
from tests.github.runs import make_run, pull_request_payload
from tests.github.server import GitHubServer, running_server

REPEATS = 5


def main() -> int:
    with running_server() as server, tempfile.TemporaryDirectory(prefix="devtools-") as name:
        counts = {
            "created": count_requests(server, Path(name)),
            "exists, text changed": count_requests(server, Path(name), sha="1" * 40, run="4712"),
            "exists, unchanged": count_requests(server, Path(name), sha="1" * 40, run="4712"),
        }
        seconds = [measure_first_request(server, Path(name)) for _ in range(REPEATS)]
    for case, count in counts.items():
        print(f"comment {case}: {count} requests")
    print(f"comment, process start to first request: {statistics.median(seconds):.2f} s, median of {REPEATS}")
    return 0


def count_requests(server: GitHubServer, folder: Path, *, sha: str = "0" * 39 + "1", run: str = "4711") -> int:
    server.requests.clear()
    start(server, folder, sha=sha, run=run)
    return len(server.requests)


def measure_first_request(server: GitHubServer, folder: Path) -> float:
    """Seconds from the start of the process until the server has its first request."""
    arrived: list[float] = []
    server.before("GET", lambda: arrived.append(time.monotonic()))
    started = time.monotonic()
    start(server, folder, sha="1" * 40, run="4712")
    return arrived[0] - started


def start(server: GitHubServer, folder: Path, *, sha: str, run: str) -> None:
    payload = pull_request_payload(sha=sha)
    prepared = make_run(folder, server.url, payload=payload, GITHUB_RUN_ID=run)
    process.run([sys.executable, "-I", places.PROJECT / "entrypoint.py"], env=prepared.environ, timeout=60)


if __name__ == "__main__":
    sys.exit(main())
