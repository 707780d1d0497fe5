"""Results that steps hand on and reports show, all frozen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hubaction.image import ImageName, PushedReference, Reference


@dataclass(frozen=True)
class CleanedTag:
    """A preview, deleted or kept; `why` is a clause with the reason why it stays, empty if it was deleted."""

    reference: Reference
    why: str = ""

    @property
    def deleted(self) -> bool:
        return not self.why


@dataclass(frozen=True)
class Cleaned:
    """The previews of one repository, after the deletion."""

    name: ImageName
    tags: tuple[CleanedTag, ...] = ()
    obstacle: str = ""
    """Why the registry deletes no tags, and what to do; sentences, or empty."""


@dataclass(frozen=True)
class Change:
    """A changed image reference in a file; `line` counts from one."""

    line: int
    path: str
    """In the notation of the input `rollout-paths`."""
    old: str
    new: str


@dataclass(frozen=True)
class ChangedFile:
    path: str
    before: str
    after: str
    changes: tuple[Change, ...]
    mode: str = "100644"
    """Git's file mode."""


@dataclass(frozen=True)
class ImageFacts:
    """An image in a registry, as far as it is known."""

    reference: str
    digest: str = ""
    size: int | None = None
    """Bytes that a hub downloads."""
    commit: str = ""
    """Commit that it was built from."""


@dataclass(frozen=True)
class Remark:
    """Advice on an image that can be built and used all the same."""

    message: str
    file: str = ""
    """Relative to the folder that is built; empty if there is no file."""
    line: int | None = None


@dataclass(frozen=True)
class HubChecked:
    """A server that passed the hub check. The texts come from the image: scrub them before they leave."""

    ready_seconds: float
    memory_bytes: int | None = None
    """At rest, without a kernel; None if it cannot be measured inside the image."""
    versions: Mapping[str, str] = field(default_factory=dict)
    kernels: tuple[str, ...] = ()
    lets_anybody_in: bool = False
    """Whether the server requires no login."""
    remarks: tuple[Remark, ...] = ()

    @property
    def summary(self) -> str:
        memory = f", {self.memory_bytes / 1e6:.0f} MB at rest" if self.memory_bytes is not None else ""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        kernels = f"; kernels: {', '.join(self.kernels)}" if self.kernels else ""
        return f"ready in {self.ready_seconds:.1f} s{memory}; {versions}{kernels}"


@dataclass(frozen=True)
class RolledOut:
    sentence: str
    markdown: str
    """Section of the job summary. It may quote files and errors."""
    as_asked: bool = True
    """False if the rollout needs attention or manual work."""
    url: str = ""
    """URL of the pull request; empty if there is none."""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """About places that were not changed."""


class CaseOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CaseResult:
    """One test, or one notebook."""

    name: str
    outcome: CaseOutcome
    seconds: float
    file: str = ""
    """File of the test or of the failure; empty if unknown. Its producer defines what the path is relative to."""
    line: int | None = None
    message: str = ""
    """Why it failed or was skipped."""


@dataclass(frozen=True)
class Tested:
    """The image tests and their outcomes. The texts come from the image: scrub them before they leave."""

    cases: tuple[CaseResult, ...] = ()

    @property
    def counts(self) -> str:
        return count_cases(self.cases)

    @property
    def failing(self) -> list[CaseResult]:
        return failing(self.cases)

    @property
    def proves_nothing(self) -> bool:
        """Whether every test was skipped."""
        return bool(self.cases) and all(case.outcome is CaseOutcome.SKIPPED for case in self.cases)


def failing(cases: Iterable[CaseResult]) -> list[CaseResult]:
    return [case for case in cases if case.outcome is CaseOutcome.FAILED]


def count_cases(cases: Iterable[CaseResult]) -> str:
    """E.g. `5 passed, 1 failed`; empty if there are no tests."""
    outcomes = [case.outcome for case in cases]
    counts = [(outcomes.count(outcome), outcome) for outcome in CaseOutcome]
    return ", ".join(f"{count} {outcome}" for count, outcome in counts if count)


# --- the steps of a build ---


@dataclass(frozen=True)
class LeftOut:
    """Files with secrets that the workflow made, relative to the repository's root. They are not in the image."""

    files: tuple[str, ...]


@dataclass(frozen=True)
class OtherRepo2docker:
    """The repo2docker version that the workflow requests."""

    version: str


@dataclass(frozen=True)
class Noticed:
    """Notices that arise after the plan is made."""

    notices: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """Outcome of the comparison with earlier images, in a sentence or two."""

    sentence: str


@dataclass(frozen=True)
class Reused:
    """The earlier image that is reused, and the checks that it passed when it was built."""

    reference: Reference
    tested: bool
    hub_checked: bool


@dataclass(frozen=True)
class Built:
    """The image on the engine."""

    id: str
    """Not a tag: another job may move it meanwhile."""
    bytes: int
    """Size when unpacked."""
    steps: int
    cached_steps: int


@dataclass(frozen=True)
class HubCheckFailed:
    """Why the image does not start as on a hub."""

    message: str


@dataclass(frozen=True)
class Published:
    """The pushed references, once every check has passed; none if nothing is pushed."""

    image: Reference
    """The reference that names the commit."""
    pushed: tuple[PushedReference, ...] = ()
    old_outputs: bool = False
    """Whether the outputs of repo2docker-action are set even if the image is not pushed."""

    @property
    def main(self) -> PushedReference | None:
        return next((item for item in self.pushed if item.reference == self.image), None)


# --- after the push ---


@dataclass(frozen=True)
class BinderImage:
    """The branch from which Binder starts the pushed image, or the reason why there is none."""

    branch: str = ""
    obstacle: str = ""


@dataclass(frozen=True)
class Deleted:
    """Deleted previews of all repositories."""

    references: tuple[Reference, ...]


@dataclass(frozen=True)
class Commented:
    """The comment on the pull request."""

    id: int
    url: str


@dataclass(frozen=True)
class ResultFile:
    """Path of the stored result, relative to the workspace."""

    file: str


@dataclass(frozen=True)
class JUnitFile:
    """Path of the stored test results, relative to the workspace."""

    file: str


@dataclass(frozen=True)
class Finished:
    """The mode that was run."""

    mode: str


@dataclass(frozen=True)
class Failed:
    """Why the run failed."""

    message: str
