"""The badge's link, decoded as BinderHub and nbgitpuller decode it.

BinderHub takes the raw path behind /v2/gh/ (`get_spec_from_request` in binderhub/base.py), splits it at the first two
slashes (`tokenize_spec` in binderhub/repoproviders.py) and puts the parts as they are into addresses on GitHub, which
decodes them. Its page reads `urlpath` from the query and resolves it against the server's address
(js/packages/binderhub-client/lib/index.js). nbgitpuller reads its arguments with Tornado's `get_argument`, which also
strips blanks (nbgitpuller/handlers.py).
"""

import string
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs.parsers import parse_urlpath
from hubaction.report.links import badge_url, launch_url, pull_urlpath

HUBS = st.sampled_from(["https://mybinder.org", "http://127.0.0.1:8585", "https://hub.example/services/binder"])
OWNERS = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?", fullmatch=True)
REPOSITORY_NAMES = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=100).filter(
    lambda name: name not in {".", ".."} and not name.lower().endswith(".git")
)
REPOSITORIES = st.builds("{}/{}".format, OWNERS, REPOSITORY_NAMES)
SERVER = "https://hub.example/user/someone-abc123/"


def is_branch(name: str) -> bool:
    """https://git-scm.com/docs/git-check-ref-format"""
    parts = name.split("/")
    return (
        all(part and not part.startswith(".") and not part.endswith(".lock") for part in parts)
        and not any(sign in name for sign in ("..", "@{", *" ~^:?*[\\\x7f"))
        and not any(ord(sign) < 32 for sign in name)
        and not name.startswith("-")
        and not name.endswith(".")
        and name not in {"@", "HEAD"}
    )


BRANCHES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Z"]) | st.sampled_from("/#%&+='\"<>()`@!$;,|{}é漢😀"),
    min_size=1,
    max_size=60,
).filter(is_branch)
REFS = st.one_of(BRANCHES, st.from_regex(r"[0-9a-f]{40}", fullmatch=True), st.just("HEAD"))


@dataclass(frozen=True)
class Launched:
    """What a BinderHub makes of a link."""

    repository: str
    ref: str
    urlpath: str | None


def launch(hub: str, url: str) -> Launched:
    parts = urlsplit(url)
    prefix = f"{urlsplit(hub).path}/v2/gh/"
    assert url.startswith(f"{hub}/v2/gh/")
    assert not parts.fragment
    user, repository, ref = parts.path.removeprefix(prefix).split("/", 2)
    query = parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    assert set(query) <= {"urlpath"}
    return Launched(f"{unquote(user)}/{unquote(repository)}", unquote(ref), query.get("urlpath", [None])[0])


def pull(urlpath: str) -> dict[str, str]:
    """What nbgitpuller is asked for, when a server opens the path."""
    parts = urlsplit(urljoin(SERVER, urlpath))
    assert parts.path == urlsplit(SERVER).path + "git-pull"
    assert not parts.fragment
    return {name: values[0].strip() for name, values in parse_qs(parts.query, strict_parsing=True).items()}


@given(HUBS, REPOSITORIES, REFS, st.text(string.printable.strip() + " éß漢😀", max_size=60))
def test_launch_url__decodes_to_what_was_meant(hub: str, repository: str, ref: str, urlpath: str) -> None:
    launched = launch(hub, launch_url(hub, repository, ref, urlpath))
    assert launched == Launched(repository, ref, urlpath or None)


@given(REPOSITORIES, st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_launch_url__of_any_text_is_one_plain_address(repository: str, ref: str) -> None:
    """What a hostile payload holds can neither end the link in Markdown nor leave the hub."""
    url = launch_url("https://mybinder.org", repository, ref)
    assert set(url) <= set(string.ascii_letters + string.digits + "/:%._~-")
    assert urlsplit(url).netloc == "mybinder.org"
    assert launch("https://mybinder.org", url).ref == ref


@given(st.sampled_from(["https://github.com", "https://git.example:8443"]), REPOSITORIES, BRANCHES, st.booleans())
def test_pull_urlpath__survives_the_badge(server: str, content: str, branch: str, opens: bool) -> None:
    urlpath = "lab/tree/a folder/é & ü#1.ipynb?x=1" if opens else ""
    url = launch_url("https://mybinder.org", "Org/Env", "HEAD", pull_urlpath(f"{server}/{content}", branch, urlpath))
    launched = launch("https://mybinder.org", url)
    assert (launched.repository, launched.ref) == ("Org/Env", "HEAD")
    name = content.partition("/")[2]
    assert pull(launched.urlpath or "") == {
        "repo": f"{server}/{content}",
        "branch": branch,
        "urlpath": urlpath or f"lab/tree/{name}",
    }


@given(REPOSITORIES)
def test_pull_urlpath__opens_the_folder_that_nbgitpuller_makes(content: str) -> None:
    asked = pull(pull_urlpath(f"https://github.com/{content}", "main"))
    assert asked["urlpath"] == f"lab/tree/{asked['repo'].split('/')[-1]}"


@pytest.mark.parametrize("urlpath", ["lab", "lab/tree/index.ipynb", "rstudio", "tree/a b.ipynb", "/lab"])
def test_launch_url__with_what_the_input_takes(urlpath: str) -> None:
    taken = parse_urlpath(urlpath)
    url = launch_url("https://mybinder.org", "Org/Course", "HEAD", taken)
    assert launch("https://mybinder.org", url).urlpath == taken


@pytest.mark.parametrize(
    ("ref", "end"),
    [
        ("topic", "/topic"),
        ("feature/a", "/feature/a"),
        ("fix#1", "/fix%231"),
        ("100%", "/100%25"),
        ("a+b", "/a%2Bb"),
        ("é", "/%C3%A9"),
        ("x](y)", "/x%5D%28y%29"),
    ],
)
def test_launch_url__examples(ref: str, end: str) -> None:
    assert launch_url("https://mybinder.org", "Org/Course", ref) == f"https://mybinder.org/v2/gh/Org/Course{end}"


def test_badge_url__is_on_the_same_hub() -> None:
    assert badge_url("https://hub.example/binder") == "https://hub.example/binder/badge_logo.svg"
