"""Single values of inputs: text in, a checked value out; each function raises ValueError saying what is allowed."""

import difflib
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

from hubaction import image
from hubaction.inputs.choices import Automerge, BinderCache, Choice, E, HubCheck


def suggest(given: str, allowed: Iterable[str]) -> str:
    """The tail of a message: `; did you mean 'x'?` when something allowed is near, else nothing."""
    near = difflib.get_close_matches(given.lower(), list(allowed), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def choice_of(kind: type[E]) -> Callable[[str], E]:
    def parse(text: str) -> E:
        try:
            return kind(text.lower())
        except ValueError:
            allowed = ", ".join(kind)
            raise ValueError(f"'{text}' is not one of {allowed}{suggest(text, kind)}") from None

    return parse


def parse_boolean(text: str) -> bool:
    if text.lower() in {"true", "yes", "on", "y"}:
        return True
    if is_false(text):
        return False
    raise ValueError(f"'{text}' is neither true nor false{suggest(text, ['true', 'false'])}")


def is_false(text: str) -> bool:
    return text.lower() in {"false", "no", "off", "n"}


def parse_tag(text: str) -> str:
    if not image.is_tag(text):
        near = image.sanitize_tag(text.removeprefix("refs/heads/").removeprefix("refs/tags/"))
        raise ValueError(
            f"'{text}' is not a tag; allowed are up to {image.MAX_TAG_LENGTH} letters, digits, '_', '.', '-', not"
            f" starting with '.' or '-'{f'; did you mean {chr(39)}{near}{chr(39)}?' if near else ''}"
        )
    return text


def parse_binder_cache(text: str) -> BinderCache:
    if text.lower() == "check":
        return BinderCache.CHECK
    try:
        return BinderCache.TRUE if parse_boolean(text) else BinderCache.FALSE
    except ValueError:
        raise ValueError(f"'{text}' is not one of false, true, check{suggest(text, BinderCache)}") from None


def parse_hub_check(text: str) -> HubCheck:
    if text.lower() == "warn":
        return HubCheck.WARN
    try:
        return HubCheck.TRUE if parse_boolean(text) else HubCheck.FALSE
    except ValueError:
        raise ValueError(f"'{text}' is not one of true, warn, false{suggest(text, HubCheck)}") from None


def parse_automerge(text: str) -> Automerge:
    if text.lower() in {"merge", "squash", "rebase"}:
        return Automerge(text.lower())
    try:
        return Automerge.TRUE if parse_boolean(text) else Automerge.FALSE
    except ValueError:
        allowed = ", ".join(Automerge)
        raise ValueError(f"'{text}' is not one of {allowed}{suggest(text, Automerge)}") from None


def parse_full_name(text: str) -> str:
    """A repository on GitHub, without a branch; may be empty."""
    if text and not re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}", text):
        raise ValueError(f"'{text}' is not a repository on GitHub; allowed is owner/name")
    return text


def parse_git_labels(text: str) -> tuple[str, ...]:
    """Labels of a pull request, one a line; GitHub takes 50 characters."""
    labels = tuple(dict.fromkeys(split_lines(text)))
    for label in labels:
        if len(label) > 50 or not label.isprintable():
            raise ValueError(f"'{label[:60]}' is not a label of at most 50 characters")
    return labels


def parse_reviewers(text: str) -> tuple[str, ...]:
    """People, and teams as organisation/team, one a line."""
    reviewers = tuple(dict.fromkeys(line.lstrip("@") for line in split_lines(text)))
    for reviewer in reviewers:
        if not re.fullmatch(r"[A-Za-z0-9-]{1,39}(?:_[A-Za-z0-9]{1,8})?(?:/[a-z0-9._-]{1,100})?", reviewer):
            raise ValueError(f"'{reviewer}' is neither a user nor organisation/team")
    return reviewers


