"""The webhook payload and the runner's variables, read once into a typed Event.

The payload is untrusted: every field may be missing or of another type, and every text may be hostile.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_PAYLOAD_BYTES = 64 * 1024**2
ZERO_SHA = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class PullRequest:
    """The pull request that an event is about."""

    number: int
    head_sha: str
    head_branch: str
    head_repository: str | None
    """`owner/name`; None when the fork was deleted."""
    from_fork: bool
    base_sha: str = ""
    """Commit of the target branch when the event happened."""
    base_branch: str = ""
    merged: bool = False


@dataclass(frozen=True)
class WorkflowRun:
    """The run that started a `workflow_run` event."""

    id: int
    attempt: int
    event: str
    head_sha: str
    head_branch: str
    head_repository: str
    """`owner/name`; empty when unknown."""
    from_fork: bool
    conclusion: str


@dataclass(frozen=True)
class Event:
    """The event that started this run, in GitHub's terms."""

    name: str
    action: str
    repository: str
    """`owner/name`; empty when unknown."""
    private: bool
    default_branch: str
    ref: str
    """The fully formed ref, e.g. refs/heads/main; empty when the event has none."""
    sha: str
    """Commit that the tags name: the head of a pull request, elsewhere GITHUB_SHA."""
    checkout_sha: str
    """GITHUB_SHA, which actions/checkout checks out; on a pull request a temporary merge commit."""
    before: str
    """Commit of the ref before a push, also to a pull request's branch; empty for a new ref, or when unknown."""
    deleted: bool
    pull_request: PullRequest | None
    workflow_run: WorkflowRun | None
    run_id: str
    run_attempt: str
    server_url: str

    @property
    def about_pull_request(self) -> bool:
        """Also when the payload does not say which one; such a pull request is not trusted."""
        return self.name.startswith("pull_request")

    @property
    def untrusted(self) -> bool:
        """Whether the code may come from a fork."""
        return self.about_pull_request and (self.pull_request is None or self.pull_request.from_fork)

    @property
    def branch(self) -> str:
        """Branch that was pushed or dispatched; empty on tags, pull requests and merge queues."""
        if self.about_pull_request or self.name == "merge_group":
            return ""
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else ""

    @property
    def git_tag(self) -> str:
        return self.ref.removeprefix("refs/tags/") if self.ref.startswith("refs/tags/") else ""

    @property
    def on_default_branch(self) -> bool:
        """A schedule always runs on the default branch, whose name its payload need not carry."""
        if self.name == "schedule":
            return True
        return bool(self.branch) and self.branch == self.default_branch


def read_payload(file: str) -> tuple[object, tuple[str, ...]]:
    """Return the parsed payload and warnings; without a payload the runner's variables are used alone."""
    if not file:
        return {}, ()
    try:
        if Path(file).stat().st_size > MAX_PAYLOAD_BYTES:
            raise ValueError("it is too large")
        return json.loads(Path(file).read_text(encoding="utf-8")), ()
    except (OSError, ValueError, RecursionError) as error:
        return {}, (f"The event's payload {file} cannot be read: {error}",)


def read_event(environ: Mapping[str, str], payload: object) -> Event:
    """Build the Event from the runner's variables and the parsed payload, which may be anything.

    https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """
    body = _mapping(payload)
    name = environ.get("GITHUB_EVENT_NAME", "")
    repository = _mapping(body.get("repository"))
    full_name = environ.get("GITHUB_REPOSITORY") or _text(repository, "full_name")
    pull_request = _read_pull_request(body, full_name) if name.startswith("pull_request") else None
    checkout_sha = environ.get("GITHUB_SHA") or _payload_sha(body)
    default_branch = _text(repository, "default_branch") or _text(repository, "master_branch")
    return Event(
        name=name,
        action=_text(body, "action"),
        repository=full_name,
        private=repository.get("private") is True,
        default_branch=default_branch,
        ref=_read_ref(name, environ, body, default_branch),
        sha=pull_request.head_sha if pull_request else checkout_sha,
        checkout_sha=checkout_sha,
        before=_sha(body, "before") or _sha(_mapping(body.get("merge_group")), "base_sha"),
        deleted=_is_deletion(name, body),
        pull_request=pull_request,
        workflow_run=_read_workflow_run(body, full_name) if name == "workflow_run" else None,
        run_id=environ.get("GITHUB_RUN_ID", ""),
        run_attempt=environ.get("GITHUB_RUN_ATTEMPT", ""),
        server_url=environ.get("GITHUB_SERVER_URL", "") or "https://github.com",
    )


