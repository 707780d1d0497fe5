"""What a hub gives to an image, and where it is: single values of inputs, parsed as in `parsers`."""

import re
import shlex

from hubaction.inputs.parsers import parse_url, suggest

MIN_MEMORY_BYTES = 64 * 1024**2
_MEMORY_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def parse_command(text: str) -> tuple[str, ...]:
    """Words as in a shell; nothing is expanded."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"'{text}' cannot be read ({error}); allowed is e.g. jupyterhub-singleuser") from None
    if not words or not words[0]:
        raise ValueError(f"'{text}' is no command; allowed is e.g. jupyterhub-singleuser")
    return words


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
