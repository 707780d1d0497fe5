"""Installs another repo2docker than the one that this action brings, in an environment of its own.

Every run installs it again, which takes 5 to 10 seconds. There is no safe place for pip's cache: on hosted runners a
container action sees neither the tool cache nor a home that outlives the job, and on a self-hosted runner any earlier
job could have filled a cache in the shared home.
"""

import hashlib
import platform
import re
import shutil
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from hubaction.clients.process import run_process, stream_process
from hubaction.errors import ActionError, DiskFullError
from hubaction.inputs.repo2docker_version import is_url, parse_repo2docker_version

ENVIRONMENT = "repo2docker-environment"
OLDEST = "2022.2.0"
"""The first that runs on Python 3.12 and newer: earlier ones import distutils, which was removed."""
CONSTRAINTS = ("chardet<6",)
"""repo2docker before 2026 uses chardet.universaldetector of any version; chardet 7 no longer has it."""
KEPT_LINES = 60
_INPUT = "input 'repo2docker-version'"
_ADVICE = "Use another version, or leave the input empty for the one that this action brings."


class VersionError(ActionError):
    """The wanted repo2docker cannot be installed, or does not run here."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{_INPUT}: {message}", title="No such repo2docker")


class TooOldError(VersionError):
    """The wanted repo2docker does not support other inputs, or does not run on this Python."""


@dataclass(frozen=True)
class Installed:
    """A repo2docker that starts."""

    python: Path
    """The interpreter of its environment."""
    version: str
    """As it reports itself, e.g. 2025.12.0; 0+unknown from an archive without a git tag."""
    buildx: bool
    """Whether it builds with buildx and passes arguments on to it, as every version since 2025.8."""
    requirement: str = ""

    @property
    def text(self) -> str:
        """For the log, the summary and a label: the version, and its source when that is not PyPI."""
        return f"{self.version} ({self.requirement})" if is_url(self.requirement) else self.version


@dataclass(frozen=True)
class BuildArguments:
    """How to start an installed repo2docker, and what its configuration file tells buildx."""

    command: tuple[str, ...]
    buildx: tuple[str, ...]
    notices: tuple[str, ...] = ()
    digest: str = ""
    """sha256 in hex of the repo2docker that is started."""


def install_repo2docker(
    requirement: str, folder: Path, *, env: Mapping[str, str], on_line: Callable[[str], None]
) -> Installed:
    """Install it below `folder`; `requirement` comes from parse_repo2docker_version.

    `on_line` gets pip's output, which is untrusted. Raises VersionError, TooOldError or DiskFullError.
    """
    wanted = parse_repo2docker_version(requirement)
    if "git+https://" in wanted and not shutil.which("git", path=env.get("PATH", "")):
        raise VersionError(_explain_git(wanted))
    # Packages run code while they are built, which needs neither Docker nor the login to a registry.
    env = {name: value for name, value in env.items() if not name.startswith("DOCKER_")}
    python = _make_environment(folder, env)
    _install(wanted, python, folder=folder, env=env, on_line=on_line)
    version = _ask_version(python, folder=folder, env=env)
    return Installed(python, version, _passes_on_to_buildx(python), wanted)


def arguments_for(arguments: Sequence[str], buildx: Sequence[str], installed: Installed) -> BuildArguments:
    """Adapt a plan's arguments to an installed version; `arguments` start with the program and end with the context.

    Without buildx, labels are set by repo2docker's own option, and other arguments for buildx are left out, with a
    notice. Raises TooOldError when the result would be another image.
    """
    command = (str(installed.python), "-I", "-m", "repo2docker", *arguments[1:])
    digest = _hash_records(installed.python)
    if installed.buildx:
        return BuildArguments(command, tuple(buildx), digest=digest)
    _refuse_unknown_traits(arguments, installed.version)
    labels = [argument.removeprefix("--label=") for argument in buildx if argument.startswith("--label=")]
    kept = [label for label in labels if _is_plain_label(label)]
    options = tuple(f"--label={label}" for label in kept)
    left_out = [_name_of(argument) for argument in buildx if not argument.startswith(("--label=", *_OWN_BUILDX))]
    left_out += [f"the label {label.partition('=')[0]!r}" for label in labels if label not in kept]
    notices = _tell_without_buildx(installed, left_out)
    return BuildArguments((*command[:-1], *options, command[-1]), (), notices, digest)


# --- installing ---


def _make_environment(folder: Path, env: Mapping[str, str]) -> Path:
    place = folder / ENVIRONMENT
    code, output = run_process([sys.executable, "-I", "-m", "venv", "--without-pip", str(place)], env=env, cwd=folder)
    if code:
        _raise_when_full(output)
        raise VersionError(f"no environment can be made for it ({output.strip()[-300:]}).")
    return place / "bin" / "python"


def _install(
    requirement: str, python: Path, *, folder: Path, env: Mapping[str, str], on_line: Callable[[str], None]
) -> None:
    """Our own pip installs into the other environment, without the machine's settings."""
    constraints = folder / f"{ENVIRONMENT}.txt"
    constraints.write_text("\n".join(CONSTRAINTS) + "\n", encoding="utf-8")
    said: deque[str] = deque(maxlen=KEPT_LINES)

    def read_line(line: str) -> None:
        said.append(line)
        on_line(line)

    pip = [sys.executable, "-I", "-m", "pip", "--isolated", "--no-input", "--disable-pip-version-check"]
    options = ["--no-cache-dir", "--no-compile", "--progress-bar=off", f"--constraint={constraints}"]
    command = [*pip, f"--python={python}", "install", *options, "--", requirement]
    if stream_process(command, env=env, cwd=folder, on_line=read_line):
        output = "\n".join(said)
        _raise_when_full(output)
        raise VersionError(explain_pip(requirement, output))


