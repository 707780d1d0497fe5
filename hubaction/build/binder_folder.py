"""Recognises the folder that `binder-cache` committed earlier, in the folder that is built."""

import os
import stat
from pathlib import Path

from hubaction.decide.binder_dockerfile import FOLDER, PATH, is_our_dockerfile

MAX_BYTES = 10_000
"""A longer file is not one of ours."""


def find_own_binder_folder(source: Path) -> Path | None:
    """Return the folder, relative to the source, when it contains our Dockerfile and nothing else.

    It must be left out: repo2docker would take it for the configuration, and build the image from the previous one.
    Links are not followed.
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
