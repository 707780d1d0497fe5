"""All files of a hub's configuration: which are selected, and what changes in them."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hubaction.errors import ActionError
from hubaction.inputs.rollout_paths import ValuePath, matches
from hubaction.results import ChangedFile
from hubaction.rollout.hub.document import MAX_FILE_BYTES, FileError
from hubaction.rollout.hub.edit import EditedFile, NewImage, edit_file
from hubaction.rollout.hub.select import Miss

MAX_FILES = 200


class PathError(ActionError):
    """A line of `rollout-paths` selects nothing."""

    def __init__(self, path: ValuePath, reason: str) -> None:
        super().__init__(f"input 'rollout-paths': '{path}' leads nowhere: {reason}", title="Not rolled out")


@dataclass(frozen=True)
class SourceFile:
    """A file of the repository."""

    content: bytes | None
    """None for a file that is too large."""
    mode: str = "100644"


@dataclass(frozen=True)
class Edits:
    """The changes of all files."""

    changed: tuple[ChangedFile, ...] = ()
    current: int = 0
    """How many places name the new image already."""
    notes: tuple[str, ...] = ()

    @property
    def diff(self) -> str:
        return "".join(_diff(file) for file in self.changed)

    @property
    def old_references(self) -> tuple[str, ...]:
        """The replaced references, without duplicates."""
        return tuple(dict.fromkeys(change.old for file in self.changed for change in file.changes))


def choose_files(names: Iterable[str], paths: Sequence[ValuePath]) -> list[str]:
    """The selected files; raises PathError for a line that selects none, or too many."""
    known = list(names)
    chosen: dict[str, None] = {}
    for path in paths:
        found = [name for name in known if matches(path.glob, name)]
        if not found:
            near = difflib.get_close_matches(path.glob, known, n=1)
            raise PathError(path, f"no such file{f'; did you mean {near[0]!r}?' if near else ' is in the repository.'}")
        chosen |= dict.fromkeys(found)
        if len(chosen) > MAX_FILES:
            raise PathError(path, f"these are more than {MAX_FILES} files.")
    return list(chosen)


def edit_files(files: Mapping[str, SourceFile], paths: Sequence[ValuePath], image: NewImage) -> Edits:
    """Point all files to the image; raises PathError, and FileError for a file that is named without a glob.

    A file that only a glob selects is skipped with a note if it cannot be read.
    """
    found: set[ValuePath] = set()
    misses: dict[ValuePath, tuple[str, Miss]] = {}
    changed: list[ChangedFile] = []
    notes: list[str] = []
    current = 0
    for name, file in files.items():
        meant = [path for path in paths if matches(path.glob, name)]
        try:
            before = _decode(name, file.content)
            edited = edit_file(name, before, meant, image)
        except FileError as error:
            if any(path.names_one_file for path in meant):
                raise
            notes.append(f"Left alone: {error.message}")
            continue
        _note_misses(edited, name, meant, found, misses)
        notes += edited.notes
        current += edited.current
        if edited.changes:
            changed.append(ChangedFile(name, before, edited.text, edited.changes, file.mode))
    for path in paths:
        if path not in found and path in misses:
            name, miss = misses[path]
            raise PathError(path, f"in {name}, {miss}.")
    return Edits(tuple(changed), current, tuple(notes))


def _note_misses(
    edited: EditedFile,
    name: str,
    meant: Sequence[ValuePath],
    found: set[ValuePath],
    misses: dict[ValuePath, tuple[str, Miss]],
) -> None:
    """Keep the miss of the file in which the path leads farthest."""
    for path in meant:
        miss = edited.misses.get(path.text)
        if miss is None:
            found.add(path)
        elif path not in misses or miss.depth > misses[path][1].depth:
            misses[path] = (name, miss)


def _decode(name: str, content: bytes | None) -> str:
    if content is None or len(content) > MAX_FILE_BYTES:
        raise FileError(name, 1, f"is larger than {MAX_FILE_BYTES // 1024} KiB, and no hub's configuration is.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileError(name, line, "is no text in UTF-8.") from None


def _diff(file: ChangedFile) -> str:
    """A unified diff, without line endings."""
    before, after = file.before.splitlines(), file.after.splitlines()
    lines = difflib.unified_diff(before, after, f"a/{file.path}", f"b/{file.path}", lineterm="")
    return "".join(f"{line}\n" for line in lines)
