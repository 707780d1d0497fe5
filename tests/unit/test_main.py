"""The whole of it as far as it needs no engine: `--plan`, the error boundary, masking, and what does nothing."""

import gc
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubaction.inputs.surroundings import MAX_APPENDIX_BYTES
from hubaction.main import main
from tests.support import runner_rules
from tests.support.payloads import EXAMPLES, Example, MissingExamplesError, find_examples
from tests.unit.samples import HEAD_SHA, LOGIN, REPOSITORY, SHA, SHORT_SHA, make_inputs

PROJECT = Path(__file__).parents[2]
PLAN_KEYS = ["mode", "reason", "push", "references", "repo2docker", "buildx", "comment", "rollout", "hub", "warnings"]
QUAY = {"registry": "quay.io"} | LOGIN


@dataclass(frozen=True)
class Ran:
    """What came out of a run."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        loaded = json.loads(self.stdout)
        assert isinstance(loaded, dict)
        return loaded

    @property
    def commands(self) -> list[runner_rules.Command]:
        return runner_rules.read_commands(self.stdout + self.stderr)

    def annotations(self, kind: str) -> list[str]:
        return [command.data for command in self.commands if command.name == kind]


def run(arguments: list[str], environ: Mapping[str, str]) -> Ran:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = main(arguments, environ, stdout, stderr)
    return Ran(code, stdout.getvalue(), stderr.getvalue())


def variables(folder: Path, event: str = "push", payload: object | None = None) -> dict[str, str]:
    """Return what a runner sets for a push to the default branch, or for the event given."""
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    repository = {"full_name": REPOSITORY, "default_branch": "main"}
    text = json.dumps(
        {"repository": repository, "ref": "refs/heads/main", "after": SHA} if payload is None else payload
    )
    (folder / "event.json").write_text(text, encoding="utf-8")
    return {
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_SHA": SHA,
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_WORKSPACE": str(workspace),
    }


def target_payload() -> dict[str, Any]:
    repository = {"full_name": REPOSITORY, "default_branch": "main", "private": False}
    head = {"sha": HEAD_SHA, "ref": "x", "repo": {"full_name": "Stranger/Course"}}
    pull_request = {"number": 7, "head": head, "base": {"repo": {"full_name": REPOSITORY}}}
    return {"action": "opened", "number": 7, "repository": repository, "pull_request": pull_request}


# --- the plan ---


def test_plan__of_a_push(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path) | make_inputs(QUAY))
    assert ran.code == 0
    assert list(ran.json) == PLAN_KEYS
    assert ran.json["mode"] == "build"
    assert ran.json["reason"] == "the event is 'push'"
    assert ran.json["push"] is True
    assert ran.json["references"] == [f"quay.io/org/course:{SHORT_SHA}", "quay.io/org/course:latest"]
    assert ran.json["repo2docker"][0] == "jupyter-repo2docker"
    assert f"--label=org.opencontainers.image.revision={SHA}" in ran.json["buildx"]
    assert ran.json["comment"] is None
    assert ran.json["warnings"] == []
    assert ran.stderr == ""


def test_plan__does_nothing(tmp_path: Path) -> None:
    environ = variables(tmp_path) | make_inputs(QUAY)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    run(["--plan"], environ)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_plan__of_a_comment(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path, "pull_request_target", target_payload()))
    assert ran.code == 0
    assert ran.json["mode"] == "comment"
    assert ran.json["repo2docker"] is None
    assert ran.json["references"] == []
    assert list(ran.json["comment"]) == ["repository", "number", "body"]
    assert (ran.json["comment"]["repository"], ran.json["comment"]["number"]) == (REPOSITORY, 7)
    assert f"https://mybinder.org/v2/gh/Stranger/Course/{HEAD_SHA}" in ran.json["comment"]["body"]


def test_plan__shows_the_links_to_the_hub(tmp_path: Path) -> None:
    hub = {"hub-url": "https://hub.example.edu", "hub-profile": "custom", "hub-content-path": "01.ipynb"}
    content = "https://hub.example.edu/hub/user-redirect/git-pull?"
    payload = target_payload()
    commented = run(["--plan"], variables(tmp_path, "pull_request_target", payload) | make_inputs(hub)).json
    assert commented["hub"]["start"] is None
    assert commented["hub"]["content"].startswith(content)
    assert f"]({commented['hub']['content']})" in commented["comment"]["body"]

    payload["pull_request"]["head"]["repo"]["full_name"] = REPOSITORY
    inputs = make_inputs(QUAY | hub | {"push": "true"})
    built = run(["--plan"], variables(tmp_path, "pull_request", payload) | inputs).json
    assert built["hub"]["start"].startswith("https://hub.example.edu/hub/login?next=")
    assert quote(quote(built["references"][0], safe=""), safe="") in built["hub"]["start"]


def test_plan__of_nothing(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path, "issue_comment", {}))
    assert ran.code == 0
    assert (ran.json["mode"], ran.json["push"], ran.json["repo2docker"]) == ("none", False, None)
    assert "issue_comment" in ran.json["reason"]


def test_plan__notices_are_among_its_warnings(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path) | make_inputs(QUAY | {"tags": "{pr}\n{sha}", "tagz": "x"}))
    assert [warning.partition(" is ")[0] for warning in ran.json["warnings"]] == ["input 'tagz'", "The tag '{pr}'"]


def test_plan__invalid_input(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path) | make_inputs({"mode": "biuld", "push": "ture", "user-id": "0"}))
    assert ran.code == 1
    assert list(ran.json) == ["errors"]
    assert [error.partition(":")[0] for error in ran.json["errors"]] == [
        "input 'mode'",
        "input 'push'",
        "input 'user-id'",
    ]
    assert ran.annotations("error") == ran.json["errors"]
    assert all(line.startswith("::error ") for line in ran.stderr.splitlines())


def test_plan__refused(tmp_path: Path) -> None:
    environ = variables(tmp_path, "pull_request_target", target_payload()) | make_inputs({"mode": "build"})
    ran = run(["--plan"], environ)
    assert ran.code == 1
    (error,) = ran.json["errors"]
    assert "pull_request_target" in error
    assert ran.annotations("error") == [error]


def test_plan__no_password(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path))
    assert ran.code == 1
    assert "there is no password for docker.io" in ran.json["errors"][0]


def test_plan__without_any_variable() -> None:
    ran = run(["--plan"], {})
    assert ran.code == 1
    assert ran.json["errors"][0].startswith("input 'image-name'")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no-json"),
        pytest.param(b"\xff\xfe", id="no-text"),
        pytest.param(b"[" * 100_000, id="too-deep"),
        pytest.param(b'{"number": ' + b"1" * 5000 + b"}", id="huge-number"),
    ],
)
def test_plan__unreadable_payload_is_a_warning(tmp_path: Path, content: bytes | None) -> None:
    environ = variables(tmp_path) | make_inputs(QUAY)
    file = Path(environ["GITHUB_EVENT_PATH"])
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    ran = run(["--plan"], environ)
    assert ran.code == 0
    assert ran.json["mode"] == "build"
    assert len(ran.annotations("warning")) == 1


@pytest.mark.parametrize("payload", [None, [], 1, "x", {"repository": []}, {"pull_request": {"number": True}}])
def test_plan__odd_payload(tmp_path: Path, payload: object) -> None:
    environ = variables(tmp_path, "pull_request", payload) | make_inputs(QUAY)
    Path(environ["GITHUB_EVENT_PATH"]).write_text(json.dumps(payload), encoding="utf-8")
    ran = run(["--plan"], environ)
    assert "bug in this action" not in ran.stderr
    assert list(ran.json) == (PLAN_KEYS if ran.code == 0 else ["errors"])


def test_plan__missing_appendix_is_a_warning(tmp_path: Path) -> None:
    ran = run(["--plan"], variables(tmp_path) | make_inputs(QUAY | {"appendix-file": "missing"}))
    assert ran.code == 0
    assert any("'appendix-file': 'missing' is no readable text file" in text for text in ran.json["warnings"])


def test_plan__appendix(tmp_path: Path) -> None:
    environ = variables(tmp_path) | make_inputs(QUAY | {"path": "image", "appendix-file": "docker/appendix"})
    folder = tmp_path / "workspace/image/docker"
    folder.mkdir(parents=True)
    (folder / "appendix").write_text("RUN true\n", encoding="utf-8")
    arguments = run(["--plan"], environ).json["repo2docker"]
    assert arguments[arguments.index("--appendix") + 1] == "RUN true\n"


@pytest.mark.parametrize("kind", ["escaping-link", "too-large", "no-text", "nul", "folder"])
def test_plan__unreadable_appendix(tmp_path: Path, kind: str) -> None:
    environ = variables(tmp_path) | make_inputs(QUAY | {"appendix-file": "appendix"})
    appendix = tmp_path / "workspace/appendix"
    if kind == "escaping-link":
        (tmp_path / "secret").write_text("top secret", encoding="utf-8")
        appendix.symlink_to("../secret")
    elif kind == "too-large":
        appendix.write_text("#" * (MAX_APPENDIX_BYTES + 1), encoding="utf-8")
    elif kind == "no-text":
        appendix.write_bytes(b"\xff")
    elif kind == "nul":
        appendix.write_bytes(b"RUN a\0b")
    else:
        appendix.mkdir()
    ran = run(["--plan"], environ)
    assert "--appendix" not in ran.json["repo2docker"]
    assert len(ran.json["warnings"]) == 1
    assert "top secret" not in ran.stdout


def test_plan__docker_configuration_of_the_caller_counts(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    config = {"auths": {"quay.io": {"auth": "cm9ib3Q6c2VjcmV0"}}}
    (tmp_path / "docker/config.json").write_text(json.dumps(config), encoding="utf-8")
    environ = variables(tmp_path) | make_inputs({"registry": "quay.io"})
    ran = run(["--plan"], environ | {"DOCKER_CONFIG": str(tmp_path / "docker")})
    assert ran.json["push"] is True
    assert "cm9ib3Q6c2VjcmV0" not in ran.stdout + ran.stderr


def test_plan__broken_docker_configuration(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text("{", encoding="utf-8")
    ran = run(["--plan"], variables(tmp_path) | {"DOCKER_CONFIG": str(tmp_path / "docker")})
    assert ran.code == 1
    assert "DOCKER_CONFIG" in ran.json["errors"][0]


WORKFLOW_WITH_LOGIN = """\
jobs:
  image:
    steps:
      - uses: docker/login-action@v4
      - uses: org/hub-image-action@v1
