"""Mode rollout as a whole program: a registry's answers are played on the wire, GitHub by a server on the loopback."""

import hashlib
import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import responses

from hubaction.decide.labels import PULL_REQUEST_LABEL, UNPROVEN_LABEL
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.main import main
from hubaction.report.result_file import ImageResult, write_result
from tests.github.server import (
    APP_TOKEN,
    JOB_TOKEN,
    OTHER_REPOSITORY,
    READ_ONLY_TOKEN,
    REPOSITORY,
    GitHubServer,
)
from tests.support.runner_rules import read_commands, read_file_command

PATH = "org/course"
NAME = f"quay.io/{PATH}"
HUB = "# private notes of the operators\nsingleuser:\n  image:\n    name: quay.io/org/course\n    tag: {}\n"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"


@dataclass
class Stage:
    """What there is around a run."""

    server: GitHubServer
    wire: responses.RequestsMock
    folder: Path
    manifest: bytes = b""
    """Of the image that was pushed last."""
    size: int = 0
    config_url: str = ""

    def push_image(self, tag: str, commit: str = "", **labels: str) -> str:
        """Have the registry show an image; return its digest."""
        labels = {"org.opencontainers.image.revision": commit, **labels}
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": labels}, "x": tag}).encode()
        descriptor = {"mediaType": CONFIG_TYPE, "size": len(config), "digest": digest(config)}
        layer = {
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "size": 5_000_000,
            "digest": digest(b"layer"),
        }
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": descriptor, "layers": [layer]}
        ).encode()
        self.manifest, self.size = manifest, len(config) + 5_000_000
        base = f"https://quay.io/v2/{PATH}"
        for reference in (tag, digest(manifest)):
            self.wire.get(f"{base}/manifests/{reference}", manifest, content_type=MANIFEST_TYPE)
        self.config_url = f"{base}/blobs/{digest(config)}"
        self.wire.get(self.config_url, config)
        return digest(manifest)

    def run(self, event: str = "push", sha: str = "", **inputs: str) -> "Ran":
        files = {name: self.folder / name for name in ("output", "summary", "event.json")}
        for file in files.values():
            file.write_text("")
        sha = sha or self.server.git.branches["main"]
        repository = {"full_name": REPOSITORY, "default_branch": "main"}
        files["event.json"].write_text(json.dumps({"repository": repository, "ref": "refs/heads/main", "after": sha}))
        given = {
            "mode": "rollout",
            "image-name": NAME,
            "username": "robot",
            "password": "wharf-and-quay",
            "github-token": JOB_TOKEN,
            "rollout-repository": OTHER_REPOSITORY,
            "rollout-token": APP_TOKEN,
            "rollout-paths": "hub.yaml: singleuser.image",
        } | {name.replace("_", "-"): value for name, value in inputs.items()}
        environ = {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(files["event.json"]),
            "GITHUB_OUTPUT": str(files["output"]),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": sha,
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_WORKSPACE": str(self.folder),
            **{f"INPUT_{name.upper()}": value for name, value in given.items()},
        }
        stdout = io.StringIO()
        code = main([], environ, stdout, stdout)
        outputs = read_file_command(files["output"].read_text())
        return Ran(code, stdout.getvalue(), files["summary"].read_text(), outputs)


