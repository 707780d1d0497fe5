"""Requests and answers of the test server for GitHub, and the refusals that GitHub has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    token: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """What is sent back; `status` 0 closes the connection without an answer."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def asking_to_wait(self, seconds: float) -> "Answer":
        return replace(self, headers={**self.headers, "Retry-After": str(seconds)})


Route = tuple[str, str, Callable[..., Answer]]
"""Method, pattern of the path, and what answers; the pattern's groups are its further arguments."""


def refusal(status: int, message: str, **headers: str) -> Answer:
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def refuse_query(kind: str, message: str) -> Answer:
    """As the other API refuses: with status 200."""
    return Answer(200, {"data": None, "errors": [{"type": kind, "message": message}]})


BAD_CREDENTIALS = refusal(401, "Bad credentials")
READ_ONLY = refusal(403, "Resource not accessible by integration")
SECONDARY_LIMIT = refusal(
    403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
NOT_FOUND = refusal(404, "Not Found")
UNPROCESSABLE = refusal(422, "Validation Failed")
TOO_MANY = refusal(429, "API rate limit exceeded for installation.")
NOT_FAST_FORWARD = refusal(422, "Update is not a fast forward")
NO_REFERENCE = refusal(422, "Reference does not exist")
PROTECTED = refusal(422, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")
CONFLICT = refusal(409, "Conflict")
BROKEN = refusal(500, "Server Error")
BAD_GATEWAY = Answer(502, "<html><body><h1>502 Bad Gateway</h1></body></html>", {"Content-Type": "text/html"})
HANG_UP = Answer(0)
