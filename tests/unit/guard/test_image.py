"""Where in an image a secret of the step is found, without an engine."""

import base64
import io
import tarfile
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from hubaction.guard.given_secrets import GivenSecret, spellings
from hubaction.guard.image import find_in_archive, find_in_description
from hubaction.guard.multi_search import MultiSearch
from tests.support.planted import characters

SECRET = GivenSecret("the build argument 'TOKEN'", characters(14) + "/+" + characters(14))
SEARCH = MultiSearch(dict.fromkeys(spellings(SECRET.value), SECRET))
SPELLINGS = {
    "plain": SECRET.value,
    "base64": base64.b64encode(f"ada:{SECRET.value}".encode()).decode(),
    "address": f"https://ada:{quote(SECRET.value, safe='')}@example.org",
}
CLEAN = {
    "config": {"Env": ["PATH=/bin"], "Labels": None, "Cmd": ["sh"], "User": "1000"},
    "history": [{"CreatedBy": "RUN true", "Comment": ""}],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("the variable 'TOKEN' of the image", lambda text: {"config": {"Env": ["PATH=/bin", f"TOKEN={text}"]}}),
        ("the label 'a' of the image", lambda text: {"config": {"Labels": {"a": text}}}),
        ("the configuration of the image", lambda text: {"config": {"Cmd": ["sh", "-c", text]}}),
        ("the history of the image", lambda text: {"history": [{"CreatedBy": f"|1 TOKEN={text} /bin/sh"}]}),
        ("the history of the image", lambda text: {"history": [{"Comment": text}]}),
    ],
    ids=["variable", "label", "command", "history", "comment"],
)
def test_find_in_description__says_where(place: str, change: object, spelling: str) -> None:
    assert callable(change)
    (leak,) = set(find_in_description(CLEAN | change(SPELLINGS[spelling]), SEARCH))
    assert str(leak) == f"the build argument 'TOKEN' is in {place}"
    assert SECRET.value not in repr(leak)


def test_find_in_description__nothing_there() -> None:
    assert list(find_in_description(CLEAN, SEARCH)) == []


def archive(files: dict[str, bytes], links: dict[str, str]) -> Iterator[bytes]:
    """A tar archive in pieces of an odd size."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    content = stream.getvalue()
    return (content[start : start + 777] for start in range(0, len(content), 777))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_find_in_archive__names_the_file(spelling: str) -> None:
    text = SPELLINGS[spelling].encode()
    files = {"repo/a": b"nothing", "repo/b": b"\0" * 5000 + text, "repo/c": b"nothing" * 1000, "repo/d": text}
    places = [leak.place for leak in find_in_archive(archive(files, {}), "/srv", SEARCH)]
    assert places == ["the file /srv/repo/b", "the file /srv/repo/d"]


def test_find_in_archive__names_of_files_and_links() -> None:
    value = SECRET.value.replace("/", "_")
    search = MultiSearch({value.encode(): SECRET})
    found = find_in_archive(archive({f"repo/{value}": value.encode()}, {"repo/link": f"/tmp/{value}"}), "/srv", search)
    places = [leak.place for leak in found]
    assert places == ["the name of a file below /srv", "a file below /srv", "the name of a file below /srv"]
    assert value not in "".join(places)


def test_find_in_archive__nothing_there() -> None:
    assert list(find_in_archive(archive({"repo/a": b"a" * 3000}, {"repo/b": "a"}), "/srv", SEARCH)) == []
    assert list(find_in_archive(archive({}, {}), "/srv", SEARCH)) == []
