"""Asks a BinderHub to build a repository before the first visitor does.

The interface: https://binderhub.readthedocs.io/en/latest/api.html. It launches a server, too, once the image is built;
we leave before, and nothing can be asked for less on mybinder.org.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

LONGEST_SECONDS = 600
MAX_BYTES = 5_000_000
"""Of a build's log; a chatty conda build has a tenth of it."""
MAX_REDIRECTS = 5
CONNECT_SECONDS = 20
SILENCE_SECONDS = 90
"""BinderHub breaks its silence every 25 seconds."""
BUILT = frozenset({"built", "ready"})
FAILED = frozenset({"failed", "failure"})


class PrebuildError(Exception):
    """Why there is no build to wait for, as a sentence; it stays in this module."""


@dataclass(frozen=True)
class Phase:
    """One event of a build. The message is output of somebody's build, and hostile."""

    name: str
    message: str
    status: int = 0
    """An HTTP status that came too late to be one; 0 for none."""


@dataclass(frozen=True)
class Prebuild:
    """How it ended; `phase` is the last one that was told, and empty when there was none."""

    built: bool
    phase: str
    advice: str


def build_url(binder_url: str, repository: str, ref: str) -> str:
    """Return where to ask; `binder_url` has no slash at its end, `repository` is owner/name."""
    owner, _, name = repository.partition("/")
    # As in links, the branch's own slashes stay.
    return f"{binder_url}/build/gh/{quote(owner, safe='')}/{quote(name, safe='')}/{quote(ref, safe='/')}"


def request_prebuild(
    url: str,
    *,
    say: Callable[[str], None],
    write: Callable[[str], None],
    seconds: float = LONGEST_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Prebuild:
    """Have it built and follow the build; never raises for what the other side does.

    `say` gets sentences of our own, `write` the build's log, which may hold anything. The build goes on without us
    when the time, in seconds, or the size of the log is exceeded.
    """
    deadline = time.monotonic() + seconds
    phase = ""
    try:
        with _Session() as session, _open(session, url, deadline) as response:
            host = _host(response.url)
            say(f"Asked {host} to build.")
            for event in parse_events(_read_lines(response, deadline, max_bytes)):
                if event.name != phase:
                    phase = event.name
                    say(f"Binder: {phase}")
                if event.message.strip():
                    write(event.message.rstrip())
                if phase in BUILT:
                    return Prebuild(True, phase, f"{host} has the image; visitors whom it serves start at once.")
                if phase in FAILED:
                    return Prebuild(False, phase, explain_failure(host, event.status))
            return Prebuild(False, phase, f"{host} hung up before the image was built. {_GOES_ON}")
    except PrebuildError as error:
        return Prebuild(False, phase, str(error))
    except (requests.exceptions.RequestException, HTTPError, OSError) as error:
        if time.monotonic() >= deadline:
            return Prebuild(False, phase, _TOO_LATE)
        return Prebuild(False, phase, f"{_host(url)} does not answer ({type(error).__name__}). {_FIRST_VISITOR}")


_FIRST_VISITOR = "The first visitor's click starts the build instead."
_GOES_ON = f"The build may go on; if not: {_FIRST_VISITOR}"
_TOO_LATE = f"The image was not built in the time that is waited for it. {_GOES_ON}"


def explain_status(host: str, status: int) -> str:
    """Return a sentence about an HTTP status that is no success."""
    reasons = {
        400: "did not understand the request (400): is 'binder-prebuild' a branch, tag or commit?",
        403: "does not let this repository or network build (403).",
        404: "has no such build (404): the repository must be public, and 'binder-url' a BinderHub.",
        429: "has had too many requests from this network (429), which runners share.",
    }
    return f"{host} {reasons.get(status, f'answered {status}.')} {_FIRST_VISITOR}"


def explain_failure(host: str, status: int) -> str:
    if status >= 400:
        return explain_status(host, status)
    return f"The build failed on {host}: see the log above. Visitors will see the same."


# --- the stream: https://html.spec.whatwg.org/multipage/server-sent-events.html ---


def parse_events(lines: Iterable[str]) -> Iterator[Phase]:
    """Read events from lines without their ends; comments, other fields and what is no JSON object are passed over."""
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
    """Read one event; None when it is none of a build."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict):
        return None
    name, message, status = event.get("phase"), event.get("message"), event.get("status_code")
    # What is no word, we do not repeat in our own name.
    known = isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z_-]{0,30}", name)
    return Phase(
        name.lower() if known and isinstance(name, str) else "unknown",
        message if isinstance(message, str) else "",
        status if isinstance(status, int) else 0,
    )


class _Session(requests.Session):
    """Leaves redirects alone; requests' own would read their bodies to the end even where it does not follow them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _open(session: requests.Session, url: str, deadline: float) -> requests.Response:
    """Ask, and follow to the member of the federation that takes it; raises PrebuildError when there is no stream."""
    for _ in range(MAX_REDIRECTS + 1):
        response = session.get(
            url,
            # Given any, requests does not look for login data of its own in ~/.netrc.
            auth=_no_auth,
            headers={"Accept": "text/event-stream"},
            allow_redirects=False,
            stream=True,
            timeout=(CONNECT_SECONDS, _patience(deadline)),
        )
        if not response.is_redirect:
            break
        response.close()
        url = _follow(url, response.headers["Location"])
    else:
        raise PrebuildError(f"{_host(url)} passes the request on without end. {_FIRST_VISITOR}")
    if response.status_code != requests.codes.ok:
        response.close()
        raise PrebuildError(explain_status(_host(url), response.status_code))
    if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
        response.close()
        raise PrebuildError(f"{_host(url)} sent no stream of events: is 'binder-url' a BinderHub? {_FIRST_VISITOR}")
    return response


def _follow(url: str, location: str) -> str:
    allowed = {"https"} if urlsplit(url).scheme == "https" else {"http", "https"}
    try:
        target = urljoin(url, location)
        if urlsplit(target).scheme in allowed:
            return target
    except ValueError:
        pass  # no address at all
    raise PrebuildError(f"{_host(url)} passes the request on to an address that is not safe. {_FIRST_VISITOR}")


def _read_lines(response: requests.Response, deadline: float, max_bytes: int) -> Iterator[str]:
    """Yield lines as they come; raises PrebuildError when the time or the size is exceeded."""
    host, total, rest = _host(response.url), 0, b""
    while True:
        _patience(deadline)
        # One read of what is there: waiting for a full buffer would hold events back.
        chunk = response.raw.read1(65_536, decode_content=True)
        if not chunk:
            return
        total += len(chunk)
        if total > max_bytes:
            raise PrebuildError(f"{host} sent a log of more than {max_bytes} bytes, which was not read on. {_GOES_ON}")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")


def _patience(deadline: float) -> float:
    """How long may be waited for the next byte, in seconds; raises PrebuildError when the time is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise PrebuildError(_TOO_LATE)
    return min(left, SILENCE_SECONDS)


def _host(url: str) -> str:
    try:
        return re.sub(r"[^A-Za-z0-9.:\[\]-]", "", urlsplit(url).netloc.rpartition("@")[2]) or "Binder"
    except ValueError:
        return "Binder"


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
