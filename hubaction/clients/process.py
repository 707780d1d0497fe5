"""Starts processes, each in a session of its own, and ends them with all of their children."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from hubaction.clients.lines import split_lines

_PASSED_ON = ("PATH", "LANG", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_CONTEXT")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_READ_SIZE = 65536


def child_environment(environ: Mapping[str, str], *, home: Path, docker_config: Path) -> dict[str, str]:
    """Environment of a child process: no variable of the runner, no input, no token."""
    names = [*_PASSED_ON, *_CERTIFICATES, *_PROXIES, *(name.lower() for name in _PROXIES)]
    passed = {name: environ[name] for name in names if name in environ}
    return passed | {"HOME": str(home), "DOCKER_CONFIG": str(docker_config)}


def run_process(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: str = "") -> tuple[int, str]:
    """Run a short command; return its exit code and its output, both streams merged."""
    with _running(arguments, env=env, cwd=cwd, stdin=subprocess.PIPE) as process:
        output, _ = process.communicate(stdin.encode())
        return process.returncode, output.decode(errors="replace")


def read_process(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> tuple[int, str]:
    """Run a short command; return its exit code and its standard output alone."""
    with _running(arguments, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        output, _ = process.communicate()
        return process.returncode, output.decode(errors="replace")


def stream_process(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, on_line: Callable[[str], None]
) -> int:
    """Run a command and pass on each line of its output as it comes; return its exit code."""
    with _running(arguments, env=env, cwd=cwd, stdin=subprocess.DEVNULL) as process:
        output = cast("IO[bytes]", process.stdout).fileno()
        for line in split_lines(iter(lambda: os.read(output, _READ_SIZE), b"")):
            on_line(line)
        return process.wait()


@contextmanager
def _running(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stdin: int, stderr: int = subprocess.STDOUT
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        arguments,
        env=dict(env),
        cwd=cwd,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the process group: asked first, killed after a second.

    Children may outlive the process that we started, so the group is signalled even when that has ended.
    """
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        pass
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass
