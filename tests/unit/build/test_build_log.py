"""Reading BuildKit's plain progress: steps, cached steps, the failing step, and why it failed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.build.build_log import TAIL_LINES, BuildLog

PROGRESS = """\
#0 building with "default" instance using docker driver
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#4 [1/3] FROM docker.io/library/buildpack-deps:24.04
#4 CACHED
#5 [stage-1 2/3] RUN apt-get update
#5 CACHED
#6 [stage-1 3/3] RUN pip install -r requirements.txt
#6 0.512 Collecting numpy
#6 1.234 ERROR: No matching distribution found for numppy
#6 ERROR: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
------
 > [stage-1 3/3] RUN pip install -r requirements.txt:
------
Dockerfile:7
--------------------
ERROR: failed to solve: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
"""


def read(text: str, dockerfile: str = "") -> BuildLog:
    log = BuildLog(dockerfile)
    for line in text.splitlines():
        log.read_line(line)
    return log


def test_build_log__counts_steps() -> None:
    log = read(PROGRESS)
    assert (log.steps, log.cached_steps) == (2, 1)


def test_build_log__failing_lines_are_those_of_the_step() -> None:
    lines = read(PROGRESS).failing_lines
    assert lines[0] == "[3/3] RUN pip install -r requirements.txt"
    assert lines[-1] == "ERROR: No matching distribution found for numppy"
    assert "Collecting numpy" in lines


def test_build_log__failing_lines_without_a_step_are_the_end() -> None:
    log = read("\n".join(f"line {number}" for number in range(100)))
    assert log.failing_lines == tuple(f"line {number}" for number in range(100 - TAIL_LINES, 100))


def test_explain__names_the_step_and_the_exit_code() -> None:
    error = read(PROGRESS.replace("No matching distribution", "Something unheard of")).explain(1)
    assert "in the step [3/3] RUN pip install -r requirements.txt" in error.message
    assert "the exit code is 1" in error.message


def test_explain__package_that_does_not_exist() -> None:
    assert "A package does not exist" in read(PROGRESS).explain(1).message


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("Dockerfile", ("Dockerfile", 7)),
        ("binder/Dockerfile", ("binder/Dockerfile", 7)),
        ("", (None, None)),
    ],
)
def test_explain__annotates_the_repositorys_own_dockerfile_only(
    dockerfile: str, expected: tuple[str | None, int | None]
) -> None:
    error = read(PROGRESS, dockerfile).explain(1)
    assert (error.file, error.line) == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("#6 0.5 cp: write error: No space left on device", "The disk is full", id="disk"),
        pytest.param(
            "ValueError: No environment specification found in context", "no configuration file", id="no-file"
        ),
        pytest.param(
            "    picked_buildpack = self.default_buildpack(", "no configuration file", id="no-file-before-2026"
        ),
        pytest.param(
            "ERROR: toomanyrequests: You have reached your pull rate limit", "refuses more downloads", id="429"
        ),
        pytest.param(
            "ERROR: failed to solve: x/y: failed to resolve source metadata for docker.io/x/y: not found",
            "base image cannot be pulled",
            id="base-image",
        ),
        pytest.param(
            "ERROR: pull access denied, repository does not exist", "base image cannot be pulled", id="denied"
        ),
        pytest.param("#6 9.1 LibMambaUnsatisfiableError: Encountered problems", "do not fit together", id="conda"),
        pytest.param("#6 9.1 ERROR: ResolutionImpossible: for help", "do not fit together", id="pip"),
        pytest.param("ValueError: Found invalid package name git=1 in apt.txt", "apt.txt has a line", id="apt"),
        pytest.param("#6 3.0 Temporary failure resolving 'deb.debian.org'", "network failed", id="network"),
        pytest.param("ERROR: failed to solve: dockerfile parse error on line 1", "cannot be parsed", id="parse"),
    ],
)
def test_explain__known_causes(line: str, said: str) -> None:
    log = read("#4 [1/1] RUN x\n" + line)
    assert said in log.explain(1).message


def test_explain__the_builder_counts_more_than_what_a_step_prints() -> None:
    log = read("#4 [1/1] RUN x\n#4 0.1 no space left on device\n#4 ERROR: y\nERROR: pull access denied")
    assert "base image cannot be pulled" in log.explain(1).message


def test_explain__unknown_cause_gives_the_exit_code() -> None:
    assert "the exit code is 137" in read("nothing to see").explain(137).message


def test_build_log__memory_is_bounded() -> None:
    log = BuildLog()
    for number in range(10_000):
        log.read_line(f"#{number} [1/1] RUN x")
        log.read_line(f"#1 0.1 {number}")
    assert log.steps <= 2000
    log.read_line("#1 ERROR: x")
    assert len(log.failing_lines) <= TAIL_LINES


def test_build_log__layer_that_is_brought_down_was_cached() -> None:
    """As the containerd image store does it; the base image's layers are none of a step's."""
    digest = f"sha256:{'8' * 64}"
    log = BuildLog()
    for line in (
        "#6 [1/4] FROM docker.io/library/debian:trixie-slim",
        f"#6 extracting {digest} 1.2s done",
        "#8 [2/4] RUN true",
        f"#8 {digest} 114B / 114B 0.1s done",
        f"#8 extracting {digest} done",
        "#8 DONE 0.1s",
        "#9 [3/4] RUN pretend",
        f"#9 0.123 extracting {digest} done",
        "#10 [4/4] COPY . .",
        "#10 DONE 0.1s",
    ):
        log.read_line(line)
    assert (log.cached_steps, log.steps) == (1, 3)


def test_build_log__huge_line_number() -> None:
    log = read("Dockerfile:" + "9" * 5000, "Dockerfile")
    assert log.explain(1).message


@given(
    st.lists(st.text(max_size=80) | st.from_regex(r"#\d+ (CACHED|ERROR: x|\[\d+/\d+\] .*|\d\.\d x)", fullmatch=True))
)
def test_build_log__reads_anything(lines: list[str]) -> None:
    log = BuildLog("Dockerfile")
    for line in lines:
        log.read_line(line)
    assert log.explain(1).message
    assert log.cached_steps <= log.steps
