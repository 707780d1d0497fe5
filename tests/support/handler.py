"""A launcher beside act: `docker run` exactly as GitHub's runner starts a container action, and ends it.

The options, mounts and variables are those of `ContainerActionHandler.cs`, `DockerCommandManager.cs` and
`GitHubContext.cs`, the signals those of `ProcessInvoker.cs`, all of https://github.com/actions/runner. act differs in
each: it shares RUNNER_TEMP with nobody, hands out no runtime token, and removes the container when it is cancelled.
"""

import contextlib
import hashlib
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devtools import places, process, repository, runner
from devtools.engine import Engine
from tests.support import runner_rules
from tests.support.runner_rules import Command

REPOSITORIES = places.PROJECT / "tests" / "end_to_end" / "repositories"
REPOSITORY = "lab/user-image"
LABEL = "5c6072"
"""As the runner has it: six digits of a hash, the same for all containers of a runner."""
RUNNER_USER = 1001
"""The owner of the workspace on hosted runners: https://github.com/actions/runner-images"""
SECONDS_TO_SIGTERM = 7.5
SECONDS_TO_KILL = 2.5
FILE_COMMANDS = {
    "GITHUB_OUTPUT": "set_output",
    "GITHUB_STEP_SUMMARY": "step_summary",
    "GITHUB_ENV": "set_env",
    "GITHUB_PATH": "add_path",
    "GITHUB_STATE": "save_state",
}
POST_ENTRYPOINT = yaml.safe_load((places.PROJECT / "action.yml").read_text())["runs"]["post-entrypoint"]


@dataclass(frozen=True)
class Tokens:
    """What a runner hands to every step; each is a text that stands nowhere by chance."""

    github: str
    runtime: str
    """ACTIONS_RUNTIME_TOKEN, and the one to ask for an ID token with."""


@dataclass(frozen=True)
class StepResult:
    """A step that ended. `log` is standard output as it was written, `stderr` the other stream."""

    returncode: int
    log: str
    stderr: str
    output_file: str
    summary: str
    seconds: float
    """From the start, or from the cancelling where it was cancelled."""

    @property
    def outputs(self) -> dict[str, str]:
        return runner_rules.read_file_command(self.output_file)

    @property
    def commands(self) -> list[Command]:
        return runner_rules.read_commands(self.log)

    def obeyed(self, name: str) -> list[Command]:
        return [command for command in self.commands if command.name == name]

    @property
    def errors(self) -> list[str]:
        return [command.data for command in self.obeyed("error")]

    @property
    def printed(self) -> str:
        """The log less the lines in which the runner is told what to mask: those it does not show."""
        lines = runner_rules.split_output(self.log)
        return "\n".join(line for line in lines if not line.startswith("::add-mask::"))


