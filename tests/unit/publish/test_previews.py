"""What is deleted of a registry, and what is not: against a registry that is played, with its tags and manifests.

That real registries answer so is tests/integration/test_cleanup.py's business.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from hubaction.clients.registry.manifest import INDEX_TYPES, MANIFEST_TYPES, digest_of
from hubaction.clients.registry.registry import Registry
from hubaction.decide.labels import PULL_REQUEST_LABEL, SOURCE_LABEL
from hubaction.image import ImageName, Reference
from hubaction.publish.previews import CleanupError, advise, check_login, delete_previews
from hubaction.results import Cleaned, CleanedTag

NAME = ImageName("quay.io", "org/image")
SOURCE = "https://github.com/Org/Course"
BASE = "https://quay.io/v2/org/image"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
Answer = tuple[int, dict[str, str], bytes | str]
SHAS = ("a" * 12, "b" * 12, "c" * 12)


@dataclass
class Shelf:
    """One repository of a registry: tags, manifests, configs; `pages` is how many tags one page has."""

    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    page: int = 1000
    links: bool = True
    """Whether it says that there is a next page."""
    last_page: Answer | None = None
    """What is answered in the place of all pages but the first."""
    asked: list[str] = field(default_factory=list)
    before_delete: Callable[[], None] = lambda: None
    refusal: Answer | None = None
    """What is answered to deletions."""

    def put(self, *tags: str, pull_request: str | None = "", nonce: str = "", source: str = SOURCE) -> str:
        """An image under some tags; its digest."""
        labels = {SOURCE_LABEL: source} | ({} if pull_request is None else {PULL_REQUEST_LABEL: pull_request})
        config = json.dumps({"config": {"Labels": labels}, "nonce": nonce or tags[0]}).encode()
        layer = {"digest": f"sha256:{'1' * 64}", "size": 1}
        described = {"mediaType": CONFIG_TYPE, "digest": digest_of(config), "size": len(config)}
        self.blobs[digest_of(config)] = config
        body = json.dumps({"mediaType": MANIFEST_TYPES[0], "config": described, "layers": [layer]}).encode()
        return self._keep(MANIFEST_TYPES[0], body, tags)

    def put_index(self, *tags: str, of: str, kind: str = MANIFEST_TYPES[0]) -> str:
        inner = {"mediaType": kind, "digest": of, "size": 1}
        body = json.dumps({"mediaType": INDEX_TYPES[0], "manifests": [inner]}).encode()
        return self._keep(INDEX_TYPES[0], body, tags)

    def _keep(self, kind: str, body: bytes, tags: Sequence[str]) -> str:
        digest = digest_of(body)
        self.manifests[digest] = (kind, body)
        self.tags |= dict.fromkeys(tags, digest)
        return digest

    def answer(self, request: requests.PreparedRequest) -> Answer:
        path = str(request.url).removeprefix(BASE)
        self.asked.append(f"{request.method} {path}")
        if path.startswith("/tags/list"):
            return self._list(str(request.url))
        kind, _, last = path.strip("/").partition("/")
        if kind == "blobs":
            return (200, {}, self.blobs[last])
        if request.method == "DELETE":
            return self._delete(last)
        status, headers, body = self._show(last)
        return (status, headers, "" if request.method == "HEAD" else body)

    def _list(self, url: str) -> Answer:
        last = re.search(r"last=([^&]+)", url)
        if last and self.last_page:
            return self.last_page
        left = [tag for tag in sorted(self.tags) if last is None or tag > last[1]]
        page = f"/v2/org/image/tags/list?last={left[self.page - 1]}" if left[self.page :] else ""
        more = {"Link": f'<{page}>; rel="next"'} if page and self.links else {}
        return (200, more, json.dumps({"name": "org/image", "tags": left[: self.page] or None}))

    def _show(self, reference: str) -> Answer:
        digest = self.tags.get(reference, reference)
        if digest not in self.manifests:
            return (404, {}, "")
        kind, body = self.manifests[digest]
        return (200, {"Docker-Content-Digest": digest, "Content-Type": kind}, body)

    def _delete(self, digest: str) -> Answer:
        self.before_delete()
        if self.refusal:
            return self.refusal
        if self.manifests.pop(digest, None) is None:
            return (404, {}, "")
        self.tags = {tag: target for tag, target in self.tags.items() if target != digest}
        return (202, {}, "")

    @property
    def deletions(self) -> list[str]:
        return [line for line in self.asked if line.startswith("DELETE")]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with shown(Shelf()) as running:
        yield running


class shown:  # noqa: N801 - reads as a function
    """Have requests answered from a shelf, and others as `also` says."""

    def __init__(self, shelf: Shelf, *, also: Callable[[responses.RequestsMock], None] = lambda mock: None) -> None:
        self._shelf = shelf
        self._also = also
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=False)

    def __enter__(self) -> Shelf:
        self._mock.start()
        for method in ("GET", "HEAD", "DELETE"):
            self._mock.add_callback(method, re.compile(re.escape(BASE)), self._shelf.answer, content_type=None)
        self._also(self._mock)
        return self._shelf

    def __exit__(self, *_: object) -> None:
        self._mock.stop(allow_assert=False)


def clean(number: int = 7, *, kept: Sequence[str] = ()) -> Cleaned:
    said: list[str] = []
    cleaned = delete_previews(
        NAME, number, Registry("quay.io", {}, patient=False), source=SOURCE, say=said.append, kept=kept
    )
    assert len(said) == len(cleaned.tags)
    return cleaned


def tag(sha: str = SHAS[0], number: int = 7) -> str:
    return f"pr-{number}-{sha}"


def fates(cleaned: Cleaned) -> dict[str, str]:
    return {item.reference.tag: item.why for item in cleaned.tags}


# --- what is deleted ---


def test_delete_previews__all_of_one_pull_request_and_nothing_else(shelf: Shelf) -> None:
    shelf.put(tag(SHAS[0]), pull_request="7")
    shelf.put(tag(SHAS[1]), pull_request="7")
    shelf.put(tag(number=70), pull_request="70")
    shelf.put("latest", "0123456789ab")
    shelf.put("buildcache", pull_request=None)
    cleaned = clean()
    assert fates(cleaned) == {tag(SHAS[0]): "", tag(SHAS[1]): ""}
    assert all(item.deleted for item in cleaned.tags)
    assert sorted(shelf.tags) == ["0123456789ab", "buildcache", "latest", tag(number=70)]
    assert cleaned.obstacle == ""


def test_delete_previews__two_tags_of_one_image_by_one_request(shelf: Shelf) -> None:
    shelf.put(tag(SHAS[0]), tag(SHAS[1]), pull_request="7")
    assert fates(clean()) == {tag(SHAS[0]): "", tag(SHAS[1]): ""}
    assert len(shelf.deletions) == 1


def test_delete_previews__over_all_pages(shelf: Shelf) -> None:
    shelf.page = 2
    shelf.put(*(f"a{number}" for number in range(5)))
    shelf.put(tag(), pull_request="7")
    shelf.put("zzz")
    assert fates(clean()) == {tag(): ""}
    assert len(shelf.tags) == 6


def test_delete_previews__none(shelf: Shelf) -> None:
    assert clean() == Cleaned(NAME)
    shelf.put("latest")
    assert clean() == Cleaned(NAME)
    assert shelf.asked == ["GET /tags/list?n=100"] * 2


# --- what stays ---


@pytest.mark.parametrize("other", ["latest", "0123456789ab", "pr-7-by-hand", f"pr-70-{SHAS[0]}", "buildcache", "zzz"])
def test_delete_previews__not_what_another_tag_points_to(shelf: Shelf, other: str) -> None:
    """It would be lost with the preview, for registries delete by digest."""
    shelf.put(tag(), other, pull_request="7")
    shelf.page = 1
    cleaned = clean()
    assert fates(cleaned) == {tag(): f"the same image is {other}"}
    assert shelf.deletions == []
    assert set(shelf.tags) == {tag(), other}


def test_delete_previews__not_what_an_index_has(shelf: Shelf) -> None:
    digest = shelf.put(tag(), pull_request="7")
    shelf.put_index("all-platforms", of=digest)
    shelf.put_index("another", of=f"sha256:{'9' * 64}")
    assert fates(clean()) == {tag(): "the same image is all-platforms"}
    assert shelf.deletions == []


def test_delete_previews__not_what_an_index_in_an_index_has(shelf: Shelf) -> None:
    digest = shelf.put(tag(), pull_request="7")
    inner = shelf.put_index(of=digest)
    shelf.put_index("all-platforms", of=inner, kind=INDEX_TYPES[0])
    assert fates(clean()) == {tag(): "the same image is all-platforms"}


def test_delete_previews__not_what_an_index_has_that_does_not_say_what_it_is(shelf: Shelf) -> None:
    digest = shelf.put(tag(), pull_request="7")
    index = shelf.put_index("all-platforms", of=digest)
    shelf.manifests[index] = ("application/octet-stream", shelf.manifests[index][1])
    assert fates(clean()) == {tag(): "the same image is all-platforms"}


@pytest.mark.parametrize("label", [None, "", "70", "07", "7 ", "x"])
def test_delete_previews__not_what_another_label_says(shelf: Shelf, label: str | None) -> None:
    shelf.put(tag(), pull_request=label)
    assert fates(clean()) == {tag(): "its label does not name this pull request"}
    assert shelf.deletions == []


@pytest.mark.parametrize("source", ["https://github.com/Org/Other", ""])
def test_delete_previews__not_what_another_repository_has_under_the_same_number(shelf: Shelf, source: str) -> None:
    shelf.put(tag(), pull_request="7", source=source)
    shelf.put(tag(SHAS[1]), pull_request="7")
    assert fates(clean()) == {tag(): "it is made from another repository", tag(SHAS[1]): ""}
    assert set(shelf.tags) == {tag()}


def test_delete_previews__not_what_cannot_be_read(shelf: Shelf) -> None:
    shelf.put_index(tag(SHAS[0]), of=f"sha256:{'9' * 64}")
    shelf.put(tag(SHAS[1]), pull_request="7")
    shelf.blobs = dict.fromkeys(shelf.blobs, b"{}")
    assert set(fates(clean()).values()) == {"it is not a single image that could be read"}
    assert shelf.deletions == []


def test_delete_previews__not_what_the_merge_needs(shelf: Shelf) -> None:
    """By its digest: a tag of the same image would take it along."""
    shelf.put(tag(SHAS[0]), tag(SHAS[1]), pull_request="7")
    shelf.put(tag(SHAS[2]), pull_request="7")
    cleaned = clean(kept=[tag(SHAS[1])])
    assert fates(cleaned) == {
        tag(SHAS[0]): "the run on the merge uses it, and deletes it then",
        tag(SHAS[1]): "the run on the merge uses it, and deletes it then",
        tag(SHAS[2]): "",
    }
    assert set(shelf.tags) == {tag(SHAS[0]), tag(SHAS[1])}


def test_delete_previews__tag_that_appears_meanwhile(shelf: Shelf) -> None:
    """It is looked again right before each deletion, so the first one is the latest moment that is seen."""
    shelf.put(tag(SHAS[0]), pull_request="7")
    digest = shelf.put(tag(SHAS[1]), pull_request="7")
    shelf.before_delete = lambda: shelf.tags.update(rescued=digest)
    assert fates(clean()) == {tag(SHAS[0]): "", tag(SHAS[1]): "the same image is rescued"}
    assert shelf.tags["rescued"] == digest


def test_delete_previews__somebody_else_was_faster(shelf: Shelf) -> None:
    digest = shelf.put(tag(), pull_request="7")
    shelf.before_delete = lambda: shelf.manifests.pop(digest) and None
    assert fates(clean()) == {tag(): ""}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([tag(), tag(SHAS[1]), tag(SHAS[2]), tag(number=70), "latest", "pr-7", "buildcache"]),
            st.sampled_from(["7", "70", "", None]),
            st.integers(0, 3),
        ),
        max_size=8,
    )
)
def test_delete_previews__never_takes_another_tag_along(images: list[tuple[str, str | None, int]]) -> None:
    shelf = Shelf()
    labels = {shelf.put(name, pull_request=label, nonce=f"{nonce}"): label for name, label, nonce in images}
    before = dict(shelf.tags)
    with shown(shelf):
        cleaned = clean()
    gone = before.keys() - shelf.tags.keys()
    assert gone == {item.reference.tag for item in cleaned.tags if item.deleted}
    assert all(re.fullmatch("pr-7-[0-9a-f]{12}", name) and labels[before[name]] == "7" for name in gone)
    mine = {name for name, digest in before.items() if re.fullmatch("pr-7-.{12}", name) and labels[digest] == "7"}
    shared = {digest for name, digest in before.items() if not re.fullmatch("pr-7-.{12}", name)}
    assert gone == {name for name in mine if before[name] not in shared}


# --- registries that do not delete ---


@pytest.mark.parametrize(
    "refusal",
    [
        (405, {}, '{"errors": [{"code": "UNSUPPORTED", "message": "The operation is unsupported."}]}'),
        (400, {}, '{"errors": [{"code": "UNSUPPORTED", "message": "no"}]}'),
        (403, {}, '{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'),
        (401, {"WWW-Authenticate": 'Basic realm="x"'}, '{"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}'),
        (404, {}, "404 page not found"),
    ],
    ids=lambda answer: str(answer[0]),
)
def test_delete_previews__registry_that_refuses_is_asked_once_and_told(shelf: Shelf, refusal: Answer) -> None:
    shelf.put(tag(SHAS[0]), pull_request="7")
    shelf.put(tag(SHAS[1]), pull_request="7")
    shelf.refusal = refusal
    cleaned = clean()
    assert set(fates(cleaned).values()) == {"the registry does not delete it"}
    assert f"quay.io does not delete {NAME}@sha256:" in cleaned.obstacle
    assert f": {refusal[0]} " in cleaned.obstacle
    assert "https://quay.io/repository/org/image?tab=tags" in cleaned.obstacle
    # A login that is refused is renewed once.
    assert len(set(shelf.deletions)) == 1
    assert set(shelf.tags) == {tag(SHAS[0]), tag(SHAS[1])}


@pytest.mark.parametrize("status", [401, 403])
def test_delete_previews__registry_that_lists_nothing(status: int) -> None:
    """Some answer so for what does not exist."""
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list", status=status, headers={"WWW-Authenticate": 'Basic realm="x"'})
        cleaned = clean()
    assert cleaned.tags == ()
    assert f"does not list the tags of {NAME}: {status}" in cleaned.obstacle


def test_delete_previews__repository_that_does_not_exist() -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list", status=404)
        assert clean() == Cleaned(NAME)


@pytest.mark.parametrize("page", ["/v2/org/image/tags/list?last=x", "http://quay.io:80/v2/org/image/tags/list?last=x"])
def test_delete_previews__next_page_of_a_registry_behind_a_proxy(page: str) -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list?n=100", json={"tags": ["a"]}, headers={"Link": f'<{page}>; rel="next"'})
        wire.get(f"{BASE}/tags/list?last=x", json={"tags": ["z"]})
        assert clean() == Cleaned(NAME)


def test_delete_previews__where_only_the_engine_logs_in() -> None:
    registry = Registry("quay.io", {"identitytoken": "x"}, patient=False)
    check_login(registry, "quay.io")
    assert "only the engine can log in" in delete_previews(NAME, 7, registry, source=SOURCE, say=print).obstacle


@pytest.mark.parametrize(
    "link", ["https://evil.example/v2/org/image/tags/list", "//evil.example/x", "http://quay.io.x/"]
)
def test_delete_previews__is_not_sent_elsewhere(link: str) -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list", json={"tags": [tag()]}, headers={"Link": f'<{link}>; rel="next"'})
        assert "sends us elsewhere" in clean().obstacle


def test_delete_previews__next_page_that_is_no_address() -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list", json={"tags": [tag()]}, headers={"Link": '<http://[x/>; rel="next"'})
        assert "names no address" in clean().obstacle


def test_delete_previews__list_without_an_end() -> None:
    with responses.RequestsMock() as wire:
        link = {"Link": '</v2/org/image/tags/list?last=x>; rel="next"'}
        wire.get(f"{BASE}/tags/list", json={"tags": ["x"]}, headers=link)
        assert "has no end of tags" in clean().obstacle


@pytest.mark.parametrize("body", [{"tags": None}, {"tags": []}, {"name": "org/image"}])
def test_delete_previews__empty_lists(body: object) -> None:
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list", json=body)
        assert clean() == Cleaned(NAME)


@pytest.mark.parametrize(
    "body",
    ['{"tags": "x"}', '{"tags": [1, null, {}]}', '{"tags": ["pr-7-../../blobs"]}', "{}", "[]", "<html>Log in</html>"],
)
def test_delete_previews__odd_lists(body: str) -> None:
    """Some tag may be missing there, and would be lost."""
    with responses.RequestsMock() as wire:
        wire.get(f"{BASE}/tags/list", body=body)
        cleaned = clean()
    assert "something else than a list of the tags" in cleaned.obstacle


def test_delete_previews__list_that_breaks_off(shelf: Shelf) -> None:
    """The tag that follows may be production's."""
    digest = shelf.put(tag(), "v1", pull_request="7")
    shelf.page, shelf.last_page = 1, (404, {}, "")
    assert "does not list the tags" in clean().obstacle
    assert digest in shelf.manifests