"""


def test_plan__login_of_an_earlier_step_is_explained(tmp_path: Path) -> None:
    environ = variables(tmp_path) | make_inputs({"registry": "quay.io"})
    file = tmp_path / "workspace/.github/workflows/image.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(WORKFLOW_WITH_LOGIN, encoding="utf-8")
    environ["GITHUB_WORKFLOW_REF"] = f"{REPOSITORY}/.github/workflows/image.yaml@refs/heads/main"
    assert "image.yaml, line 4) is not seen here" in run(["--plan"], environ).json["errors"][0]
    # With a configuration that is seen, that is not the cause.
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").write_text("{}", encoding="utf-8")
    seen = run(["--plan"], environ | {"DOCKER_CONFIG": str(tmp_path / "docker")})
    assert "is not seen here" not in seen.json["errors"][0]


SECRETS = ("ghs_token_of_the_job", "registry-password-1", LOGIN["password"])


@pytest.mark.parametrize("wrong", [{}, {"mode": "biuld"}, {"registry-auth": f"- {SECRETS[1]}"}, {"username": ""}])
@pytest.mark.parametrize("arguments", [["--plan"], []])
def test_main__no_secret_is_printed(tmp_path: Path, wrong: dict[str, str], arguments: list[str]) -> None:
    auth = f"- {{registry: ghcr.io, username: a, password: {SECRETS[1]}}}"
    inputs = {"github-token": SECRETS[0], "registry-auth": auth} | QUAY | wrong
    ran = run(arguments, variables(tmp_path, "issue_comment") | make_inputs(inputs))
    shown = [line for line in (ran.stdout + ran.stderr).splitlines() if not line.startswith("::add-mask::")]
    for secret in SECRETS:
        assert secret not in "\n".join(shown)


def test_plan__secret_inside_a_wrong_value_is_not_shown(tmp_path: Path) -> None:
    inputs = QUAY | {"build-args": f"TOKEN {LOGIN['password']}", "tags": f"x {LOGIN['password']}"}
    ran = run(["--plan"], variables(tmp_path) | make_inputs(inputs))
    assert ran.code == 1
    assert LOGIN["password"] not in ran.stdout + ran.stderr


def test_entrypoint__plan_in_a_process(tmp_path: Path) -> None:
    environ = variables(tmp_path) | make_inputs(QUAY)
    command = [sys.executable, "-I", str(PROJECT / "entrypoint.py"), "--plan"]
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == PLAN_KEYS
    assert done.stderr == ""


# --- the run, as far as it needs no engine ---


def test_run__cleanup_is_light(tmp_path: Path) -> None:
    """It needs none of the engine's libraries, which take longer to load than all that it does."""
    payload = target_payload() | {"action": "closed"}
    payload["pull_request"]["head"]["repo"]["full_name"] = REPOSITORY
    environ = variables(tmp_path, "pull_request", payload) | make_inputs({"mode": "cleanup", "registry": "quay.io"})
    program = (
        "import os, sys; from hubaction.main import main;"
        " code = main([], os.environ, sys.stdout, sys.stderr);"
        " print(code, sorted({'docker', 'hubaction.modes.build', 'hubaction.modes.cleanup'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 ['hubaction.modes.cleanup']", done.stdout + done.stderr
    assert "Mode: cleanup, because the pull request was closed." in done.stdout
    assert "::notice::Previews are not deleted where there is no password: quay.io." in done.stdout


def test_run__outputs_that_cannot_be_written_do_not_hide_the_failure(
    tmp_path: Path, wire: responses.RequestsMock
) -> None:
    payload = target_payload() | {"action": "closed"}
    payload["pull_request"]["head"]["repo"]["full_name"] = REPOSITORY
    inputs = {"mode": "cleanup", "registry": "quay.io", "github-token": " "} | LOGIN
    environ = variables(tmp_path, "pull_request", payload) | make_inputs(inputs)
    (tmp_path / "output").mkdir()
    wire.get("https://quay.io/v2/", status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    ran = run([], environ)
    assert ran.code == 1
    assert "refused the login" in ran.stdout
    assert "bug in this action" not in ran.stdout


def test_run__nothing_to_do(tmp_path: Path) -> None:
    environ = variables(tmp_path, "issue_comment")
    ran = run([], environ)
    assert ran.code == 0
    assert ran.stdout.startswith("Mode: none, because nothing is configured for the event 'issue_comment'")
    assert runner_rules.read_file_command((tmp_path / "output").read_text(encoding="utf-8")) == {"mode": "none"}
    assert ran.stderr == ""


def test_run__comment_says_that_it_comes_later(tmp_path: Path) -> None:
    ran = run([], variables(tmp_path, "pull_request_target", target_payload()))
    assert ran.code == 0
    assert len(ran.annotations("notice")) == 1
    assert runner_rules.read_file_command((tmp_path / "output").read_text(encoding="utf-8")) == {"mode": "comment"}


def test_run__masks_before_anything_else(tmp_path: Path) -> None:
    ran = run([], variables(tmp_path, "issue_comment") | make_inputs(QUAY | {"github-token": "ghs_token"}))
    names = [line.partition("::add-mask::")[1] for line in ran.stdout.splitlines()]
    assert names == sorted(names, reverse=True)
    assert {"ghs_token", LOGIN["password"]} <= set(ran.annotations("add-mask"))


def test_run__masks_no_punctuation(tmp_path: Path) -> None:
    """A mask of one or two characters garbles the whole job's log, so structure of YAML must not become one."""
    auth = "-\n  registry: quay.io\n  username: a\n  password: registry-password-1\n"
    ran = run([], variables(tmp_path, "issue_comment") | make_inputs({"registry-auth": auth}))
    assert "registry-password-1" in ran.annotations("add-mask")
    assert all(len(mask.strip()) > 3 for mask in ran.annotations("add-mask"))


@pytest.mark.parametrize("password", ["2024-13-99", "12:30:45"])
def test_run__odd_registry_auth_is_no_traceback(tmp_path: Path, password: str) -> None:
    auth = f"- {{registry: quay.io, username: a, password: {password}}}"
    ran = run([], variables(tmp_path, "issue_comment") | make_inputs({"registry-auth": auth}))
    assert ran.code == 0
    assert password in ran.annotations("add-mask")


def test_run__invalid_input_is_annotated_in_the_workflow(tmp_path: Path) -> None:
    environ = variables(tmp_path) | make_inputs({"mode": "biuld"})
    environ["GITHUB_WORKFLOW_REF"] = f"{REPOSITORY}/.github/workflows/image.yaml@refs/heads/main"
    workflow = tmp_path / "workspace/.github/workflows/image.yaml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "jobs:\n  image:\n    steps:\n      - uses: org/hub-image-action@v1\n        with:\n          mode: biuld\n",
        encoding="utf-8",
    )
    ran = run([], environ)
    assert ran.code == 1
    (command,) = ran.commands
    assert command.name == "error"
    assert command.properties == {
        "file": ".github/workflows/image.yaml",
        "line": "6",
        "title": "Invalid input",
    }


def test_run__missing_appendix_is_an_error(tmp_path: Path) -> None:
    ran = run([], variables(tmp_path) | make_inputs(QUAY | {"appendix-file": "missing"}))
    assert ran.code == 1
    assert "input 'appendix-file': 'missing' is no readable text file" in ran.annotations("error")[0]


def test_run__writes_no_output_on_failure(tmp_path: Path) -> None:
    assert run([], variables(tmp_path) | make_inputs({"mode": "biuld"})).code == 1
    assert not (tmp_path / "output").exists()


def test_run__own_bug_says_so(tmp_path: Path) -> None:
    """A folder in place of the output file cannot be foreseen: the boundary's last resort answers."""
    environ = variables(tmp_path, "issue_comment")
    (tmp_path / "output").mkdir()
    ran = run([], environ)
    assert ran.code == 1
    (error,) = ran.annotations("error")
    assert error.startswith("This is a bug in this action")
    assert "Traceback" in ran.stdout


def test_post__without_a_build_is_quiet(tmp_path: Path) -> None:
    for inputs in ({}, {"mode": "biuld"}):
        ran = run(["--post"], variables(tmp_path, "issue_comment") | make_inputs(inputs))
        assert (ran.code, ran.stdout) == (0, "")


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # docker-py leaves the socket that did not connect to the collector
def test_post__never_fails_the_job(tmp_path: Path) -> None:
    environ = variables(tmp_path) | make_inputs(QUAY) | {"DOCKER_HOST": f"unix://{tmp_path}/no-such.sock"}
    ran = run(["--post"], environ)
    gc.collect()
    assert ran.code == 0
    assert ran.annotations("error") == []


@given(st.dictionaries(st.sampled_from(["mode", "tags", "image-name", "build-args", "path"]), st.text(max_size=60)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_main__hostile_inputs_forge_no_command(tmp_path: Path, inputs: dict[str, str]) -> None:
    environ = variables(tmp_path, "issue_comment") | make_inputs(inputs)
    ran = run([], environ)
    assert ran.code in {0, 1}
    assert {command.name for command in ran.commands} <= {"error", "warning", "notice"}
    assert len(ran.annotations("error")) == len([line for line in ran.stdout.splitlines() if "::error" in line[:7]])


# --- real payloads ---


def examples() -> list[Any]:
    try:
        found: list[Example | None] = list(find_examples())
    except MissingExamplesError:
        found = [None]
    return [pytest.param(example, id=str(example or "missing")) for example in found]


def write_example(example: Example | None, folder: Path) -> tuple[Example, dict[str, str]]:
    """Return the example and the two variables without which nobody knows of it; fails when there are none."""
    if example is None:
        pytest.fail(str(MissingExamplesError()))
    file = folder / "event.json"
    file.write_text(json.dumps(example.payload), encoding="utf-8")
    return example, {"GITHUB_EVENT_NAME": example.event_name, "GITHUB_EVENT_PATH": str(file)}


@pytest.mark.parametrize("mode", ["auto", "build", "test", "comment"])
@pytest.mark.parametrize("example", examples())
def test_plan__of_real_payloads(example: Example | None, mode: str, tmp_path: Path) -> None:
    example, environ = write_example(example, tmp_path)
    for extra in (
        {},
        make_inputs(QUAY | {"image-name": "org/image"}),
        example.variables(),
        example.variables() | make_inputs(QUAY | {"push": "true", "tags": "{sha}\n{branch}\n{pr}\nv{version}"}),
    ):
        ran = run(["--plan"], environ | extra | make_inputs({"mode": mode}))
        assert "bug in this action" not in ran.stderr
        assert "Traceback" not in ran.stderr
        if ran.code == 0:
            check_plan(ran.json, example, mode)
        else:
            assert ran.code == 1
            assert list(ran.json) == ["errors"]
            assert all(isinstance(error, str) and error for error in ran.json["errors"])
            assert ran.json["errors"]


@pytest.mark.parametrize("example", examples())
def test_plan__of_real_payloads_is_the_same_without_the_runners_variables(
    example: Example | None, tmp_path: Path
) -> None:
    """The payload alone says what to do; what it does not say is which commit of a dispatch or release it is."""
    example, environ = write_example(example, tmp_path)
    environ |= make_inputs(QUAY | {"image-name": "org/image", "tags": "fixed\n{branch}\n{pr}", "latest": "false"})
    alone, full = run(["--plan"], environ), run(["--plan"], environ | example.variables())
    assert (alone.code, full.code) == (0, 0)
    for key in ("mode", "push", "references", "comment"):
        assert alone.json[key] == full.json[key], key


def check_plan(plan: dict[str, Any], example: Example, mode: str) -> None:
    assert list(plan) == PLAN_KEYS
    assert isinstance(plan["push"], bool)
    assert plan["reason"]
    expected = expected_mode(example, mode)
    assert plan["mode"] == expected
    if expected in {"build", "test"}:
        assert plan["references"]
        assert plan["repo2docker"]
        assert plan["buildx"]
    else:
        assert (plan["push"], plan["references"], plan["repo2docker"], plan["buildx"]) == (False, [], None, [])
    assert (plan["comment"] is not None) is (expected == "comment")


def expected_mode(example: Example, mode: str) -> str:
    payload = example.payload
    if payload.get("deleted"):
        return "none"
    if mode == "comment":
        return "comment" if example.event_name == "pull_request" else "none"
    if mode != "auto":
        return mode
    match example.event_name:
        case "pull_request":
            return "none" if payload["action"] == "closed" else "test"
        case "release":
            return "build" if payload["action"] == "published" else "none"
        case _:
            return "build"


def test_examples__are_installed() -> None:
    assert EXAMPLES.is_dir(), str(MissingExamplesError())
    assert len(find_examples()) >= 80


# --- rollouts ---

PATHS = {"rollout-paths": "hubs/*.yaml: singleuser.image", "mode": "rollout"}


def test_plan__of_a_rollout_shows_the_difference(tmp_path: Path) -> None:
    """Given a checkout of the hub's configuration; only a registry knows digests."""
    environ = variables(tmp_path) | make_inputs(QUAY | PATHS)
    hub = tmp_path / "workspace" / "hubs" / "a.yaml"
    hub.parent.mkdir()
    hub.write_text("singleuser:\n  image:\n    name: quay.io/org/course\n    tag: old # c\n")
    (hub.parent / "link.yaml").symlink_to("/etc/hostname")
    rollout = run(["--plan"], environ).json["rollout"]
    assert rollout["diff"].splitlines()[-2:] == ["-    tag: old # c", f"+    tag: {SHA[:12]} # c"]
    assert rollout["repository"] == REPOSITORY
    assert rollout["notes"] == []
    assert hub.read_text().endswith("tag: old # c\n")


def test_plan__of_a_rollout_without_the_files(tmp_path: Path) -> None:
    rollout = run(["--plan"], variables(tmp_path) | make_inputs(QUAY | PATHS)).json["rollout"]
    assert rollout["diff"] is None
    assert "no such file is in the repository" in rollout["notes"][0]


def test_plan__without_a_rollout(tmp_path: Path) -> None:
    assert run(["--plan"], variables(tmp_path) | make_inputs(QUAY)).json["rollout"] is None