class Job:
    """A job's folders on the runner's machine, laid out as the runner does, with a repository checked out."""

    def __init__(self, folder: Path, content: Path, *, engine: Engine, image: str) -> None:
        self.engine = engine
        self.image = image
        self.tokens = Tokens(github=f"ghs_{secrets.token_hex(18)}", runtime=secrets.token_hex(40))
        self.run_id = str(secrets.randbelow(10**10))
        self.work = folder / "work" / "user-image"
        self.workspace = self.work / "user-image"
        self.temp = folder / "_temp"
        for name in ("_github_home", "_github_workflow", "_runner_file_commands"):
            (self.temp / name).mkdir(parents=True)
        self.work.mkdir(parents=True)
        self.commit = repository.make_repository(content, self.workspace, full_name=REPOSITORY)
        self._number = 0

    def add_file(self, name: str, text: str) -> Path:
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def prepared_workspace(self) -> Path:
        """The workspace, owned as it will be when a step starts."""
        _give_to_runner(self.work, self.temp)
        return self.workspace

    def run(self, inputs: Mapping[str, str], **options: Any) -> StepResult:
        """Run the action's main step to its end; `options` are those of `start`."""
        with self.start(inputs, **options) as step:
            return step.wait()

    def run_post(self, inputs: Mapping[str, str], **options: Any) -> StepResult:
        """Run what the runner runs after the job, as the second container that it is."""
        return self.run(inputs, entrypoint=POST_ENTRYPOINT, **options)

    def start(
        self,
        inputs: Mapping[str, str],
        *,
        event_name: str = "push",
        payload: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        network: str = "",
        entrypoint: str = "",
    ) -> "Step":
        """Start the action's container; `env` is the step's own, `network` that of the job's services."""
        self._number += 1
        event = runner.push_payload(REPOSITORY, self.commit) if payload is None else payload
        (self.temp / "_github_workflow" / "event.json").write_text(json.dumps(event))
        files = self._make_command_files()
        _give_to_runner(self.work, self.temp)
        variables = {
            **(env or {}),
            **self._inputs(inputs),
            "HOME": "/github/home",
            **self._github_variables(event_name, event),
            **{name: f"/github/file_commands/{path.name}" for name, path in files.items()},
            **self._runner_variables(),
        }
        name = f"{LABEL}{secrets.token_hex(14)}_{secrets.token_hex(3)}"
        return Step(self, name, self._arguments(name, variables, network, entrypoint), variables, files, self._number)

    def _arguments(self, name: str, variables: Mapping[str, str], network: str, entrypoint: str) -> list[str]:
        mounts = {
            self.engine.docker_host.removeprefix("unix://"): "/var/run/docker.sock",
            str(self.temp): "/github/runner_temp",
            str(self.temp / "_github_home"): "/github/home",
            str(self.temp / "_github_workflow"): "/github/workflow",
            str(self.temp / "_runner_file_commands"): "/github/file_commands",
            str(self.workspace): "/github/workspace",
        }
        return [
            *("docker", "run", "--name", name, "--label", LABEL, "--workdir", "/github/workspace", "--rm"),
            # Without values: docker reads them from its own environment, and the list of processes shows none.
            *(word for variable in variables for word in ("-e", variable)),
            *("-e", "GITHUB_ACTIONS=true", "-e", "CI=true"),
            *(["--entrypoint", entrypoint] if entrypoint else []),
            *(["--network", network] if network else []),
            *(word for source, target in mounts.items() for word in ("-v", f"{source}:{target}")),
            self.image,
        ]

    def _inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        """Every input that action.yml declares has a variable; the expression for the token is evaluated."""
        declared = yaml.safe_load((places.PROJECT / "action.yml").read_text())["inputs"]
        unknown = given.keys() - declared.keys()
        if unknown:
            raise ValueError(f"action.yml declares no {unknown}")
        values = {name: str(fields.get("default", "")) for name, fields in declared.items()}
        values = {**values, "github-token": self.tokens.github, **given}
        return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in values.items()}

    def _github_variables(self, event_name: str, event: Mapping[str, Any]) -> dict[str, str]:
        pull_request = event.get("pull_request", {})
        number = event.get("number")
        ref = f"refs/pull/{number}/merge" if event_name == "pull_request" else event.get("ref", "refs/heads/main")
        owner = REPOSITORY.partition("/")[0]
        return {
            "GITHUB_ACTION": "__org_hub-image-action",
            "GITHUB_ACTION_REF": "v1",
            "GITHUB_ACTION_REPOSITORY": "org/hub-image-action",
            "GITHUB_ACTOR": "ada",
            "GITHUB_ACTOR_ID": "1",
            "GITHUB_API_URL": "https://api.github.com",
            "GITHUB_BASE_REF": pull_request.get("base", {}).get("ref", ""),
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
            "GITHUB_HEAD_REF": pull_request.get("head", {}).get("ref", ""),
            "GITHUB_JOB": "image",
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "GITHUB_REF_PROTECTED": "false",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_REPOSITORY_ID": "2",
            "GITHUB_REPOSITORY_OWNER": owner,
            "GITHUB_REPOSITORY_OWNER_ID": "3",
            "GITHUB_RETENTION_DAYS": "90",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": self.run_id,
            "GITHUB_RUN_NUMBER": "7",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": self.commit,
            "GITHUB_TRIGGERING_ACTOR": "ada",
            "GITHUB_WORKFLOW": "User image",
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/image.yaml@{ref}",
            "GITHUB_WORKFLOW_SHA": self.commit,
            "GITHUB_WORKSPACE": "/github/workspace",
        }

    def _runner_variables(self) -> dict[str, str]:
        server = "https://pipelines.example.org/"
        return {
            "RUNNER_ARCH": "X64",
            "RUNNER_ENVIRONMENT": "github-hosted",
            "RUNNER_NAME": "GitHub Actions 1",
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": "/github/runner_temp",
            "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache",
            "RUNNER_WORKSPACE": str(self.work),
            "ACTIONS_CACHE_URL": server,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.tokens.runtime,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server}idtoken?api-version=2.0",
            "ACTIONS_RESULTS_URL": "https://results.example.org/",
            "ACTIONS_RUNTIME_TOKEN": self.tokens.runtime,
            "ACTIONS_RUNTIME_URL": server,
        }

    def _make_command_files(self) -> dict[str, Path]:
        folder = self.temp / "_runner_file_commands"
        files = {name: folder / f"{stem}_{secrets.token_hex(16)}" for name, stem in FILE_COMMANDS.items()}
        for path in files.values():
            path.touch()
        return files


