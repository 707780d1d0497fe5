"""Links to Binder and to hubs."""

import json
from urllib.parse import quote, urlencode, urlsplit


def launch_url(binder_url: str, repository: str, ref: str, urlpath: str = "") -> str:
    """Return the link that launches a GitHub repository at a ref.

    `binder_url` has no trailing slash, `repository` is owner/name, `urlpath` is the page, e.g. lab/tree/a.ipynb.
    """
    owner, _, name = repository.partition("/")
    # BinderHub splits at the first two slashes only: slashes in a branch's name may stay.
    path = f"{binder_url}/v2/gh/{quote(owner, safe='')}/{quote(name, safe='')}/{quote(ref, safe='/')}"
    return f"{path}?{urlencode({'urlpath': urlpath}, quote_via=quote)}" if urlpath else path


def pull_urlpath(content_url: str, branch: str, urlpath: str = "", *, folder: str = "") -> str:
    """Return the urlpath with which nbgitpuller fetches a branch of another repository and opens it.

    nbgitpuller accepts branches only, no commits. `folder` is the target, by default the repository's name.
    """
    name = content_url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    place = {"targetPath": folder} if folder else {}
    opened = urlpath or f"lab/tree/{folder or name}"
    query = {"repo": content_url, "branch": branch, **place, "urlpath": opened}
    return "git-pull?" + urlencode(query, quote_via=quote, safe="")


def badge_url(binder_url: str) -> str:
    return f"{binder_url}/badge_logo.svg"


UNLISTED = "unlisted_choice"
"""The form's value for an image that is not in its list."""


def form_url(hub_url: str) -> str:
    """Return the URL of the hub's start form; `hub_url` has no trailing slash."""
    return f"{hub_url}/hub/spawn"


def start_url(hub_url: str, profile: str, image_option: str, image: str, *, then: str = "") -> str:
    """Return the login link that leads to a profile's start form with an image filled in.

    `then` is the path on the hub's host that opens once the server runs. The user has to submit the form.
    """
    values = {"profile": profile, image_option: UNLISTED, f"{image_option}:{UNLISTED}": image}
    fragment = _encode({"fancy-forms-config": json.dumps(values, separators=(",", ":"))})
    query = f"?{_encode({'next': then})}" if then else ""
    # Inside `next`: a fragment of the login URL itself would not survive the login.
    form = f"{_base_path(hub_url)}/hub/spawn{query}#{fragment}"
    return f"{hub_url}/hub/login?next={quote(form, safe='/')}"


def content_path(hub_url: str, pulled: str) -> str:
    """Return the path on the hub's host that leads to nbgitpuller in the user's server; `pulled` is its urlpath."""
    return f"{_base_path(hub_url)}/hub/user-redirect/{pulled}"


def content_url(hub_url: str, pulled: str) -> str:
    return f"{hub_url}/hub/user-redirect/{pulled}"


def _base_path(hub_url: str) -> str:
    return urlsplit(hub_url).path


def _encode(values: dict[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="")
