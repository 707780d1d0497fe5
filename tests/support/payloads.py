"""Real webhook payloads: the examples that GitHub's own client library is tested with."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devtools.places import PROJECT

EXAMPLES = PROJECT / "tests/node_modules/@octokit/webhooks-examples"
EVENT_NAMES = ("push", "pull_request", "release", "workflow_dispatch")


class MissingExamplesError(Exception):
    """The examples were not installed."""

    def __init__(self) -> None:
        super().__init__(f"The webhook examples are not in {EXAMPLES.parent.parent.name}/: run `make setup`.")


@dataclass(frozen=True)
class Example:
    """One payload as GitHub sends it."""

    server: str
    """api.github.com, or a version of GitHub Enterprise Server."""
    event_name: str
    number: int
    payload: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.server}-{self.event_name}-{self.number}"

    def variables(self) -> dict[str, str]:
        """What the runner would set beside the payload.

        https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
        """
        ref, sha = self._ref_and_sha()
        return {
            "GITHUB_ACTOR": self.payload["sender"]["login"],
            "GITHUB_REF": ref,
            "GITHUB_REPOSITORY": self.payload["repository"]["full_name"],
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "1658821493",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": sha,
        }

    def _ref_and_sha(self) -> tuple[str, str]:
        head = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
        default_branch = f"refs/heads/{self.payload['repository']['default_branch']}"
        match self.event_name:
            case "push" if self.payload["deleted"]:
                return default_branch, head
            case "push":
                return self.payload["ref"], self.payload["after"]
            case "pull_request":
                return f"refs/pull/{self.payload['number']}/merge", self.payload["pull_request"][
                    "merge_commit_sha"
                ] or head
            case "release":
                return f"refs/tags/{self.payload['release']['tag_name']}", head
            case _:
                return self.payload["ref"], head


def find_examples() -> list[Example]:
    """Return every example of the events that start builds; raises MissingExamplesError."""
    found = list(_read_examples())
    if {example.event_name for example in found} != set(EVENT_NAMES):
        raise MissingExamplesError
    return found


def _read_examples() -> Iterator[Example]:
    for file in sorted(EXAMPLES.glob("*/index.json")):
        for event in json.loads(file.read_text(encoding="utf-8")):
            if event["name"] in EVENT_NAMES:
                for number, payload in enumerate(event["examples"]):
                    yield Example(file.parent.name, event["name"], number, payload)
