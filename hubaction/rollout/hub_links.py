"""Links to JupyterHubs: the start form with an image filled in, and content that nbgitpuller fetches.

jupyterhub-fancy-profiles reads its form's values from the fragment of the form's address, JSON in `fancy-forms-config`:
https://github.com/2i2c-org/jupyterhub-fancy-profiles/blob/main/docs/guide/permalink.md
"""

import json
from urllib.parse import quote, urlencode, urlsplit

UNLISTED = "unlisted_choice"
"""What the form calls the choice of an image that is not in its list."""


def form_url(hub_url: str) -> str:
    """Return the address of the hub's start form; `hub_url` has no slash at its end."""
    return f"{hub_url}/hub/spawn"


def start_url(hub_url: str, profile: str, image_option: str, image: str, *, then: str = "") -> str:
    """Return the link to the form of a profile with an image filled in, by way of the login.

    `then` is the path on the hub's host that opens when the server has started. Nothing starts before the form is sent.
    """
    values = {"profile": profile, image_option: UNLISTED, f"{image_option}:{UNLISTED}": image}
    fragment = _encode({"fancy-forms-config": json.dumps(values, separators=(",", ":"))})
    query = f"?{_encode({'next': then})}" if then else ""
    # A fragment of its own would not reach the hub, and so would be lost at the login.
    form = f"{_base_path(hub_url)}/hub/spawn{query}#{fragment}"
    return f"{hub_url}/hub/login?next={quote(form, safe='/')}"


def content_path(hub_url: str, pulled: str) -> str:
    """Return the path on the hub's host that leads to nbgitpuller in whoever's server; `pulled` is its urlpath."""
    return f"{_base_path(hub_url)}/hub/user-redirect/{pulled}"


def content_url(hub_url: str, pulled: str) -> str:
    """Return the whole address of the same."""
    return f"{hub_url}/hub/user-redirect/{pulled}"


def _base_path(hub_url: str) -> str:
    return urlsplit(hub_url).path


def _encode(values: dict[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="")
