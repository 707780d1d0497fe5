"""Logins are kept, renewed once, and taken nowhere else: on a wire of `responses`."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import responses

from hubaction.clients.registry.errors import DeniedError, RegistryError
from hubaction.clients.registry.registry import Registry
from hubaction.image import ImageName
from tests.unit.clients.registry.test_registry import (
    AUTH,
    BASIC,
    BLOB,
    BLOB_DIGEST,
    BLOB_URL,
    DIGEST,
    MANIFEST,
    NAME,
    REFERENCE,
    URL,
    sent,
)

OTHER = ImageName("quay.io", "org/other")
MOUNT_URL = "https://quay.io/v2/org/other/blobs/uploads/"
TOKEN = "https://auth.quay.io/token"
BEARER = {"WWW-Authenticate": f'Bearer realm="{TOKEN}",service="quay.io"'}
DIGEST_HEADER = {"Docker-Content-Digest": DIGEST}


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", AUTH)


def scopes_asked(wire: responses.RequestsMock) -> list[list[str]]:
    urls = [call.request.url or "" for call in wire.calls]
    queries = [requests.compat.urlparse(url).query for url in urls if url.startswith(TOKEN)]
    return [requests.compat.unquote(query).replace("service=quay.io&", "").split("&") for query in queries]


def test_basic__is_kept_for_everything(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers={"WWW-Authenticate": "Basic realm=x"})
    wire.head(URL, headers=DIGEST_HEADER)
    wire.get(BLOB_URL, body=BLOB)
    wire.put(URL, status=201)
    registry.fetch_digest(NAME, "v1")
    registry.fetch_blob(NAME, BLOB_DIGEST)
    registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    assert [login for _, login in sent(wire)] == [None, BASIC, BASIC, BASIC]
    assert registry.requests_made == 4


def test_basic__that_an_error_page_repeats_is_not_quoted(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers={"WWW-Authenticate": "Basic realm=x"})
    wire.head(URL, headers=DIGEST_HEADER)
    wire.put(URL, status=403, body=f"Blocked: PUT, Authorization: {BASIC}, User-Agent: x")
    registry.fetch_digest(NAME, "v1")
    with pytest.raises(DeniedError) as caught:
        registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    assert caught.value.detail == "403 Blocked: PUT, Authorization: Basic ***, User-Agent: x"
    assert BASIC.partition(" ")[2] not in caught.value.message


def test_bearer__that_an_error_page_repeats_is_not_quoted(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.put(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "T0KEN"})
    wire.put(URL, status=403, json={"errors": [{"code": "DENIED", "message": "Bearer T0KEN is for another"}]})
    with pytest.raises(DeniedError) as caught:
        registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    assert caught.value.detail == "403 DENIED: Bearer *** is for another"


def test_basic__that_is_wrong_is_not_sent_twice(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers={"WWW-Authenticate": "Basic realm=x"})
    for _ in range(2):
        with pytest.raises(RegistryError, match="answers 401"):
            registry.fetch_digest(NAME, "v1")
    assert [login for _, login in sent(wire)] == [None, BASIC, BASIC]


def test_token__is_kept(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "t0"})
    wire.head(URL, headers=DIGEST_HEADER)
    wire.get(BLOB_URL, body=BLOB)
    registry.fetch_digest(NAME, "v1")
    registry.fetch_digest(NAME, "v1")
    registry.fetch_blob(NAME, BLOB_DIGEST)
    assert [login for _, login in sent(wire)] == [None, BASIC, "Bearer t0", "Bearer t0", "Bearer t0"]


def test_token__for_more_is_asked_for_without_being_refused_first(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    """And what may push may pull, too."""
    wire.head(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "may-pull"})
    wire.head(URL, headers=DIGEST_HEADER)
    wire.get(TOKEN, json={"token": "may-push"})
    wire.put(URL, status=201)
    registry.fetch_digest(NAME, "v1")
    registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    registry.fetch_digest(NAME, "v1")
    logins = [login for _, login in sent(wire)]
    assert logins == [None, BASIC, "Bearer may-pull", BASIC, "Bearer may-push", "Bearer may-push"]
    assert scopes_asked(wire) == [["scope=repository:org/image:pull"], ["scope=repository:org/image:pull,push"]]


def test_token__of_a_mount_names_both_repositories(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(MOUNT_URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "t0"})
    wire.post(MOUNT_URL, status=201)
    assert registry.mount_blob(OTHER, BLOB_DIGEST, NAME)
    assert scopes_asked(wire) == [["scope=repository:org/other:pull,push", "scope=repository:org/image:pull"]]


def test_token__of_one_repository_is_not_sent_for_another(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "image"})
    wire.head(URL, headers=DIGEST_HEADER)
    wire.get(TOKEN, json={"token": "other"})
    wire.head(URL.replace("image", "other"), headers=DIGEST_HEADER)
    registry.fetch_digest(NAME, "v1")
    registry.fetch_digest(OTHER, "v1")
    assert [login for _, login in sent(wire)] == [None, BASIC, "Bearer image", BASIC, "Bearer other"]


def test_token__that_ran_out_is_renewed_once(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "t0"})
    wire.head(URL, headers=DIGEST_HEADER)
    registry.fetch_digest(NAME, "v1")
    wire.head(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "t1"})
    wire.head(URL, headers=DIGEST_HEADER)
    assert registry.fetch_digest(NAME, "v1") == DIGEST
    assert [login for _, login in sent(wire)][3:] == ["Bearer t0", BASIC, "Bearer t1"]


def test_token__refused_when_new_is_final(wire: responses.RequestsMock, registry: Registry) -> None:
    """As Docker Hub answers for a repository that does not exist."""
    wire.put(URL, status=401, headers=BEARER, json={"errors": [{"code": "UNAUTHORIZED", "message": "no"}]})
    tokens = iter(range(10))
    wire.add_callback(responses.GET, TOKEN, lambda _: (200, {}, f'{{"token": "t{next(tokens)}"}}'))
    with pytest.raises(DeniedError) as caught:
        registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    assert caught.value.detail == "401 UNAUTHORIZED: no"
    assert [login for _, login in sent(wire)] == [None, BASIC, "Bearer t0"]


def test_token__refused_for_writing_is_a_denial(wire: responses.RequestsMock, registry: Registry) -> None:
    """As ghcr.io answers, which refuses the token already."""
    wire.put(URL, status=401, headers=BEARER)
    wire.get(TOKEN, status=403, json={"errors": [{"code": "DENIED", "message": "permission_denied: write_package"}]})
    with pytest.raises(DeniedError) as caught:
        registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    assert caught.value.detail == "403 DENIED: permission_denied: write_package"


def test_login__is_fetched_once_for_all_threads(wire: responses.RequestsMock, registry: Registry) -> None:
    started = threading.Barrier(4)

    def ask(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers.get("Authorization"):
            return 200, DIGEST_HEADER, ""
        started.wait(timeout=10)  # all four are refused before any has a token
        return 401, BEARER, ""

    def give_token(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 200, {}, '{"token": "t0"}'

    wire.add_callback(responses.HEAD, URL, ask)
    wire.add_callback(responses.GET, TOKEN, give_token)
    with ThreadPoolExecutor(4) as pool:
        digests = list(pool.map(lambda _: registry.fetch_digest(NAME, "v1"), range(4)))
    assert digests == [DIGEST] * 4
    assert len(scopes_asked(wire)) == 1
    assert registry.requests_made == 4 + 1 + 4


@pytest.mark.parametrize("elsewhere", ["https://cdn.example/x?sig=1", "https://quay.io:8443/x"])
def test_redirect__to_another_place_takes_no_login_along(
    wire: responses.RequestsMock, registry: Registry, elsewhere: str
) -> None:
    wire.get(BLOB_URL, status=401, headers={"WWW-Authenticate": "Basic"})
    wire.get(BLOB_URL, status=307, headers={"Location": elsewhere})
    wire.get(elsewhere, body=BLOB)
    assert registry.fetch_blob(NAME, BLOB_DIGEST) == BLOB
    assert sent(wire) == [(BLOB_URL, None), (BLOB_URL, BASIC), (elsewhere, None)]
    assert registry.requests_made == 3


def test_redirect__within_the_registry_keeps_the_login(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(BLOB_URL, status=401, headers={"WWW-Authenticate": "Basic"})
    wire.get(BLOB_URL, status=307, headers={"Location": "/storage/x"})
    wire.get("https://quay.io/storage/x", body=BLOB)
    assert registry.fetch_blob(NAME, BLOB_DIGEST) == BLOB
    assert sent(wire)[2] == ("https://quay.io/storage/x", BASIC)


def test_redirect__gets_no_password_of_the_machine(
    wire: responses.RequestsMock, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine cdn.example login other password of-the-machine\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.get(BLOB_URL, status=307, headers={"Location": "https://cdn.example/x"})
    wire.get("https://cdn.example/x", body=BLOB)
    registry.fetch_blob(NAME, BLOB_DIGEST)
    assert sent(wire)[1] == ("https://cdn.example/x", None)


@pytest.mark.parametrize("location", ["https://quay.io/v2/org/image/blobs/loop", "http://[", "https://quay.io:x/"])
def test_redirect__to_nowhere(wire: responses.RequestsMock, location: str) -> None:
    wire.get(BLOB_URL, status=307, headers={"Location": location})
    wire.add(responses.GET, "https://quay.io/v2/org/image/blobs/loop", status=307, headers={"Location": location})
    wire.assert_all_requests_are_fired = False
    with pytest.raises(RegistryError):
        Registry("quay.io", AUTH, patient=False).fetch_blob(NAME, BLOB_DIGEST)


def test_upload__elsewhere_takes_no_login_along(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(URL.replace("manifests/v1", "blobs/uploads/"), status=401, headers={"WWW-Authenticate": "Basic"})
    wire.post(
        URL.replace("manifests/v1", "blobs/uploads/"), status=202, headers={"Location": "https://store.example/u?s=1"}
    )
    wire.put("https://store.example/u", status=201)
    registry.put_blob(NAME, BLOB)
    assert sent(wire)[2][1] is None


def test_password__is_in_no_message_and_no_repr(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers={"WWW-Authenticate": "Basic"})
    with pytest.raises(RegistryError) as caught:
        registry.fetch_digest(NAME, "v1")
    shown = f"{caught.value!r} {caught.value.message} {registry!r} {vars(vars(registry)['_authorized'])['_logins']!r}"
    assert "quay.io" in shown
    assert AUTH["password"] not in shown
    assert BASIC.removeprefix("Basic ") not in shown


# --- challenges and tokens ---


def test_fetch_manifest__password_only_when_asked_for(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert sent(wire) == [(URL, None), (URL, BASIC)]


def test_fetch_manifest__no_password_of_the_machine(
    wire: responses.RequestsMock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine quay.io login other password of-the-machine\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.get(URL, body=MANIFEST)
    Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert sent(wire) == [(URL, None)]


def test_fetch_manifest__password_in_utf_8(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": "Basic"})
    wire.get(URL, body=MANIFEST)
    Registry("quay.io", {"username": "ü", "password": "päß€"}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert sent(wire)[1][1] == "Basic " + base64.b64encode("ü:päß€".encode()).decode()


def test_fetch_manifest__token(wire: responses.RequestsMock) -> None:
    challenge = 'Bearer realm="https://auth.quay.io/token",service="quay.io",scope="repository:org/image:pull,push"'
    wire.get(URL, status=401, headers={"WWW-Authenticate": challenge})
    wire.get("https://auth.quay.io/token", json={"token": "t0"})
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    token_url = "https://auth.quay.io/token?service=quay.io&scope=repository%3Aorg%2Fimage%3Apull"
    assert sent(wire) == [(URL, None), (token_url, BASIC), (URL, "Bearer t0")]


def test_fetch_manifest__anonymous_token_under_its_other_name(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="https://auth.quay.io/token"'})
    wire.get("https://auth.quay.io/token", json={"access_token": "t0"})
    wire.get(URL, body=MANIFEST)
    assert Registry("quay.io", {}).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert [authorization for _, authorization in sent(wire)] == [None, None, "Bearer t0"]


def test_fetch_manifest__password_is_not_sent_unencrypted(wire: responses.RequestsMock) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="http://evil.example/token"'})
    with pytest.raises(RegistryError, match="no safe place to log in"):
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(401, {}), (403, {"token": "t0"}), (200, {}), (200, {"token": 5}), (200, [])]
)
def test_fetch_manifest__no_token(wire: responses.RequestsMock, status: int, body: object) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="https://auth.quay.io/token"'})
    wire.get("https://auth.quay.io/token", status=status, json=body)
    with pytest.raises(RegistryError, match="refuses a token") as caught:
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
    assert AUTH["password"] not in str(caught.value)


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Digest realm=x"])
def test_fetch_manifest__unknown_login(wire: responses.RequestsMock, challenge: str) -> None:
    wire.get(URL, status=401, headers={"WWW-Authenticate": challenge})
    with pytest.raises(RegistryError, match="unknown kind of login"):
        Registry("quay.io", AUTH).fetch_manifest(REFERENCE.name, REFERENCE.tag)
