"""Runs the repository's image tests in a container of the image."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from threading import Timer

from hubaction.clients.engine.container import StoppedContainer
from hubaction.clients.engine.engine import Engine
from hubaction.clients.engine.values import LocalImage
from hubaction.clients.lines import split_lines
from hubaction.results import CaseResult
from hubaction.verify.junit import MAX_BYTES
from hubaction.verify.tests_verdict import ImageTestsError, judge

SCRIPT_FOLDER = "/tmp/hub-image-action"  # noqa: S108 - in a container of its own
START_SECONDS = 120
MAX_NAME_BYTES = 1000
MINIMUM_TOTAL_SECONDS = 3600
TIMES_IN_TOTAL = 10
"""All tests together may take this many times what one may take, but at least MINIMUM_TOTAL_SECONDS."""


@dataclass(frozen=True)
class ImageTests:
    """The tests, and how long they may take."""

    files: Path
    folder: str
    """Path from the folder that is built, and in the image."""
    seconds: int
    """Timeout of each test, notebook and R file."""
    stored_outputs: bool
    """Whether notebooks must produce the outputs that are stored in them."""
    left_out: frozenset[str] = frozenset()
    """Files that are not copied into the container, relative to `files`."""

    @property
    def total_seconds(self) -> int:
        return max(MINIMUM_TOTAL_SECONDS, TIMES_IN_TOTAL * self.seconds)


@dataclass(frozen=True)
class Place:
    """Where the tests run."""

    image: str
    user_id: int
    run: str
    """Label of the container."""
    home: str
    """Folder that is replaced by an empty one of the user's, as on a hub, unless the image sets HOME. '' for none."""


def home_to_empty(notebook_user: str, repo_dir: str) -> str:
    """The home folder as a hub would have it: empty, unless the repository was put there on purpose."""
    home = PurePosixPath("/home") / notebook_user
    return "" if PurePosixPath(repo_dir).is_relative_to(home) else str(home)


# --- running ---


def run_image_tests(
    tests: ImageTests, place: Place, *, engine: Engine, on_line: Callable[[str], None]
) -> tuple[CaseResult, ...]:
    """Run the tests as the notebook user, in the folder where the image starts; return what each came to.

    Raises ImageTestsError, which has the cases, too, when a test fails or when none could run. What decides is the
    exit code, which no file in the container can change; the results have to agree.
    """
    described = engine.inspect(place.image)
    home = _home(described, place)
    # In two halves: an entry point that prints its arguments must not look as if it ran them.
    halves = ("image tests ", secrets.token_hex(8))
    output = _Output("".join(halves), on_line)
    compare = "stored" if tests.stored_outputs else "any"
    with engine.container(
        place.image,
        ["/bin/sh", f"{SCRIPT_FOLDER}/run.sh", tests.folder, str(tests.seconds), compare, *halves],
        user=str(place.user_id),
        run=place.run,
        environment=_ENVIRONMENT,
        tmpfs=_empty_home(home, place.user_id),
    ) as container:
        _fill(container, tests, place.user_id, start=_start_folder(described), home=home)
        with _deadlines(tests, container, output) as ran_out:
            for line in split_lines(container.run()):
                output.read_line(line)
            code = container.wait()
        if not output.started:
            raise ImageTestsError(_NOT_STARTED, title="Image tests did not start", file=tests.folder)
        results = container.read_file(f"{SCRIPT_FOLDER}/results/junit.xml", MAX_BYTES)
        why_ended = _too_long(tests, container) if ran_out else ""
    return judge(code, results, files=tests.files, folder=tests.folder, why_ended=why_ended)


_NOT_STARTED = (
    "The image's ENTRYPOINT did not run the image tests, so nothing is proven and the image is not pushed. It gets the"
    ' command to run as its arguments, as on a hub: let it end with exec "$@", or remove it from the Dockerfile.'
)
_ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1"}
"""So that the installed packages stay as they are in the container, too."""


class _Output:
    """Passes lines on, and recognises the one that our script prints first."""

    def __init__(self, started: str, on_line: Callable[[str], None]) -> None:
        self._start_line = started
        self._on_line = on_line
        self.on_start: Callable[[], None] = lambda: None
        self.started = False

    def read_line(self, line: str) -> None:
        if line.strip() == self._start_line and not self.started:
            self.started = True
            self.on_start()
            return
        self._on_line(line)


@contextmanager
def _deadlines(tests: ImageTests, container: StoppedContainer, output: _Output) -> Iterator[list[bool]]:
    """Kill the container when the tests do not start or end in time. The list is not empty after the latter."""
    ran_out: list[bool] = []

    def end() -> None:
        ran_out.append(True)
        container.kill()

    # An entry point that starts something else may run forever.
    start, total = Timer(START_SECONDS, container.kill), Timer(tests.total_seconds, end)
    output.on_start = start.cancel
    for timer in (start, total):
        timer.daemon = True
        timer.start()
    try:
        yield ran_out
    finally:
        start.cancel()
        total.cancel()


# --- what is in the container ---


def _home(image: LocalImage, place: Place) -> str:
    """Where the empty home is mounted; never over a top-level folder."""
    home = PurePosixPath(image.environment.get("HOME") or place.home)
    return str(home) if place.home and home.is_absolute() and len(home.parts) > 2 else ""


def _empty_home(home: str, user_id: int) -> Mapping[str, str]:
    """Options of mount(8) for a home as on a hub: owned by the user, who may run programs in it."""
    return {home: f"uid={user_id},gid={user_id},mode=0755,exec"} if home else {}


def _start_folder(image: LocalImage) -> PurePosixPath:
    return PurePosixPath("/") / image.working_folder


def _fill(container: StoppedContainer, tests: ImageTests, user_id: int, *, start: PurePosixPath, home: str) -> None:
    scripts = SCRIPT_FOLDER.lstrip("/")
    container.copy_in(_scripts(), scripts, "/", user_id=user_id)
    container.make_folder(f"{scripts}/results", "/", user_id=user_id)
    if pip := _carried_pip():
        container.copy_in(pip, f"{scripts}/carried/pip", "/", user_id=user_id)
    # The empty home is mounted when the container starts, so run.sh copies the tests into it.
    later = home and start.is_relative_to(home)
    name, folder = (f"{scripts}/start/{tests.folder}", "/") if later else (tests.folder, str(start))
    container.copy_in(tests.files, name, folder, user_id=user_id, leave_out=tests.left_out)


def _scripts() -> Path:
    return Path(str(files("hubaction.verify") / "in_container"))


def _carried_pip() -> Path | None:
    """Our own pip, for images without one."""
    spec = find_spec("pip")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) if folders else None


def _too_long(tests: ImageTests, container: StoppedContainer) -> str:
    running = (container.read_file(f"{SCRIPT_FOLDER}/results/running", MAX_NAME_BYTES) or b"").decode(errors="replace")
    during = f" '{running[:200]}' was running." if running else ""
    return (
        f"The image tests took longer than {tests.total_seconds} seconds and were ended.{during} The image is not"
        f" pushed. Make the tests in '{tests.folder}' shorter, or raise the input 'test-timeout': all together may take"
        f" {TIMES_IN_TOTAL} times as long, and an hour at least."
    )
