"""The guard in whole runs: what is refused before the build, what is left out, what is refused after it."""

import base64
import json
from collections.abc import Callable, Mapping

import pytest

from devtools import process
from devtools.engine import Engine
from devtools.registry import Registry
from devtools.repository import commit_all
from tests.support.handler import Job, StepResult
from tests.support.machine import containers_left, tags_left
from tests.support.planted import characters, private_key
from tests.support.registry_contents import read_everything, tags_of
from tests.support.users import USER

MakeJob = Callable[[str], Job]


def commit(job: Job, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        job.add_file(name, text)
    job.commit = commit_all(job.workspace, "Add files")


def check_unpublished(result: StepResult, secret: str, registry: Registry, engine: Engine, name: str) -> None:
    """Nothing of it is anywhere, and the secret is in nothing that is printed."""
    assert result.returncode == 1, process.tail(result.log)
    assert "This is a bug" not in result.log
    assert result.outputs.get("pushed") != "true"
    assert tags_of(registry, name) == set()
    assert tags_left(engine, name) == containers_left(engine, name) == []
    assert secret not in result.printed + result.stderr + result.summary + result.output_file


def contents(registry: Registry, name: str) -> bytes:
    return b"".join(read_everything(registry, name, "latest"))


def test_secrets__tracked_ones_stop_the_build_on_their_lines(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine
) -> None:
    job = make_job("plain")
    token = "ghp" + "_" + characters(36)
    commit(job, {"analysis.py": f"import os\n\nTOKEN = '{token}'\n", "keys/id_rsa": private_key()})
    result = job.run(inputs)
    check_unpublished(result, token, registry, engine, inputs["image-name"])
    annotations = {(error.properties["file"], error.properties["line"]) for error in result.obeyed("error")}
    assert annotations == {("analysis.py", "3"), ("keys/id_rsa", "1")}
    assert {error.properties["title"] for error in result.obeyed("error")} == {"Secret in the repository"}
    assert "::group::Build" not in result.log
    assert "analysis.py" in result.summary
    # What the guard found is all there was.
    allowed = job.run({**inputs, "push": "false", "allow-files": "keys/*\nanalysis.py"})
    assert allowed.returncode == 0, process.tail(allowed.log)


def test_secrets__files_of_the_workflow_are_left_out(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry
) -> None:
    """As an earlier step leaves them: a login where nobody expands `$HOME`, credentials of a cloud."""
    job = make_job("plain")
    text = (job.workspace / "Dockerfile").read_text()
    marker = characters(24)
    commit(job, {"Dockerfile": f"{text}COPY --chown=1000 . /srv/repo\n", "kept.txt": marker})
    login = base64.b64encode(f"{USER}:{inputs['password']}".encode()).decode()
    secret = characters(30)
    job.add_file("$HOME/.docker/config.json", f'{{"auths": {{"{registry.host}": {{"auth": "{login}"}}}}}}')
    job.add_file("gha-creds-0123456789abcdef.json", f'{{"type": "external_account", "audience": "{secret}"}}')
    job.add_file("sub/settings.cfg", f"password = {inputs['password']}\n")
    job.add_file("made.txt", secret[::-1])
    result = job.run({**inputs, "result-file": "result.json"})
    assert result.returncode == 0, process.tail(result.log)
    warned = {warning.properties.get("file", "") for warning in result.obeyed("warning")}
    assert warned == {"$HOME/.docker/config.json", "gha-creds-0123456789abcdef.json", "sub/settings.cfg"}
    assert all(name in result.summary for name in warned)
    assert set(json.loads((job.workspace / "result.json").read_text())["left_out"]) == warned
    everything = contents(registry, inputs["image-name"])
    for text in (login, secret, inputs["password"]):
        assert text.encode() not in everything
    # What was not left out is there: tracked or not.
    assert marker.encode() in everything
    assert secret[::-1].encode() in everything


def test_secrets__what_is_left_out_has_no_part_in_the_fingerprint(make_job: MakeJob, inputs: dict[str, str]) -> None:
    """Credentials are new in each run, and an image that does not have them is the same."""
    job = make_job("plain")
    for number in range(2):
        job.add_file("gha-creds-0123456789abcdef.json", f'{{"audience": "{characters(30)}"}}')
        result = job.run(inputs, network="host")
        assert result.returncode == 0, process.tail(result.log)
        assert ("::group::Build" in result.log) is (number == 0), process.tail(result.log)


BUILD_ARGS = "\nARG ACCESS_TOKEN\nARG OTHER\nUSER root\nRUN {command}\nUSER jovyan\n"


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ('test -n "$ACCESS_TOKEN"', "the history of the image"),
        ('mkdir -p /srv/repo && echo "login=$ACCESS_TOKEN" > /srv/repo/.login', "the file /srv/repo/.login"),
        ("printf 'ada:%s' \"$ACCESS_TOKEN\" | base64 -w0 > /home/jovyan/login", "the file /home/jovyan/login"),
    ],
    ids=["history", "file", "base64 at home"],
)
def test_secrets__a_build_argument_fails_after_the_build(
    command: str,
    place: str,
    make_job: MakeJob,
    inputs: dict[str, str],
    registry: Registry,
    engine: Engine,
) -> None:
    job = make_job("plain")
    text = (job.workspace / "Dockerfile").read_text()
    commit(job, {"Dockerfile": text + BUILD_ARGS.format(command=command)})
    secret = characters(32)
    result = job.run({**inputs, "build-args": f"ACCESS_TOKEN={secret}\nOTHER=1"})
    check_unpublished(result, secret, registry, engine, inputs["image-name"])
    (error,) = result.obeyed("error")
    assert error.properties["title"] == "Secret in the image"
    assert f"the build argument 'ACCESS_TOKEN' is in {place}" in error.data
    assert "'build-args' (ACCESS_TOKEN)" in error.data
    assert "OTHER" not in error.data
    assert "::group::Test" not in result.log


def test_secrets__the_registrys_password_under_any_name(
    make_job: MakeJob, inputs: dict[str, str], registry: Registry, engine: Engine
) -> None:
    job = make_job("plain")
    text = (job.workspace / "Dockerfile").read_text()
    commit(job, {"Dockerfile": f"{text}\nARG COLOUR\nLABEL colour=$COLOUR\n"})
    result = job.run({**inputs, "build-args": f"COLOUR={inputs['password']}"})
    check_unpublished(result, inputs["password"], registry, engine, inputs["image-name"])
    assert "a secret among the inputs of this step is in the label 'colour' of the image" in result.errors[0]
