"""Links to BinderHubs: where a reviewer can try a commit.

The format: https://mybinder.readthedocs.io/en/latest/howto/badges.html, and nbgitpuller's in
https://nbgitpuller.readthedocs.io/en/latest/link.html
"""

from urllib.parse import quote, urlencode


def launch_url(binder_url: str, repository: str, ref: str, urlpath: str = "") -> str:
    """Return the link that launches a GitHub repository at a ref.

    `binder_url` has no slash at its end, `repository` is owner/name, `urlpath` is what opens, e.g. lab/tree/a.ipynb.
    """
    owner, _, name = repository.partition("/")
    # BinderHub splits at the first two slashes only: those of a branch's name may stay.
    path = f"{binder_url}/v2/gh/{quote(owner, safe='')}/{quote(name, safe='')}/{quote(ref, safe='/')}"
    return f"{path}?{urlencode({'urlpath': urlpath}, quote_via=quote)}" if urlpath else path


def pull_urlpath(content_url: str, branch: str, urlpath: str = "", *, folder: str = "") -> str:
    """Return the urlpath by which nbgitpuller fetches a branch of another repository into the server, then opens it.

    It takes branches only, no commits. `folder` is where it goes, by default the repository's name.
    """
    name = content_url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    place = {"targetPath": folder} if folder else {}
    opened = urlpath or f"lab/tree/{folder or name}"
    query = {"repo": content_url, "branch": branch, **place, "urlpath": opened}
    return "git-pull?" + urlencode(query, quote_via=quote, safe="")


def badge_url(binder_url: str) -> str:
    return f"{binder_url}/badge_logo.svg"
