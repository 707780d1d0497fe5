"""What the program inside the container reports of the server, event by event. All of it is untrusted.

The other side is in_container/hub/check_hub.py.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hubaction.results import HubChecked

Event = Mapping[str, Any]

MAX_TEXT = 60
MAX_MEMORY = 1 << 50
_FOLLOWS: Mapping[str, Collection[str]] = {
    "": {"not-ready", "ready"},
    "ready": {"versions"},
    "versions": {"no-page", "kernels"},
    "kernels": {"kernel", "done"},
    "kernel": {"kernel", "done"},
}
"""For each kind of event, the kinds that may follow."""


def read_event(line: str) -> Event:
    """The event in a line of output. Empty for any other text: the image's Python may print things of its own."""
    with suppress(ValueError, RecursionError):
        loaded = json.loads(line)
        if isinstance(loaded, dict) and isinstance(loaded.get("event"), str):
            return loaded
    return {}


class Observed:
    """What was reported so far, of which only events count that come in their turn."""

    def __init__(self) -> None:
        self.result = HubChecked(ready_seconds=0)
        self.kernels_left: list[str] = []
        """Names of the kernels that are not tried yet."""
        self._last = ""

    def expects(self, event: Event) -> bool:
        """Whether an event comes in its turn. Others prove nothing, and give no more time."""
        kind = event["event"]
        if kind not in _FOLLOWS.get(self._last, ()):
            return False
        if kind == "kernel":
            return event.get("name") in self.kernels_left[:1]
        return kind != "done" or not self.kernels_left

    def add(self, event: Event, *, seconds: float) -> None:
        """Take in an expected event, which came `seconds` after the start of the container."""
        kind = self._last = event["event"]
        if kind == "ready":
            self.result = HubChecked(
                ready_seconds=seconds,
                memory_bytes=_read_memory(event.get("memory")),
                lets_anybody_in=event.get("open") is True,
            )
        elif kind == "versions":
            self.result = replace(self.result, versions=_read_texts(event.get("versions")))
        elif kind == "kernels":
            names = event.get("names")
            self.kernels_left = [str(name) for name in names] if isinstance(names, list) else []
        elif kind == "kernel":
            name = self.kernels_left.pop(0)[:MAX_TEXT]
            self.result = replace(self.result, kernels=(*self.result.kernels, name))


def _read_memory(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < MAX_MEMORY else None


def _read_texts(value: object) -> dict[str, str]:
    pairs = list(value.items())[:10] if isinstance(value, dict) else []
    return {str(name)[:MAX_TEXT]: str(text)[:MAX_TEXT] for name, text in pairs}
