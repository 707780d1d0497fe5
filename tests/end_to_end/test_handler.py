"""What act does differently from GitHub's runner, or does not judge: secrets, forged commands, cancelling, cleaning."""

import base64
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pytest

from devtools import process
from devtools.engine import Engine
from devtools.registry import Registry
from tests.support import runner_rules
from tests.support.faulty_registry import Answer, HangUpError, faulty_registry
from tests.support.handler import REPOSITORIES, Job, Step, StepResult, fingerprint
from tests.support.machine import containers_left, runs, tags_left, watched_processes
from tests.support.registry_contents import read_config, read_everything, tags_of
from tests.support.users import SECOND_USER, USER

MAX_IMAGE_BYTES = 90 * 1000**2
SECONDS_TO_END = 5
MakeJob = Callable[[str], Job]


# --- one run that pushes, looked at from all sides ---


@dataclass(frozen=True)
class PushedRun:
    """A run whose build and tests look for secrets, which pushes to two names with a password each."""

    job: Job
    result: StepResult
    post: StepResult
    image_name: str
    secrets: Mapping[str, str]
    processes: frozenset[str]
    workspace_before: Mapping[str, object]
    workspace_after: Mapping[str, object]


@pytest.fixture(scope="module")
def pushed(
    tmp_path_factory: pytest.TempPathFactory,
    engine: Engine,
    action_image: str,
    registry: Registry,
    password: str,
) -> PushedRun:
    job = Job(tmp_path_factory.mktemp("pushed"), REPOSITORIES / "prying", engine=engine, image=action_image)
    job.add_file("nonce.txt", secrets.token_hex(20))
    image_name = "lab/pushed"
    second = registry.users[SECOND_USER]
    inputs = {
        "image-name": f"{registry.host}/{image_name}\nlocalhost:{registry.port}/{image_name}",
        "registry": registry.host,
        "username": USER,
        "password": password,
        "registry-auth": json.dumps(
            [{"registry": f"localhost:{registry.port}", "username": SECOND_USER, "password": second}]
        ),
    }
    before = fingerprint(job.prepared_workspace())
    with watched_processes() as processes:
        result = job.run(inputs)
        post = job.run_post(inputs)
    assert result.returncode == 0, result.log
    known = {"password": password, "second password": second, "github token": job.tokens.github}
    return PushedRun(
        job=job,
        result=result,
        post=post,
        image_name=image_name,
        secrets=known | {"runtime token": job.tokens.runtime} | _encoded({USER: password, SECOND_USER: second}),
        processes=frozenset(processes),
        workspace_before=before,
        workspace_after=fingerprint(job.workspace),
    )


def _encoded(logins: Mapping[str, str]) -> dict[str, str]:
    """Logins as they stand in Docker's configuration and in headers."""
    return {
        f"login of {user}": base64.b64encode(f"{user}:{password}".encode()).decode()
        for user, password in logins.items()
    }


def _found(texts: Mapping[str, str], places: Mapping[str, str | bytes]) -> list[str]:
    """Which of the texts stand in which of the places."""
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, text in texts.items()
        if text.encode() in (content.encode() if isinstance(content, str) else content)
    ]


def test_secrets__are_not_in_what_is_printed_and_written(pushed: PushedRun) -> None:
    result, post = pushed.result, pushed.post
    places = {
        "the log": result.printed,
        "the error stream": result.stderr,
        "the outputs": result.output_file,
        "the summary": result.summary,
        "the post step's log": post.printed,
        "the post step's error stream": post.stderr,
    }
    assert _found(pushed.secrets, places) == []
    # What the build and the tests see was printed: the absence above says something.
    assert "\nPATH=" in result.printed


def test_secrets__are_masked_before_anything_is_printed(pushed: PushedRun) -> None:
    commands = pushed.result.commands
    masked = {command.data for command in pushed.result.obeyed("add-mask")}
    assert {secret for name, secret in pushed.secrets.items() if name != "runtime token"} <= masked
    first_other = next(number for number, command in enumerate(commands) if command.name != "add-mask")
    # The notice says that the image has no Jupyter for the hub check.
    assert {command.name for command in commands[first_other:]} == {"group", "endgroup", "stop-commands", "notice"}
    assert pushed.result.log.startswith("::add-mask::")


