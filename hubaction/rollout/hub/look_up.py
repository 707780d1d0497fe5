"""Looks up images in registries and commits on GitHub. Unknown facts are left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.pull_requests import PullRequests
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.remote_image import find_remote_image
from hubaction.errors import ActionError
from hubaction.image import Reference, name_in_reference, split_reference
from hubaction.results import ImageFacts
from hubaction.rollout.hub.subject import Subject


@dataclass
class LookUp:
    """Looks up each image once; never raises."""

    subject: Subject
    repository: str
    """`owner/name` that the image is built from."""
    registries: Registries
    github: GitHub | None
    """That repository; None without a token."""
    _facts: dict[str, ImageFacts] = field(default_factory=dict)

    def facts_of(self, reference: str) -> ImageFacts:
        if reference not in self._facts:
            self._facts[reference] = self._ask_registry(reference)
        return self._facts[reference]

    def find_newer(self, references: Sequence[str]) -> str:
        """A sentence if one of these images has a newer commit; empty if none has, or if that is unknown."""
        for reference in references:
            old = self.facts_of(reference).commit
            if old and old != self.subject.commit and self._is_behind(old):
                return f"Not rolled out: {reference} is of a newer commit. To go back to this one, start it by hand."
        return ""

    @cached_property
    def pull_number(self) -> int | None:
        """Of the pull request that brought the commit to its branch."""
        try:
            found = self.github.find_merged_pull_request(self.subject.commit) if self.github else None
        except ActionError:
            return None
        return found[0] if found else None

    def _ask_registry(self, reference: str) -> ImageFacts:
        parts = split_reference(reference)
        name = name_in_reference(parts[0]) if parts else None
        facts = ImageFacts(reference, parts[2] if parts else "")
        ours = name in {each.reference.name for each in self.subject.references}
        if parts is None or name is None or not ours or not (parts[1] or parts[2]):
            return facts
        found = find_remote_image(self.registries.look_in(name.registry), Reference(name, parts[2] or parts[1]))
        if found is None:
            return facts
        revision = found.labels.get("org.opencontainers.image.revision", "")
        commit = revision if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) else ""
        return replace(facts, digest=found.manifest.digest, size=found.manifest.size, commit=commit)

    def _is_behind(self, old: str) -> bool:
        if self.github is None:
            return False
        try:
            return PullRequests(self.github, self.repository).compare(old, self.subject.commit).status == "behind"
        except ActionError:
            return False
