"""repo2docker's conda build pack, from environment.yml to a server that answers.

The build pack is the one that users get, unmodified and run to its end. Where the engine is ours, its base image is a
stand-in (`devtools/stand_in`) for the source of the packages only: they come from PyPI and not from a conda channel,
and Python is Debian's whatever version was asked for.
"""

import base64
import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools import images, places, process, repository
from devtools.engine import Engine
from devtools.registry import Registry
from tests.support.handler import REPOSITORIES, REPOSITORY, Job, StepResult
from tests.support.registry_contents import read_config, read_everything, tags_of
from tests.support.template import TEMPLATE
from tests.support.users import USER

IMAGE_NAME = "lab/conda"
"""One for all builds: the registry takes the layers that they share once."""

EXAMPLE = places.PROJECT / "examples" / "conda"
TOKEN = f"ghs_{secrets.token_hex(18)}"
"""What actions/checkout would leave in .git/config; it stands nowhere by chance."""

BASE_STEP = r"RUN TIMEFORMAT='time: %3R' bash -c 'time /tmp/install-base-env.bash'.*"
ENVIRONMENT_STEP = r"RUN TIMEFORMAT='time: %3R' bash -c 'time \$\{MAMBA_EXE\} env update .*"
APT_STEP = r"RUN apt-get -qq update && +apt-get install .* tree .*"
COPY_REPOSITORY = "COPY --chown=1000:1000 src/ /srv/repo/"


# --- building ---


@dataclass(frozen=True)
class BuildStep:
    name: str
    cached: bool


@dataclass(frozen=True)
class Build:
    """A run of the action that ended as it should, and what it was run on."""

    job: Job
    result: StepResult

    @property
    def steps(self) -> list[BuildStep]:
        """The Dockerfile's steps in its order, which is not that of the builder's log."""
        found = re.findall(r"^#(\d+) \[ *(\d+)/\d+\] (.*)$", self.result.log, re.MULTILINE)
        cached = set(re.findall(r"^#(\d+) CACHED$", self.result.log, re.MULTILINE))
        steps = {int(place): BuildStep(name, number in cached) for number, place, name in found}
        return [steps[place] for place in sorted(steps)]

    def step(self, pattern: str) -> BuildStep:
        (found,) = [step for step in self.steps if re.fullmatch(pattern, step.name)]
        return found


RunConda = Callable[..., Build]


@pytest.fixture(scope="module")
def run_conda(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, action_image: str, registry: Registry, password: str
) -> RunConda:
    """Run the action on the conda example with another folder laid over it, and with files changed or added."""
    images.ensure_conda_base(engine)
    login = {"registry": registry.host, "image-name": IMAGE_NAME, "username": USER, "password": password}

    def run(
        *folders: Path,
        changes: Mapping[str, str] | None = None,
        fails: bool = False,
        network: str = "",
        **inputs: str,
    ) -> Build:
        folder = tmp_path_factory.mktemp("conda")
        for content in folders:
            shutil.copytree(content, folder / "content", dirs_exist_ok=True)
        for name, text in (changes or {}).items():
            (folder / "content" / name).write_text(text)
        job = Job(folder / "runner", folder / "content", engine=engine, image=action_image)
        _plant_token(job.workspace)
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        result = job.run({**login, **given}, network=network)
        assert result.returncode == (1 if fails else 0), result.log
        return Build(job, result)

    return run


def _plant_token(workspace: Path) -> None:
    """As actions/checkout keeps it up to version 5, and as people write it into a remote's address."""
    header = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    settings = {
        "http.https://github.com/.extraheader": f"AUTHORIZATION: basic {header}",
        "remote.origin.url": f"https://x-access-token:{TOKEN}@github.com/{REPOSITORY}.git",
    }
    for name, value in settings.items():
        repository.git(workspace, "config", name, value)


COMPLETE = (EXAMPLE, REPOSITORIES / "conda-complete")
COMPLETE_INPUTS = {"appendix_file": "appendix.dockerfile", "labels": "org.example.course=Tides & waves"}