def test_delete_previews__list_that_is_cut_without_a_word(shelf: Shelf) -> None:
    digest = shelf.put(tag(), "v1", pull_request="7")
    shelf.put(*(f"a{number:03}" for number in range(99)))
    shelf.page, shelf.links = 100, False
    assert fates(clean()) == {tag(): "the same image is v1"}
    assert digest in shelf.manifests


def test_delete_previews__registry_that_is_away_is_an_error(shelf: Shelf) -> None:
    shelf.put(tag(), pull_request="7")
    shelf.refusal = (503, {}, "")
    with pytest.raises(CleanupError, match=r"Not all previews could be deleted\. quay\.io cannot answer now \(503\)"):
        clean()


@pytest.mark.parametrize(
    ("registry", "part"),
    [
        ("docker.io", "https://hub.docker.com/repository/docker/org/image/tags"),
        ("ghcr.io", "Manage versions"),
        ("registry.example.org", "REGISTRY_STORAGE_DELETE_ENABLED"),
    ],
)
def test_advise__says_where(registry: str, part: str) -> None:
    assert part in advise(ImageName(registry, "org/image"))


# --- the login ---


def check(password: str = "hunter2") -> None:
    check_login(Registry("quay.io", {"username": "robot", "password": password}, patient=False), "quay.io")


