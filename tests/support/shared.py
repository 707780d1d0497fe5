"""What the workers of one run make together: made by the first that needs it, removed by the last that leaves.

pytest-xdist runs session fixtures in each worker. See its documentation, "Making session-scoped fixtures execute only
once": https://pytest-xdist.readthedocs.io/en/stable/how-to.html
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from devtools import places


def run_folder(factory: pytest.TempPathFactory, worker: str) -> Path:
    """The folder of the whole run, which all workers see; `worker` is `master` where there is only one process."""
    base = factory.getbasetemp()
    return base if worker == "master" else base.parent


@contextmanager
def shared(folder: Path, name: str, make: Callable[[], None], remove: Callable[[], None]) -> Iterator[None]:
    """Have something made unless it is there, for as long as any worker is in the block.

    A worker that dies loses its lock with its life, and then what it shared may be left.
    """
    changes, users, made = (folder / f"{name}.{part}" for part in ("changes", "users", "made"))
    with ExitStack() as use:
        with places.locked(changes):
            if not made.exists():
                make()
                made.touch()
            use.enter_context(places.shared(users))
        try:
            yield
        finally:
            with places.locked(changes):
                use.close()
                if not places.in_use(users):
                    made.unlink()
                    remove()
