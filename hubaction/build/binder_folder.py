"""What `binder-cache` committed earlier, as it lies in the folder that is built."""

import os
import stat
from pathlib import Path

from hubaction.decide.binder_dockerfile import FOLDER, PATH, is_our_dockerfile

MAX_BYTES = 10_000
"""Of a file of ours; a longer one is somebody else's."""


def find_own_binder_folder(source: Path) -> Path | None:
    """Return the folder to leave out, relative to the source, when it holds our Dockerfile and nothing else.

    repo2docker would take it for the configuration, and build the image from the last one. Links are not followed.
    """
    folder, file = source / FOLDER, source / PATH
    try:
        if folder.is_symlink() or os.listdir(folder) != [file.name]:  # noqa: PTH208 - names are what is compared
            return None
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return None
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return Path(FOLDER) if is_our_dockerfile(text) else None