def _read_pull_request(body: Mapping[str, object], repository: str) -> PullRequest | None:
    pull_request = _mapping(body.get("pull_request"))
    number = pull_request.get("number") or body.get("number")
    head = _mapping(pull_request.get("head"))
    if not isinstance(number, int) or not _sha(head, "sha"):
        return None
    head_repository = _text(_mapping(head.get("repo")), "full_name")
    base = _mapping(pull_request.get("base"))
    base_repository = _text(_mapping(base.get("repo")), "full_name") or repository
    return PullRequest(
        number=number,
        head_sha=_sha(head, "sha"),
        head_branch=_text(head, "ref"),
        head_repository=head_repository or None,
        from_fork=_is_fork(head_repository, base_repository),
        base_sha=_sha(base, "sha"),
        base_branch=_text(base, "ref"),
        merged=pull_request.get("merged") is True,
    )


def _is_fork(head_repository: str, base_repository: str) -> bool:
    """Whether the code comes from another repository; one that is unknown, such as a deleted fork, is not trusted."""
    return not head_repository or head_repository.lower() != base_repository.lower()


def _read_workflow_run(body: Mapping[str, object], repository: str) -> WorkflowRun:
    run = _mapping(body.get("workflow_run"))
    head_repository = _text(_mapping(run.get("head_repository")), "full_name")
    return WorkflowRun(
        id=_number(run, "id"),
        attempt=_number(run, "run_attempt"),
        event=_text(run, "event"),
        head_sha=_sha(run, "head_sha"),
        head_branch=_text(run, "head_branch"),
        head_repository=head_repository,
        from_fork=_is_fork(head_repository, repository),
        conclusion=_text(run, "conclusion"),
    )


def _read_ref(name: str, environ: Mapping[str, str], body: Mapping[str, object], default_branch: str) -> str:
    deleted = _full_ref(_text(body, "ref")) if _is_deletion(name, body) else ""
    # A deleted ref cannot be checked out: the runner's variable names the default branch instead.
    if ref := deleted or environ.get("GITHUB_REF"):
        return ref
    if name == "release" and (tag := _text(_mapping(body.get("release")), "tag_name")):
        return f"refs/tags/{tag}"
    if name in {"push", "workflow_dispatch"}:
        return _full_ref(_text(body, "ref"))
    if name in {"schedule", "repository_dispatch", "workflow_run"} and default_branch:
        return f"refs/heads/{default_branch}"
    return ""


def _is_deletion(name: str, body: Mapping[str, object]) -> bool:
    return name == "push" and (body.get("deleted") is True or _text(body, "after") == ZERO_SHA)


def _full_ref(ref: str) -> str:
    return ref if not ref or ref.startswith("refs/") else f"refs/heads/{ref}"


def _payload_sha(body: Mapping[str, object]) -> str:
    # `after` of an annotated tag is the tag object; head_commit is the commit it points to.
    candidates = (
        _sha(_mapping(body.get("head_commit")), "id"),
        _sha(body, "after"),
        _sha(_mapping(body.get("merge_group")), "head_sha"),
        _sha(_mapping(body.get("workflow_run")), "head_sha"),
    )
    return next((sha for sha in candidates if sha), "")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(mapping: Mapping[str, object], key: str) -> str:
    value = mapping.get(key)
    # JSON may hold halves of characters, which cannot be printed.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _number(mapping: Mapping[str, object], key: str) -> int:
    value = mapping.get(key)
    return value if isinstance(value, int) and 0 <= value < 10**18 else 0


def _sha(mapping: Mapping[str, object], key: str) -> str:
    value = _text(mapping, key)
    return value if _SHA.fullmatch(value) and value != ZERO_SHA else ""
