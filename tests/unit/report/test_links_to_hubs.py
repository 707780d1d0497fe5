"""Links to hubs, decoded as JupyterHub, jupyterhub-fancy-profiles and nbgitpuller decode them.

JupyterHub takes `next` from the query (Tornado's `get_argument`) and redirects there as it stands (`get_next_url` in
jupyterhub/handlers/base.py), refusing what is not a path of its own. fancy-profiles reads the fragment as a query, and
`fancy-forms-config` in it as JSON (src/context/Permalink.tsx). tests/integration/test_links_to_hubs.py has
their own code do it.
"""

import json
import string
from urllib.parse import parse_qs, urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from hubaction.report.links import content_path, content_url, form_url, pull_urlpath, start_url
from tests.unit.report.test_links import BRANCHES, REPOSITORIES

HUBS = st.sampled_from(["https://hub.example.edu", "http://127.0.0.1:8000", "https://example.edu/services/hub"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
IMAGES = st.sampled_from(
    ["quay.io/org/course:pr-7-fedcba987654", "127.0.0.1:5000/lab/image:a", f"quay.io/org/course@sha256:{'5' * 64}"]
)


def follow_login(hub: str, link: str) -> str:
    """Where the hub sends a browser after the login, from the root of its host."""
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc) == (urlsplit(hub).scheme, urlsplit(hub).netloc)
    assert parts.path == f"{urlsplit(hub).path}/hub/login"
    assert not parts.fragment
    query = parse_qs(parts.query, strict_parsing=True)
    assert set(query) == {"next"}
    address = query["next"][0].replace("\\", "%5C")
    assert address.startswith("/")
    assert not address.startswith("//")
    return address


def read_form(address: str) -> dict[str, str]:
    values: dict[str, str] = json.loads(parse_qs(urlsplit(address).fragment)["fancy-forms-config"][0])
    return values


@given(HUBS, TEXTS.filter(lambda text: text != "profile"), TEXTS, IMAGES)
def test_start_url__fills_in_the_form(hub: str, option: str, profile: str, image: str) -> None:
    address = follow_login(hub, start_url(hub, profile, option, image))
    assert urljoin(hub, urlsplit(address).path) == form_url(hub)
    assert not urlsplit(address).query
    assert read_form(address) == {"profile": profile, option: "unlisted_choice", f"{option}:unlisted_choice": image}


@given(HUBS, TEXTS, REPOSITORIES, BRANCHES)
def test_start_url__opens_content_after_the_start(hub: str, profile: str, content: str, branch: str) -> None:
    pulled = pull_urlpath(f"https://github.com/{content}", branch, "lab/tree/pr-7-a/b%20c.ipynb", folder="pr-7-a")
    address = follow_login(hub, start_url(hub, profile, "image", "quay.io/a/b:c", then=content_path(hub, pulled)))
    assert read_form(address)["profile"] == profile
    # The form is sent with its query, and its `next` is followed like that of the login.
    (after,) = parse_qs(urlsplit(address).query, strict_parsing=True)["next"]
    assert urljoin(hub, after) == content_url(hub, pulled)
    parts = urlsplit(after)
    assert parts.path == f"{urlsplit(hub).path}/hub/user-redirect/git-pull"
    assert {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()} == {
        "repo": f"https://github.com/{content}",
        "branch": branch,
        "targetPath": "pr-7-a",
        "urlpath": "lab/tree/pr-7-a/b%20c.ipynb",
    }


@given(HUBS, TEXTS, TEXTS, TEXTS, TEXTS)
def test_start_url__of_any_text_is_one_plain_address(
    hub: str, profile: str, option: str, image: str, then: str
) -> None:
    """What a hostile payload holds can neither end the link in Markdown nor leave the hub."""
    url = start_url(hub, profile, option, image, then=then)
    assert set(url) <= set(string.ascii_letters + string.digits + "/:?=%._~-")
    assert url.startswith(f"{hub}/hub/login?next=")


def test_start_url__example() -> None:
    assert start_url("https://hub.example.edu", "custom", "image", "quay.io/org/course:pr-7-fedcba987654") == (
        "https://hub.example.edu/hub/login?next=/hub/spawn%23fancy-forms-config%3D%257B%2522profile%2522%253A%2522custom"
        "%2522%252C%2522image%2522%253A%2522unlisted_choice%2522%252C%2522image%253Aunlisted_choice%2522%253A%2522"
        "quay.io%252Forg%252Fcourse%253Apr-7-fedcba987654%2522%257D"
    )
