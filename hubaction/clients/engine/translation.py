"""Translates docker-py's errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker.errors
import requests

from hubaction.clients.engine.errors import EngineError
from hubaction.errors import DiskFullError


@contextmanager
def translate(action: str) -> Iterator[None]:
    try:
        yield
    except docker.errors.ImageNotFound as error:
        raise EngineError(f"The engine could not {action}: it has no such image ({explain(error)}).") from error
    except docker.errors.APIError as error:
        if "no space left on device" in explain(error):
            raise DiskFullError from error
        raise EngineError(f"The engine could not {action}: {explain(error)}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineError(
            f"The engine does not answer, so nothing can be built (could not {action}: {error}). On hosted runners use"
            " runs-on: ubuntu-latest; on your own runner, start Docker and let the runner's user reach its socket.",
            title="No container engine",
        ) from error


def explain(error: docker.errors.APIError) -> str:
    return str(error.explanation or error).strip()
