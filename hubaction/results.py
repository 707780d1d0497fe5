"""What steps hand on and reports show."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hubaction.image import ImageName, Reference


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


def failing(cases: Iterable[CaseResult]) -> list[CaseResult]:
    return [case for case in cases if case.outcome is CaseOutcome.FAILED]


def count_cases(cases: Iterable[CaseResult]) -> str:
    """E.g. `5 passed, 1 failed`; empty for none."""
    outcomes = [case.outcome for case in cases]
    counts = [(outcomes.count(outcome), outcome) for outcome in CaseOutcome]
    return ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
