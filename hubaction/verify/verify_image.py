"""Verifies a built image: starts it as a hub does, and runs the repository's image tests in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hubaction.clients.engine.engine import Engine
from hubaction.inputs.settings import HubPolicy, ImageTestPolicy
from hubaction.results import HubChecked, Tested
from hubaction.verify.hub_check import Subject, run_hub_check
from hubaction.verify.image_tests import ImageTests, Place, home_to_empty, run_image_tests


@dataclass(frozen=True)
class ImageToVerify:
    """A built image, and what it was built from."""

    id: str
    """Not its name, which another job may give to another image meanwhile."""
    run: str
    """Label of its containers."""
    source: Path
    """The folder that it was built from."""
    user: str
    user_id: int
    repo_dir: str
    """Where the repository is in the image."""


def verify_on_hub(
    image: ImageToVerify, policy: HubPolicy, *, engine: Engine, on_line: Callable[[str], None]
) -> HubChecked | None:
    """Start the image as a hub does; None when it has no Jupyter. Raises HubCheckError.

    `on_line` gets untrusted text. `policy.check` does not matter here.
    """
    subject = Subject(image.id, image.user, image.user_id, image.source)
    return run_hub_check(subject, policy, engine=engine, run=image.run, on_line=on_line)


def verify_by_tests(
    image: ImageToVerify,
    tests: Path,
    policy: ImageTestPolicy,
    *,
    left_out: frozenset[str] = frozenset(),
    engine: Engine,
    on_line: Callable[[str], None],
) -> Tested:
    """Run the tests of the folder `tests`, without the files `left_out`; raises ImageTestsError, which has `tested`.

    `on_line` gets untrusted text. Files of the result are relative to `image.source`.
    """
    folder = str(tests.relative_to(image.source))
    described = ImageTests(tests, folder, policy.timeout, policy.notebook_outputs, left_out=left_out)
    home = home_to_empty(image.user, image.repo_dir)
    place = Place(image.id, image.user_id, run=image.run, home=home)
    return Tested(run_image_tests(described, place, engine=engine, on_line=on_line))