class Step:
    """A container action that runs; leaving the block ends it whatever happened."""

    def __init__(
        self,
        job: Job,
        name: str,
        arguments: list[str],
        variables: Mapping[str, str],
        files: Mapping[str, Path],
        number: int,
    ) -> None:
        self.name = name
        self._job = job
        self._files = files
        self._stdout = job.work.parent / f"{number}.stdout"
        self._stderr = job.work.parent / f"{number}.stderr"
        self._started = time.monotonic()
        # The docker client's own environment is the container's, laid over what the client itself needs.
        docker = {name: job.engine.environment()[name] for name in ("DOCKER_HOST", "PATH")}
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self._client = subprocess.Popen(
                arguments,
                env={**process.environment(), **docker, **variables},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def __enter__(self) -> "Step":
        return self

    def __exit__(self, *_: object) -> None:
        if self._client.poll() is None:
            self._client.kill()
        self._client.wait()
        with contextlib.suppress(process.CommandError):
            process.run(["docker", "rm", "--force", self.name], env=self._job.engine.environment())

    @property
    def ended(self) -> bool:
        return self._client.poll() is not None

    @property
    def log(self) -> str:
        return self._stdout.read_bytes().decode(errors="replace")

    def wait(self, timeout: float = 300) -> StepResult:
        returncode = self._client.wait(timeout)
        return StepResult(
            returncode=returncode,
            log=self.log,
            stderr=self._stderr.read_bytes().decode(errors="replace"),
            output_file=self._files["GITHUB_OUTPUT"].read_text(),
            summary=self._files["GITHUB_STEP_SUMMARY"].read_text(),
            seconds=time.monotonic() - self._started,
        )

    def wait_for_log(self, text: str, timeout: float = 120) -> None:
        """Return when the step has printed a text; AssertionError when it ends without."""

        def printed_or_ended() -> bool:
            return text in self.log or self._client.poll() is not None

        process.wait_until(printed_or_ended, deadline=timeout, what=f"'{text}' in the log")
        assert text in self.log, f"the step ended before it printed '{text}':\n{process.tail(self.log)}"

    def cancel(self) -> StepResult:
        """Cancel as the runner does; the result's seconds count from here."""
        self._started = time.monotonic()
        for number, grace in ((signal.SIGINT, SECONDS_TO_SIGTERM), (signal.SIGTERM, SECONDS_TO_KILL)):
            self._client.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._client.wait(grace)
                return self.wait()
        self._client.kill()
        return self.wait()

    def kill_container(self) -> StepResult:
        """Kill the container as the kernel does when memory runs out: no handler runs."""
        process.run(["docker", "kill", "--signal", "KILL", self.name], env=self._job.engine.environment())
        return self.wait()


def _give_to_runner(*folders: Path) -> None:
    """Own everything as the runner's user does, where the tests may."""
    if os.geteuid() == 0:
        for folder in folders:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, RUNNER_USER, RUNNER_USER, follow_symlinks=False)


def fingerprint(folder: Path) -> dict[str, tuple[str, int, int, int, int]]:
    """Everything that a step could change: content, mode, owner, group and time of each entry."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        if path.is_symlink():
            content = str(path.readlink())
        else:
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        name = str(path.relative_to(folder))
        found[name] = (content, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns)
    return found
