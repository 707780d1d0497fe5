"""Prism between the action and the test server: it holds every request and answer against GitHub's own description.

The description (https://github.com/octokit/openapi) has 800 paths, which Prism takes half a minute to read. It gets
those that the action uses, word for word with all that they refer to; a request for any other path is an error.
"""

import json
import secrets
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools import process

MODULES = Path(__file__).parent / "node_modules"
DESCRIPTION = MODULES / "@octokit/openapi/generated/api.github.com.json"
PRISM = MODULES / ".bin/prism"
PATHS = (
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls",
    "/repos/{owner}/{repo}/git/ref/{ref}",
    "/repos/{owner}/{repo}/git/refs",
    "/repos/{owner}/{repo}/git/refs/{ref}",
    "/repos/{owner}/{repo}/git/commits",
    "/repos/{owner}/{repo}/git/commits/{commit_sha}",
    "/repos/{owner}/{repo}/git/trees",
    "/repos/{owner}/{repo}/git/trees/{tree_sha}",
    "/repos/{owner}/{repo}/git/blobs/{file_sha}",
    "/user",
)
SECONDS_TO_START = 60


class MissingDescriptionError(Exception):
    """GitHub's description or Prism was not installed."""

    def __init__(self) -> None:
        super().__init__(f"GitHub's description of its API is not in {MODULES}: run `make setup`.")


@dataclass(frozen=True)
class Prism:
    """A running proxy."""

    url: str
    log: Path

    def complaints(self) -> list[str]:
        """What did not agree with GitHub's description so far.

        The log comes after the answers: a request of our own, for a path that no description has, ends what is read.
        """
        mark = f"/end-{secrets.token_hex(8)}"
        answers(f"{self.url}{mark}")
        process.wait_until(lambda: mark in self._errors(), deadline=10, what="Prism's log")
        before = self._errors().partition(mark)[0].splitlines()[:-1]
        return [line for line in before if "/end-" not in line]

    def _errors(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(line for line in lines if "error " in line or "iolation" in line)


@contextmanager
def running_prism(upstream: str, folder: Path) -> Iterator[Prism]:
    """Yield a proxy in front of a server; raises MissingDescriptionError."""
    if not PRISM.exists() or not DESCRIPTION.exists():
        raise MissingDescriptionError
    description = folder / "github.json"
    description.write_text(json.dumps(take_paths(json.loads(DESCRIPTION.read_text(encoding="utf-8")))))
    prism = Prism(f"http://127.0.0.1:{find_free_port()}", folder / "prism.log")
    options = ["--errors", "--port", prism.url.rpartition(":")[2]]
    pid = process.start_daemon([PRISM, "proxy", *options, description, upstream], log=prism.log)
    try:
        process.wait_until(lambda: answers(f"{prism.url}/user"), deadline=SECONDS_TO_START, what="Prism", every=0.1)
        prism.log.write_bytes(b"")
        yield prism
    finally:
        process.stop_process(pid, grace=5)


def take_paths(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description with PATHS only, and the components that these refer to, directly or not.

    A reference such as `heads/main` has several segments, which OpenAPI cannot say and Prism does not match: the
    first one, the same for all branches, moves into the path.
    """
    paths = {path.replace("/{ref}", "/heads/{ref}"): description["paths"][path] for path in PATHS}
    components: dict[str, dict[str, Any]] = {}
    left = list(find_references(paths))
    while left:
        kind, name = left.pop().split("/")[2:]
        if name not in components.setdefault(kind, {}):
            components[kind][name] = description["components"][kind][name]
            left += find_references(components[kind][name])
    kept = {name: description[name] for name in ("openapi", "info", "servers")}
    return {**kept, "paths": paths, "components": components}


def find_references(value: object) -> Iterator[str]:
    """Every `#/components/KIND/NAME` in a part of the description."""
    if isinstance(value, list):
        for item in value:
            yield from find_references(item)
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str):
                yield item
            yield from find_references(item)


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(url: str) -> bool:
    """Whether anything speaks HTTP there, whatever it says."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
