"""Files that a step leaves in the workspace for the steps after it."""

import os
from pathlib import Path

from hubaction.errors import ActionError


def store_file(text: str, workspace: Path, file: str, input_name: str) -> None:
    """Write a file into the workspace, never through a link, with the workspace's owner.

    Raises ActionError, which names the input, if the file cannot be written.
    """
    try:
        folder = (workspace / file).parent.resolve()
        # Before any folder is made: a link could lead out of the workspace.
        if not folder.is_relative_to(workspace.resolve()):
            raise OSError(file)
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / Path(file).name
        path.unlink(missing_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
        # On a self-hosted runner, later jobs could not remove files of root.
        owner = workspace.stat()
        for each in (*made, path):
            os.chown(each, owner.st_uid, owner.st_gid)
    except (OSError, RuntimeError):  # the latter for links in a circle
        raise ActionError(
            f"input '{input_name}': '{file}' cannot be written; allowed is a path in the workspace, e.g."
            f" {EXAMPLES[input_name]}, where there is no folder of that name."
        ) from None


EXAMPLES = {"result-file": "result.json", "junit-file": "junit.xml"}
