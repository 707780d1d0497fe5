"""Shows for `--plan` what a rollout would change."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hubaction.decide.rollout import RolloutTarget
from hubaction.errors import ActionError
from hubaction.image import Reference
from hubaction.inputs.rollout_paths import ValuePath
from hubaction.rollout.hub.document import MAX_FILE_BYTES
from hubaction.rollout.hub.edit import NewImage
from hubaction.rollout.hub.files import SourceFile, choose_files, edit_files

UNKNOWN_DIGEST = f"sha256:{'0' * 64}"
"""What `--plan` shows in the place of a digest that only the registry knows."""


def preview_rollout(
    target: RolloutTarget, paths: Sequence[ValuePath], references: Sequence[Reference], workspace: Path
) -> Mapping[str, object]:
    """What would change in the files of the workspace, when the configuration is checked out there.

    `references` are the image with its tag, under each name that it has.
    """
    image = NewImage(references[0].tag, {each.name: UNKNOWN_DIGEST for each in references})
    told = {
        "repository": target.repository,
        "branch": target.branch or None,
        "paths": [str(path) for path in paths],
        "writes": target.may_write,
    }
    try:
        chosen = choose_files(_list_files(workspace), paths)
        edits = edit_files({name: _read_file(workspace / name) for name in chosen}, paths, image)
    except (ActionError, OSError) as error:
        reason = error.message if isinstance(error, ActionError) else "a file cannot be read"
        return {**told, "diff": None, "notes": [reason]}
    return {**told, "diff": edits.diff, "notes": list(edits.notes)}


def _read_file(file: Path) -> SourceFile:
    return SourceFile(None if file.stat().st_size > MAX_FILE_BYTES else file.read_bytes())


def _list_files(folder: Path) -> Iterator[str]:
    """Paths of all files, neither links nor git's own."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(files):
            path = Path(place, name)
            if not path.is_symlink() and path.is_file():
                yield path.relative_to(folder).as_posix()