def parse_command(text: str) -> tuple[str, ...]:
    """Words as in a shell; nothing is expanded."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"'{text}' cannot be read ({error}); allowed is e.g. jupyterhub-singleuser") from None
    if not words or not words[0]:
        raise ValueError(f"'{text}' is no command; allowed is e.g. jupyterhub-singleuser")
    return words


_MEMORY_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
MIN_MEMORY_BYTES = 64 * 1024**2


def parse_memory(text: str) -> int:
    """Bytes, from what hubs write: https://jupyterhub.readthedocs.io/en/stable/reference/api/spawner.html"""
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)([KMGT]?)", text.strip().upper())
    size = int(float(match[1]) * _MEMORY_UNITS[match[2]]) if match else 0
    if not MIN_MEMORY_BYTES <= size < 2**50:
        raise ValueError(f"'{text}' is not an amount of memory; allowed are 64M and more, e.g. 512M, 1G or 1.5G")
    return size


def parse_default_url(text: str) -> str:
    if not re.fullmatch(r"/?[A-Za-z0-9._~/?&=%+-]{0,500}", text):
        raise ValueError(f"'{text}' is not a path in a server; allowed is e.g. /lab, /tree or /rstudio")
    return "/" + text.lstrip("/")


def parse_version(text: str) -> str:
    if text and not re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}(?:[a-z.]{1,5}[0-9]{1,4})?", text):
        raise ValueError(f"'{text}' is not a version of JupyterHub; allowed is e.g. 5.2.1, as its admin page says")
    return text


def parse_auto_boolean(text: str) -> Choice:
    if text.lower() == "auto":
        return Choice.AUTO
    try:
        return Choice.TRUE if parse_boolean(text) else Choice.FALSE
    except ValueError:
        raise ValueError(f"'{text}' is not one of auto, true, false{suggest(text, Choice)}") from None


