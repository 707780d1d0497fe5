"""Asking for a build, against a federation on the loopback that stands in for mybinder.org."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubaction.rollout.binder.prebuild import (
    Prebuild,
    build_url,
    explain_failure,
    request_prebuild,
)
from tests.support.binder_federation import FRONT, KEEP_ALIVE, MEMBER, STALL, Federation, event, running_federation

BUILDING = [
    KEEP_ALIVE,
    event("waiting", "Waiting for build to start...\n"),
    event("fetching", "Cloning\n"),
    event("building", "Step 1\n"),
    event("building", "Step 2\n"),
    event("pushing", "Pushing image\n"),
]
BUILT = event("built", "Built image, launching...\n", imageName="registry/image:1")
FAILED = event("failed", "exit code 1\n")
LAUNCH = [
    event("launching", "Launching server...\n"),
    event("ready", "server running\n", url="http://x", token="secret0token"),
]


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@pytest.fixture
def federation() -> Iterator[Federation]:
    """Yield a federation of one member, which ends each build well."""
    with running_federation() as running:
        running.chunks = [*BUILDING, BUILT, *LAUNCH]
        yield running


class Asked:
    """One request with all that it told."""

    def __init__(
        self, federation: Federation, *, ref: str = "main", seconds: float = 20, max_bytes: int = 10_000
    ) -> None:
        self.said: list[str] = []
        self.written: list[str] = []
        started = time.monotonic()
        self.end = request_prebuild(
            build_url(federation.url, "Org/Course", ref),
            say=self.said.append,
            write=self.written.append,
            seconds=seconds,
            max_bytes=max_bytes,
        )
        self.seconds = time.monotonic() - started

    def check_failed(self, *texts: str) -> None:
        assert not self.end.built
        assert all(text in self.end.advice for text in texts), self.end.advice
        assert self.end.advice.endswith(".")
        assert self.end.advice.isprintable()


def host(federation: Federation) -> str:
    return federation.url.removeprefix("http://").removesuffix(FRONT)


# --- what is asked ---


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        ("main", "main"),
        ("feature/x", "feature/x"),
        ("a#b?c d%e", "a%23b%3Fc%20d%25e"),
        ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"),
    ],
)
def test_build_url__quotes_the_ref(ref: str, path: str) -> None:
    assert build_url("https://mybinder.org", "Org/Course", ref) == f"https://mybinder.org/build/gh/Org/Course/{path}"


def test_request_prebuild__follows_to_a_member_and_asks_for_events(federation: Federation) -> None:
    assert Asked(federation, ref="feature/x").end.built
    assert [path for path, _ in federation.requests] == [
        f"{FRONT}/build/gh/Org/Course/feature/x",
        f"{MEMBER}/build/gh/Org/Course/feature/x",
    ]
    assert {headers["Accept"] for _, headers in federation.requests} == {"text/event-stream"}


def test_request_prebuild__sends_no_login_data(
    federation: Federation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert Asked(federation).end.built
    assert not any("Authorization" in headers for _, headers in federation.requests)


# --- what is told ---


@pytest.mark.parametrize("chunked", [True, False])
def test_request_prebuild__tells_each_phase_once_and_the_log(federation: Federation, chunked: bool) -> None:
    federation.chunked = chunked
    asked = Asked(federation)
    phases = ["waiting", "fetching", "building", "pushing", "built"]
    assert asked.said == [f"Asked {host(federation)} to build.", *(f"Binder: {phase}" for phase in phases)]
    assert asked.written == [
        "Waiting for build to start...",
        "Cloning",
        "Step 1",
        "Step 2",
        "Pushing image",
        "Built image, launching...",
    ]
    assert asked.end == Prebuild(
        True, "built", f"{host(federation)} has the image; visitors whom it serves start at once."
    )


@pytest.mark.parametrize("last", [BUILT, LAUNCH[1], FAILED, event("failure", "x")])
def test_request_prebuild__leaves_at_the_end_of_the_build(federation: Federation, last: bytes) -> None:
    """The stream stays open on the other side, and nobody waits for it."""
    federation.chunks = lambda: iter([*BUILDING, last, STALL])
    assert Asked(federation).seconds < 5


def test_request_prebuild__closes_the_stream(federation: Federation) -> None:
    federation.chunks = lambda: itertools.chain([BUILT], itertools.repeat(KEEP_ALIVE * 500))
    assert Asked(federation).end.built
    assert federation.left.wait(10)


@pytest.mark.parametrize("chunked", [True, False])
def test_request_prebuild__hears_events_as_they_come(federation: Federation, chunked: bool) -> None:
    """Without waiting for a full buffer: what follows never comes."""
    federation.chunked = chunked
    federation.chunks = [event("built", "x"), STALL]
    assert Asked(federation).end.built


def test_request_prebuild__never_shows_the_servers_token(federation: Federation) -> None:
    federation.chunks = LAUNCH
    asked = Asked(federation)
    assert asked.end.built
    assert "secret0token" not in repr((asked.said, asked.written, asked.end))


def test_request_prebuild__writes_hostile_logs_as_logs_only(federation: Federation) -> None:
    hostile = "::error::forged\n##[set-output name=x]y"
    federation.chunks = [event("building", hostile), event("::error::x\n", hostile), FAILED]
    asked = Asked(federation)
    assert asked.written[:2] == [hostile, hostile]
    assert asked.said[1:] == ["Binder: building", "Binder: unknown", "Binder: failed"]
    asked.check_failed()


def test_request_prebuild__of_bytes_one_by_one(federation: Federation) -> None:
    stream = b"".join([event("building", "é😀"), b"\r\n", BUILT])
    federation.chunks = [stream[at : at + 1] for at in range(len(stream))]
    asked = Asked(federation)
    assert asked.end.built
    assert asked.written[0] == "é😀"


# --- what goes wrong: a sentence, and no exception ---


def test_request_prebuild__of_a_build_that_fails(federation: Federation) -> None:
    federation.chunks = [*BUILDING, FAILED]
    asked = Asked(federation)
    asked.check_failed("The build failed", "see the log above")
    assert asked.end.phase == "failed"
    assert asked.written[-1] == "exit code 1"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "did not understand the request (400)"),
        (403, "does not let this repository"),
        (404, "has no such build (404)"),
        (429, "too many requests from this network (429)"),
        (500, "answered 500"),
        (503, "answered 503"),
    ],
)
def test_request_prebuild__of_a_refusal(federation: Federation, status: int, said: str) -> None:
    federation.status = status
    federation.chunks = [event("failed", "no", status_code=status)]
    Asked(federation).check_failed(said, "The first visitor's click")


def test_request_prebuild__of_a_refusal_within_the_stream(federation: Federation) -> None:
    federation.chunks = [event("failed", "Rate limit exceeded. Try again in 1 minute", status_code=429)]
    asked = Asked(federation)
    asked.check_failed("too many requests from this network (429)")
    assert asked.written == ["Rate limit exceeded. Try again in 1 minute"]


@pytest.mark.parametrize("kind", [{"Content-Type": "text/html"}, {"Content-Type": "application/json"}, {}])
def test_request_prebuild__of_no_stream_of_events(federation: Federation, kind: dict[str, str]) -> None:
    federation.headers = kind
    Asked(federation).check_failed("sent no stream of events")


@pytest.mark.parametrize("chunks", [[], BUILDING, [b"data: {"]])
def test_request_prebuild__of_a_stream_that_ends_early(federation: Federation, chunks: list[bytes]) -> None:
    federation.chunks = chunks
    Asked(federation).check_failed("hung up before the image was built")


@pytest.mark.parametrize("chunks", [[STALL], [*BUILDING, STALL]], ids=["at once", "later"])
def test_request_prebuild__of_a_stream_that_stalls(federation: Federation, chunks: list[bytes]) -> None:
    federation.chunks = chunks
    asked = Asked(federation, seconds=0.5)
    asked.check_failed("not built in the time that is waited")
    assert asked.seconds < 5


@pytest.mark.parametrize("chunk", [KEEP_ALIVE, event("building", "x"), b"x"])
def test_request_prebuild__of_a_stream_without_end(federation: Federation, chunk: bytes) -> None:
    def drip() -> Iterator[bytes]:
        while not federation.closing.wait(0.02):
            yield chunk

    federation.chunks = drip
    asked = Asked(federation, seconds=0.5)
    asked.check_failed("not built in the time that is waited", "The build may go on")
    assert 0.4 < asked.seconds < 5


@pytest.mark.parametrize("chunk", [b"x" * 4000, event("building", "x" * 4000)], ids=["one line", "events"])
def test_request_prebuild__of_too_long_a_log(federation: Federation, chunk: bytes) -> None:
    federation.chunks = lambda: itertools.repeat(chunk)
    Asked(federation).check_failed("more than 10000 bytes")


def test_request_prebuild__that_is_passed_on_without_end(federation: Federation) -> None:
    federation.location = FRONT
    Asked(federation).check_failed("passes the request on without end")
    assert len(federation.requests) == 6


def test_request_prebuild__that_is_passed_on_with_a_body_without_end(federation: Federation) -> None:
    federation.endless_redirects = True
    assert Asked(federation).end.built


@pytest.mark.parametrize("location", ["file:///etc", "ftp://x", "http://["])
def test_request_prebuild__that_is_passed_on_to_something_else(federation: Federation, location: str) -> None:
    federation.location = location
    Asked(federation).check_failed("an address that is not safe")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1", "nonsense"])
def test_request_prebuild__of_a_host_that_is_not_there(url: str) -> None:
    end = request_prebuild(build_url(url, "Org/Course", "main"), say=print, write=print, seconds=5)
    assert not end.built
    assert "does not answer" in end.advice


def test_explain_failure__without_a_status() -> None:
    assert "Visitors will see the same" in explain_failure("x", 0)
