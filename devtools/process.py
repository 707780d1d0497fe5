"""The one door to other programs and to the environment that they inherit."""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.errors import DevtoolsError

SHOWN_LINES = 40


class CommandError(DevtoolsError):
    """A command failed; the message holds the command and the end of its output."""


class DeadlineError(DevtoolsError):
    """Something awaited did not happen in time."""


@dataclass(frozen=True)
class Streamed:
    """How a streamed command ended; `seconds` is wall time, `log` its output and error lines as they came."""

    returncode: int
    log: str
    seconds: float


def environment() -> dict[str, str]:
    return dict(os.environ)


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Standard output of a command that worked.

    `env` is laid over the inherited environment. Raises CommandError when the command fails or is not there.
    """
    command = [str(part) for part in argv]
    try:
        done = subprocess.run(
            command,
            env=_merged(env),
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not installed, or not on the PATH.") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"`{shlex.join(command)}` did not end within {timeout:.0f} s.") from error
    if done.returncode != 0:
        output = tail(done.stdout + done.stderr)
        raise CommandError(f"`{shlex.join(command)}` failed ({done.returncode}):\n{output}")
    return done.stdout


def stream(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout: float,
    on_line: Callable[[str], None],
) -> Streamed:
    """Run a command and hand over each line as it comes; `env` is the whole environment.

    The command is interrupted after `timeout` seconds, and killed 30 seconds later. Its failure is returned,
    not raised.
    """
    started = time.monotonic()
    lines: list[str] = []
    process = subprocess.Popen(
        [str(part) for part in argv],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    with _stopped_after(process, timeout):
        for line in process.stdout or ():
            lines.append(line)
            on_line(line.rstrip("\n"))
    seconds = time.monotonic() - started
    if seconds >= timeout:
        lines.append(f"Interrupted after {timeout:.0f} s.\n")
    return Streamed(process.wait(), "".join(lines), seconds)


def start_daemon(argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None) -> int:
    """The id of a process that outlives this one: a session of its own, output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in argv],
            env=_merged(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    process.returncode = 0  # left running on purpose: no ResourceWarning when the object goes
    return process.pid


def stop_process(pid: int, *, grace: float) -> None:
    """SIGTERM, then SIGKILL after `grace` seconds. Returns when the process is gone."""
    _send(pid, signal.SIGTERM)
    try:
        wait_until(lambda: not is_running(pid), deadline=grace, what=f"the end of process {pid}")
    except DeadlineError:
        _send(pid, signal.SIGKILL)
        wait_until(lambda: not is_running(pid), deadline=10, what=f"the end of process {pid}")


def is_running(pid: int) -> bool:
    """Whether the process exists and has not ended; a child that nobody waited for has ended too."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def find_processes(*, program: str, argument: str) -> Iterator[int]:
    """Ids of running processes of a program (by file name) that have `argument` within an argument."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            first, *others = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if Path(first).name == program and any(argument in other for other in others):
                yield int(folder.name)


def find_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []


def wait_until(predicate: Callable[[], bool], *, deadline: float, what: str, every: float = 0.05) -> None:
    """Ask until the answer is yes; DeadlineError after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not predicate():
        if time.monotonic() > end:
            raise DeadlineError(f"Waited {deadline:.0f} s in vain for {what}.")
        time.sleep(every)


def tail(text: str, lines: int = SHOWN_LINES) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:])


def _merged(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, **(env or {})}


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@contextlib.contextmanager
def _stopped_after(process: subprocess.Popen[str], timeout: float) -> Iterator[None]:
    """Interrupt the process group at the deadline, and whenever the block is left early."""
    timers = [
        threading.Timer(timeout, _signal_group, (process, signal.SIGINT)),
        threading.Timer(timeout + 30, _signal_group, (process, signal.SIGKILL)),
    ]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    except BaseException:
        _signal_group(process, signal.SIGINT)
        raise
    finally:
        process.wait()
        if process.stdout:
            process.stdout.close()
        for timer in timers:
            timer.cancel()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
