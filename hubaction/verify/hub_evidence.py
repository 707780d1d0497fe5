"""What is known of an image during a hub check, and which of the repository's files may be to blame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from hubaction.clients.engine.values import ContainerState, LocalImage
from hubaction.inputs.repository_files import BINDER_FOLDERS
from hubaction.inputs.settings import HubPolicy
from hubaction.verify.hub_image import HiddenFiles, Programs, find_start_script

ENVIRONMENT_FILES = ("Dockerfile", "environment.yml", "Pipfile", "requirements.txt", "setup.py", "pyproject.toml")
"""Files that list packages, in the order in which repo2docker prefers them."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of an image and its container."""

    policy: HubPolicy
    source: Path
    home: str
    image: LocalImage
    programs: Programs
    hidden: HiddenFiles
    not_started: str = ""
    """Why Docker could not start the first process, in its words."""
    state: ContainerState | None = None
    log: Sequence[str] = ()
    """The last lines that the container printed."""
    event: Mapping[str, Any] = field(default_factory=dict)
    """The last event that the program inside the container reported."""

    def find(self, *names: str) -> str | None:
        """The first of the names that the repository has, where repo2docker looks for it; relative to `source`.

        https://repo2docker.readthedocs.io/en/latest/configuration/index.html
        """
        folder = next((name for name in BINDER_FOLDERS if (self.source / name).is_dir()), "")
        paths = (str(PurePosixPath(folder) / name) for name in names)
        return next((path for path in paths if (self.source / path).is_file()), None)

    @property
    def packages_file(self) -> str | None:
        return self.find(*ENVIRONMENT_FILES)

    @property
    def start_file(self) -> str | None:
        script = PurePosixPath(find_start_script(self.image)).name
        return (self.find(script) if script else None) or self.find("start", "Dockerfile")
