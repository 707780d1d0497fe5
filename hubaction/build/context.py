"""The build context: a staged copy of what goes into the image, so that the workspace is never written."""

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dulwich.config import ConfigFile

from hubaction.build.own_cache import find_our_cache
from hubaction.errors import ActionError, DiskFullError

BINDER_FOLDERS = ("binder", ".binder")
IGNORE_FILES = (".dockerignore", ".containerignore")
CONFIGURATION_FILES = (
    "Dockerfile",
    "environment.yml",
    "environment.yaml",
    "Pipfile",
    "Pipfile.lock",
    "requirements.txt",
    "requirements3.txt",
    "setup.py",
    "pyproject.toml",
    "Project.toml",
    "JuliaProject.toml",
    "Manifest.toml",
    "REQUIRE",
    "install.R",
    "apt.txt",
    "DESCRIPTION",
    "postBuild",
    "start",
    "runtime.txt",
    "default.nix",
)
"""What repo2docker reads: https://repo2docker.readthedocs.io/en/latest/configuration/"""


class ContextError(ActionError):
    """The repository cannot be staged."""


@dataclass(frozen=True)
class Context:
    """What was staged."""

    folder: Path
    files: int
    bytes: int
    skipped: tuple[str, ...]
    """Sockets, pipes and devices, which an image cannot hold."""


