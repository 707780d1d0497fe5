"""Processes, with real small ones: output, surroundings, and that nothing outlives them."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from hubaction.clients.lines import MAX_LINE_LENGTH
from hubaction.clients.process import child_environment, read_process, run_process, stream_process

ENV = {"PATH": "/usr/bin:/bin"}


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-c", code]


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has waited for yet is not alive either.
    return "State:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="utf-8")


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 5
    while is_alive(process):
        assert time.monotonic() < deadline, "the process is still there"
        time.sleep(0.01)


# --- surroundings ---


def test_child_environment__passes_on_what_is_named() -> None:
    passed = {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "DOCKER_HOST": "tcp://x",
        "DOCKER_CERT_PATH": "/certs",
        "DOCKER_TLS_VERIFY": "1",
        "HTTPS_PROXY": "http://proxy",
        "no_proxy": "localhost",
        "SSL_CERT_FILE": "/ca.pem",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
    }
    assert child_environment(passed, home=Path("/h"), docker_config=Path("/d")) == passed | {
        "HOME": "/h",
        "DOCKER_CONFIG": "/d",
    }


@pytest.mark.parametrize(
    "name",
    [
        "INPUT_PASSWORD",
        "GITHUB_TOKEN",
        "GITHUB_OUTPUT",
        "GITHUB_ENV",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "RUNNER_TEMP",
        "DOCKER_PASSWORD",
        "PYTHONPATH",
        "LD_PRELOAD",
        "MY_SECRET",
    ],
)
def test_child_environment__passes_nothing_else(name: str) -> None:
    assert name not in child_environment({name: "secret"}, home=Path("/h"), docker_config=Path("/d"))


def test_child_environment__home_and_docker_config_are_ours() -> None:
    given = {"HOME": "/root", "DOCKER_CONFIG": "/root/.docker"}
    assert child_environment(given, home=Path("/h"), docker_config=Path("/d")) == {"HOME": "/h", "DOCKER_CONFIG": "/d"}


# --- short commands ---


def test_run_process__both_streams_in_one(tmp_path: Path) -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr, flush=True); sys.exit(3)"
    assert run_process(python(code), env=ENV, cwd=tmp_path) == (3, "out\nerr\n")


def test_run_process__input_folder_and_environment(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.getcwd(), sorted(set(os.environ) - {'LC_CTYPE'}))"
    _, output = run_process(python(code), env={"A": "1"}, cwd=tmp_path, stdin="secret")
    assert output == f"secret {tmp_path} ['A']\n"


def test_run_process__input_that_nobody_reads(tmp_path: Path) -> None:
    assert run_process(python("pass"), env=ENV, cwd=tmp_path, stdin="x" * 1_000_000) == (0, "")


def test_run_process__output_that_is_no_text(tmp_path: Path) -> None:
    code = r"import sys; sys.stdout.buffer.write(b'\xffx')"
    assert run_process(python(code), env=ENV, cwd=tmp_path) == (0, "\ufffdx")


def test_run_process__missing_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_process(["no-such-command"], env=ENV, cwd=tmp_path)


# --- streaming ---


def test_stream_process__lines_and_exit_code(tmp_path: Path) -> None:
    lines: list[str] = []
    code = r"import sys; sys.stdout.write('a\nb\r\nc\rd'); sys.stdout.flush(); sys.exit(7)"
    assert stream_process(python(code), env=ENV, cwd=tmp_path, on_line=lines.append) == 7
    assert lines == ["a", "b", "c", "d"]


def test_stream_process__has_no_input(tmp_path: Path) -> None:
    lines: list[str] = []
    stream_process(
        python("print(repr(input.__self__ and __import__('sys').stdin.read()))"),
        env=ENV,
        cwd=tmp_path,
        on_line=lines.append,
    )
    assert lines == ["''"]


def test_stream_process__lines_come_while_it_runs(tmp_path: Path) -> None:
    """The process waits for a file that only the reader of its first line makes."""
    code = (
        "import pathlib, time\n"
        "print('first', flush=True)\n"
        "deadline = time.monotonic() + 10\n"
        "while not pathlib.Path('go').exists() and time.monotonic() < deadline: time.sleep(0.01)\n"
        "print(pathlib.Path('go').exists())\n"
    )
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        (tmp_path / "go").touch()

    stream_process(python(code), env=ENV, cwd=tmp_path, on_line=on_line)
    assert lines == ["first", "True"]


def test_stream_process__huge_lines_are_cut(tmp_path: Path) -> None:
    lines: list[str] = []
    code = f"print('x' * {10 * MAX_LINE_LENGTH})"
    stream_process(python(code), env=ENV, cwd=tmp_path, on_line=lines.append)
    assert "".join(lines) == "x" * (10 * MAX_LINE_LENGTH)
    assert max(map(len, lines)) <= 3 * MAX_LINE_LENGTH


@pytest.mark.parametrize("polite", [True, False])
def test_stream_process__nothing_outlives_an_interruption(tmp_path: Path, polite: bool) -> None:
    """Neither the process nor its child stays, also when both ignore being asked."""
    ignore = "" if polite else "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    code = (
        f"{ignore}import subprocess, sys, os, time\n"
        f"child = subprocess.Popen([sys.executable, '-I', '-c', {ignore + 'import time; time.sleep(60)'!r}])\n"
        "print(os.getpid(), child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    processes: list[int] = []

    def cancel(line: str) -> None:
        processes.extend(map(int, line.split()))
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        stream_process(python(code), env=ENV, cwd=tmp_path, on_line=cancel)
    assert len(processes) == 2
    for process in processes:
        wait_until_gone(process)
    assert time.monotonic() - started < 4


def test_stream_process__is_in_a_group_of_its_own(tmp_path: Path) -> None:
    lines: list[str] = []
    stream_process(python("import os; print(os.getpgrp(), os.getsid(0))"), env=ENV, cwd=tmp_path, on_line=lines.append)
    group, session = map(int, lines[0].split())
    assert group == session != os.getpgrp()


def test_run_process__ends_children_that_stay_behind(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(60)'],"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid)\n"
    )
    code_, output = run_process(python(code), env=ENV, cwd=tmp_path)
    assert code_ == 0
    wait_until_gone(int(output))


def test_stream_process__killed_by_a_signal(tmp_path: Path) -> None:
    code = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    assert stream_process(python(code), env=ENV, cwd=tmp_path, on_line=lambda _: None) == -signal.SIGKILL


def test_read_process__standard_output_alone(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('error', file=sys.stderr); sys.exit(3)"
    assert read_process(python(code), env=ENV, cwd=tmp_path) == (3, "out\n")
