"""Starts the image as a hub's spawner does, and uses its server as a user would: before anybody else has to."""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from threading import Timer
from typing import Any

from hubaction.clients.engine.engine import Engine, NotStartedError, SpawnedContainer
from hubaction.clients.lines import split_lines
from hubaction.inputs.choices import HubPolicy
from hubaction.results import HubChecked, Remark
from hubaction.verify.hub_container import (
    SINGLEUSER,
    Shadowed,
    find_file,
    find_programs,
    find_shadowed,
    make_spawn,
    make_token,
)
from hubaction.verify.hub_diagnosis import (
    OUTSIDE_OF_HOME,
    Evidence,
    HubCheckError,
    explain,
    explain_kernel,
    explain_many_kernels,
    explain_no_kernels,
    explain_page,
)

SCRIPT_FOLDER = "/tmp/hub-image-action-hub"  # noqa: S108 - in a container of its own
LOG_LINES = 300
PATIENCE_SECONDS = 60
"""Beyond the policy's own timeout, for the program inside to say that it is over."""
END_SECONDS = 5
MAX_TEXT = 60
MAX_KERNELS = 100
"""Each may take as long as the server."""
MAX_MEMORY = 1 << 50
_FOLLOWS: Mapping[str, Collection[str]] = {
    "": {"not-ready", "ready"},
    "ready": {"versions"},
    "versions": {"no-page", "kernels"},
    "kernels": {"kernel", "done"},
    "kernel": {"kernel", "done"},
}
"""By each event of the program inside, what it tells next."""
PAGES_WITH_CELLS = ("/lab", "/tree", "/notebooks", "/doc")


@dataclass(frozen=True)
class Subject:
    """The image, and what it was made from."""

    image: str
    user: str
    user_id: int
    source: Path


def run_hub_check(
    subject: Subject, policy: HubPolicy, *, engine: Engine, run: str, on_line: Callable[[str], None]
) -> HubChecked | None:
    """Start the image as a hub does and use its server; None for an image that has no Jupyter at all.

    `on_line` gets text of others: what the container printed. Raises HubCheckError when a hub could not start the
    image, or when its page or one of its kernels does not work.
    """
    token = make_token()
    described = engine.inspect(subject.image)
    spawn = make_spawn(subject.image, policy, user=subject.user, user_id=subject.user_id, token=token)
    with engine.spawned(subject.image, spawn, run=run) as container:
        programs = find_programs(container, described)
        if not programs.has_jupyter and policy.command == (SINGLEUSER,):
            return None
        seen = Evidence(
            policy,
            subject.source,
            spawn.home,
            described,
            programs,
            find_shadowed(container, described, spawn.home, subject.source),
        )
        if not programs.python:
            raise HubCheckError(_NO_PYTHON, seen.packages_file)
        container.copy_in(_scripts(), SCRIPT_FOLDER.lstrip("/"), "/", user_id=subject.user_id)
        result = _Check(container, seen, on_line).run()
    remarks = (
        *_remark_on_shadowed(seen.shadowed, seen),
        *_remark_on_version(result, seen),
        *_remark_on_open_door(result, seen),
    )
    return replace(result, remarks=remarks)


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
        self._result = HubChecked(ready_seconds=0)
        self._last = ""
        """The kind of the event before."""
        self._awaited: list[str] = []
        """The kernels that are not tried yet."""
        self._started = time.monotonic()

    def run(self) -> HubChecked:
        try:
            self._container.start()
        except NotStartedError as error:
            self._on_line(error.reason)
            raise explain(replace(self._seen, not_started=error.reason)) from error
        event: Mapping[str, Any] = {}
        for event in self._events():
            self._take(event)
        if event.get("event") == "done":
            self._show_log()
            return self._result
        raise self._explain(event)

    def _is_next(self, event: Mapping[str, Any]) -> bool:
        """Whether an event comes when it has to; others prove nothing, and give no more time."""
        kind = event["event"]
        if kind not in _FOLLOWS.get(self._last, ()):
            return False
        if kind == "kernel":
            return event.get("name") in self._awaited[:1]
        return kind != "done" or not self._awaited

    def _take(self, event: Mapping[str, Any]) -> None:
        kind = self._last = event["event"]
        if kind == "ready":
            memory = event.get("memory")
            known = isinstance(memory, int) and not isinstance(memory, bool) and 0 <= memory < MAX_MEMORY
            self._result = HubChecked(
                ready_seconds=time.monotonic() - self._started,
                memory_bytes=memory if known else None,
                lets_anybody_in=event.get("open") is True,
            )
        elif kind == "versions":
            self._result = replace(self._result, versions=_read_texts(event.get("versions")))
        elif kind == "kernels":
            self._await_kernels(event.get("names"))
        elif kind == "kernel":
            name, error = self._awaited.pop(0)[:MAX_TEXT], str(event.get("error") or "")
            if error:
                raise explain_kernel(self._look(event), name, error)
            self._result = replace(self._result, kernels=(*self._result.kernels, name))

    def _await_kernels(self, names: object) -> None:
        self._awaited = [str(name) for name in names] if isinstance(names, list) else []
        if not self._awaited and self._seen.policy.default_url.startswith(PAGES_WITH_CELLS):
            raise explain_no_kernels(self._seen)
        if len(self._awaited) > MAX_KERNELS:
            raise explain_many_kernels(self._seen, len(self._awaited), MAX_KERNELS)

    def _events(self) -> Iterator[Mapping[str, Any]]:
        """What the program inside sees; it is killed with the container when it says nothing for too long."""
        settings = {
            "token": make_token(),
            "hub_version": self._seen.policy.version,
            "timeout": self._seen.policy.timeout,
            "default_url": self._seen.policy.default_url,
        }
        command = [self._seen.programs.python, "-I", f"{SCRIPT_FOLDER}/check_hub.py", json.dumps(settings)]
        seconds = self._seen.policy.timeout + PATIENCE_SECONDS
        deadline = Timer(seconds, self._container.kill)
        deadline.start()
        try:
            for line in split_lines(self._container.execute(command)):
                event = _read_event(line)
                if not event or not self._is_next(event):
                    self._on_line(line)
                    continue
                deadline.cancel()
                deadline = Timer(seconds, self._container.kill)
                deadline.start()
                yield event
        finally:
            deadline.cancel()

    def _explain(self, event: Mapping[str, Any]) -> HubCheckError:
        kind = event.get("event")
        if kind == "no-page":
            return explain_page(self._look(event))
        if kind in {None, "not-ready"}:
            return explain(self._look(event))
        seen = self._look(event)
        if seen.state and not seen.state.running:
            return explain(seen)
        return HubCheckError(
            "The program that looks at the image's server from inside ended too early, so nothing is proven. Its last"
            f" words are in the log above. It runs with {self._seen.programs.python}: does that work in the image?",
            self._seen.packages_file,
        )

    def _look(self, event: Mapping[str, Any]) -> Evidence:
        """What there is to be seen once something went wrong."""
        if not event:
            # Nobody inside said anything: it is about to end, and the engine may not have noticed yet.
            self._container.wait_for_end(END_SECONDS)
        state = self._container.state()
        return replace(self._seen, event=event, state=state, log=self._show_log())

    def _show_log(self) -> list[str]:
        lines = self._container.read_log(LOG_LINES).splitlines()
        for line in lines:
            self._on_line(line)
        return lines


