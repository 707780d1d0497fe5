"""A whole build with all that is outside of it played: docker-py, the registry's wire, GitHub's, and two programs.

The programs are scripts: `docker`, and what is started as Python to run repo2docker. docker-py is its own classes by
autospec. Nothing of ours is replaced.
"""

import io
import json
import re
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import docker
import docker.errors
import pytest
import requests
import responses
from docker.models.containers import Container
from docker.models.images import Image
from docker.types.daemon import CancellableStream

from hubaction.clients.registry.manifest import digest_of
from hubaction.inputs.event import Event
from hubaction.inputs.read import read_secrets
from hubaction.modes.build import run_build
from hubaction.report.outputs import write_outputs
from hubaction.report.report import Report
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.support.runner_rules import read_commands, read_file_command
from tests.unit.samples import LOGIN, REPOSITORY, make_build_plan, make_inputs, make_settings, push_to

OCI = "application/vnd.oci.image.manifest.v1+json"
BASE = f"quay.io/org/base@sha256:{'b' * 64}"
NAME = "quay.io/org/course"
QUAY = {"registry": "quay.io"} | LOGIN
PLAIN = QUAY | {"hub-check": "false", "image-tests": "", "cache": "none"}
"""A build without any check of the image."""
API = f"https://api.github.com:443/repos/{REPOSITORY}"
"""As PyGithub spells it."""
BUILD = """#!/bin/sh
folder={folder}
for argument; do
  if [ "$argument" = --no-build ]; then
    cat "$folder/workspace/Dockerfile"
    exit
  fi
done
echo "$@" >> "$folder/builds"
cp repo2docker_config.json "$folder/built.json"
cat "$folder/build-log" 2> /dev/null
exit "$(cat "$folder/build-code" 2> /dev/null || echo 0)"
"""
DOCKER = """#!/bin/sh
folder={folder}
case "$1" in
buildx) echo github.com/docker/buildx v0.1 ;;
login)
  cat > /dev/null
  cat "$folder/login-log" 2> /dev/null
  exit "$(cat "$folder/login-code" 2> /dev/null || echo 0)" ;;
esac
"""
READY: tuple[Mapping[str, Any], ...] = (
    {"event": "ready", "memory": 90_000_000},
    {"event": "versions", "versions": {"python": "3.13.0"}},
    {"event": "kernels", "names": ["python3"]},
    {"event": "kernel", "name": "python3", "error": ""},
    {"event": "done"},
)
PASSED = '<testsuite><testcase name="test_a" time="0.1"/></testsuite>'


def describe_image(labels: Mapping[str, str]) -> bytes:
    """Return the config of an image."""
    return json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": dict(labels)}}).encode()


def describe_manifest(config: bytes) -> bytes:
    kind = "application/vnd.oci.image.config.v1+json"
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": f"sha256:{'1' * 64}", "size": 23}
    described = {"mediaType": kind, "digest": digest_of(config), "size": len(config)}
    return json.dumps({"schemaVersion": 2, "mediaType": OCI, "config": described, "layers": [layer]}).encode()


