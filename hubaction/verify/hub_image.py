"""Looks at an image's files for what a hub needs or hides; nothing of the image runs."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubaction.clients.engine.container import SpawnedContainer
from hubaction.clients.engine.values import LocalImage
from hubaction.verify.hub_container import SINGLEUSER

MAX_LINKS = 8
MAX_NAMES = 20
SHEBANG_BYTES = 512
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Docker's, for images that set none."""


@dataclass(frozen=True)
class Programs:
    """Where programs of an image are, found on its PATH; '' for one that it does not have."""

    singleuser: str
    jupyter: str
    python: str
    """The interpreter that the server runs with, as far as that can be seen, or any."""

    @property
    def has_jupyter(self) -> bool:
        return bool(self.singleuser or self.jupyter)


@dataclass(frozen=True)
class HiddenFiles:
    """What an image has in the home folder, over which a hub mounts the user's own files."""

    files: tuple[str, ...] = ()
    """Names of the repository's files and folders."""
    program_folders: tuple[str, ...] = ()
    """Folders of PATH that exist there."""


def find_programs(container: SpawnedContainer, image: LocalImage) -> Programs:
    folders = path_of(image)
    singleuser = _find_on_path(container, folders, SINGLEUSER)
    python = _interpreter(container, singleuser) if singleuser else ""
    return Programs(
        singleuser,
        _find_on_path(container, folders, "jupyter"),
        python or _find_on_path(container, folders, "python3") or _find_on_path(container, folders, "python"),
    )


def path_of(image: LocalImage) -> list[str]:
    folders = image.environment.get("PATH", DEFAULT_PATH).split(":")
    return [folder for folder in dict.fromkeys(folders) if folder.startswith("/")]


def _find_on_path(container: SpawnedContainer, folders: Iterable[str], name: str) -> str:
    paths = (f"{folder.rstrip('/')}/{name}" for folder in folders)
    return next((path for path in paths if container.has_path(path)), "")


def _interpreter(container: SpawnedContainer, script: str) -> str:
    """The Python in a script's first line; '' for another program, which pip writes there for long paths."""
    for _ in range(MAX_LINKS):
        target = container.link_target(script)
        if not target:
            break
        script = posixpath.normpath(posixpath.join(posixpath.dirname(script), target))
    first = container.read_start_of(script, SHEBANG_BYTES).partition(b"\n")[0].decode(errors="replace")
    program = first.removeprefix("#!").split()[:1] if first.startswith("#!") else []
    found = program[0] if program else ""
    return found if "python" in PurePosixPath(found).name and container.has_path(found) else ""


def find_hidden_files(container: SpawnedContainer, image: LocalImage, home: str, source: Path) -> HiddenFiles:
    names = sorted(path.name for path in source.iterdir() if not path.name.startswith("."))[:MAX_NAMES]
    start = posixpath.normpath(image.working_folder)
    folder = start if is_below(start, home) else home
    folders = tuple(each for each in path_of(image) if is_below(each, home) and container.has_path(each))
    return HiddenFiles(
        files=tuple(name for name in names if container.has_path(f"{folder}/{name}")),
        program_folders=folders,
    )


def is_below(path: str, folder: str) -> bool:
    return PurePosixPath(posixpath.normpath(path)).is_relative_to(folder)


def find_start_script(image: LocalImage) -> str:
    """Path in the image of the script that it starts with; '' when it starts the command itself."""
    if script := image.environment.get("R2D_ENTRYPOINT"):
        return script
    known = {"repo2docker-entrypoint", "python3-login", "tini", "dumb-init", "sh", "bash", "env"}
    words = [word for word in image.entrypoint if PurePosixPath(word).name not in known and not word.startswith("-")]
    return next(iter(words), "")
