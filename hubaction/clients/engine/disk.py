"""The disk where the engine keeps images."""

import shutil

LOW_DISK_BYTES = 5 * 1024**3


def free_disk_bytes() -> int:
    """Free space below /, which is the engine's disk inside a container."""
    return shutil.disk_usage("/").free