@dataclass(frozen=True)
class Ran:
    code: int
    log: str
    summary: str
    outputs: Mapping[str, str]

    def annotations(self, kind: str) -> list[str]:
        return [command.data for command in read_commands(self.log) if command.name == kind]

    @property
    def error(self) -> str:
        assert self.code == 1, self.log
        (error,) = self.annotations("error")
        return error


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def stage(server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Yield a hub with an image of the commit before."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    before = server.git.push({"Dockerfile": "FROM scratch\n"})
    after = server.git.push({"Dockerfile": "FROM debian\n"})
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.add_passthru(server.url)
        stage = Stage(server, wire, tmp_path)
        stage.push_image(before[:12], before)
        stage.push_image(after[:12], after)
        server.gits[OTHER_REPOSITORY].push({"hub.yaml": HUB.format(before[:12])})
        yield stage


def hub_file(stage: Stage) -> str:
    (pull,) = stage.server.opened
    return stage.server.gits[OTHER_REPOSITORY].read("hub.yaml", branch=pull.branch)


def test_rollout_mode(stage: Stage) -> None:
    before, after = (sha for sha in reversed(list(stage.server.git.history(stage.server.git.branches["main"]))))
    ran = stage.run()
    assert ran.code == 0, ran.log
    assert hub_file(stage) == HUB.format(after[:12])
    (pull,) = stage.server.opened
    assert f"/{REPOSITORY}/compare/{before}...{after}" in pull.body
    assert "| Download size | 5.0 MB | 5.0 MB |" in pull.body
    assert ran.outputs == {"mode": "rollout", "rollout-url": f"https://github.com/{OTHER_REPOSITORY}/pull/1"}
    assert f"Opened pull request 1. https://github.com/{OTHER_REPOSITORY}/pull/1" in ran.log
    assert "+    tag: " + after[:12] in ran.summary
    hidden = [f"::add-mask::{APP_TOKEN}", f"::add-mask::{JOB_TOKEN}"]
    assert APP_TOKEN not in re.sub("|".join(hidden), "", ran.log) + ran.summary


def test_rollout_mode__shows_nothing_of_a_private_repository(stage: Stage) -> None:
    """The log of this repository may have other readers."""
    stage.server.private.add(OTHER_REPOSITORY)
    stage.server.gits[OTHER_REPOSITORY].push({"other.yaml": "image: quay.io/secret/project:1\n"})
    ran = stage.run(rollout_paths="hub.yaml: singleuser.image\nother.yaml: image")
    assert ran.outputs["rollout-url"]
    for text in (ran.log, ran.summary):
        assert "private notes" not in text
        assert "quay.io/secret/project" not in text
    # Their readers see all of it.
    assert "quay.io/secret/project:1" in stage.server.opened[0].body


def test_rollout_mode__shows_no_value_of_a_private_repository_in_an_error(stage: Stage) -> None:
    stage.server.private.add(OTHER_REPOSITORY)
    stage.server.gits[OTHER_REPOSITORY].push({"other.yaml": "hub:\n  password: correct horse\n  tag: 'battery'\n"})
    for path in ("hub.password", "hub.tag"):
        ran = stage.run(rollout_paths=f"other.yaml: {path}")
        assert "other.yaml:" in ran.error
        assert "horse" not in ran.log + ran.summary
        assert "battery" not in ran.log + ran.summary


def test_rollout_mode__of_an_image_that_is_not_there(stage: Stage) -> None:
    sha = stage.server.git.push({"Dockerfile": "FROM other\n"})
    stage.wire.get(f"https://quay.io/v2/{PATH}/manifests/{sha[:12]}", status=404)
    assert f"{NAME}:{sha[:12]} is not in its registry, so hubs could not start it" in stage.run().error
    assert stage.server.opened == []


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        (PULL_REQUEST_LABEL, "7", "was built for a pull request"),
        (UNPROVEN_LABEL, "hub-check", "does not say whether a hub can start it"),
    ],
)
def test_rollout_mode__of_an_image_that_is_not_for_hubs(stage: Stage, label: str, value: str, said: str) -> None:
    sha = stage.server.git.push({"Dockerfile": "FROM other\n"})
    stage.push_image(sha[:12], sha, **{label: value})
    assert said in stage.run().error
    assert stage.server.writes() == []


def test_rollout_mode__of_labels_that_nobody_tells(stage: Stage) -> None:
    """They would say that it is not for hubs."""
    sha = stage.server.git.push({"Dockerfile": "FROM other\n"})
    stage.push_image(sha[:12], sha, **{PULL_REQUEST_LABEL: "7"})
    stage.wire.replace("GET", stage.config_url, status=403)
    assert "does not give the blob" in stage.run().error
    assert stage.server.writes() == []


def test_rollout_mode__of_what_is_no_image(stage: Stage) -> None:
    sha = stage.server.git.push({"Dockerfile": "FROM other\n"})
    chart = json.dumps(
        {"mediaType": MANIFEST_TYPE, "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}}
    )
    for reference in (sha[:12], digest(chart.encode())):
        stage.wire.get(f"https://quay.io/v2/{PATH}/manifests/{reference}", chart, content_type=MANIFEST_TYPE)
    assert "hubs could not start it: it is not the manifest of a single image" in stage.run().error


def test_rollout_mode__of_a_tag_that_moves_meanwhile(stage: Stage) -> None:
    """What is judged is what the pull request names."""
    sha = stage.server.git.push({"Dockerfile": "FROM other\n"})
    stage.push_image(sha[:12], sha, **{PULL_REQUEST_LABEL: "7"})
    # Answers that are registered twice are given one after the other.
    stage.push_image(sha[:12], sha)
    assert "was built for a pull request" in stage.run().error


def test_rollout_mode__of_labels_that_say_nothing(stage: Stage) -> None:
    """An image of a build has them, too, empty."""
    sha = stage.server.git.push({"Dockerfile": "FROM other\n"})
    stage.push_image(sha[:12], sha, **{PULL_REQUEST_LABEL: "", UNPROVEN_LABEL: ""})
    assert stage.run().code == 0


def test_rollout_mode__of_an_older_commit(stage: Stage) -> None:
    """A slow run does not take hubs back; somebody who starts it by hand does."""
    newest, older = stage.server.git.history(stage.server.git.branches["main"])
    stage.server.gits[OTHER_REPOSITORY].push({"hub.yaml": HUB.format(newest[:12])})
    ran = stage.run(sha=older)
    assert ran.code == 0
    (notice,) = ran.annotations("notice")
    assert f"{NAME}:{newest[:12]} is of a newer commit" in notice
    assert stage.server.writes() == []
    assert stage.run("workflow_dispatch", sha=older).outputs["rollout-url"]
    assert hub_file(stage) == HUB.format(older[:12])


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"rollout_token": "ghs_unknown"}, "GitHub does not accept the token of the input 'rollout-token': renew it."),
        ({"rollout_token": READ_ONLY_TOKEN}, "to the token's rights, for Org/Hub."),
        ({"rollout_branch": "gone"}, "may not read branch 'gone'"),
        ({"rollout_paths": "hub.yaml: singleuser.imag"}, "did you mean 'image'?"),
        ({"rollout_paths": "hubs.yaml: singleuser.image"}, "no such file; did you mean 'hub.yaml'?"),
    ],
)
def test_rollout_mode__that_fails(stage: Stage, inputs: dict[str, str], said: str) -> None:
    error = stage.run(**inputs).error
    assert error.startswith(f"{NAME}:")
    assert "is in its registry, and was not rolled out to Org/Hub." in error
    assert said in error
    assert "ghs_" not in error
    assert set(stage.server.gits[OTHER_REPOSITORY].branches) == {"main"}


