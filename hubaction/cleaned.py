"""What became of the previews of a closed pull request: passed on from publish/ to report/."""

from dataclasses import dataclass

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