def resolve_source(workspace: Path, path: str) -> Path:
    """Return the folder to build; raises ContextError when it is missing or outside of the workspace.

    A pull request may have made it a symbolic link to anywhere on this machine.
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


def stage_context(source: Path, target: Path, *, include_git: bool, leave_out: Path | None = None) -> Context:
    """Copy to `target` what belongs into the image: modes, times and symbolic links are kept, .git is left out.

    `leave_out` is one more file to leave out, relative to the source.

    Raises ContextError for configuration files that are links to somewhere outside of the repository.
    """
    binder = find_binder_folder(source)
    target.mkdir(parents=True)
    left = {leave_out, find_our_cache(source)}
    listed = _list_context(source, binder, include_git=include_git)
    paths = sorted(path for path in listed if not left & {path, *path.parents})
    files = size = 0
    skipped = []
    for path in paths:
        copied = _copy_or_explain(source, target, path)
        if copied is None:
            skipped.append(str(path))
        else:
            files, size = files + 1, size + copied
    _copy_folder_modes(source, target, paths)
    _refuse_escaping_links(target)
    if include_git:
        strip_git_credentials(target)
    return Context(target, files, size, tuple(skipped))


def find_binder_folder(source: Path) -> str:
    """Return the folder that repo2docker reads its configuration from, relative to the source; '' is its root."""
    ours = find_our_cache(source)
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
    """Whether there is anything that tells repo2docker what the image should be."""
    folder = source / find_binder_folder(source)
    return any((folder / name).exists() for name in CONFIGURATION_FILES)


def _refuse_escaping_links(context: Path) -> None:
    """repo2docker and the engine's client read these files in our process's place, and print parts of them.

    What counts is where a link leads from the staged copy: one that dangles in the workspace may not do so there.
    """
    root = context.resolve()
    for folder in ("", *BINDER_FOLDERS):
        for name in ("", *CONFIGURATION_FILES, *IGNORE_FILES, "Dockerfile.dockerignore"):
            file = context / folder / name
            inside = file.resolve().is_relative_to(root)
            if not inside or (file.is_symlink() and not file.exists()):
                shown = str(Path(folder) / name)
                raise ContextError(
                    f"'{shown}' is a link that leads out of the repository, or nowhere, and is not read for safety:"
                    " replace it by a regular file.",
                    file=shown,
                )


# --- what belongs into it ---


def _list_context(source: Path, binder: str, *, include_git: bool) -> Iterator[Path]:
    if find_dockerfile(source):
        # The engine's client applies the ignore file itself, by rules that only it knows exactly.
        yield from _walk(source, include_git=include_git)
        return
    rules = _IgnoreRules(source, binder)
    yield from (path for path in _walk(source, include_git=include_git) if not rules.match(path))


def _walk(source: Path, *, include_git: bool) -> Iterator[Path]:
    for folder, folders, files in os.walk(source):
        here = Path(folder).relative_to(source)
        if not include_git:
            folders[:] = [name for name in folders if name != ".git"]
        yield from (here / name for name in (*folders, *files) if include_git or name != ".git")


class _IgnoreRules:
    """Which paths are ignored, in repo2docker's reading of the ignore files.

    repo2docker looks for them beside its configuration only; those at the repository's root, which everybody
    expects to count, are honoured here too.
    """

    def __init__(self, source: Path, binder: str) -> None:
        from docker.utils.build import PatternMatcher

        patterns = [
            pattern
            for folder in dict.fromkeys(("", binder))
            for name in IGNORE_FILES
            for pattern in _read_patterns(source / folder / name)
        ]
        self._matcher = PatternMatcher(patterns)
        # What is left out of the image is still read to make it.
        self._read = {Path(folder) / name for folder in ("", binder) for name in (*CONFIGURATION_FILES, *IGNORE_FILES)}
        self._read.add(Path(binder))
        self._any = bool(patterns)

    def match(self, path: Path) -> bool:
        return self._any and path not in self._read and self._matcher.matches(str(path))  # type: ignore[arg-type] # the stub is wrong


def _read_patterns(file: Path) -> list[str]:
    if not file.is_file():
        return []  # a pipe, say, would be waited for
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


# --- copying ---


def _copy_or_explain(source: Path, target: Path, path: Path) -> int | None:
    try:
        return _copy(source / path, target / path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError from error
        raise ContextError(
            f"'{path}' cannot be copied into the build context: {error.strerror}. Mend it, or name it in"
            " .dockerignore.",
            file=str(path),
        ) from error


def _copy(source: Path, target: Path) -> int | None:
    """Copy one entry and return its bytes; None when it is nothing that an image can hold."""
    mode = source.lstat().st_mode
    # A file may be kept in a folder that is ignored.
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


def _copy_folder_modes(source: Path, target: Path, paths: Iterable[Path]) -> None:
    """Last and from the inside out, since a read-only folder takes no files and every new file changes its time."""
    for path in sorted(paths, reverse=True):
        if (source / path).is_dir() and not (source / path).is_symlink():
            shutil.copystat(source / path, target / path)
    shutil.copystat(source, target)


# --- .git ---


def read_head(source: Path, workspace: Path) -> str:
    """Return the commit that the folder was checked out at; empty when that cannot be told.

    The workspace may hold several checkouts, so the nearest repository above the folder counts.
    """
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo

    folders = [source, *source.parents]
    root = next((folder for folder in folders if (folder / ".git").exists()), None)
    if root is None or not root.is_relative_to(workspace.resolve()):
        return ""
    try:
        with Repo(str(root)) as repository:
            return repository.head().decode()
    except (NotGitRepository, KeyError, ValueError):
        return ""


def strip_git_credentials(context: Path) -> None:
    """Remove from each .git of a staged copy whatever actions/checkout, or a user, stored to log in with.

    Up to version 5 the token is an `extraheader`, since version 6 an `includeIf` of a file outside:
    https://github.com/actions/checkout/blob/main/src/git-auth-helper.ts
    """
    for git in context.rglob(".git"):
        if git.is_symlink():
            git.unlink()  # it leads to what was not copied, or was copied already
            continue
        for folder, _, names in os.walk(git):
            for name in {"config", "config.worktree"} & set(names):
                _strip_config(Path(folder) / name)
            for name in {"credentials", ".git-credentials"} & set(names):
                (Path(folder) / name).unlink()


def _strip_config(file: Path) -> None:
    """Keep what makes the repository work, which is little, rather than drop what is known to be secret."""
    if file.is_symlink():
        file.unlink()
        return
    try:
        config = ConfigFile.from_path(str(file))
    except ValueError:
        file.unlink()  # git cannot read it either, and a token may stand in it
        return
    kept = ConfigFile()
    for section in config.sections():
        for key, value in config.items(section):
            if key.lower() in _KEPT_SETTINGS.get(section[0].lower(), ()) and not any(map(_has_login, section[1:])):
                kept.add(section, key, re.sub(rb"://[^/]*@", b"://", value, count=1))
    kept.write_to_path(str(file))


_KEPT_SETTINGS: Mapping[bytes, frozenset[bytes]] = {
    b"core": frozenset(
        {b"repositoryformatversion", b"filemode", b"bare", b"logallrefupdates", b"symlinks", b"worktree"}
    ),
    b"extensions": frozenset({b"objectformat", b"partialclone", b"refstorage", b"worktreeconfig"}),
    b"remote": frozenset({b"url", b"pushurl", b"fetch", b"promisor", b"partialclonefilter"}),
    b"branch": frozenset({b"remote", b"merge"}),
    b"submodule": frozenset({b"url", b"active"}),
}
"""By section: https://git-scm.com/docs/git-config"""


def _has_login(url: bytes) -> bool:
    return re.match(rb"[a-z+]+://[^/]*@", url, re.IGNORECASE) is not None
