"""Messages that decisions leave for the reader of the log."""

from dataclasses import dataclass, field

from hubaction.inputs.settings import Settings


@dataclass
class Messages:
    """Collects warnings and notices, in the order in which they arise."""

    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @classmethod
    def of_settings(cls, settings: Settings) -> "Messages":
        """Start with what the inputs gave rise to."""
        return cls(list(settings.warnings), list(settings.notices))
