"""Runs jupyter-repo2docker as a process, in a folder of ours and with a configuration of ours."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubaction.build.build_log import BuildLog
from hubaction.build.fingerprint import repo2docker_digest
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.clients.process import run_process, stream_process
from hubaction.decide.build_arguments import CONFIG_FILE, BuildSpec
from hubaction.errors import ActionError


class NoBuildxError(ActionError):
    """The engine's client lacks the builder that repo2docker calls."""


@dataclass(frozen=True)
class BuiltImage:
    """The outcome of a build: the image is in the engine under its local tag."""

    steps: int
    cached_steps: int


def check_buildx(env: Mapping[str, str], cwd: Path) -> str:
    """Return buildx's version; raises NoBuildxError when there is none."""
    try:
        code, output = run_process(["docker", "buildx", "version"], env=env, cwd=cwd)
    except FileNotFoundError:
        raise NoBuildxError(
            "The command 'docker' was not found. The action's own image has it; outside of it, install Docker:"
            " https://docs.docker.com/engine/install/"
        ) from None
    if code:
        raise NoBuildxError(
            "The engine's client has no buildx, which repo2docker builds with. The action's own image has it; outside"
            f" of it, install it: https://docs.docker.com/go/buildx/ (the client said: {output.strip()[-300:]})"
        )
    return output.strip()


def write_configuration(spec: BuildSpec, buildx: Sequence[str], folder: Path) -> None:
    """Write what cannot stand on the command line.

    An argument for buildx with a blank in it would be taken for the repository there; and a repository
    without a configuration file is to fail, not to become an image with a Python of repo2docker's choice.
    """
    configuration: dict[str, dict[str, object]] = {
        "Repo2Docker": {} if spec.default_build_pack else {"default_buildpack": None},
        # Versions without buildx do not know the option, and say so between the lines of the build.
        "DockerEngine": {"extra_buildx_build_args": list(buildx)} if buildx else {},
    }
    (folder / CONFIG_FILE).write_text(json.dumps(configuration, indent=1), encoding="utf-8")


def own_arguments(spec: BuildSpec) -> BuildArguments:
    """repo2docker from our own environment, isolated from the folder it runs in and from PYTHON* variables."""
    command = (sys.executable, "-I", "-m", "repo2docker", *spec.repo2docker[1:])
    return BuildArguments(command, spec.buildx, digest=repo2docker_digest())


def build_image(
    spec: BuildSpec,
    arguments: BuildArguments,
    *,
    folder: Path,
    dockerfile: str,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> BuiltImage:
    """Build the staged context in `folder`; raises BuildError, after handing the failing step's last lines over.

    `dockerfile` is the repository's own, relative to its root, or empty: errors are annotated on its lines.
    """
    log = BuildLog(dockerfile)

    def read_line(line: str) -> None:
        log.read_line(line)
        on_line(line)

    write_configuration(spec, arguments.buildx, folder)
    code = stream_process(arguments.command, env=env, cwd=folder, on_line=read_line)
    if code:
        for line in ("", "The failing step's last lines:", *log.failing_lines):
            on_line(line)
        raise log.explain(code)
    return BuiltImage(log.steps, log.cached_steps)