def _ask_version(python: Path, *, folder: Path, env: Mapping[str, str]) -> str:
    code, output = run_process([str(python), "-I", "-m", "repo2docker", "--version"], env=env, cwd=folder)
    last = (output.strip().splitlines() or [""])[-1].strip()
    if code == 0:
        return _normalize(last)
    if "No module named repo2docker" in last:
        raise VersionError(f"what it names is installed, and is not repo2docker. {_ADVICE}")
    raise TooOldError(
        f"it is installed, and does not start on this action's Python, {platform.python_version()}: {last[-300:]}."
        f" Versions before {OLDEST} are too old for it. {_ADVICE}"
    )


def _normalize(version: str) -> str:
    """It calls itself 2024.07.0, and PyPI calls it 2024.7.0."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return version[:100]


def _hash_records(python: Path) -> str:
    """sha256 in hex of the installed packages' records, without scripts, which contain this run's folder.

    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    digest = hashlib.sha256()
    for record in sorted(python.parent.parent.glob("lib/python*/site-packages/*.dist-info/RECORD")):
        lines = [line for line in record.read_text(encoding="utf-8").splitlines() if not line.startswith("../")]
        digest.update("\n".join([record.parent.name, *sorted(lines), ""]).encode())
    return digest.hexdigest()


def _passes_on_to_buildx(python: Path) -> bool:
    """Read from its source: an archive has no version, and importing it would run it."""
    modules = python.parent.parent.glob("lib/python*/site-packages/repo2docker/docker.py")
    return any("extra_buildx_build_args" in module.read_text(encoding="utf-8") for module in modules)


# --- explaining ---


def explain_pip(requirement: str, output: str) -> str:
    """A sentence about pip's output for the author of the requirement."""
    if re.search(r"Retrying \(Retry|Max retries exceeded|ReadTimeout|CERTIFICATE_VERIFY_FAILED", output):
        return (
            f"{requirement} could not be fetched: the network, a proxy or the package's host failed. Run again, or"
            " let the runner reach pypi.org and files.pythonhosted.org over https."
        )
    if re.search(r"HTTP error 404|404 Client Error", output):
        return f"there is nothing to fetch at the address in {requirement} (404). Check it in a browser. {_ADVICE}"
    if re.search(r"requires a different Python", output):
        return f"{requirement} does not allow this action's Python, {platform.python_version()}. {_ADVICE}"
    if found := re.search(r"satisfies the requirement (\S+).*\(from versions: ([^)]*)\)", output):
        if not found[1].startswith("jupyter"):
            return f"{requirement} needs {found[1]}, which cannot be had for this action's Python. {_ADVICE}"
        newest = ", ".join(found[2].split(", ")[-5:])
        return f"there is no {requirement}; the newest are {newest}. {_ADVICE}"
    errors = [line.strip() for line in output.splitlines() if re.match(r"\s*(?:ERROR|error):", line)]
    return f"pip cannot install {requirement}: {' '.join(errors)[-300:] or output.strip()[-300:]}. {_ADVICE}"


def _explain_git(requirement: str) -> str:
    return (
        "installing from a git repository needs git, which this action's image does without. Name a zip file of it:"
        f" {find_zip(requirement)}"
    )


def find_zip(requirement: str) -> str:
    """The archive of a git URL at GitHub; an example for any other."""
    address = requirement.partition("git+")[2].partition("#")[0].partition("?")[0]
    found = re.fullmatch(r"(https://github\.com/[^/@]+/[^/@]+?)(?:\.git)?(?:@(.+))?", address)
    repository, ref = (found[1], found[2] or "HEAD") if found else ("https://github.com/jupyterhub/repo2docker", "REF")
    return f"jupyter-repo2docker @ {repository}/archive/{ref}.zip"


def _raise_when_full(output: str) -> None:
    if "No space left on device" in output:
        raise DiskFullError


# --- without buildx ---

_OWN_BUILDX = ("--load", "--provenance=")
"""Every plan has these arguments for buildx; Docker's older builder does both by default."""
_TRAITS_SINCE = {"base_image": Version("2023.6"), "platform": Version("2023.6")}
_INPUT_OF = {"base_image": "base-image", "platform": "platform"}


def _refuse_unknown_traits(arguments: Sequence[str], version: str) -> None:
    """repo2docker silently ignores a trait that it does not know, and would build from its own base image."""
    try:
        known = Version(version)
    except InvalidVersion:
        return
    for trait, since in _TRAITS_SINCE.items():
        if known < since and any(argument.startswith(f"--Repo2Docker.{trait}=") for argument in arguments):
            raise TooOldError(f"{version} does not know the input '{_INPUT_OF[trait]}'; versions since {since} do.")


def _is_plain_label(label: str) -> bool:
    """These versions write labels into the Dockerfile between double quotes, and escape nothing."""
    return bool(re.fullmatch(r"[A-Za-z0-9._/-]+=[^\"\\$\x00-\x1f\x7f]*", label))


def _name_of(argument: str) -> str:
    return argument.partition("=")[0].partition(" ")[0]


def _tell_without_buildx(installed: Installed, left_out: Sequence[str]) -> tuple[str, ...]:
    names = ", ".join(dict.fromkeys(left_out))
    rest = f" Left out, since it cannot have them: {names}." if names else ""
    return (
        f"repo2docker {installed.text} is older than 2025.8 and builds without buildx: there is no cache between runs,"
        f" and labels are part of the Dockerfile.{rest}",
    )
