"""Asks a BinderHub to build a repository before the first visitor does.

https://binderhub.readthedocs.io/en/latest/api.html: after the build it launches a server, too. We disconnect before;
mybinder.org has no request that only builds.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from hubaction.rollout.binder.build_events import parse_events

LONGEST_SECONDS = 600
MAX_BYTES = 5_000_000
"""Of the log of a build; a verbose conda build has a tenth of it."""
MAX_REDIRECTS = 5
CONNECT_SECONDS = 20
SILENCE_SECONDS = 90
"""BinderHub breaks its silence every 25 seconds."""
BUILT = frozenset({"built", "ready"})
FAILED = frozenset({"failed", "failure"})


class PrebuildError(Exception):
    """Why there is no build to wait for, as a sentence. Not raised to callers."""


@dataclass(frozen=True)
class Prebuild:
    """How it ended; `phase` is the last one, empty if there was none."""

    built: bool
    phase: str
    advice: str


def build_url(binder_url: str, repository: str, ref: str) -> str:
    """Return the URL of a build; `binder_url` has no slash at its end, `repository` is owner/name."""
    owner, _, name = repository.partition("/")
    # Slashes in the branch stay, as in Binder's links.
    return f"{binder_url}/build/gh/{quote(owner, safe='')}/{quote(name, safe='')}/{quote(ref, safe='/')}"


def request_prebuild(
    url: str,
    *,
    say: Callable[[str], None],
    write: Callable[[str], None],
    seconds: float = LONGEST_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Prebuild:
    """Request a build and follow it; never raises for failures of the server.

    `say` gets our own sentences, `write` the untrusted log of the build. After `seconds` or `max_bytes` we disconnect,
    and the build continues.
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


class _Session(requests.Session):
    """Follows no redirects; requests would read their whole bodies even when it does not follow them."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _open(session: requests.Session, url: str, deadline: float) -> requests.Response:
    """Send the request and follow redirects within the federation; raises PrebuildError if there is no stream."""
    for _ in range(MAX_REDIRECTS + 1):
        response = session.get(
            url,
            # Otherwise requests would read credentials from ~/.netrc.
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
        pass  # an invalid URL
    raise PrebuildError(f"{_host(url)} passes the request on to an address that is not safe. {_FIRST_VISITOR}")


def _read_lines(response: requests.Response, deadline: float, max_bytes: int) -> Iterator[str]:
    """Yield lines as they arrive; raises PrebuildError if the time or the size is exceeded."""
    host, total, rest = _host(response.url), 0, b""
    while True:
        _patience(deadline)
        # One read of the available bytes: waiting for a full buffer would delay events.
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
    """Seconds to wait for the next byte; raises PrebuildError after the deadline."""
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
