"""One run of one subject, and its figures."""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools import process
from devtools.bench.proxy import Interval, Proxy
from devtools.bench.subjects import Command
from devtools.bench.traffic import Traffic
from devtools.bench.watch import Watch, covered_seconds
from devtools.errors import DevtoolsError
from hubaction.build.build_log import BuildLog

TIMEOUT = 60 * 60


class RunError(DevtoolsError):
    """A command of a subject failed, so there is nothing to compare."""


@dataclass(frozen=True)
class Figures:
    """What a run cost; `overhead_seconds` and `peak_memory_mb` are of this action's own process only.

    `overhead_seconds` is the wall time in which none of these was under way: a child process (repo2docker, a docker
    command), a request to the engine, one to a registry, one to GitHub. The start of Python is part of it.
    """

    seconds: float
    layer_bytes_down: int
    layer_bytes_up: int
    requests: int
    steps_cached: int | None
    """None when nothing was built."""
    overhead_seconds: float | None
    peak_memory_mb: float | None
    steps: int = 0


@dataclass(frozen=True)
class _Ran:
    began: float
    ended: float
    peak_kilobytes: int
    had_children: Sequence[Interval]


def measure(
    commands: Sequence[Command],
    *,
    env: dict[str, str],
    cwd: Path,
    log: Path,
    traffic: Traffic,
    proxies: Sequence[Proxy],
    is_ours: bool,
) -> Figures:
    """Run the commands one after the other. Raises RunError, with the end of the log."""
    for proxy in proxies:
        proxy.busy.clear()
    ran = [_run(command, env=env, cwd=cwd, log=log) for command in commands]
    began, ended = ran[0].began, ran[-1].ended
    steps, cached = _read_steps(log)
    overhead = None
    if is_ours:
        waited = [interval for proxy in proxies for interval in proxy.busy]
        children = [interval for each in ran for interval in each.had_children]
        overhead = ended - began - covered_seconds([*waited, *children], begin=began, end=ended)
    return Figures(
        seconds=ended - began,
        layer_bytes_down=traffic.layer_bytes_down,
        layer_bytes_up=traffic.layer_bytes_up,
        requests=traffic.requests,
        steps_cached=cached if steps else None,
        overhead_seconds=overhead,
        peak_memory_mb=max(each.peak_kilobytes for each in ran) * 1024 / 1e6 if is_ours else None,
        steps=steps,
    )


def _run(command: Command, *, env: dict[str, str], cwd: Path, log: Path) -> _Ran:
    with log.open("ab") as output:
        output.write(f"$ {' '.join(command.arguments)}\n".encode())
        output.flush()
        began = time.monotonic()
        with _started(command, env=env, cwd=cwd, output=output.fileno()) as running:
            watch = Watch(running.pid)
            try:
                running.communicate(command.stdin.encode(), timeout=TIMEOUT)
            finally:
                ended = time.monotonic()
                watch.stop()
    if running.returncode and not command.may_fail:
        raise RunError(
            f"`{' '.join(command.arguments[:3])} ...` failed ({running.returncode}), so there is nothing to compare:\n"
            + process.tail(log.read_text(errors="replace"))
        )
    return _Ran(began, ended, watch.peak_kilobytes, watch.busy)


@contextlib.contextmanager
def _started(command: Command, *, env: dict[str, str], cwd: Path, output: int) -> Iterator[subprocess.Popen[bytes]]:
    """In the group of this process, so that Ctrl-C reaches it too."""
    running = subprocess.Popen(
        command.arguments,
        env=env | dict(command.variables or {}),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
        running.wait()


def _read_steps(log: Path) -> tuple[int, int]:
    """Steps of the Dockerfile, and how many of them the builder took from a cache."""
    read = BuildLog()
    with log.open(errors="replace") as lines:
        for line in lines:
            read.read_line(line.rstrip("\n"))
    return read.steps, read.cached_steps
