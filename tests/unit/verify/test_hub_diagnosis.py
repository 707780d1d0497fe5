"""Why an image did not start, from what was seen of it; the texts are those of engines, shells and Python."""

from dataclasses import replace
from pathlib import Path

import pytest

from hubaction.clients.engine.values import ContainerState, LocalImage
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.settings import HubPolicy
from hubaction.verify.hub_diagnosis import explain, explain_kernel, explain_page
from hubaction.verify.hub_evidence import Evidence
from hubaction.verify.hub_image import HiddenFiles, Programs

POLICY = HubPolicy(HubCheck.TRUE, ("jupyterhub-singleuser",), 2**30, 120, "/lab", "")
PROGRAMS = Programs("/srv/conda/bin/jupyterhub-singleuser", "/srv/conda/bin/jupyter", "/srv/conda/bin/python")
REPO2DOCKER = ("/usr/local/bin/repo2docker-entrypoint",)


def make_image(entrypoint: tuple[str, ...] = (), **environment: str) -> LocalImage:
    return LocalImage("sha256:1", 1, "/srv/repo", environment=environment, entrypoint=entrypoint)


@pytest.fixture
def seen(tmp_path: Path) -> Evidence:
    (tmp_path / "environment.yml").touch()
    (tmp_path / "start").touch()
    return Evidence(POLICY, tmp_path, "/home/jovyan", make_image(), PROGRAMS, HiddenFiles())


def ended(seen: Evidence, code: int, *log: str) -> Evidence:
    return replace(seen, state=ContainerState(False, code, False), log=log)


def not_found(path: str) -> str:
    return f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'"


def test_explain__start_of_repo2docker_in_the_home(seen: Evidence) -> None:
    image = make_image(REPO2DOCKER, R2D_ENTRYPOINT="/home/jovyan/start")
    log = ("Traceback (most recent call last):", '  File "x", line 1, in <module>', not_found("/home/jovyan/start"))
    error = explain(ended(replace(seen, image=image), 1, *log))
    assert "'/home/jovyan/start' is in the home folder of the image, and is gone on a hub" in error.message
    assert "/srv/repo" in error.message
    assert error.file == "start"


def test_explain__repo2dockers_start_runs_a_command_that_is_not_there(seen: Evidence) -> None:
    programs = replace(PROGRAMS, singleuser="")
    log = ("Traceback (most recent call last):", not_found("jupyterhub-singleuser"))
    error = explain(ended(replace(seen, image=make_image(REPO2DOCKER), programs=programs), 1, *log))
    assert "The image has no jupyterhub-singleuser" in error.message
    assert error.file == "environment.yml"


@pytest.mark.parametrize(
    "line",
    [
        "/srv/repo/start: line 7: jupyterhub-singleuser: command not found",
        "/srv/repo/start: line 7: exec: jupyterhub-singleuser: not found",
        "/srv/repo/start: 7: exec: jupyterhub-singleuser: not found",
    ],
)
def test_explain__shells(seen: Evidence, line: str) -> None:
    error = explain(ended(replace(seen, programs=replace(PROGRAMS, singleuser="")), 127, "Starting", line))
    assert "The image has no jupyterhub-singleuser" in error.message


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            'OCI runtime create failed: unable to start container process: exec: "jupyterhub-singleuser": executable'
            " file not found in $PATH: unknown",
            "The command 'jupyterhub-singleuser' was not found",
        ),
        ('exec: "/srv/repo/go": permission denied: unknown', "'/srv/repo/go' may not be run by the notebook user"),
        ('exec: "/home/jovyan/go": stat /home/jovyan/go: no such file', "'/home/jovyan/go' is in the home folder"),
        ("something new", "The image's first process could not be started: something new"),
    ],
)
def test_explain__what_the_engine_could_not_start(seen: Evidence, reason: str, said: str) -> None:
    assert said in explain(replace(seen, not_started=reason)).message


def test_explain__memory_before_anything_else(seen: Evidence) -> None:
    killed = replace(ended(seen, 137, "Traceback (most recent call last):", "ImportError: x"))
    error = explain(replace(killed, state=ContainerState(False, 137, True)))
    assert "more than the 1 GB of memory" in error.message
    assert "hub-memory" in error.message


def test_explain__import_error_is_quoted(seen: Evidence) -> None:
    log = ["Traceback (most recent call last):", "  import x", "ImportError: cannot import name 'a' from 'b'", "bye"]
    error = explain(ended(seen, 1, *log))
    assert "ImportError: cannot import name 'a' from 'b'." in error.message
    assert error.file == "environment.yml"


def test_explain__files_in_the_folder_binder(seen: Evidence) -> None:
    """Where it is, repo2docker reads nothing else."""
    (seen.source / "binder").mkdir()
    (seen.source / "binder" / "requirements.txt").touch()
    assert explain(ended(seen, 1, "ImportError: x")).file == "binder/requirements.txt"


def test_explain__long_output_is_cut(seen: Evidence) -> None:
    message = explain(ended(seen, 1, "x" * 10_000)).message
    assert len(message) < 1000
    assert "…" in message


def test_explain__slow_server(seen: Evidence) -> None:
    silent = replace(seen, state=ContainerState(True, 0, False), event={"event": "not-ready", "cause": "closed"})
    assert "has not opened port 8888 within 120 s" in explain(silent).message
    start = make_image(REPO2DOCKER, R2D_ENTRYPOINT="/srv/repo/start")
    assert 'exec "$@"' in explain(replace(silent, image=start)).message
    asked = replace(silent, image=start, event={**silent.event, "asked": True})
    assert 'exec "$@"' not in explain(asked).message


def test_explain_page__redirected_to_the_hub(seen: Evidence) -> None:
    event = {"event": "no-page", "status": 302, "detail": "redirected to /hub/api/oauth2/authorize"}
    assert (
        "does not open: 302 answer (redirected to /hub/api/oauth2/authorize)"
        in explain_page(replace(seen, event=event)).message
    )


def test_explain_kernel__of_post_build(seen: Evidence) -> None:
    (seen.source / "postBuild").touch()
    assert explain_kernel(seen, "xr", "it died").file == "postBuild"
    assert explain_kernel(seen, "python3", "it died").file == "environment.yml"
