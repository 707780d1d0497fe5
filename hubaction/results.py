"""What steps hand on and reports show.

Whoever adds a result to the report has scrubbed texts of others before: a secret that is then escaped or cut, as in
Markdown, is no longer found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hubaction.image import ImageName, PushedReference, Reference


@dataclass(frozen=True)
class CleanedTag:
    """What became of a preview; `why` is a clause that says why it stays, and empty when it was deleted."""

    reference: Reference
    why: str = ""

    @property
    def deleted(self) -> bool:
        return not self.why


@dataclass(frozen=True)
class Cleaned:
    """What became of the previews in one repository."""

    name: ImageName
    tags: tuple[CleanedTag, ...] = ()
    obstacle: str = ""
    """Why the registry keeps what should have been deleted, and what to do; sentences, or empty."""


@dataclass(frozen=True)
class Change:
    """A reference in a file, before and after; `line` counts from one."""

    line: int
    path: str
    """As the input names the place."""
    old: str
    new: str


@dataclass(frozen=True)
class ChangedFile:
    """A file before and after."""

    path: str
    before: str
    after: str
    changes: tuple[Change, ...]
    mode: str = "100644"
    """Git's."""


@dataclass(frozen=True)
class ImageFacts:
    """An image of a registry, as far as it is known."""

    reference: str
    digest: str = ""
    size: int | None = None
    """Bytes that a hub downloads."""
    commit: str = ""
    """What it was built from."""


@dataclass(frozen=True)
class Remark:
    """Something that people should know, although the image can be built and used."""

    message: str
    file: str = ""
    """Relative to the folder that is built; empty for none."""
    line: int | None = None


@dataclass(frozen=True)
class HubChecked:
    """What the hub check saw of a server that works. Its texts come from the image: scrub them before a report."""

    ready_seconds: float
    memory_bytes: int | None = None
    """At rest, with no kernel; None where the image cannot see it."""
    versions: Mapping[str, str] = field(default_factory=dict)
    kernels: tuple[str, ...] = ()
    lets_anybody_in: bool = False
    """Whether the server asks for no login."""
    remarks: tuple[Remark, ...] = ()

    @property
    def summary(self) -> str:
        memory = f", {self.memory_bytes / 1e6:.0f} MB at rest" if self.memory_bytes is not None else ""
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        kernels = f"; kernels: {', '.join(self.kernels)}" if self.kernels else ""
        return f"ready in {self.ready_seconds:.1f} s{memory}; {versions}{kernels}"


@dataclass(frozen=True)
class RolledOut:
    """What became of a rollout."""

    sentence: str
    markdown: str
    """The part of the job summary. It may quote files and errors."""
    as_asked: bool = True
    """False when there is something that people should know, or do themselves."""
    url: str = ""
    """Of the pull request; empty when there is none."""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """About places that were left alone."""


class CaseOutcome(StrEnum):
    """What became of one test."""

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
    """Where it stands or failed; empty when that is not known. Whoever makes one says relative to what."""
    line: int | None = None
    message: str = ""
    """Why it failed or was skipped."""


@dataclass(frozen=True)
class Tested:
    """The image tests, each with its outcome. Their texts come from the image: scrub them before a report."""

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
    """E.g. `5 passed, 1 failed`; empty for none."""
    outcomes = [case.outcome for case in cases]
    counts = [(outcomes.count(outcome), outcome) for outcome in CaseOutcome]
    return ", ".join(f"{count} {outcome}" for count, outcome in counts if count)


# --- the steps of a build ---


@dataclass(frozen=True)
class LeftOut:
    """Files with secrets that the workflow made, from the repository's root; they are not in the image."""

    files: tuple[str, ...]


@dataclass(frozen=True)
class OtherRepo2docker:
    """The repo2docker that the workflow asks for."""

    version: str


@dataclass(frozen=True)
class Noticed:
    """Notices that the plan could not know."""

    notices: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """What the comparison with earlier images came to, in a sentence or two."""

    sentence: str


@dataclass(frozen=True)
class Reused:
    """The earlier image that is used again, and what was verified when it was built."""

    reference: Reference
    tested: bool
    hub_checked: bool


@dataclass(frozen=True)
class Built:
    """The image on the engine."""

    id: str
    """Not its name, which another job may give to another image meanwhile."""
    bytes: int
    """Unpacked."""
    steps: int
    cached_steps: int


@dataclass(frozen=True)
class HubCheckFailed:
    """Why the image does not start as on a hub."""

    message: str


@dataclass(frozen=True)
class Published:
    """What a build leads to, once nothing can keep it from the registry any more."""

    image: Reference
    """The reference that names the commit."""
    pushed: tuple[PushedReference, ...] = ()
    old_outputs: bool = False
    """Whether the outputs of repo2docker-action name the image even if it was not pushed."""

    @property
    def main(self) -> PushedReference | None:
        return next((item for item in self.pushed if item.reference == self.image), None)


# --- what follows ---


@dataclass(frozen=True)
class BinderImage:
    """The branch by which Binder starts the pushed image, or why there is none."""

    branch: str = ""
    obstacle: str = ""


@dataclass(frozen=True)
class Deleted:
    """Previews that were deleted, in every repository."""

    references: tuple[Reference, ...]


@dataclass(frozen=True)
class Commented:
    """The comment on the pull request."""

    id: int
    url: str


@dataclass(frozen=True)
class ResultFile:
    """Where the result is stored, in the workspace."""

    file: str


@dataclass(frozen=True)
class JUnitFile:
    """Where the results of the image tests are stored, in the workspace."""

    file: str


@dataclass(frozen=True)
class Finished:
    """The mode that was carried out."""

    mode: str


@dataclass(frozen=True)
class Failed:
    """Why the run failed."""

    message: str