def test_secrets__are_in_no_layer_of_the_image(pushed: PushedRun, registry: Registry) -> None:
    contents = [*read_everything(registry, pushed.image_name, "latest")]
    everything = {f"blob {number}": content for number, content in enumerate(contents)}
    assert _found(pushed.secrets, everything) == []
    # The search finds what is there.
    nonce = {"nonce": (pushed.job.workspace / "nonce.txt").read_text()}
    assert len(_found(nonce, everything)) == 1


def test_secrets__are_in_no_file_that_later_steps_see(pushed: PushedRun) -> None:
    folders = (pushed.job.workspace, pushed.job.temp)
    files = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert str(pushed.job.workspace / "Dockerfile") in files
    assert _found(pushed.secrets, files) == []


def test_secrets__are_in_no_command_line(pushed: PushedRun) -> None:
    assert _found(pushed.secrets, {line: line for line in pushed.processes}) == []
    for word in ("docker login --username", "repo2docker", "buildx build", "pytest"):
        assert any(word in line for line in pushed.processes), f"no process with '{word}' was seen"


def test_log__is_on_one_stream(pushed: PushedRun) -> None:
    assert pushed.result.stderr == ""
    assert pushed.post.stderr == ""


def test_environment__of_build_and_tests_is_bare(pushed: PushedRun) -> None:
    """The tests in the image judge what they see themselves; a failing one would have failed the run."""
    assert re.search(r"\b5 passed\b", pushed.result.log)


def test_outputs__with_a_registry_that_only_the_engine_reaches(pushed: PushedRun, registry: Registry) -> None:
    """Without services in the job the container is on the bridge, and 127.0.0.1 there is not the engine's."""
    outputs = pushed.result.outputs
    assert outputs["digest"] == registry.digest(pushed.image_name, pushed.job.commit[:12])
    assert outputs["size"] == ""
    assert len(json.loads(outputs["tags"])) == 4


def test_workspace__is_not_changed(pushed: PushedRun) -> None:
    assert pushed.workspace_after == pushed.workspace_before
    if os.geteuid() == 0:
        assert pushed.workspace_after["Dockerfile"][2:4] == (1001, 1001)  # type: ignore[index]


def test_temporary_folder__holds_nothing_new(pushed: PushedRun) -> None:
    """RUNNER_TEMP is the machine's own, and stays when the container goes."""
    files = {path.name for path in pushed.job.temp.iterdir()}
    assert files == {"_github_home", "_github_workflow", "_runner_file_commands"}
    assert list((pushed.job.temp / "_github_home").iterdir()) == []


def test_engine__keeps_nothing_of_the_run(pushed: PushedRun, engine: Engine) -> None:
    assert containers_left(engine, pushed.image_name) == []
    assert tags_left(engine, pushed.image_name) == []


def test_image__is_the_one_that_was_built(pushed: PushedRun, registry: Registry) -> None:
    """The pushed configuration, and with it all layers, existed before the tests began."""
    manifest = json.loads(next(read_everything(registry, pushed.image_name, "latest")))
    build, _, rest = pushed.result.log.partition("::group::Test")
    assert manifest["config"]["digest"] in build
    assert rest
    history = read_config(registry, pushed.image_name, "latest")["history"]
    assert "USER jovyan" in history[-1]["created_by"]


# --- files of the repository that would like to be code of ours ---

PLANTED = (
    "repo2docker_config.py",
    "repo2docker/__init__.py",
    "yaml.py",
    "docker/__init__.py",
    "dulwich.py",
    "requests.py",
    "hubaction/__init__.py",
    "sitecustomize.py",
    "usercustomize.py",
    "traitlets.py",
)
PLANTED_CODE = """
import os
for folder in ("/github/runner_temp", "/github/workspace", os.environ.get("PLANTED_FOLDER", "/tmp")):
    if os.path.isdir(folder):
        open(os.path.join(folder, "planted-marker"), "a").close()
print("a planted file runs:", __file__, flush=True)
"""


