"""Limits a plan whose image is made by a frontend other than Docker's own. No I/O.

Such a frontend can write any layers and labels, and later runs rely on the labels of pushed images. In a pull request
it is unreviewed code, so nothing is pushed. Merged code is the repository's own choice.
"""

from collections.abc import Mapping

from hubaction.decide.labels import FRONTEND_LABEL
from hubaction.decide.plan import BuildPlan
from hubaction.image import ImageName


def distrust(plan: BuildPlan, frontend: str) -> tuple[BuildPlan, tuple[str, ...]]:
    """Return the limited plan, and notices about it; `frontend` is the frontend's name."""
    if not plan.push:
        return plan, ()
    if plan.proposed:
        notice = (
            f"The image is not pushed: the frontend '{frontend}' makes it, which is not Docker's own. Such a program"
            " writes what is in an image and what its labels say, and nobody has merged this one's work yet."
            f" {_ADVICE}, and the image of a pull request is pushed."
        )
        return plan.without_push, (notice,)
    notice = (
        f"The image has no fingerprint: the frontend '{frontend}' makes it, which is not Docker's own. What such a"
        f" program makes of the same files is not known, so the image is never used again. {_ADVICE}, and unchanged"
        " commits are not built again."
    )
    return plan, (notice,)


def mark_image(plan: BuildPlan) -> dict[str, str]:
    """The labels by which later builds know an image that a foreign frontend made."""
    return {FRONTEND_LABEL: " ".join(dict.fromkeys(str(reference.name) for reference in plan.references))}


def is_marked(labels: Mapping[str, str], name: ImageName) -> bool:
    return str(name) in labels.get(FRONTEND_LABEL, "").split()


_ADVICE = "Use docker/dockerfile in '# syntax=' or the build argument BUILDKIT_SYNTAX, or neither of the two"
