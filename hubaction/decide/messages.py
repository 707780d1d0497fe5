"""Warnings and notices that decisions add to the log."""

from dataclasses import dataclass, field

from hubaction.inputs.settings import Settings


@dataclass
class Messages:
    """Collects messages in the order of the decisions."""

    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @classmethod
    def of_settings(cls, settings: Settings) -> "Messages":
        return cls(list(settings.warnings), list(settings.notices))