class PlayedRegistry:
    """A registry on the wire that keeps manifests and configs."""

    def __init__(self) -> None:
        self.manifests: dict[str, bytes] = {}
        """By path and tag, `org/course:latest`."""
        self.blobs: dict[str, bytes] = {}
        self.private = False
        """Whether it shows nothing without a login."""
        self.refuses_to_write = False
        self.written: list[str] = []
        """What was put there by requests."""

    def keep(self, key: str, labels: Mapping[str, str]) -> str:
        """Have an image under a tag; return its digest."""
        config = describe_image(labels)
        self.blobs[digest_of(config)] = config
        self.manifests[key] = describe_manifest(config)
        return digest_of(self.manifests[key])

    def serve(self, mock: responses.RequestsMock) -> None:
        mock.add_callback("POST", re.compile(r"https://quay\.io/v2/.*/blobs/uploads/"), self._open_upload)
        mock.add_callback("PUT", re.compile(r"https://quay\.io/upload\?digest=.*"), self._upload)
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            mock.add_callback(method, re.compile(r"https://quay\.io/v2/.*"), self._answer)

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        if self.private and request.headers.get("Authorization") in {None, "Basic Og=="}:
            return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""
        path, kind, key = str(request.url).removeprefix("https://quay.io/v2/").rsplit("/", 2)
        if kind == "blobs":
            return (200, {}, self.blobs[key]) if key in self.blobs else (404, {}, b"")
        if kind == "tags":
            listed = [name.partition(":")[2] for name in self.manifests if name.partition(":")[0] == path]
            return 200, {}, json.dumps({"name": path, "tags": listed}).encode()
        if request.method == "PUT":
            return self._put(f"{path}:{key}", request)
        return self._answer_manifest(f"{path}:{key}", key, str(request.method))

    def _answer_manifest(self, name: str, key: str, method: str) -> tuple[int, dict[str, str], bytes]:
        found = [body for known, body in self.manifests.items() if known == name or digest_of(body) == key]
        if not found:
            return 404, {}, b""
        if method == "DELETE":
            self.manifests = {name: body for name, body in self.manifests.items() if body != found[0]}
            return 202, {}, b""
        headers = {"Content-Type": OCI, "Docker-Content-Digest": digest_of(found[0])}
        return 200, headers, b"" if method == "HEAD" else found[0]

    def _open_upload(self, _: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        return 202, {"Location": "https://quay.io/upload"}, b""

    def _upload(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        assert isinstance(request.body, bytes)
        self.blobs[digest_of(request.body)] = request.body
        return 201, {}, b""

    def _put(self, key: str, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        if self.refuses_to_write:
            return 404, {}, b'{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN"}]}'
        assert isinstance(request.body, bytes)
        self.manifests[key] = request.body
        self.written.append(key)
        return 201, {}, b""


class PlayedEngine:
    """docker-py's own client by autospec, over images that are names and labels only."""

    def __init__(self, folder: Path, registry: PlayedRegistry) -> None:
        self._folder = folder
        self._registry = registry
        self.names: dict[str, bytes] = {}
        """Configs by name; that of the local tag is what the played build left."""
        self.pushed: list[str] = []
        self.push_error = ""
        self.history: list[dict[str, str]] = []
        self.hub_events: tuple[Mapping[str, Any], ...] = READY
        self.has_jupyter = True
        self.test_results: str | None = PASSED
        self.test_code = 0
        self.containers: list[Any] = []
        self.local_tag = ""
        self.client = make_client()
        self.client.api.base_url, self.client.api.api_version = "http+docker://localhost", "1.45"
        self.client.info.return_value = {"ServerVersion": "29.0", "OSType": "linux", "Architecture": "x86_64"}
        self.client.images.get.side_effect = self._get
        self.client.api.tag.side_effect = self._tag
        self.client.api.push.side_effect = self._push
        self.client.api.remove_image.side_effect = self._remove
        self.client.containers.create.side_effect = self._create
        self.client.containers.list.return_value = []
        self.client.api.head.side_effect = lambda *_, **__: _make_answer(ok=self.has_jupyter)
        self.client.api.get.side_effect = lambda *_, **__: _make_answer(ok=False)
        self.client.api.exec_create.return_value = {"Id": "x"}
        self.client.api.exec_start.side_effect = self._execute

    @property
    def built(self) -> bytes | None:
        """The config of what the played build left under the local tag."""
        file = self._folder / "built.json"
        if not file.exists():
            return None
        buildx = json.loads(file.read_text(encoding="utf-8"))["DockerEngine"]["extra_buildx_build_args"]
        labels = [argument.removeprefix("--label=") for argument in buildx if argument.startswith("--label=")]
        return describe_image(dict(label.split("=", 1) for label in labels))

    def _find(self, reference: str) -> bytes | None:
        built = self.built
        if built and reference in {self.local_tag, digest_of(built)}:
            return built
        return self.names.get(reference)

    def _get(self, reference: str) -> Any:
        config = self._find(reference)
        if config is None:
            raise docker.errors.ImageNotFound("none")
        image = create_autospec(Image, instance=True)
        image.id = digest_of(config)
        image.attrs = {"Id": image.id, "Size": 5, "Config": json.loads(config)["config"], "RepoDigests": []}
        image.history.return_value = self.history
        return image

    def _tag(self, local: str, name: str, tag: str) -> None:
        config = self._find(local)
        assert config is not None
        self.names[f"{name}:{tag}"] = config

    def _push(self, name: str, tag: str, **_: object) -> Iterator[dict[str, Any]]:
        if self.push_error:
            return iter([{"error": self.push_error}])
        config = self.names[f"{name}:{tag}"]
        self._registry.keep(f"{name.partition('/')[2]}:{tag}", json.loads(config)["config"]["Labels"])
        self.pushed.append(f"{name}:{tag}")
        return iter([{"aux": {"Digest": digest_of(describe_manifest(config))}}])

    def _remove(self, reference: str, *, force: bool) -> None:
        if reference == self.local_tag:
            (self._folder / "built.json").unlink(missing_ok=True)
        self.names.pop(reference, None)

    # --- containers ---

    def _create(self, _image: str, command: list[str], **_: object) -> Any:
        container = create_autospec(Container, instance=True)
        container.client, container.id = self.client, "c"
        container.attrs = {"State": {"Running": True, "ExitCode": 0, "OOMKilled": False}}
        container.logs.return_value = b""
        container.wait.return_value = {"StatusCode": self.test_code}
        start_line = "".join(command[-2:]).encode() + b"\n"
        container.attach.return_value = _stream(start_line)
        container.get_archive.side_effect = self._read_archive
        self.containers.append(container)
        return container

    def _read_archive(self, path: str) -> tuple[Iterator[bytes], dict[str, Any]]:
        if not path.endswith("junit.xml") or self.test_results is None:
            raise docker.errors.NotFound("no such file")
        content = self.test_results.encode()
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            member = tarfile.TarInfo("junit.xml")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        return iter([stream.getvalue()]), {}

    def _execute(self, *_: object, **__: object) -> "CancellableStream[bytes]":
        return _stream(*(json.dumps(event).encode() + b"\n" for event in self.hub_events))


def make_client() -> Any:
    """Return docker-py's client by autospec, as if just made."""
    client = _cached_client()
    client.reset_mock(return_value=True, side_effect=True)
    return client


@cache
def _cached_client() -> Any:
    """Half a second each is too slow for every test."""
    client = create_autospec(docker.DockerClient, instance=True)
    client.api = create_autospec(docker.APIClient, instance=True)
    return client


def _stream(*pieces: bytes) -> "CancellableStream[bytes]":
    return CancellableStream(iter(pieces), create_autospec(requests.Response, instance=True))


def _make_answer(*, ok: bool) -> Any:
    answer = create_autospec(requests.Response, instance=True)
    answer.ok, answer.headers = ok, {}
    return answer


class Story:
    """One run of a build, and what it leaves."""

    def __init__(self, folder: Path, mock: responses.RequestsMock) -> None:
        self.folder = folder
        self.mock = mock
        self.registry = PlayedRegistry()
        self.engine = PlayedEngine(folder, self.registry)
        self.environ: dict[str, str] = {}
        self._stream = io.StringIO()
        self.registry.serve(mock)
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        (self.workspace / "Dockerfile").write_text(f"FROM {BASE}\nRUN true\n", encoding="utf-8")

    def add_tests(self) -> None:
        (self.workspace / "image-tests").mkdir()
        (self.workspace / "image-tests/test_a.py").write_text("def test_a(): pass\n", encoding="utf-8")

    def run(self, inputs: Mapping[str, str] = PLAIN, event: Event | None = None) -> None:
        self._stream = io.StringIO()
        for name in ("output", "summary"):
            (self.folder / name).unlink(missing_ok=True)
        settings = make_settings(inputs)
        plan = make_build_plan(settings, event or push_to(), datetime(2026, 3, 1, tzinfo=UTC))
        self.engine.local_tag = plan.build.local_tag
        self.environ = make_inputs(inputs) | {
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
        }
        console = Console(self._stream)
        console.hide(*read_secrets(self.environ))
        job = Job(self.environ, console)
        report = Report(job)
        try:
            run_build(plan, settings, job, report)
        finally:
            write_outputs(report, job)

    @property
    def log(self) -> str:
        return self._stream.getvalue()

    def annotations(self, kind: str) -> list[str]:
        return [command.data for command in read_commands(self.log) if command.name == kind]

    @property
    def steps(self) -> list[str]:
        """The steps that began."""
        return [title.lower() for title in self.annotations("group")]

    @property
    def outputs(self) -> dict[str, str]:
        file = self.folder / "output"
        return read_file_command(file.read_text(encoding="utf-8")) if file.exists() else {}

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text(encoding="utf-8")

    @property
    def builds(self) -> int:
        file = self.folder / "builds"
        return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0

    @property
    def asked_of_github(self) -> list[str]:
        asked = [call.request for call in self.mock.calls if str(call.request.url).startswith("https://api.github.com")]
        return [f"{request.method} {str(request.url).removeprefix(API)}" for request in asked]


@contextmanager
def played_story(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    programs = folder / "bin"
    programs.mkdir()
    for name, text in (("docker", DOCKER), ("python", BUILD)):
        (programs / name).write_text(text.format(folder=folder), encoding="utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        story = Story(folder, mock)
        monkeypatch.setattr(docker, "from_env", lambda **_: story.engine.client)
        yield story