@pytest.fixture(scope="module")
def complete(run_conda: RunConda) -> Build:
    """The example with every file that the build pack reads, and some that it does not."""
    return run_conda(*COMPLETE, **COMPLETE_INPUTS)


@pytest.fixture(scope="module")
def nonce() -> str:
    return secrets.token_hex(20)


@pytest.fixture(scope="module")
def rebuilt(complete: Build, run_conda: RunConda, nonce: str) -> Build:
    """The same with a changed notebook, a changed README and, now, .git."""
    notebook = (EXAMPLE / "random-walk.ipynb").read_text().replace("A random walk", f"A random walk {nonce}")
    changes = {"random-walk.ipynb": notebook, "README.md": f"# Changed {nonce}\n"}
    assert complete.result.outputs["pushed"] == "true"
    return run_conda(*COMPLETE, changes=changes, include_git="true", image_tests="", **COMPLETE_INPUTS)


# --- looking into an image ---


@contextlib.contextmanager
def pulled(build: Build, registry: Registry, folder: Path) -> Iterator[str]:
    """The image as a hub would get it."""
    login = base64.b64encode(f"{USER}:{registry.users[USER]}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": login}}}))
    reference = build.result.outputs["image"]
    env = build.job.engine.environment()
    process.run(["docker", "pull", "--quiet", reference], env=env | {"DOCKER_CONFIG": str(folder)})
    try:
        yield reference
    finally:
        process.run(["docker", "image", "rm", reference], env=env)


LOOK = """
import importlib.util, json, os, pwd, shutil, sys
from pathlib import Path
repository = Path(os.environ["REPO_DIR"])
print(json.dumps({
    "user": [pwd.getpwuid(os.getuid()).pw_name, os.getuid(), os.getgid()],
    "environment": dict(os.environ),
    "folder": os.getcwd(),
    "files": {path.name: pwd.getpwuid(path.stat().st_uid).pw_name for path in repository.iterdir()},
    "prefix": sys.prefix,
    "programs": [name for name in ("tree", "jupyterhub-singleuser") if shutil.which(name)],
    "modules": [name for name in ("numpy", "nbgitpuller", "humanize") if importlib.util.find_spec(name)],
    "built with": (repository / "built-with.txt").read_text(),
    "appendix": Path("/etc/appendix.txt").read_text(),
    "home": sorted(os.listdir(os.environ["HOME"])),
}))
"""