def _read_event(line: str) -> Mapping[str, Any]:
    """An event; empty for any other text, for the image's Python may say things of its own."""
    with suppress(ValueError, RecursionError):
        loaded = json.loads(line)
        if isinstance(loaded, dict) and isinstance(loaded.get("event"), str):
            return loaded
    return {}


def _read_texts(value: object) -> dict[str, str]:
    pairs = list(value.items())[:10] if isinstance(value, dict) else []
    return {str(name)[:MAX_TEXT]: str(text)[:MAX_TEXT] for name, text in pairs}


# --- remarks ---


def _remark_on_shadowed(shadowed: Shadowed, seen: Evidence) -> Iterator[Remark]:
    names = ", ".join((*shadowed.files[:3], *shadowed.program_folders[:3]))
    if names:
        yield Remark(
            f"The image's home folder, {seen.home}, holds what users of a hub will not see ({names}):"
            f" {OUTSIDE_OF_HOME}.",
            find_file(seen.source, "Dockerfile") or "",
        )


def _remark_on_version(result: HubChecked, seen: Evidence) -> Iterator[Remark]:
    """What JupyterHub itself warns of: https://github.com/jupyterhub/jupyterhub/blob/5.2.1/jupyterhub/_version.py"""
    hub, own = seen.policy.version, result.versions.get("jupyterhub", "")
    if hub and own and hub.partition(".")[0] != own.partition(".")[0]:
        yield Remark(
            f"The hub is JupyterHub {hub}, and the image has {own}: such a server starts, and JupyterHub warns that"
            " users may fail to log in to it, or be redirected without end. Install the hub's major version in it.",
            seen.packages_file or "",
        )


def _remark_on_open_door(result: HubChecked, seen: Evidence) -> Iterator[Remark]:
    """https://jupyterhub.readthedocs.io/en/stable/reference/singleuser.html: the server itself asks for the login."""
    if result.lets_anybody_in:
        yield Remark(
            "The image's server lets in whoever knows its address, without a login: on a hub, everybody could use it as"
            f" its user. Have it started by {SINGLEUSER}, and remove what turns off its login, such as an empty token"
            " or password.",
            find_file(seen.source, "Dockerfile") or "",
        )