def test_planted_files__do_not_run(make_job: MakeJob, inputs: dict[str, str]) -> None:
    job = make_job("plain")
    for name in PLANTED:
        job.add_file(name, PLANTED_CODE)
    # A workflow may have set these for a step of its own.
    env = {"PYTHONPATH": "/github/workspace", "PYTHONSTARTUP": "/github/workspace/yaml.py", "PYTHONUSERBASE": "."}
    for result in (job.run({**inputs, "push": "false"}, env=env), job.run_post(inputs, env=env)):
        assert result.returncode == 0, result.log
        assert "a planted file runs" not in result.log + result.stderr
    assert not list(job.temp.rglob("planted-marker"))
    assert not list(job.workspace.rglob("planted-marker"))


def test_planted_files__would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text(PLANTED_CODE)
    printed = process.run([sys.executable, "-c", "import yaml"], cwd=tmp_path, env={"PLANTED_FOLDER": str(tmp_path)})
    assert "a planted file runs" in printed
    assert (tmp_path / "planted-marker").exists()


# --- output that would like to be commands ---


def test_commands_in_output__are_not_obeyed(make_job: MakeJob, inputs: dict[str, str]) -> None:
    job = make_job("hostile-log")
    job.add_file("nonce.txt", secrets.token_hex(20))
    os.mkfifo(job.workspace / "pipe\n::set-output name=digest::forged\n##[set-output name=digest]forged")
    result = job.run({**inputs, "push": "false"})
    assert result.returncode == 0, process.tail(result.log)
    assert _forged(result.log) == []
    assert result.outputs["pushed"] == "false"
    assert "forged" not in result.output_file + result.summary
    # Both the build and the tests did print them, and only what we do about it keeps them from working.
    build, _, tests = result.log.partition("::group::Test")
    for log in (build, tests):
        unguarded = re.sub(r"^::stop-commands::[0-9a-f]{40}$", "", log, flags=re.MULTILINE)
        assert {"set-output", "add-mask", "error", "stop-commands"} <= {name for name, _ in _forged(unguarded)}


def _forged(log: str) -> list[tuple[str, str]]:
    return [
        (command.name.lower(), command.data)
        for command in runner_rules.read_commands(log)
        if "forged" in command.data or "forged" in str(command.properties)
    ]


def test_commands_in_output__of_a_failing_step_are_not_obeyed(make_job: MakeJob, inputs: dict[str, str]) -> None:
    """The failing step's text and its last lines are repeated: in the log, the annotation and the summary."""
    job = make_job("hostile-log")
    command = "echo '##[set-output name=digest]forged' && python3 forge.py && exit 3"
    text = (job.workspace / "Dockerfile").read_text()
    job.add_file("Dockerfile", re.sub("RUN echo .*", f"RUN {command}", text))
    job.add_file("nonce.txt", secrets.token_hex(20))
    result = job.run(inputs)
    assert result.returncode == 1
    assert {name for name, _ in _forged(result.log)} == {"error"}
    (error,) = result.obeyed("error")
    assert error.data.startswith("The build failed in the step")
    assert error.properties["file"] == "Dockerfile"


# --- links that lead to where a repository has no business ---


@pytest.mark.parametrize(
    ("link", "target", "changes"),
    [
        ("Dockerfile", "/proc/1/environ", {}),
        ("Dockerfile", "/proc/self/environ", {}),
        ("image-tests", "/", {}),
        ("image-tests", "/proc/1", {}),
        ("elsewhere", "/", {"path": "elsewhere"}),
        ("elsewhere", "/github/workflow", {"path": "elsewhere"}),
        ("appendix", "/proc/1/environ", {"appendix-file": "appendix"}),
        (".dockerignore", "/proc/1/environ", {}),
        ("Dockerfile.dockerignore", "/proc/1/environ", {}),
        ("binder", "/proc/1/cwd/..", {}),
    ],
)
def test_links__that_leave_the_repository_are_refused(
    link: str, target: str, changes: dict[str, str], make_job: MakeJob, inputs: dict[str, str], registry: Registry
) -> None:
    job = make_job("plain")
    path = job.workspace / link
    if path.is_dir():
        path.rename(job.workspace / "moved")
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    result = job.run({**inputs, **changes})
    assert result.returncode == 1, result.log
    assert len(result.errors) == 1
    assert "This is a bug" not in result.errors[0]
    assert link in result.errors[0]
    places = {"log": result.printed, "summary": result.summary, "outputs": result.output_file}
    known = {"password": inputs["password"], "token": job.tokens.github, "runtime": job.tokens.runtime}
    assert _found(known, places) == []
    assert "PATH=" not in result.printed
    assert tags_of(registry, inputs["image-name"]) == set()