@pytest.fixture(scope="module")
def image(complete: Build, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pulled(complete, registry, tmp_path_factory.mktemp("docker-config")) as reference:
        yield reference


@pytest.fixture(scope="module")
def seen(image: str, engine: Engine) -> dict[str, Any]:
    """What a program sees that the image's container runs."""
    facts: dict[str, Any] = json.loads(run_in(image, "python", "-c", LOOK, engine=engine)[-1])
    return facts


def run_in(image: str, *command: str, engine: Engine) -> list[str]:
    """The lines that a container prints, its login shell's first."""
    return process.run(["docker", "run", "--rm", image, *command], env=engine.environment()).splitlines()


# --- the image of a complete repository, on the stand-in for the source of its packages ---


def test_image_tests__run_as_the_notebook_user(complete: Build) -> None:
    """They check user, folder and start script from inside, and what the example's own tests check."""
    assert re.search(r"\b7 passed\b", complete.result.log)


def test_user__is_the_notebook_user(seen: dict[str, Any]) -> None:
    assert seen["user"] == ["jovyan", 1000, 1000]
    assert seen["environment"]["HOME"] == "/home/jovyan"
    assert seen["environment"]["USER"] == "jovyan"


def test_repository__is_in_repo_dir_and_not_in_the_home(seen: dict[str, Any]) -> None:
    """A hub mounts the user's own files over the home folder."""
    assert seen["environment"]["REPO_DIR"] == seen["folder"] == "/srv/repo"
    assert {"random-walk.ipynb", "environment.yml", "README.md"} <= seen["files"].keys()
    assert set(seen["files"].values()) == {"jovyan"}
    assert "random-walk.ipynb" not in seen["home"]


def test_environment__is_installed(seen: dict[str, Any]) -> None:
    """By the names in environment.yml; the versions and builds are PyPI's."""
    assert seen["prefix"] == "/srv/conda/envs/notebook"
    assert {"numpy", "nbgitpuller"} <= set(seen["modules"])
    assert "jupyterhub-singleuser" in seen["programs"]


def test_apt_txt__is_installed(seen: dict[str, Any]) -> None:
    assert "tree" in seen["programs"]


def test_post_build__ran_in_the_environment_as_the_notebook_user(seen: dict[str, Any]) -> None:
    assert seen["built with"].split() == ["numpy", "jovyan"]


def test_start__runs_when_the_container_starts(seen: dict[str, Any]) -> None:
    assert seen["environment"]["STARTED_WITH"] == "start"


def test_requirements_and_runtime__beside_environment_are_not_read(complete: Build, seen: dict[str, Any]) -> None:
    """As repo2docker documents it: environment.yml is preferred, and decides which Python its base has.

    The lock file says which Python was asked for; the stand-in for the source of the packages gives Debian's.
    """
    assert "humanize" not in seen["modules"]
    assert _locked_python(complete) == "3.12"
    told = [command.properties["file"] for command in complete.result.obeyed("notice") if "no effect" in command.data]
    assert told == ["requirements.txt", "runtime.txt"]


def _locked_python(build: Build) -> str:
    """The Python version of the lock file that the base environment was made from."""
    step = build.step(r"COPY .* /tmp/env/environment\.lock")
    found = re.search(r"environment-2epy-2d(\d+)-2e(\d+)-2dlinux", step.name)
    assert found, step.name
    return f"{found[1]}.{found[2]}"


def test_appendix_file__takes_effect(seen: dict[str, Any]) -> None:
    assert seen["appendix"] == "appended by root in /srv/repo\n"


def test_labels__are_those_of_oci_and_the_users(complete: Build, registry: Registry) -> None:
    config = read_config(registry, IMAGE_NAME, complete.job.commit[:12])["config"]
    labels = config["Labels"]
    assert labels["org.opencontainers.image.title"] == "user-image"
    assert labels["org.opencontainers.image.source"] == f"https://github.com/{REPOSITORY}"
    assert labels["org.opencontainers.image.revision"] == complete.job.commit
    assert labels["org.opencontainers.image.version"] == complete.job.commit[:12]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", labels["org.opencontainers.image.created"])
    assert labels["org.example.course"] == "Tides & waves"
    assert config["User"] == "jovyan"
    assert config["WorkingDir"] == "/srv/repo"


SERVER_SECONDS = 60
ASK = """
import json, sys, urllib.error, urllib.request
answers = {}
for path, headers in (("/api/status", {"Authorization": "token " + sys.argv[1]}), ("/api/status", {}), ("/lab", {})):
    query = "" if headers or path == "/api/status" else "?token=" + sys.argv[1]
    request = urllib.request.Request("http://127.0.0.1:8888" + path + query, headers=headers)
    name = path + (" as a stranger" if not headers and not query else "")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            answers[name] = [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as error:
        answers[name] = [error.code, ""]
print(json.dumps(answers))
"""


def test_jupyterlab__answers_from_the_image(image: str, engine: Engine) -> None:
    """The server is PyPI's where the base image is the stand-in."""
    _check_jupyterlab(image, engine)


def _check_jupyterlab(image: str, engine: Engine) -> None:
    """It answers to the token's owner, and to nobody else."""
    with _running_server(image, engine) as (container, token):
        answers = _ask_server(container, token, engine)
    code, text = answers["/api/status"]
    assert code == 200
    assert {"started", "kernels", "connections"} <= json.loads(text).keys()
    assert answers["/api/status as a stranger"][0] == 403
    code, text = answers["/lab"]
    assert code == 200
    assert "<title>JupyterLab</title>" in text


@contextlib.contextmanager
def _running_server(image: str, engine: Engine) -> Iterator[tuple[str, str]]:
    token = secrets.token_hex(20)
    name = f"conda-server-{secrets.token_hex(6)}"
    command = ["jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=8888", f"--IdentityProvider.token={token}"]
    process.run(["docker", "run", "--detach", "--name", name, image, *command], env=engine.environment())
    try:
        yield name, token
    finally:
        process.run(["docker", "rm", "--force", name], env=engine.environment())


def _ask_server(container: str, token: str, engine: Engine) -> dict[str, tuple[int, str]]:
    answers: dict[str, tuple[int, str]] = {}

    def answered() -> bool:
        with contextlib.suppress(process.CommandError):  # it refuses connections until it listens
            asked = ["docker", "exec", container, "python", "-c", ASK, token]
            answers.update(json.loads(process.run(asked, env=engine.environment())))
        return bool(answers)

    process.wait_until(answered, deadline=SERVER_SECONDS, what="an answer of JupyterLab", every=0.3)
    return answers


# --- the template, just as it is; its packages come from the stand-in for their source ---


@pytest.fixture(scope="module")
def template(run_conda: RunConda) -> Build:
    return run_conda(TEMPLATE)


def test_template__has_its_tests_and_its_notebook_run(template: Build) -> None:
    """Three packages, the server, the notebook; and there is nothing to remark on."""
    assert re.search(r"(?<!\d)5 passed", template.result.log)
    assert template.result.outputs["pushed"] == "true"
    assert template.result.obeyed("notice") == []


def test_template__is_not_pushed_when_a_notebook_fails(
    template: Build, run_conda: RunConda, registry: Registry
) -> None:
    notebook = "image-tests/first-notebook.ipynb"
    text = (TEMPLATE / notebook).read_text(encoding="utf-8")
    wrong = text.replace("assert 14 < mean", "assert 15 < mean")
    assert wrong != text
    failed = run_conda(TEMPLATE, changes={notebook: wrong}, fails=True)
    assert failed.step(ENVIRONMENT_STEP).cached
    assert re.search(r"(?<!\d)4 passed, 1 failed", failed.result.log)
    (error, _) = failed.result.obeyed("error")
    assert error.data.startswith("first-notebook.ipynb: Code cell 2, which begins with `assert 15 < mean")
    assert error.properties["file"] == notebook
    assert '"id": "check"' in wrong.splitlines()[int(error.properties["line"]) - 1]
    tags = tags_of(registry, IMAGE_NAME)
    assert template.job.commit[:12] in tags
    assert failed.job.commit[:12] not in tags


def test_template__gives_a_server_and_holds_what_its_guide_says(
    template: Build, registry: Registry, engine: Engine, tmp_path: Path
) -> None:
    with pulled(template, registry, tmp_path) as reference:
        _check_jupyterlab(reference, engine)
        files = run_in(reference, "ls", "-A", "/srv/repo", engine=engine)
    written_on_start = ".jupyter-server-log.txt"  # by repo2docker's entry point
    assert set(files[1:]) - {written_on_start} == {".dockerignore", "environment.yml", "image-tests"}


# --- .git ---


def test_git__is_left_out_by_default(seen: dict[str, Any]) -> None:
    assert ".git" not in seen["files"]


def test_git__is_there_without_credentials_where_asked_for(
    rebuilt: Build, registry: Registry, engine: Engine, tmp_path: Path
) -> None:
    script = "git rev-parse HEAD && git remote get-url origin && git ls-files environment.yml && git config --list"
    with pulled(rebuilt, registry, tmp_path) as reference:
        printed = run_in(reference, "sh", "-ec", script, engine=engine)
    _, head, url, file, *settings = printed
    assert head == rebuilt.job.commit
    assert url == f"https://github.com/{REPOSITORY}.git"
    assert file == "environment.yml"
    assert f"remote.origin.url={url}" in settings
    assert not any("extraheader" in setting for setting in settings)


def test_git__leaves_credentials_in_no_layer(rebuilt: Build, registry: Registry, nonce: str) -> None:
    planted = (rebuilt.job.workspace / ".git" / "config").read_text()
    header = base64.b64encode(f"x-access-token:{TOKEN}".encode())
    assert TOKEN in planted
    assert header.decode() in planted
    found = {TOKEN: 0, header.decode(): 0, nonce: 0}
    for content in read_everything(registry, IMAGE_NAME, rebuilt.job.commit[:12]):
        for text in found:
            found[text] += text.encode() in content
    # The search finds what is there.
    assert found == {TOKEN: 0, header.decode(): 0, nonce: 1}


# --- building again ---


def test_rebuild__is_none_when_only_ignored_files_change(complete: Build, run_conda: RunConda, nonce: str) -> None:
    """`latest` names the image before. It is asked for on the host's network, where the registry is."""
    assert complete.result.outputs["pushed"] == "true"
    ignored = {".dockerignore": "README.md\n"}
    options = {"image_name": f"{IMAGE_NAME}-ignored", "image_tests": "", "network": "host", **COMPLETE_INPUTS}
    before = run_conda(*COMPLETE, changes=ignored, **options)
    after = run_conda(*COMPLETE, changes=ignored | {"README.md": f"# Changed {nonce}\n"}, **options)

    assert "::group::Build" in before.result.log
    assert "::group::Build" not in after.result.log
    assert after.job.commit != before.job.commit
    assert after.result.outputs["digest"] == before.result.outputs["digest"]
    assert after.result.outputs["image"].endswith(f":{after.job.commit[:12]}")


def test_rebuild__of_a_changed_notebook_and_readme_keeps_the_environment(rebuilt: Build) -> None:
    """The steps are repo2docker's own; what they would have installed is the stand-in's."""
    for pattern in (BASE_STEP, APT_STEP, ENVIRONMENT_STEP):
        assert rebuilt.step(pattern).cached
    first, *steps = rebuilt.steps
    assert first.name.startswith("FROM ")
    # Everything up to the copy of the repository, and nothing from there on.
    position = steps.index(rebuilt.step(COPY_REPOSITORY))
    assert [step for step in steps if step.cached] == steps[:position]
    assert f"| Cached steps | {position} of {len(steps)} |" in rebuilt.result.summary


@pytest.mark.slow
def test_rebuild__of_a_changed_environment_runs_its_step_only(complete: Build, run_conda: RunConda) -> None:
    """The other half of the test before: the same step, not cached. What it installs is the stand-in's."""
    text = (complete.job.workspace / "environment.yml").read_text()
    changes = {"environment.yml": f"{text}  # {secrets.token_hex(10)}\n"}
    again = run_conda(*COMPLETE, changes=changes, push="false", image_tests="", **COMPLETE_INPUTS)
    assert again.step(BASE_STEP).cached
    assert not again.step(ENVIRONMENT_STEP).cached
    assert not again.step(COPY_REPOSITORY).cached


# --- other places and other files, on the same stand-in ---


def test_binder_folder__with_an_ignore_file_at_the_root(run_conda: RunConda) -> None:
    """The tests in the image check what is absent, and that binder/'s files are the ones that count.

    The packages come from the stand-in for their source.
    """
    build = run_conda(REPOSITORIES / "conda-binder", push="false")
    assert re.search(r"\b4 passed\b", build.result.log)
    outside, local = build.result.obeyed("notice")
    assert "'environment.yml' at the top of the repository has no effect" in outside.data
    assert "'binder/environment.yml' hands '-r requirements.txt' to pip" in local.data
    assert local.properties == {"file": "binder/environment.yml", "line": "12"}
    assert "this-is-not-read-beside-binder" not in build.result.log


@pytest.mark.slow
def test_requirements__instead_of_environment(run_conda: RunConda) -> None:
    """The conda build pack makes the base there, too, and runtime.txt names its Python; for a user of another name.

    The lock file says which Python was asked for; the stand-in for the source of the packages gives Debian's.
    """
    build = run_conda(REPOSITORIES / "conda-requirements", push="false", notebook_user="ada", user_id="1234")
    assert re.search(r"\b2 passed\b", build.result.log)
    assert _locked_python(build) == "3.12"
    assert not any(re.fullmatch(ENVIRONMENT_STEP, step.name) for step in build.steps)
