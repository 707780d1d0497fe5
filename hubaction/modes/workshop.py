"""Where a build works: private folders, the Docker configuration, and the engine."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hubaction.clients.engine.engine import Engine
from hubaction.clients.open import open_engine
from hubaction.clients.process import child_environment
from hubaction.errors import ActionError
from hubaction.inputs.docker_config import find_docker_config
from hubaction.publish.login import temporary_docker_config
from hubaction.runner.job import Job


@dataclass(frozen=True)
class Workshop:
    """What the steps of one build work with. All of it is gone when the build ends."""

    folder: Path
    docker_config: Path
    env: Mapping[str, str] = field(repr=False)
    """The environment of child processes."""
    engine: Engine


@contextmanager
def open_workshop(local_tag: str, job: Job) -> Iterator[Workshop]:
    """Yield a workshop; the image `local_tag` is removed from the engine at the end. Raises ActionError."""
    with ExitStack() as stack:
        folder = stack.enter_context(_private_folder())
        engine = stack.enter_context(open_engine(job.environ))
        # In a folder of its own, whose name nothing in the build context can guess.
        secret_folder = stack.enter_context(_private_folder())
        docker_config = stack.enter_context(
            temporary_docker_config(find_docker_config(job.environ, job.workspace), secret_folder / "docker-config")
        )
        env = child_environment(job.environ, home=folder, docker_config=docker_config)
        stack.callback(remove_image, local_tag, engine)
        yield Workshop(folder, docker_config, env, engine)


def remove_image(local_tag: str, engine: Engine) -> None:
    with suppress(ActionError):
        engine.remove_image(local_tag)


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A folder of this container, not RUNNER_TEMP: that one belongs to the host, and later steps see it."""
    folder = Path(tempfile.mkdtemp(prefix="hub-image-action-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
