"""Links to BinderHubs: where a reviewer can try a commit.

The format: https://mybinder.readthedocs.io/en/latest/howto/badges.html and, for what must be encoded,
https://github.com/jupyterhub/binderhub/blob/main/js/packages/binderhub-client/lib/index.js
"""

from urllib.parse import quote

DEFAULT_URL = "https://mybinder.org"


def launch_url(repository: str, ref: str, *, binder_url: str = DEFAULT_URL) -> str:
    """Return the link that launches a GitHub repository at a ref; `repository` is owner/name."""
    owner, _, name = repository.partition("/")
    return f"{binder_url}/v2/gh/{quote(owner, safe='')}/{quote(name, safe='')}/{quote(ref, safe='/')}"


def badge_url(binder_url: str = DEFAULT_URL) -> str:
    return f"{binder_url}/badge_logo.svg"
