"""The events of a build on a BinderHub, read from its stream.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """One event of a build. The message is untrusted."""

    name: str
    message: str
    status: int = 0
    """An HTTP status that the event reports; 0 for none."""


def parse_events(lines: Iterable[str]) -> Iterator[Phase]:
    """Read events from lines without their endings; anything but JSON objects in `data` is skipped."""
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            event = parse_event("\n".join(data))
            data.clear()
            if event:
                yield event


def parse_event(text: str) -> Phase | None:
    """Read one event; None if it is not one of a build."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict):
        return None
    name, message, status = event.get("phase"), event.get("message"), event.get("status_code")
    # The name becomes part of our own sentences, so only a plain word is taken.
    known = isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z_-]{0,30}", name)
    return Phase(
        name.lower() if known and isinstance(name, str) else "unknown",
        message if isinstance(message, str) else "",
        status if isinstance(status, int) else 0,
    )