def test_rollout_mode__in_its_own_repository_by_the_jobs_token(stage: Stage) -> None:
    newest, older = stage.server.git.history(stage.server.git.branches["main"])
    stage.server.git.push({"hub.yaml": HUB.format(older[:12])})
    ran = stage.run(sha=newest, rollout_repository="", rollout_token="")
    assert ran.outputs["rollout-url"] == f"https://github.com/{REPOSITORY}/pull/1", ran.log
    stage.server.opened.clear()
    stage.server.git.branches = {"main": stage.server.git.branches["main"]}
    stage.server.jobs_may_open = False
    error = stage.run(sha=newest, rollout_repository="", rollout_token="").error
    assert "Allow GitHub Actions to create and approve pull requests" in error
    assert set(stage.server.git.branches) == {"main"}


def test_rollout_mode__without_a_token(stage: Stage) -> None:
    newest = stage.server.git.branches["main"]
    ran = stage.run(rollout_token="")
    assert ran.code == 0
    assert stage.server.writes() == []
    assert f"+    tag: {newest[:12]}" in ran.summary
    assert "With the input 'rollout-token' it becomes a pull request." in ran.annotations("notice")[0]


@pytest.mark.parametrize("github_token", ["", "ghs_unknown"])
def test_rollout_mode__without_any_token_that_may_read(stage: Stage, github_token: str) -> None:
    ran = stage.run(rollout_token="", github_token=github_token)
    assert ran.code == 0
    tag = stage.server.git.branches["main"][:12]
    assert f"Give the image its new tag, `{tag}`, here:\n\n- `hub.yaml: singleuser.image`" in ran.summary


def test_rollout_mode__of_what_is_there_already(stage: Stage) -> None:
    newest = stage.server.git.branches["main"]
    stage.server.gits[OTHER_REPOSITORY].push({"hub.yaml": HUB.format(newest[:12])})
    ran = stage.run()
    assert (ran.code, stage.server.writes()) == (0, [])
    assert "names this image already" in ran.log
    assert "rollout-url" not in ran.outputs


def test_rollout_mode__on_a_pull_request_is_refused(stage: Stage) -> None:
    error = stage.run("pull_request").error
    assert error.startswith(
        "Rolling out on 'pull_request' is refused: hubs would start an image that nobody has merged."
    )
    assert stage.server.requests == []


@pytest.mark.parametrize("about", ["this image", "another image"])
def test_rollout_mode__tells_what_the_build_saw(stage: Stage, about: str) -> None:
    tag = stage.server.git.branches["main"][:12]
    seen = stage.push_image(tag, "") if about == "this image" else f"sha256:{'6' * 64}"
    name = ImageName("quay.io", PATH)
    stage.wire.replace("GET", f"https://quay.io/v2/{PATH}/manifests/{tag}", stage.manifest, content_type=MANIFEST_TYPE)
    result = ImageResult(
        name, pushed=(PushedReference(Reference(name, tag), seen, stage.size),), tests="3 passed", hub="ready in 3 s"
    )
    (stage.folder / "result.json").write_text(write_result(result))
    ran = stage.run(result_file="result.json")
    body = stage.server.opened[0].body
    assert ("| Hub check | `ready in 3 s` |" in body) is (about == "this image")
    assert ("| Image tests | `3 passed` |" in body) is (about == "this image")
    assert len(ran.annotations("notice")) == (0 if about == "this image" else 1)


def test_rollout_mode__with_a_result_file_that_is_none(stage: Stage) -> None:
    ran = stage.run(result_file="result.json")
    assert ran.outputs["rollout-url"]
    assert "cannot be read" in ran.annotations("warning")[0]
