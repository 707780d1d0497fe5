"""Runs of the action on one pull request, from the runner's variables to what is left behind."""

import io
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubaction.decide.comment import CommentTarget
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.inputs.event import read_event
from hubaction.inputs.read import read_settings
from hubaction.main import main
from hubaction.report.comment_on_github import write_comment
from hubaction.report.comment_sections import make_image_section
from hubaction.report.outputs import write_outputs
from hubaction.report.report import Report
from hubaction.report.result_file import ImageResult
from hubaction.runner.console import Console
from hubaction.runner.job import Job
from tests.github.server import JOB_TOKEN, REPOSITORY
from tests.support.runner_rules import Command, read_commands, read_file_command

NUMBER = 7
HEAD_SHA = "fedcba9876543210fedcba9876543210fedcba98"
FORK = "Stranger/Course"
DIGEST = f"sha256:{'5' * 64}"
IMAGE = ImageName("quay.io", "org/course")
PUSHED = PushedReference(Reference(IMAGE, "pr-7-fedcba987654"), DIGEST, 123_456_789)
TESTED = ImageResult(IMAGE, tests="3 passed in 0.42s", steps=9, cached_steps=7, seconds={"build": 61.0, "test": 4.0})


@dataclass(frozen=True)
class Ran:
    """What came out of a run."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str

    @property
    def commands(self) -> list[Command]:
        return read_commands(self.log)

    def annotations(self, kind: str) -> list[str]:
        return [command.data for command in self.commands if command.name == kind]

    @property
    def notice(self) -> str:
        """The one notice of the run, which has no other annotation."""
        told = [command for command in self.commands if command.name in {"notice", "warning", "error"}]
        assert [command.name for command in told] == ["notice"], self.log
        return told[0].data


@dataclass(frozen=True)
class Run:
    """The surroundings of one run; nothing of this machine gets in."""

    folder: Path
    environ: Mapping[str, str]

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def main(self, *arguments: str) -> Ran:
        """Run the whole program in this process."""
        stdout, stderr = io.StringIO(), io.StringIO()
        code = main(list(arguments), self.environ, stdout, stderr)
        return self.ran(code, stdout.getvalue() + stderr.getvalue())

    def write_image_section(self, result: ImageResult) -> Ran:
        """Comment as a build or test step does at its end; may be called in a thread, unlike `main`."""
        stdout = io.StringIO()
        payload = json.loads((self.folder / "event.json").read_text(encoding="utf-8"))
        head = read_event(self.environ, payload).pull_request
        assert head is not None
        target = CommentTarget(REPOSITORY, head.number, head.head_sha, head.from_fork, badge=None)
        job = Job(self.environ, Console(stdout))
        report = Report(job)
        sections = [make_image_section(result, target, self.environ)]
        if comment := write_comment(target, sections, read_settings(self.environ), job):
            report.add(comment)
        write_outputs(report, job)
        return self.ran(0, stdout.getvalue())

    def ran(self, code: int, log: str) -> Ran:
        return Ran(code, log, read_file_command(self._read("output")), self._read("summary"))

    def _read(self, name: str) -> str:
        file = self.folder / name
        return file.read_text(encoding="utf-8") if file.exists() else ""


def make_run(
    folder: Path,
    api_url: str,
    *,
    event: str = "pull_request_target",
    payload: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    **variables: str,
) -> Run:
    """Return a run in comment mode; every run has a folder of its own below the one given."""
    own = folder / secrets.token_hex(4)
    (own / "workspace").mkdir(parents=True)
    made = pull_request_payload() if payload is None else payload
    (own / "event.json").write_text(json.dumps(made), encoding="utf-8")
    given = {"mode": "comment", "github-token": JOB_TOKEN, "image-name": str(IMAGE)} | dict(inputs or {})
    environ = {
        "GITHUB_ACTOR": "somebody",
        "GITHUB_API_URL": api_url,
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(own / "event.json"),
        "GITHUB_OUTPUT": str(own / "output"),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": "0" * 39 + "1",
        "GITHUB_STEP_SUMMARY": str(own / "summary"),
        "GITHUB_WORKSPACE": str(own / "workspace"),
        **{f"INPUT_{name.upper()}": value for name, value in given.items()},
    }
    return Run(own, environ | variables)


def pull_request_payload(
    *,
    head_repository: str | None = REPOSITORY,
    branch: str = "topic",
    sha: str = HEAD_SHA,
    private: bool = False,
    login: str = "somebody",
) -> dict[str, Any]:
    head = {"sha": sha, "ref": branch, "repo": {"full_name": head_repository} if head_repository else None}
    pull_request = {
        "number": NUMBER,
        "title": "Describe the image",
        "user": {"login": login},
        "head": head,
        "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
    }
    return {"action": "opened", "number": NUMBER, "repository": _repository(private), "pull_request": pull_request}


def workflow_run_payload(
    *, head_repository: str | None = FORK, branch: str = "topic", started_by: str = "pull_request"
) -> dict[str, Any]:
    run = {
        "event": started_by,
        "head_sha": HEAD_SHA,
        "head_branch": branch,
        "head_repository": {"full_name": head_repository} if head_repository else None,
        "conclusion": "success",
    }
    return {"action": "completed", "repository": _repository(private=False), "workflow_run": run}


def _repository(private: bool) -> dict[str, Any]:
    return {"full_name": REPOSITORY, "default_branch": "main", "private": private}
