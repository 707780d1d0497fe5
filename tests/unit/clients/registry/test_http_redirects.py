"""Whoever a registry redirects to never gets its login: on a wire of `responses`."""

import pytest
import requests
import responses

from hubaction.clients.registry.errors import DeniedError, RegistryError
from hubaction.clients.registry.http import MAX_REDIRECTS
from hubaction.clients.registry.registry import Registry
from tests.unit.clients.registry.test_logins import BEARER, DIGEST_HEADER, TOKEN
from tests.unit.clients.registry.test_registry import AUTH, BASIC, BLOB, DIGEST, MANIFEST, NAME, URL, sent

UPLOADS = "https://quay.io/v2/org/image/blobs/uploads/"
OTHER = "https://other.example"
OTHER_URL = f"{OTHER}/v2/mirrored/image/manifests/v1"
OTHER_TOKEN = "https://auth.other.example/token"
OTHER_BEARER = {
    "WWW-Authenticate": f'Bearer realm="{OTHER_TOKEN}",service="other",scope="repository:mirrored/image:pull"'
}
KINDS = ["Basic realm=x", OTHER_BEARER["WWW-Authenticate"], "Negotiate", ""]


@pytest.fixture
def registry() -> Registry:
    return Registry("quay.io", AUTH)


@pytest.fixture
def at_most(wire: responses.RequestsMock) -> responses.RequestsMock:
    """Where an answer is prepared that must not be asked for."""
    wire.assert_all_requests_are_fired = False
    return wire


def redirect(wire: responses.RequestsMock, url: str, to: str, status: int = 307, method: str = "GET") -> None:
    wire.add(method, url, status=status, headers={"Location": to})


def origins_with(wire: responses.RequestsMock, login: str) -> set[str]:
    return {"/".join((url or "").split("/")[:3]) for url, given in sent(wire) if given == login}


# --- the redirect's target asks for a login ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("challenge", KINDS)
def test_challenge__of_another_origin_never_gets_the_password(
    at_most: responses.RequestsMock, registry: Registry, status: int, challenge: str
) -> None:
    redirect(at_most, URL, OTHER_URL, status)
    at_most.get(OTHER_URL, status=401, headers={"WWW-Authenticate": challenge})
    at_most.get(OTHER_TOKEN, status=401)
    with pytest.raises(DeniedError, match=r"quay\.io sends us to other\.example, which asks for a login\. The one for"):
        registry.fetch_manifest(NAME, "v1")
    assert {login for _, login in sent(at_most)} == {None}


def test_challenge__of_another_origin_where_we_have_no_login(wire: responses.RequestsMock) -> None:
    redirect(wire, URL, OTHER_URL)
    wire.get(OTHER_URL, status=401, headers={"WWW-Authenticate": "Basic"})
    with pytest.raises(DeniedError) as caught:
        Registry("quay.io", {}).fetch_manifest(NAME, "v1")
    assert caught.value.message == "quay.io sends us to other.example, which asks for a login."


@pytest.mark.parametrize("elsewhere", ["https://quay.io:8443/x", "https://cdn.quay.io/x"])
def test_challenge__of_another_port_or_subdomain(
    wire: responses.RequestsMock, registry: Registry, elsewhere: str
) -> None:
    redirect(wire, URL, elsewhere)
    wire.get(elsewhere, status=401, headers={"WWW-Authenticate": "Basic"})
    with pytest.raises(DeniedError):
        registry.fetch_manifest(NAME, "v1")
    assert {login for _, login in sent(wire)} == {None}


def test_challenge__of_another_origin_is_answered_anonymously(wire: responses.RequestsMock, registry: Registry) -> None:
    """As lscr.io needs it, whose images are at ghcr.io. The password is at hand, and of no use there."""
    wire.get(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "own"})
    redirect(wire, URL, OTHER_URL)
    wire.get(OTHER_URL, status=401, headers=OTHER_BEARER)
    wire.get(OTHER_TOKEN, json={"token": "for-everybody"})
    wire.get(OTHER_URL, body=MANIFEST)
    for _ in range(2):
        manifest = registry.fetch_manifest(NAME, "v1")
        assert manifest
        assert manifest.digest == DIGEST
    assert origins_with(wire, BASIC) == {"https://auth.quay.io"}
    assert origins_with(wire, "Bearer own") == {"https://quay.io"}
    assert origins_with(wire, "Bearer for-everybody") == {OTHER}
    (asked,) = [url for url, _ in sent(wire) if url and url.startswith(OTHER_TOKEN)]
    assert asked == f"{OTHER_TOKEN}?service=other&scope=repository%3Amirrored%2Fimage%3Apull"


