"""The message of our commits, with trailers that name the images and the run."""

import re
from dataclasses import dataclass

_IMAGE = re.compile(r"^Hub-Image: (\S{1,400}@sha256:[0-9a-f]{64})$", re.MULTILINE)
_RUN = re.compile(r"^Hub-Image-Run: (\d{1,20})\.(\d{1,6})$", re.MULTILINE)
_TREE = re.compile(r"^Hub-Image-Tree: ([0-9a-f]{40,64})$", re.MULTILINE)

Run = tuple[int, int]
"""GitHub's run id and attempt; both only grow."""


@dataclass(frozen=True)
class Trailers:
    """The trailers of one of our commits."""

    images: tuple[str, ...]
    """`name:tag@digest`, for each name of the image."""
    run: Run
    tree: str


def render_message(title: str, images: tuple[str, ...], run: Run, tree: str) -> str:
    lines = [
        *(f"Hub-Image: {image}" for image in images),
        f"Hub-Image-Run: {run[0]}.{run[1]}",
        f"Hub-Image-Tree: {tree}",
    ]
    return f"{title}\n\n" + "\n".join(lines) + "\n"


def read_trailers(message: str) -> Trailers | None:
    """The trailers of a message; None if the commit is not ours."""
    last = message.rstrip("\n").rpartition("\n\n")[2]
    run, tree = _RUN.search(last), _TREE.search(last)
    images = tuple(_IMAGE.findall(last))
    return Trailers(images, (int(run[1]), int(run[2])), tree[1]) if images and run and tree else None
