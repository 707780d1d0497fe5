"""Runs the repository's image tests inside a container of the image, which itself stays as it is."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from threading import Timer

from hubaction.errors import ActionError
from hubaction.runner.engine import Engine, LocalImage
from hubaction.runner.lines import split_lines

SCRIPT_FOLDER = "/tmp/hub-image-action"  # noqa: S108 - in a container of its own
START_SECONDS = 120
MAX_TESTS_BYTES = 1_000_000_000
NO_TESTS_COLLECTED = 5
NO_PYTEST = 97
NO_PYTHON = 98
"""Exit codes of the script that goes into the container; pytest itself uses 0 to 5."""


class ImageTestsError(ActionError):
    """The image tests failed, or could not run."""


@dataclass(frozen=True)
class ImageTestsResult:
    """What the tests said; `summary` is pytest's last line, text of others."""

    summary: str


def find_image_tests(source: Path, folder: str) -> Path | None:
    """Return the folder with the image tests, or None when there is none or nothing in it.

    Raises ImageTestsError when it is a link to a place outside of the repository.
    """
    tests = (source / folder).resolve()
    if not tests.is_relative_to(source.resolve()):
        raise ImageTestsError(f"'{folder}' is a link to a place outside of the repository: remove it.", file=folder)
    if not tests.is_dir() or not any(not entry.name.startswith(".") for entry in tests.iterdir()):
        return None
    _check_size(tests, folder)
    return tests


def _check_size(tests: Path, folder: str) -> None:
    size = sum(path.lstat().st_size for path in tests.rglob("*"))
    if size > MAX_TESTS_BYTES:
        raise ImageTestsError(
            f"'{folder}' holds {size / 1e9:.1f} GB, more than the {MAX_TESTS_BYTES / 1e9:.0f} GB that are copied into"
            " the image for its tests: keep data elsewhere, e.g. in the image, or load it in the test.",
            file=folder,
        )


def run_image_tests(
    tests: Path,
    folder: str,
    *,
    engine: Engine,
    image: str,
    user_id: int,
    run: str,
    on_line: Callable[[str], None],
) -> ImageTestsResult:
    """Run pytest over the tests as the notebook user, in the folder where the image starts.

    Raises ImageTestsError when a test fails, or when none could run.
    """
    described = engine.inspect(image)
    # Two halves, for an entry point that prints its arguments must not look as if it ran them.
    halves = ("image tests ", secrets.token_hex(8))
    command = ["/bin/sh", f"{SCRIPT_FOLDER}/run.sh", folder, *halves]
    output = _Output("".join(halves), on_line)
    with engine.container(image, command, user=str(user_id), run=run, environment=_ENVIRONMENT) as container:
        container.copy_in(_scripts(), SCRIPT_FOLDER.lstrip("/"), "/", user_id=user_id)
        container.copy_in(tests, folder, _start_folder(described), user_id=user_id)
        # An entry point that starts something else instead may run for ever.
        deadline = Timer(START_SECONDS, container.kill)
        output.on_start = deadline.cancel
        deadline.start()
        try:
            for line in split_lines(container.run()):
                output.read_line(line)
            code = container.wait()
        finally:
            deadline.cancel()
    if not output.started:
        raise ImageTestsError(_NOT_STARTED, title="Image tests did not start", file=folder)
    if code:
        raise _explain(code, folder, output.summary)
    return ImageTestsResult(output.summary)


_NOT_STARTED = (
    "The image's ENTRYPOINT did not run the image tests, so nothing is proven and the image is not pushed. It gets the"
    ' command to run as its arguments, as on a hub: let it end with exec "$@", or remove it from the Dockerfile.'
)


class _Output:
    """Passes lines on, and remembers what matters of them."""

    def __init__(self, started: str, on_line: Callable[[str], None]) -> None:
        self._start_line = started
        self._on_line = on_line
        self.on_start: Callable[[], None] = lambda: None
        self.started = False
        self.summary = ""

    def read_line(self, line: str) -> None:
        if line.strip() == self._start_line and not self.started:
            self.started = True
            self.on_start()
            return
        self._on_line(line)
        if match := _LAST_LINE.fullmatch(line.strip()):
            self.summary = match[1]


_LAST_LINE = re.compile(r"=* ?(\d[^=]{0,200} in [\d.]+s(?: \([\d:]+\))?) ?=*")
_ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}


def _start_folder(image: LocalImage) -> str:
    return str(PurePosixPath("/") / image.working_folder)


def _scripts() -> Path:
    return Path(str(files("hubaction.verify") / "in_container"))


def _explain(code: int, folder: str, summary: str) -> ImageTestsError:
    if code == NO_TESTS_COLLECTED:
        why = (
            f"No test was found in '{folder}': pytest looks for functions test_* in files test_*.py. Add one, or empty"
            " the folder."
        )
    elif code == NO_PYTHON:
        why = f"The image has no python3 on its PATH, so the tests in '{folder}' cannot run. Install Python into it."
    elif code == NO_PYTEST:
        why = (
            f"pytest, or what '{folder}/requirements.txt' asks for, could not be installed beside the image's own"
            " packages: the log says why. Install pytest in the image to need no network here."
        )
    else:
        why = (
            f"The image tests failed ({summary or f'exit code {code}'}), so the image is not pushed. The log above has"
            f" each failure; the tests stand in '{folder}'."
        )
    return ImageTestsError(why, title="Image tests failed", file=folder)