def test_challenge__of_another_origin_changes_nothing_for_the_own_one(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    redirect(wire, URL, OTHER_URL)
    wire.get(OTHER_URL, status=401, headers=OTHER_BEARER)
    wire.get(OTHER_TOKEN, json={"token": "for-everybody"})
    wire.get(OTHER_URL, body=MANIFEST)
    registry.fetch_manifest(NAME, "v1")
    wire.put(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "own"})
    wire.put(URL, status=201)
    registry.put_manifest(NAME, "v1", MANIFEST, "x/y")
    assert sent(wire)[-3][1] is None
    assert origins_with(wire, BASIC) == {"https://auth.quay.io"}
    assert origins_with(wire, "Bearer own") == {"https://quay.io"}


def test_challenge__after_the_way_back_is_answered_anonymously(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    """What another one chose to be asked for is not asked for with the login."""
    back = "https://quay.io/v2/private/image/manifests/v1"
    redirect(wire, URL, OTHER_URL)
    redirect(wire, OTHER_URL, back)
    wire.get(back, status=401, headers={"WWW-Authenticate": "Basic"})
    with pytest.raises(DeniedError):
        registry.fetch_manifest(NAME, "v1")
    assert {login for _, login in sent(wire)} == {None}


def test_challenge__of_another_origin_with_a_realm_without_tls(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    redirect(wire, URL, OTHER_URL)
    wire.get(OTHER_URL, status=401, headers={"WWW-Authenticate": 'Bearer realm="http://auth.other.example/token"'})
    with pytest.raises(RegistryError, match="no safe place to log in"):
        registry.fetch_manifest(NAME, "v1")


def test_check_login__that_is_redirected_says_nothing_of_the_password(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    redirect(wire, "https://quay.io/v2/", f"{OTHER}/v2/")
    wire.get(f"{OTHER}/v2/", status=401, headers=OTHER_BEARER)
    wire.get(OTHER_TOKEN, status=403)
    with pytest.raises(RegistryError, match=r"sends us to other\.example") as caught:
        registry.check_login()
    assert not isinstance(caught.value, DeniedError)


# --- redirects ---


def test_redirect__takes_no_token_along(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.get(URL, status=401, headers=BEARER)
    wire.get(TOKEN, json={"token": "own"})
    redirect(wire, URL, "https://quay.io:8443/x")
    wire.get("https://quay.io:8443/x", body=MANIFEST)
    registry.fetch_manifest(NAME, "v1")
    assert sent(wire)[-2:] == [(URL, "Bearer own"), ("https://quay.io:8443/x", None)]


def test_redirect__to_https_is_another_origin(wire: responses.RequestsMock) -> None:
    plain, tls = "http://registry.example/v2/org/image/manifests/v1", "https://registry.example/x"
    wire.get(plain, status=401, headers={"WWW-Authenticate": "Basic"})
    redirect(wire, plain, tls)
    wire.get(tls, body=MANIFEST)
    Registry("registry.example", AUTH, insecure=True).fetch_manifest(NAME, "v1")
    assert sent(wire) == [(plain, None), (plain, BASIC), (tls, None)]


UNSAFE = {
    "http://quay.io/x": "quay.io leads from https to http, where others can read",
    "http://cdn.example/x": "quay.io leads from https to http, where others can read",
    "https://evil.example\\@quay.io/x": "names an address with a backslash",
    "https://robot@quay.io/x": "names an address with a user name",
    "https://quay.io/\x01x": "names an address with a backslash or a control character",
}


@pytest.mark.parametrize(("location", "reason"), UNSAFE.items())
def test_redirect__that_is_not_followed(
    wire: responses.RequestsMock, registry: Registry, location: str, reason: str
) -> None:
    redirect(wire, URL, location)
    with pytest.raises(RegistryError, match=reason):
        registry.fetch_manifest(NAME, "v1")
    assert sent(wire) == [(URL, None)]


@pytest.mark.parametrize("step", ["", "x"])
def test_redirect__without_end_is_asked_a_few_times(
    wire: responses.RequestsMock, registry: Registry, step: str
) -> None:
    def send_on(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 307, {"Location": f"{request.url}{step}"}, ""

    for length in range(MAX_REDIRECTS + 1 if step else 1):
        wire.add_callback(responses.GET, URL + step * length, send_on)
    with pytest.raises(RegistryError, match="redirects more than 5 times"):
        registry.fetch_manifest(NAME, "v1")
    assert len(wire.calls) == registry.requests_made == MAX_REDIRECTS + 1


def test_redirect__as_often_as_is_allowed(wire: responses.RequestsMock, registry: Registry) -> None:
    for number in range(MAX_REDIRECTS):
        redirect(wire, f"https://quay.io/{number}" if number else URL, f"/{number + 1}")
    wire.get(f"https://quay.io/{MAX_REDIRECTS}", body=MANIFEST)
    assert registry.fetch_manifest(NAME, "v1")


# --- token servers ---


def test_token_server__that_redirects_takes_the_password_nowhere(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    wire.head(URL, status=401, headers=BEARER)
    redirect(wire, TOKEN, "https://auth.quay.io/new")
    redirect(wire, "https://auth.quay.io/new", f"{OTHER}/token")
    wire.get(f"{OTHER}/token", json={"token": "t0"})
    wire.head(URL, headers=DIGEST_HEADER)
    registry.fetch_digest(NAME, "v1")
    assert [login for _, login in sent(wire)] == [None, BASIC, BASIC, None, "Bearer t0"]


def test_token_server__that_redirects_to_http(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers=BEARER)
    redirect(wire, TOKEN, "http://auth.quay.io/token")
    with pytest.raises(RegistryError, match="from https to http"):
        registry.fetch_digest(NAME, "v1")


@pytest.mark.parametrize(
    ("realm", "reason"),
    [
        ("http://auth.quay.io/token", "no safe place to log in at: .* A registry with https must name one with https"),
        ("https://evil.example\\\\@auth.quay.io/token", "backslash"),
        ("https://robot@auth.quay.io/token", "user name"),
        ("https://[/token", "no address"),
    ],
)
def test_token_server__that_is_not_asked(
    wire: responses.RequestsMock, registry: Registry, realm: str, reason: str
) -> None:
    wire.head(URL, status=401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})
    with pytest.raises(RegistryError, match=reason):
        registry.fetch_digest(NAME, "v1")
    assert len(wire.calls) == 1


# --- uploads, pages, cookies ---


@pytest.mark.parametrize(("location", "reason"), UNSAFE.items())
def test_upload__that_is_not_followed(
    wire: responses.RequestsMock, registry: Registry, location: str, reason: str
) -> None:
    wire.post(UPLOADS, status=202, headers={"Location": location})
    with pytest.raises(RegistryError, match=reason):
        registry.put_blob(NAME, BLOB)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("challenge", KINDS)
def test_upload__elsewhere_never_gets_the_password(
    at_most: responses.RequestsMock, registry: Registry, challenge: str
) -> None:
    at_most.post(UPLOADS, status=202, headers={"Location": f"{OTHER}/upload"})
    at_most.put(f"{OTHER}/upload", status=401, headers={"WWW-Authenticate": challenge})
    at_most.get(OTHER_TOKEN, status=401)
    with pytest.raises(DeniedError):
        registry.put_blob(NAME, BLOB)
    assert {login for _, login in sent(at_most)} == {None}


def test_upload__is_not_redirected(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.post(UPLOADS, status=202, headers={"Location": "/u1"})
    redirect(wire, "https://quay.io/u1", OTHER_URL, method="PUT")
    with pytest.raises(DeniedError, match="307"):
        registry.put_blob(NAME, BLOB)


def test_list_tags__next_page_that_two_parsers_read_differently(
    wire: responses.RequestsMock, registry: Registry
) -> None:
    first = "https://quay.io/v2/org/image/tags/list"
    link = {"Link": f'<https://evil.example\\@quay.io{first.removeprefix("https://quay.io")}?last=a>; rel="next"'}
    wire.get(f"{first}?n=100", json={"name": "org/image", "tags": ["a"]}, headers=link)
    wire.get(f"{first}?last=a", json={"name": "org/image", "tags": ["b"]})
    assert registry.list_tags(NAME) == ("a", "b")


def test_cookies__are_not_kept(wire: responses.RequestsMock, registry: Registry) -> None:
    wire.head(URL, status=401, headers={"WWW-Authenticate": "Basic", "Set-Cookie": "sid=1; Domain=quay.io"})
    wire.head(URL, headers=DIGEST_HEADER | {"Set-Cookie": "sid=2"})
    registry.fetch_digest(NAME, "v1")
    registry.fetch_digest(NAME, "v1")
    assert [call.request.headers.get("Cookie") for call in wire.calls] == [None, None, None]
