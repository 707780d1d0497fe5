"""The build context: a staged copy of the files that go into the image. The workspace is never changed."""

import errno
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker.utils.build import PatternMatcher

from hubaction.build.binder_folder import find_own_binder_folder
from hubaction.build.dockerignore import keep_seen
from hubaction.build.git_folder import strip_git_credentials
from hubaction.errors import ActionError, DiskFullError
from hubaction.inputs.globs import IgnoreFile
from hubaction.inputs.repository_files import BINDER_FOLDERS, CONFIGURATION_FILES, IGNORE_FILES, ContextFiles


class ContextError(ActionError):
    """The repository cannot be staged."""


@dataclass(frozen=True)
class Context:
    folder: Path
    files: int
    bytes: int
    skipped: tuple[str, ...]
    """Sockets, pipes and devices, which an image cannot contain."""


def resolve_source(workspace: Path, path: str) -> Path:
    """Return the folder to build; raises ContextError when it is missing, empty or outside of the workspace.

    In a pull request it may be a symbolic link to anywhere on this machine.
    """
    root = workspace.resolve()
    source = (workspace / path).resolve()
    if not source.is_relative_to(root):
        raise ContextError(f"The input 'path' is '{path}', a link to a place outside of the repository: remove it.")
    if not source.is_dir():
        raise ContextError(
            f"There is no folder '{path}' in the workspace. Is a step with actions/checkout missing before this one,"
            " or is the input 'path' wrong?"
        )
    if not any(source.iterdir()):
        raise ContextError(
            f"The folder '{path}' is empty, so there is nothing to build. Did you forget a step with"
            " actions/checkout before this one?"
        )
    return source


def list_context(source: Path, *, include_git: bool, leave_out: Collection[Path] = ()) -> ContextFiles:
    """List the files of the image, without the folder of `binder-cache` and, unless it is included, .git.

    `leave_out` are more files to leave out, relative to the source. Raises ContextError for configuration files that
    are links out of the repository, before any of them is read.
    """
    leads_to = _follow_configuration(source)
    left = frozenset(str(path) for path in (*leave_out, find_own_binder_folder(source)) if path)
    dockerfile = find_dockerfile(source)
    walked = _walk(source, left, include_git=include_git)
    if not dockerfile:
        rules = _IgnoreRules(source, find_binder_folder(source))
        walked = (path for path in walked if not rules.match(path))
    paths = tuple(sorted(walked))
    _refuse_dangling_links(source, leads_to, {"", *paths})
    seen = _seen_by_engine(source, dockerfile, paths) if dockerfile else paths
    return ContextFiles(source, paths, seen, include_git)


def stage_context(files: ContextFiles, target: Path) -> Context:
    """Copy the files to a new folder `target`, with modes, times and symbolic links.

    Raises ContextError for files that cannot be copied, or DiskFullError.
    """
    target.mkdir(parents=True)
    count = size = 0
    skipped = []
    for path in files.paths:
        copied = _copy_or_explain(files.source, target, path)
        if copied is None:
            skipped.append(path)
        else:
            count, size = count + 1, size + copied
    _copy_folder_modes(files.source, target, files.paths)
    _refuse_escaping_links(target)
    if files.include_git:
        strip_git_credentials(target)
    return Context(target, count, size, tuple(skipped))


def stage_configuration(files: ContextFiles, target: Path) -> None:
    """Copy only the few small files that repo2docker reads to render a Dockerfile to a new folder `target`.

    Rendering in the workspace itself would read a folder `binder` that is left out. Links are replaced by their
    targets, which list_context has found to be inside. Raises ContextError for files that cannot be copied.
    """
    target.mkdir(parents=True)
    binder = find_binder_folder(files.source)
    for folder in dict.fromkeys(("", binder)):
        (target / folder).mkdir(exist_ok=True)
        for name in CONFIGURATION_FILES:
            file = files.source / folder / name
            if file.is_file():
                with _explained(str(Path(folder) / name)):
                    shutil.copyfile(file, target / folder / name)
            elif file.is_dir():
                (target / folder / name).mkdir()


def find_binder_folder(source: Path) -> str:
    """Return the folder with repo2docker's configuration, relative to the source; '' for its root."""
    ours = find_own_binder_folder(source)
    found = [name for name in BINDER_FOLDERS if (source / name).is_dir() and Path(name) != ours]
    if len(found) > 1:
        raise ContextError(
            "The repository has both a folder 'binder' and a folder '.binder', and repo2docker cannot choose:"
            " remove one."
        )
    return found[0] if found else ""


def find_dockerfile(source: Path) -> str:
    """Return the Dockerfile that the image is built from, relative to the source; '' when one is generated."""
    file = Path(find_binder_folder(source)) / "Dockerfile"
    return str(file) if (source / file).exists() else ""


def has_configuration(source: Path) -> bool:
    folder = source / find_binder_folder(source)
    return any((folder / name).exists() for name in CONFIGURATION_FILES)


def _refuse_escaping_links(context: Path) -> None:
    """Check again in the copy, as the operating system resolves the links there."""
    root = context.resolve()
    for path in _READ_FILES:
        file = context / path
        inside = file.resolve().is_relative_to(root)
        if not inside or (file.is_symlink() and not file.exists()):
            raise _explain_link(path)


def _follow_configuration(source: Path) -> dict[str, str]:
    """Targets of links among the files that repo2docker or Docker's client reads; raises ContextError for the outside.

    Both read these files with our permissions, and print parts of them.
    """
    leads_to = {}
    for path in _READ_FILES:
        reached = _follow(source, path)
        if reached is None:
            raise _explain_link(path)
        if (source / path).is_symlink():
            leads_to[path] = reached
    return leads_to