def parse_inner_path(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not text.isprintable() or text.startswith("-"):
        raise ValueError(f"'{text}' is not inside the repository; allowed is a relative path without '..'")
    return str(path)


def parse_optional_path(text: str) -> str:
    return parse_inner_path(text) if text else ""


def parse_globs(text: str) -> tuple[str, ...]:
    """Globs of files, one a line, in the part of .dockerignore's language that nobody reads in two ways."""
    globs = tuple(dict.fromkeys(split_lines(text)))
    for glob in globs:
        parts = glob.split("/")
        strange = (
            re.search(r"[\[\]{}!\\#^|]", glob) or ".." in parts or any("**" in part and part != "**" for part in parts)
        )
        if strange or glob.startswith("/") or not glob.isprintable():
            raise ValueError(
                f"'{glob}' is not understood; allowed are paths with '*', '?' and '**', e.g. tests/**/*.pem"
            )
        if not re.search(r"\w", glob):
            raise ValueError(f"'{glob}' means every file; allowed are globs that name some, e.g. tests/**/*.pem")
    return globs


def parse_optional_file(text: str) -> str:
    if text and parse_inner_path(text) == ".":
        raise ValueError(f"'{text}' is a folder; allowed is the path of a file in the workspace, e.g. result.json")
    return parse_optional_path(text)


def parse_repo_dir(text: str) -> str:
    if not re.fullmatch(r"(?:/[A-Za-z0-9_.-]+)+/?", text) or ".." in text.split("/"):
        raise ValueError(f"'{text}' is not a folder in the image; allowed is an absolute path, e.g. /srv/repo")
    return text.rstrip("/")


def parse_user(text: str) -> str:
    if text == "root" or not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", text):
        raise ValueError(
            f"'{text}' cannot be the notebook user; allowed are lower-case letters, digits, '_' and '-', and not root"
        )
    return text


def parse_user_id(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 0 < int(text) < 2**31:
        raise ValueError(f"'{text}' is not a user id; allowed are 1 to {2**31 - 1} (0 is root, which hubs refuse)")
    return int(text)


MAX_SECONDS = 6 * 3600
"""What GitHub gives a whole job: https://docs.github.com/en/actions/reference/limits"""


def parse_seconds(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 0 < int(text) <= MAX_SECONDS:
        raise ValueError(f"'{text}' is not a number of seconds; allowed are 1 to {MAX_SECONDS}")
    return int(text)


def parse_base_image(text: str) -> str:
    if text and not image.is_reference(text):
        raise ValueError(f"'{text}' is not an image reference; allowed is e.g. docker.io/library/buildpack-deps:24.04")
    return text


def parse_platform(text: str) -> str:
    if "," in text or "\n" in text:
        raise ValueError(f"'{text}' names several platforms; allowed is one, since an image is tested before its push")
    if text and not re.fullmatch(r"linux/[a-z0-9]+(?:/v[0-9]+)?", text):
        known = ["linux/amd64", "linux/arm64"]
        raise ValueError(f"'{text}' is not a platform{suggest(text, known)}; allowed are e.g. {' and '.join(known)}")
    return text


def split_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def parse_url(text: str) -> str:
    """Return an http(s) address without query and without a slash at its end."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?", text):
        raise ValueError(f"'{text}' is not an address; allowed is e.g. https://mybinder.org")
    return text.rstrip("/")


def parse_hub_url(text: str) -> str:
    """Return the address of a JupyterHub, with its base path, or an empty text for none."""
    if not text:
        return ""
    try:
        url = parse_url(text)
    except ValueError:
        url = ""
    # The address of a page of the hub is what a browser shows, and so what people copy.
    page = re.search(r"/hub/(?:home|spawn|login|token|admin|user-redirect)(?:/|$)|/user(?:-redirect)?/", url)
    if not url or page or "//" in url.partition("://")[2] or ".." in url.split("/"):
        meant = url[: page.start()] if page else ""
        raise ValueError(
            f"'{text}' is not the address of a JupyterHub"
            + (f"; did you mean '{meant}'?" if meant else "; allowed is e.g. https://hub.example.edu")
        )
    return url


def parse_profile(text: str) -> str:
    """A slug, which KubeSpawner makes of the display name when the configuration has none.

    https://jupyterhub-kubespawner.readthedocs.io/en/latest/spawner.html
    """
    if not text.isprintable() or re.search(r"\s", text) or len(text) > 200:
        slug = re.sub(r"[^a-z0-9]+", "-", text[:200].lower()).strip("-")
        raise ValueError(
            f"'{text[:200]}' is not the slug of a profile; a display name is no slug{suggest(slug, [slug])}"
        )
    return text


def parse_profile_option(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", text) or text in {"profile", "autoStart"}:
        raise ValueError(
            f"'{text[:100]}' is not an option of a profile; allowed is its key in 'profile_options', e.g. image"
        )
    return text


def parse_urlpath(text: str) -> str:
    if not text.isprintable() or len(text) > 1000 or "://" in text:
        raise ValueError(f"'{text}' is not a path in a server; allowed is e.g. lab or lab/tree/index.ipynb or rstudio")
    return text.lstrip("/")


def parse_repository(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}(?:@[A-Za-z0-9._/-]{1,255})?", text):
        raise ValueError(f"'{text}' is not a repository on GitHub; allowed is owner/name or owner/name@branch")
    return text


def parse_line(text: str) -> str:
    if not text.isprintable() or len(text) > 255:
        raise ValueError(f"'{text[:80]}' is not one line of at most 255 characters")
    return text


def parse_expiry(text: str) -> str:
    """A time as quay.io takes it: https://docs.quay.io/use-quay/index.html#setting-tag-expirations"""
    if not re.fullmatch(r"[1-9][0-9]{0,4}[hdw]", text.lower()):
        raise ValueError(
            f"'{text}' is not a time that quay.io knows; allowed are hours, days and weeks, e.g. 36h, 10d, 4w"
        )
    return text.lower()


def parse_branch_template(text: str) -> str:
    """A branch's name with `{pr}` in it; empty stays empty. https://git-scm.com/docs/git-check-ref-format"""
    rendered = text.replace("{pr}", "1")
    parts = rendered.split("/")
    legal = re.fullmatch(r"[A-Za-z0-9._/-]{1,100}", rendered) and ".." not in rendered and not rendered.startswith("-")
    if text and not (legal and all(part and part[0] != "." and not part.endswith((".", ".lock")) for part in parts)):
        raise ValueError(f"'{text}' is not the name of a branch; allowed is e.g. binder-pr-{{pr}}")
    if text and "{pr}" not in text:
        raise ValueError(
            f"'{text}' does not name the pull request, so all would share it; allowed is e.g. {text}-{{pr}}"
        )
    return text


def parse_git_ref(text: str) -> str:
    """https://git-scm.com/docs/git-check-ref-format"""
    if ".." in text or text.startswith("-") or re.search(r"[\s~^:?*\[\\\x00-\x1f\x7f]", text):
        raise ValueError(f"'{text[:80]}' is not a branch, tag or commit")
    return text
