"""Searches the build context for secrets before anything is built.

Files with secrets that the workflow itself made are left out; the repository's own stop the build.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path, PurePosixPath

from hubaction.errors import ActionError, Help, SeveralProblemsError
from hubaction.guard.git_index import TrackedFiles
from hubaction.guard.given_secrets import GivenSecret
from hubaction.guard.login_files import find_git_logins
from hubaction.guard.scan import Finding, Scanner, sort_findings
from hubaction.inputs.globs import IgnoreFile
from hubaction.inputs.repository_files import BINDER_FOLDERS, CONFIGURATION_FILES, ContextFiles

MAX_TOLD = 50
"""A repository may have a key in each of ten thousand files: nobody reads that many, and a comment has no room."""
TITLE = "Secret in the repository"
_MADE_BY_WORKFLOWS = re.compile(r"gha-creds-[0-9a-f]+\.json|\$HOME/.*|(?:.*/)?\$HOME/.*")
"""Nobody commits these. They decide where git cannot be asked."""
_GIT_FILES_SKIPPED = frozenset({"objects", "lfs"})
"""Compressed, or another copy of the repository's files."""


@dataclass(frozen=True)
class Guarded:
    """What goes into the image, without the files that are left out."""

    files: ContextFiles
    left_out: tuple[Finding, ...]
    """One for each file that is left out."""

    def warnings(self) -> list[tuple[str, str]]:
        """Each file that is left out, and a message about it."""
        return [(finding.file, _explain_left_out(finding)) for finding in self.left_out]


def guard_context(
    files: ContextFiles, *, workspace: Path, given: Sequence[GivenSecret], allowed: Iterable[str]
) -> Guarded:
    """Search what the build would see; raises SeveralProblemsError for secrets in the repository's own files.

    `allowed` are globs of files that may hold what looks like a secret, but never a value that this step was given.
    """
    exceptions = IgnoreFile.parse("\n".join(allowed).encode())
    # .git is cleaned in the staged copy, and searched there.
    paths = [path for path in files.seen if ".git" not in path.split("/")]
    found = [
        finding
        for finding in Scanner(given).scan(files.source, paths)
        if finding.given or not exceptions.surely_ignores(finding.file)
    ]
    tracked = TrackedFiles(workspace)
    left_out, refused = list[Finding](), list[Finding]()
    for file, findings in groupby(found, key=lambda finding: finding.file):
        if _may_be_left_out(file, tracked.knows(files.source / file)):
            left_out.append(next(findings))
        else:
            refused += findings
    if refused:
        raise _refuse(refused)
    return Guarded(_without(files, {finding.file for finding in left_out}), tuple(left_out))


def find_made_by_workflow(folder: Path, *, workspace: Path, given: Sequence[GivenSecret]) -> frozenset[str]:
    """Files below `folder` that hold a secret and do not belong to the repository, relative to `folder`."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    names = [str(path) for path in paths if ".git" not in path.parts]
    tracked = TrackedFiles(workspace)
    found = {finding.file for finding in Scanner(given).scan(folder, names)}
    return frozenset(file for file in found if _is_made_by_workflow(file, tracked.knows(folder / file)))


def check_git_copy(context: Path, given: Sequence[GivenSecret]) -> None:
    """Check that no credentials are left in the .git of a staged copy; raises SeveralProblemsError.

    Commits are compressed and are not searched.
    """
    found = list[Finding]()
    for folder in context.rglob(".git"):
        inner = [path for path in folder.rglob("*") if not _GIT_FILES_SKIPPED & set(path.relative_to(folder).parts)]
        names = [str(path.relative_to(context)) for path in inner if path.is_file()]
        found += Scanner(given).scan(context, names)
        for file in inner:
            if file.name in {"config", "config.worktree"} and file.is_file():
                lines = find_git_logins(file.read_text(encoding="utf-8", errors="replace"))
                found += [Finding(str(file.relative_to(context)), line, "a login for git") for line in lines]
    if found:
        raise _refuse(sort_findings(set(found)))


def _may_be_left_out(file: str, tracked: bool | None) -> bool:
    """Never a file that repo2docker reads: without it the image would silently be another one."""
    path = PurePosixPath(file)
    folder = str(path.parent)
    if path.name in CONFIGURATION_FILES and folder in {".", *BINDER_FOLDERS}:
        return False
    return _is_made_by_workflow(file, tracked)


def _is_made_by_workflow(file: str, tracked: bool | None) -> bool:
    return bool(_MADE_BY_WORKFLOWS.fullmatch(file)) if tracked is None else not tracked


def _without(files: ContextFiles, left_out: set[str]) -> ContextFiles:
    if not left_out:
        return files
    return replace(
        files,
        paths=tuple(path for path in files.paths if path not in left_out),
        seen=tuple(path for path in files.seen if path not in left_out),
    )


def _refuse(findings: Sequence[Finding]) -> SeveralProblemsError:
    told = findings[:MAX_TOLD]
    listed = "\n".join(f"- {_place(finding)}: {finding.kind}" for finding in told)
    more = f"\n- and {len(findings) - MAX_TOLD} more" if len(findings) > MAX_TOLD else ""
    return SeveralProblemsError(
        "The repository holds secrets, which would be in the image. Nothing was built.\n"
        f"{listed}{more}\n{Help.SECRETS}",
        [_refuse_one(finding) for finding in told],
        title=TITLE,
    )


def _place(finding: Finding) -> str:
    return f"'{finding.file}'" + (f", line {finding.line}" if finding.line else "")


def _refuse_one(finding: Finding) -> ActionError:
    allow = "" if finding.given else " If it is none, name the file in the input 'allow-files'."
    return ActionError(
        f"{_place(finding)} holds {finding.kind}, which everybody who can pull the image could read. Nothing was built."
        " Revoke it where it was issued (a commit cannot be taken back), remove it here, and give it to the servers"
        f" when they start.{allow} {Help.SECRETS}",
        file=finding.file,
        line=finding.line,
        title=TITLE,
    )


def _explain_left_out(finding: Finding) -> str:
    return (
        f"'{finding.file}' holds {finding.kind} and is left out of the image. It is no file of the repository: a step"
        " before this one made it. Have that step write it below ${{ runner.temp }}, where no image is made from, or,"
        f" if the image needs it, name it in the input 'allow-files'. {Help.SECRETS}"
    )