def _follow(source: Path, path: str) -> str | None:
    """Resolve a path, relative to the source, through links that have the same target in a copy.

    None for other links: absolute ones, endless ones, and those that leave the source, even if they come back.
    """
    ahead, reached, links = list(reversed(Path(path).parts)), list[str](), 0
    while ahead:
        part = ahead.pop()
        if part == "..":
            if not reached:
                return None
            reached.pop()
            continue
        reached.append(part)
        place = source.joinpath(*reached)
        if place.is_symlink():
            links += 1
            destination = place.readlink()
            if destination.is_absolute() or links > MAX_LINKS:
                return None
            reached.pop()
            ahead += reversed(destination.parts)
    return "/".join(reached)


def _refuse_dangling_links(source: Path, leads_to: Mapping[str, str], staged: set[str]) -> None:
    """A link that is dangling in the copy could lead to a file beside it."""
    for path, reached in leads_to.items():
        if reached not in staged or not (source / path).exists():
            raise _explain_link(path)


def _explain_link(path: str) -> ContextError:
    return ContextError(
        f"'{path}' is a link that leads out of the repository, or nowhere, and is not read for safety: replace it by a"
        " regular file.",
        file=path,
    )


MAX_LINKS = 40
"""In a row, as the kernel allows: https://man7.org/linux/man-pages/man7/path_resolution.7.html"""
_READ_FILES = tuple(
    str(Path(folder) / name)
    for folder in ("", *BINDER_FOLDERS)
    for name in ("", *CONFIGURATION_FILES, *IGNORE_FILES, "Dockerfile.dockerignore")
)


# --- which files ---


def _walk(source: Path, left: frozenset[str], *, include_git: bool) -> Iterator[str]:
    """Yields strings, which are faster than Path: there may be a hundred thousand files."""
    root = len(str(source)) + 1
    for folder, folders, files in os.walk(source):
        here = folder[root:] + "/" if len(folder) >= root else ""
        folders[:] = [name for name in folders if (include_git or name != ".git") and here + name not in left]
        yield from (here + name for name in folders)
        yield from (here + name for name in files if (include_git or name != ".git") and here + name not in left)


def _seen_by_engine(source: Path, dockerfile: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Without what Docker's client certainly ignores; always with the Dockerfile and the ignore file."""
    # The Dockerfile's own ignore file takes precedence over the general one:
    # https://docs.docker.com/build/concepts/context/#filename-and-location
    names = (f"{dockerfile}.dockerignore", ".dockerignore")
    name = next((name for name in names if os.path.lexists(source / name)), "")
    # Links may lead to other files, by rules that only the client knows.
    links = any((source / path).is_symlink() for path in (dockerfile, name, find_binder_folder(source)) if path)
    if not name or links or not (source / name).is_file():
        return paths
    try:
        ignored = IgnoreFile.parse((source / name).read_bytes())
    except OSError:
        return paths
    # The ignore file is always kept: where its patterns are in doubt, its text alone changes what is sent.
    return keep_seen(paths, ignored, always=(dockerfile, name))


class _IgnoreRules:
    """Which paths are ignored, as repo2docker reads ignore files.

    repo2docker itself looks for them only beside its configuration. Here, those at the repository's root count, too, as
    users expect.
    """

    def __init__(self, source: Path, binder: str) -> None:
        patterns = [
            pattern
            for folder in dict.fromkeys(("", binder))
            for name in IGNORE_FILES
            for pattern in _read_patterns(source / folder / name)
        ]
        self._matcher = PatternMatcher(patterns)
        # These files make the image, even if they are not in it.
        names = (*CONFIGURATION_FILES, *IGNORE_FILES)
        self._read = {str(Path(folder) / name) for folder in ("", binder) for name in names} | {binder}
        self._any = bool(patterns)

    def match(self, path: str) -> bool:
        return self._any and path not in self._read and self._matcher.matches(path)  # type: ignore[arg-type] # the stub is wrong


def _read_patterns(file: Path) -> list[str]:
    if not file.is_file():
        return []  # reading a pipe, for example, would block
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


# --- copying ---


def _copy_or_explain(source: Path, target: Path, path: str) -> int | None:
    with _explained(path):
        return _copy(source / path, target / path)


@contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError from error
        raise ContextError(
            f"'{path}' cannot be copied into the build context: {error.strerror}. Mend it, or name it in"
            " .dockerignore.",
            file=path,
        ) from error


def _copy(source: Path, target: Path) -> int | None:
    """Copy one entry and return its bytes; None for one that an image cannot contain."""
    mode = source.lstat().st_mode
    # A file may be an exception within an ignored folder.
    target.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISDIR(mode):
        target.mkdir(exist_ok=True)
        return 0
    if stat.S_ISLNK(mode):
        target.symlink_to(source.readlink())
        return 0
    if stat.S_ISREG(mode):
        shutil.copy2(source, target)
        return target.stat().st_size
    return None


def _copy_folder_modes(source: Path, target: Path, paths: Iterable[str]) -> None:
    """After all files, from the inside out: a read-only folder takes no files, and a new file changes its time."""
    for path in sorted(paths, reverse=True):
        if (source / path).is_dir() and not (source / path).is_symlink():
            shutil.copystat(source / path, target / path)
    shutil.copystat(source, target)