# --- cancelling ---


def _sleep_command() -> str:
    """A command that nobody else on this machine runs."""
    return f"sleep {86_000 + secrets.randbelow(10_000)}.{secrets.randbelow(10**6):06}"


def _wait_until_it_runs(command_line: str, step: Step) -> None:
    def runs_or_ended() -> bool:
        return runs(command_line) or step.ended

    process.wait_until(runs_or_ended, deadline=120, what=command_line)
    assert runs(command_line), process.tail(step.log)


def _check_cancelled(result: StepResult) -> None:
    assert result.seconds < SECONDS_TO_END
    assert result.returncode == 130, process.tail(result.log)
    assert "Cancelled: nothing more is built or pushed." in result.log
    assert set(result.outputs) <= {"tests"}


def test_cancel__during_the_build(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine
) -> None:
    job = make_job("plain")
    sleeping = _sleep_command()
    job.add_file("Dockerfile", f"FROM debian:trixie-slim\nRUN {sleeping}\nUSER 1000\n")
    with job.start(inputs) as step:
        _wait_until_it_runs(sleeping, step)
        result = step.cancel()
    _check_cancelled(result)
    process.wait_until(lambda: not runs(sleeping), deadline=10, what="the end of the build's process")
    _check_nothing_is_left(engine, registry, inputs["image-name"])


def test_cancel__during_the_image_tests(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine
) -> None:
    job = make_job("plain")
    with _started_tests_that_sleep(job, inputs) as (step, sleeping):
        result = step.cancel()
    _check_cancelled(result)
    process.wait_until(lambda: not runs(sleeping), deadline=10, what="the end of the test's process")
    _check_nothing_is_left(engine, registry, inputs["image-name"])


def test_cancel__during_the_push(make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine) -> None:
    uploading, cancelled = threading.Event(), threading.Event()

    def hang(method: str, path: str) -> Answer | None:
        if method == "POST" and "/blobs/uploads/" in path:
            uploading.set()
            cancelled.wait(60)
            raise HangUpError
        return None

    with faulty_registry(registry) as faulty:
        faulty.rule = hang
        job = make_job("plain")
        with job.start({**inputs, "registry": faulty.host}, network="host") as step:
            process.wait_until(lambda: uploading.is_set() or step.ended, deadline=120, what="an upload")
            assert uploading.is_set(), process.tail(step.log)
            result = step.cancel()
        cancelled.set()
        _check_cancelled(result)
        assert faulty.asked("PUT", "/manifests/") == 0
    _check_nothing_is_left(engine, registry, inputs["image-name"])


def _check_nothing_is_left(engine: Engine, registry: Registry, image_name: str) -> None:
    assert containers_left(engine, image_name) == []
    assert tags_left(engine, image_name) == []
    assert tags_of(registry, image_name) == set()


def test_post__removes_what_a_killed_step_left(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine
) -> None:
    job = make_job("plain")
    name = inputs["image-name"]
    with _started_tests_that_sleep(job, inputs) as (step, sleeping):
        killed = step.kill_container()
        assert killed.returncode == 137
        assert runs(sleeping)
        assert len(containers_left(engine, name)) == 1
        assert len(tags_left(engine, name)) == 1
        post = job.run_post(inputs)
    assert post.returncode == 0
    assert "Removed 1 container(s) that the step left behind." in post.log
    process.wait_until(lambda: not runs(sleeping), deadline=10, what="the end of the test's process")
    _check_nothing_is_left(engine, registry, name)