def test_check_login__basic() -> None:
    with responses.RequestsMock() as wire:
        wire.get("https://quay.io/v2/", status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        wire.get("https://quay.io/v2/", status=200)
        check()


@pytest.mark.parametrize("status", [401, 403])
def test_check_login__basic_that_is_wrong(status: int) -> None:
    with responses.RequestsMock() as wire:
        wire.get("https://quay.io/v2/", status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        wire.get("https://quay.io/v2/", status=status, headers={"WWW-Authenticate": 'Basic realm="x"'})
        with pytest.raises(CleanupError, match=r"quay\.io refused the login of 'robot'.*Check the inputs") as raised:
            check()
    assert raised.value.title == "Login refused"
    assert "hunter2" not in raised.value.message


BEARER = {"WWW-Authenticate": 'Bearer realm="https://quay.io/auth",service="quay.io"'}


@pytest.mark.parametrize("status", [401, 403])
def test_check_login__token_that_is_refused(status: int) -> None:
    with responses.RequestsMock() as wire:
        wire.get("https://quay.io/v2/", status=401, headers=BEARER)
        wire.get("https://quay.io/auth", status=status)
        with pytest.raises(CleanupError, match="refused the login of 'robot'"):
            check()


def test_check_login__token() -> None:
    with responses.RequestsMock() as wire:
        wire.get("https://quay.io/v2/", status=401, headers=BEARER)
        wire.get("https://quay.io/auth", json={"token": "t"})
        wire.get("https://quay.io/v2/", status=200)
        check()
        assert "scope" not in str(wire.calls[1].request.url)


@pytest.mark.parametrize("status", [400, 404, 500])
def test_check_login__that_nobody_can_judge_is_not_called_wrong(status: int) -> None:
    with responses.RequestsMock() as wire:
        wire.get("https://quay.io/v2/", status=401, headers=BEARER)
        wire.get("https://quay.io/auth", status=status)
        with pytest.raises(CleanupError) as raised:
            check()
    assert raised.value.title == "Registry away"


def test_delete__asks_for_the_right_to() -> None:
    with responses.RequestsMock() as wire:
        wire.delete(f"{BASE}/manifests/sha256:{'5' * 64}", status=401, headers=BEARER)
        wire.get("https://quay.io/auth", json={"token": "t"})
        wire.delete(f"{BASE}/manifests/sha256:{'5' * 64}", status=202)
        registry = Registry("quay.io", {"username": "robot", "password": "x"}, patient=False)
        assert registry.delete_manifest(NAME, f"sha256:{'5' * 64}")
        assert "repository%3Aorg%2Fimage%3Apull%2Cpush%2Cdelete" in str(wire.calls[1].request.url)


def test_cleaned_tag__is_deleted_or_says_why() -> None:
    assert CleanedTag(Reference(NAME, "x")).deleted
    assert not CleanedTag(Reference(NAME, "x"), "it stays").deleted
