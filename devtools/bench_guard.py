"""`python -m devtools.bench_guard`: how long the guard takes for a large repository, and how much memory.

The repository has 50,000 files of 1 GB: text, base64 as in notebooks, bytes as in data, and a few large files. The
guard runs in a process of its own each time; the files are in the system's cache by then, as after a checkout.
"""

import base64
import json
import random
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from devtools import places, process

FILES = 50_000
TOTAL_BYTES = 10**9
LARGE_FILES = 10
LARGE_BYTES = 50 * 10**6
REPEATS = 3
GOAL_SECONDS = 5


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="devtools-") as name:
        make_repository(Path(name))
        runs = [json.loads(_start(Path(name))) for _ in range(REPEATS)]
    seconds = statistics.median(run["seconds"] for run in runs)
    print(f"guard, {FILES} files of {TOTAL_BYTES / 1e9:.0f} GB: {seconds:.2f} s, median of {REPEATS}", end="; ")
    print(f"of the processor: {statistics.median(run['processor'] for run in runs):.2f} s", end="; ")
    print(f"memory: {runs[0]['before']:.0f} MB before, {max(run['peak'] for run in runs):.0f} MB at most")
    print(f"under {GOAL_SECONDS} s: {'yes' if seconds < GOAL_SECONDS else 'no'}")
    return 0


def _start(folder: Path) -> str:
    return process.run([sys.executable, "-m", "devtools.bench_guard", folder], cwd=places.PROJECT, timeout=600)


def make_repository(folder: Path) -> None:
    """Contents are cut from a few megabytes that nobody has seen before."""
    kinds = list(_contents())
    small = (TOTAL_BYTES - LARGE_FILES * LARGE_BYTES) // (FILES - LARGE_FILES)
    for number in range(FILES):
        content = kinds[number % len(kinds)]
        size = LARGE_BYTES if number < LARGE_FILES else small
        start = random.randrange(len(content) - small)
        file = folder / f"{number % 100}" / f"{number}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(
            content[start : start + size] if size <= small else (content * (size // len(content) + 1))[:size]
        )


def _contents() -> Iterator[bytes]:
    size = 5 * 10**6
    words = [word.encode() for word in (places.PROJECT / "README.md").read_text().split()]
    yield b" ".join(random.choice(words) + b"\n" * (number % 12 == 0) for number in range(size // 5))
    yield base64.encodebytes(secrets.token_bytes(size))
    yield secrets.token_bytes(size)


def measure(folder: Path) -> dict[str, float]:
    """Seconds and megabytes of one look, the listing of the files not counted."""
    from hubaction.build.context import list_context
    from hubaction.guard.context import guard_context
    from hubaction.guard.given_secrets import GivenSecret

    files = list_context(folder, include_git=False)
    given = [GivenSecret("secret", secrets.token_hex(20)) for _ in range(5)]
    before = _peak_megabytes()
    began, processor = time.monotonic(), time.process_time()
    guarded = guard_context(files, workspace=folder, given=given, allowed=())
    seconds = time.monotonic() - began
    if guarded.left_out:
        raise AssertionError(f"something was found: {guarded.left_out}")
    return {
        "seconds": seconds,
        "processor": time.process_time() - processor,
        "before": before,
        "peak": _peak_megabytes(),
    }


def _peak_megabytes() -> float:
    """Resident, of this process alone; rusage would count what the parent had before it started this one."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024 / 1e6


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(Path(sys.argv[1]))))
    else:
        sys.exit(main())