def test_post__after_a_run_that_ended_says_nothing(pushed: PushedRun) -> None:
    assert pushed.post.returncode == 0
    assert [line for line in pushed.post.printed.splitlines() if line] == []


@contextlib.contextmanager
def _started_tests_that_sleep(job: Job, inputs: Mapping[str, str]) -> Iterator[tuple[Step, str]]:
    """Yield a step whose image tests wait, and the command line they wait in; what is left is removed at the end."""
    sleeping = _sleep_command()
    job.add_file("image-tests/test_wait.py", f"import os\n\n\ndef test_wait():\n    os.system('exec {sleeping}')\n")
    try:
        with job.start(inputs) as step:
            _wait_until_it_runs(sleeping, step)
            yield step, sleeping
    finally:
        for line in containers_left(job.engine, inputs["image-name"]):
            process.run(["docker", "rm", "--force", line.split()[0]], env=job.engine.environment())


# --- logins, tests and sizes ---


def test_docker_config__of_the_caller_is_honoured(
    make_job: MakeJob, registry: Registry, image_name: str, password: str
) -> None:
    """An earlier step may have logged in; below RUNNER_TEMP its configuration is visible to the container."""
    job = make_job("plain")
    file = job.temp / "docker" / "config.json"
    file.parent.mkdir()
    login = _encoded({USER: password})[f"login of {USER}"]
    file.write_text(json.dumps({"auths": {registry.host: {"auth": login}}}))
    before = fingerprint(job.temp / "docker")
    result = job.run(
        {"registry": registry.host, "image-name": image_name},
        env={"DOCKER_CONFIG": "/github/runner_temp/docker"},
        network="host",
    )
    assert result.returncode == 0, result.log
    assert result.outputs["digest"] == registry.digest(image_name, "latest")
    assert int(result.outputs["size"]) > 1_000_000
    assert _found({"password": password, "login": login}, {"log": result.printed, "summary": result.summary}) == []
    after = fingerprint(job.temp / "docker")
    assert {name: entry[0] for name, entry in after.items()} == {name: entry[0] for name, entry in before.items()}


def test_image_tests__with_requirements_and_without_pytest(make_job: MakeJob, inputs: dict[str, str]) -> None:
    result = make_job("requirements").run({**inputs, "push": "false"})
    assert result.returncode == 0, result.log
    assert "3 passed" in result.log


def test_image_tests__use_the_pytest_of_the_image(make_job: MakeJob, inputs: dict[str, str]) -> None:
    """The image has Debian's pytest, and nothing to install another one with."""
    result = make_job("plain").run({**inputs, "push": "false"})
    assert result.returncode == 0, result.log
    assert "pytest-8.3.5" in result.log
    assert "pip" not in result.log.partition("::group::Test")[2]


def test_action_image__weighs_at_most_90_megabytes(engine: Engine, action_image: str) -> None:
    """Flattened and compressed, as it would travel if it were one layer."""
    name = f"weigh-{secrets.token_hex(6)}"
    process.run(["docker", "create", "--name", name, action_image], env=engine.environment())
    try:
        size = sum(_compressed(_export(name, engine)))
    finally:
        process.run(["docker", "rm", "--force", name], env=engine.environment())
    assert 30 * 1000**2 < size <= MAX_IMAGE_BYTES


def _export(container: str, engine: Engine) -> Iterator[bytes]:
    env = {**process.environment(), **engine.environment()}
    with subprocess.Popen(["docker", "export", container], env=env, stdout=subprocess.PIPE) as export:
        stream = cast("IO[bytes]", export.stdout)
        while piece := stream.read(1 << 20):
            yield piece
    assert export.returncode == 0


def _compressed(pieces: Iterable[bytes]) -> Iterator[int]:
    """The sizes of the pieces, compressed as gzip does by default."""
    compressor = zlib.compressobj(6)
    yield from (len(compressor.compress(piece)) for piece in pieces)
    yield len(compressor.flush())
