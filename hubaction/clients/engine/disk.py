"""The disk that the engine keeps images on."""

import shutil

LOW_DISK_BYTES = 5 * 1024**3


def free_disk_bytes() -> int:
    """Free space below /, which inside a container is the engine's own disk."""
    return shutil.disk_usage("/").free
