"""Names of the branches that a proposal is written to."""

import re
import subprocess
from pathlib import Path

import pytest

from hubaction.rollout.hub.proposal import name_branch

IMAGES = [
    "quay.io/org/course", "localhost:5000/a/b", "ghcr.io/org/a.b_c-d", "quay.io/org/x.lock", "quay.io/a..b",
    "docker.io/" + "x" * 300, "quay.io/-/-", "quay.io/org/course.",
]  # fmt: skip


@pytest.mark.parametrize("image", IMAGES)
def test_name_branch__is_legal(image: str, tmp_path: Path) -> None:
    branch = name_branch(image, "main")
    assert branch.startswith("hub-image-action/")
    assert _is_legal_for_git(branch), branch


def _is_legal_for_git(branch: str) -> bool:
    """https://git-scm.com/docs/git-check-ref-format"""
    try:
        return subprocess.run(["git", "check-ref-format", f"refs/heads/{branch}"], check=False).returncode == 0
    except FileNotFoundError:
        return not re.search(r"\.\.|[\s~^:?*\[\\]|//|@\{|\.lock(/|$)|(^|/)\.|\.$|/$", branch)


def test_name_branch__differs_by_image_and_base() -> None:
    names = {
        name_branch(image, base) for image in ("q.io/a/b-c", "q.io/a-b/c", "q.io/a/b/c") for base in ("main", "prod")
    }
    assert len(names) == 6
