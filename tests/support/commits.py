"""Runs of the whole program on commits of one repository, and what each moved to and from the registry."""

import json
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.engine import Engine
from tests.support.faulty_registry import FaultyRegistry
from tests.support.program import Program
from tests.support.runner_rules import read_commands, read_file_command

REPOSITORY = "Org/Course"
"""The name of the repository that tests/github/server.py plays."""
PLAIN = "FROM debian:trixie-slim\nRUN echo {nonce} > /nonce\nCOPY . /srv/repo/\nUSER 1000\n"


def new_sha() -> str:
    return secrets.token_hex(20)


@dataclass(frozen=True)
class Ran:
    """A run that ended: what it said and handed on, and what passed by the proxy meanwhile."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str
    requests: tuple[tuple[str, str], ...]
    """Of the action and of the engine alike."""
    blobs_up: tuple[int, ...]
    blobs_down: tuple[int, ...]

    @property
    def built(self) -> bool:
        return "::group::Build" in self.log

    @property
    def digest(self) -> str:
        return self.outputs["digest"]

    @property
    def tags(self) -> list[str]:
        """The tags that were pushed, whatever the repository."""
        return [reference.rpartition(":")[2] for reference in json.loads(self.outputs["tags"])]

    @property
    def compared(self) -> str:
        """The line of the log, and of the summary, that says what the comparison came to."""
        return self.log.partition("::group::Compare\n")[2].partition("\n")[0]

    @property
    def cached(self) -> list[str]:
        """The steps of the Dockerfile that the builder had already, e.g. `[2/3] RUN true`."""
        # The containerd store brings the layers of a registry's cache down, and then does not say CACHED.
        numbers = set(re.findall(r"^(#\d+) (?:CACHED$|extracting sha256:)", self.log, re.MULTILINE))
        steps = re.findall(r"^(#\d+) (\[ *\d+/\d+\] .*)$", self.log, re.MULTILINE)
        return [step for number, step in steps if number in numbers]

    def annotations(self, kind: str) -> list[str]:
        return [command.data for command in read_commands(self.log) if command.name == kind]


class Commits:
    """A repository, its image in the registry behind the proxy, and runs on its commits."""

    def __init__(
        self, folder: Path, engine: Engine, proxy: FaultyRegistry, name: str, login: Mapping[str, str]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.engine = engine
        self.proxy = proxy
        self.name = name
        self.nonce = secrets.token_hex(8)
        self.login = login
        self._folder = folder
        self._program = Program(folder, engine)
        self.workspace = self._program.workspace
        self.write(**{"Dockerfile": PLAIN.format(nonce=self.nonce), "notes.txt": "High tide at noon.\n"})

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.workspace / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    @contextmanager
    def changed(self, **files: str) -> Iterator[None]:
        """Have other texts in files for a while."""
        before = {name: path.read_text() if (path := self.workspace / name).exists() else None for name in files}
        self.write(**files)
        try:
            yield
        finally:
            for name, text in before.items():
                if text is None:
                    (self.workspace / name).unlink()
                else:
                    self.write(**{name: text})

    def push(self, sha: str, *, before: str = "", ref: str = "refs/heads/main", **options: Any) -> Ran:
        """A push to a branch or of a git tag; `before` is what the branch was at."""
        return self.run("push", {"ref": ref, "before": before or "0" * 40, "after": sha}, sha, ref, **options)

    def pull_request(
        self,
        sha: str,
        *,
        before: str = "",
        base_sha: str = "0" * 40,
        fork: bool = False,
        closed: bool = False,
        merged: bool = False,
        number: int = 7,
        **options: Any,
    ) -> Ran:
        """A pull request whose head is `sha`; `before` is what its branch was at. It is opened unless it is closed."""
        repository = {"full_name": "Stranger/Course" if fork else REPOSITORY}
        head = {"sha": sha, "ref": "topic", "repo": repository}
        base = {"sha": base_sha, "ref": "main", "repo": {"full_name": REPOSITORY}}
        payload = {
            "action": "closed" if closed else "synchronize" if before else "opened",
            "number": number,
            "pull_request": {"number": number, "head": head, "base": base, "merged": merged},
            **({"before": before, "after": sha} if before else {}),
        }
        return self.run("pull_request", payload, new_sha(), f"refs/pull/{number}/merge", **options)

    def run(
        self,
        event: str,
        payload: Mapping[str, Any],
        sha: str,
        ref: str = "refs/heads/main",
        *,
        env: Mapping[str, str] | None = None,
        login: bool = True,
        **inputs: str,
    ) -> Ran:
        """Run on an event; the inputs' hyphens are underscores here."""
        output, summary = self._folder / "output", self._folder / "summary"
        for file in (output, summary):
            file.write_text("")
        repository = {"full_name": REPOSITORY, "default_branch": "main"}
        (self._folder / "event.json").write_text(json.dumps({"repository": repository, **payload}))
        given = {"registry": self.proxy.host, "image-name": self.name, **(self.login if login else {})}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        self.forget()
        ended = self._program.run(
            **{
                "GITHUB_EVENT_NAME": event,
                "GITHUB_OUTPUT": str(output),
                "GITHUB_REF": ref,
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_RUN_ID": str(secrets.randbelow(10**10)),
                "GITHUB_SHA": sha,
                "GITHUB_STEP_SUMMARY": str(summary),
                **{f"INPUT_{name.upper()}": value for name, value in given.items()},
                **(env or {}),
            }
        )
        return Ran(
            ended.returncode,
            ended.log,
            read_file_command(output.read_text()),
            summary.read_text(),
            tuple(self.proxy.requests),
            tuple(self.proxy.blobs_up),
            tuple(self.proxy.blobs_down),
        )

    def forget(self) -> None:
        """Count from here on."""
        self.proxy.requests.clear()
        self.proxy.blobs_up.clear()
        self.proxy.blobs_down.clear()

    def docker(self, *arguments: str | Path) -> str:
        done = subprocess.run(
            ["docker", *arguments], env=self._program.env, stdout=subprocess.PIPE, text=True, check=True, timeout=120
        )
        return done.stdout
