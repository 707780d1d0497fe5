"""Starts the image as a hub's spawner does, and uses its server as a user would."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from threading import Timer

from hubaction.clients.engine.container import SpawnedContainer
from hubaction.clients.engine.engine import Engine
from hubaction.clients.engine.errors import NotStartedError
from hubaction.clients.lines import split_lines
from hubaction.inputs.settings import HubPolicy
from hubaction.results import HubChecked
from hubaction.verify.hub_container import SINGLEUSER, make_spawn, make_token
from hubaction.verify.hub_diagnosis import (
    HubCheckError,
    explain,
    explain_kernel,
    explain_many_kernels,
    explain_no_kernels,
    explain_page,
)
from hubaction.verify.hub_events import MAX_TEXT, Event, Observed, read_event
from hubaction.verify.hub_evidence import Evidence
from hubaction.verify.hub_image import find_hidden_files, find_programs
from hubaction.verify.hub_remarks import make_remarks

SCRIPT_FOLDER = "/tmp/hub-image-action-hub"  # noqa: S108 - in a container of its own
LOG_LINES = 300
PATIENCE_SECONDS = 60
"""Beyond the policy's own timeout, for the program inside to report that it has passed."""
END_SECONDS = 5
MAX_KERNELS = 100
"""Each may take as long as the server."""
PAGES_WITH_CELLS = ("/lab", "/tree", "/notebooks", "/doc")


@dataclass(frozen=True)
class Subject:
    """The image, and the folder that it was built from."""

    image: str
    user: str
    user_id: int
    source: Path


def run_hub_check(
    subject: Subject, policy: HubPolicy, *, engine: Engine, run: str, on_line: Callable[[str], None]
) -> HubChecked | None:
    """Start the image as a hub does and use its server; None for an image without Jupyter.

    `on_line` gets the container's output, which is untrusted. Raises HubCheckError when a hub could not start the
    image, or when its page or one of its kernels does not work.
    """
    token = make_token()
    described = engine.inspect(subject.image)
    spawn = make_spawn(subject.image, policy, user=subject.user, user_id=subject.user_id, token=token)
    with engine.spawned(subject.image, spawn, run=run) as container:
        programs = find_programs(container, described)
        if not programs.has_jupyter and policy.command == (SINGLEUSER,):
            return None
        hidden = find_hidden_files(container, described, spawn.home, subject.source)
        seen = Evidence(policy, subject.source, spawn.home, described, programs, hidden)
        if not programs.python:
            raise HubCheckError(_NO_PYTHON, seen.packages_file)
        container.copy_in(_scripts(), SCRIPT_FOLDER.lstrip("/"), "/", user_id=subject.user_id)
        result = _Check(container, seen, on_line).run()
    return replace(result, remarks=make_remarks(result, seen))


_NO_PYTHON = (
    "The image has no Python on its PATH, so nothing can look at its server from inside, and nothing is proven. Put the"
    " folder of python3 on PATH with ENV in the Dockerfile; what only an entry point sets is not seen."
)
NO_JUPYTER = (
    f"No hub check: the image has neither {SINGLEUSER} nor jupyter on its PATH, so it is taken for something else; set"
    " hub-check: false if it is. If a hub is to start it: install jupyterhub in it, and have ENV PATH in the Dockerfile"
    " name its folder, for what only an entry point sets is not seen."
)


def _scripts() -> Path:
    return Path(str(files("hubaction.verify") / "in_container" / "hub"))


class _Check:
    """One container, from its start to the last kernel."""

    def __init__(self, container: SpawnedContainer, seen: Evidence, on_line: Callable[[str], None]) -> None:
        self._container = container
        self._seen = seen
        self._on_line = on_line
        self._observed = Observed()
        self._started = time.monotonic()

    def run(self) -> HubChecked:
        try:
            self._container.start()
        except NotStartedError as error:
            self._on_line(error.reason)
            raise explain(replace(self._seen, not_started=error.reason)) from error
        event: Event = {}
        for event in self._events():
            self._take(event)
        if event.get("event") == "done":
            self._show_log()
            return self._observed.result
        raise self._explain(event)

    def _events(self) -> Iterator[Event]:
        """Expected events; the container is killed when it reports none for too long. Other lines are only printed."""
        policy = self._seen.policy
        settings = {
            "token": make_token(),
            "hub_version": policy.version,
            "timeout": policy.timeout,
            "default_url": policy.default_url,
        }
        command = [self._seen.programs.python, "-I", f"{SCRIPT_FOLDER}/check_hub.py", json.dumps(settings)]
        deadline = _Deadline(policy.timeout + PATIENCE_SECONDS, self._container.kill)
        try:
            for line in split_lines(self._container.execute(command)):
                event = read_event(line)
                if not event or not self._observed.expects(event):
                    self._on_line(line)
                    continue
                deadline.restart()
                yield event
        finally:
            deadline.cancel()

    def _take(self, event: Event) -> None:
        if event["event"] == "kernel" and (error := str(event.get("error") or "")):
            raise explain_kernel(self._look(event), str(event["name"])[:MAX_TEXT], error)
        self._observed.add(event, seconds=time.monotonic() - self._started)
        if event["event"] == "kernels":
            self._check_number_of_kernels(len(self._observed.kernels_left))

    def _check_number_of_kernels(self, count: int) -> None:
        if not count and self._seen.policy.default_url.startswith(PAGES_WITH_CELLS):
            raise explain_no_kernels(self._seen)
        if count > MAX_KERNELS:
            raise explain_many_kernels(self._seen, count, MAX_KERNELS)

    def _explain(self, event: Event) -> HubCheckError:
        kind = event.get("event")
        seen = self._look(event)
        if kind == "no-page":
            return explain_page(seen)
        if kind in {None, "not-ready"} or (seen.state and not seen.state.running):
            return explain(seen)
        return HubCheckError(
            "The program that looks at the image's server from inside ended too early, so nothing is proven. Its last"
            f" words are in the log above. It runs with {seen.programs.python}: does that work in the image?",
            seen.packages_file,
        )

    def _look(self, event: Event) -> Evidence:
        """Collect the evidence of a failure."""
        if not event:
            # The program inside reported nothing: the container is about to end, which the engine may not know yet.
            self._container.wait_for_end(END_SECONDS)
        state = self._container.state()
        return replace(self._seen, event=event, state=state, log=self._show_log())

    def _show_log(self) -> list[str]:
        lines = self._container.read_log(LOG_LINES).splitlines()
        for line in lines:
            self._on_line(line)
        return lines


class _Deadline:
    """Calls a function when `seconds` pass without a restart."""

    def __init__(self, seconds: float, on_end: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_end = on_end
        self._timer = self._start()

    def restart(self) -> None:
        self._timer.cancel()
        self._timer = self._start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _start(self) -> Timer:
        timer = Timer(self._seconds, self._on_end)
        timer.start()
        return timer
