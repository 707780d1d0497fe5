"""A change that is proposed to a repository with the configuration of hubs."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hubaction.image import sanitize_tag
from hubaction.inputs.choices import Automerge
from hubaction.rollout.hub.files import Edits, SourceFile
from hubaction.rollout.hub.trailers import Run

Files = Mapping[str, SourceFile]


@dataclass(frozen=True)
class Texts:
    """The texts of a pull request."""

    title: str
    body: str
    comment: str
    """For a pull request whose branch people have changed."""


@dataclass(frozen=True)
class Proposal:
    """The images to roll out, and how to apply them to the files, whatever these contain by then."""

    base: str
    branch: str
    images: tuple[str, ...]
    run: Run
    choose: Callable[[list[str]], list[str]]
    """Selects from all file names."""
    edit: Callable[[Files, tuple[str, ...]], Edits]
    """Points files to images, given as in the trailers."""
    write: Callable[[Edits], Texts]
    find_newer: Callable[[Sequence[str]], str] = lambda references: ""
    """A sentence if one of these images is newer than this one, else empty."""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    automerge: Automerge = Automerge.FALSE


def name_branch(image: str, base: str) -> str:
    """The branch for an image: valid for git, and different for each base.

    https://git-scm.com/docs/git-check-ref-format
    """
    flat = re.sub(r"\.{2,}|\.lock$", "-", sanitize_tag(image.replace("/", "-")))[:100].rstrip(".")
    return f"hub-image-action/{flat}-{hashlib.sha256(f'{image} {base}'.encode()).hexdigest()[:6]}"
