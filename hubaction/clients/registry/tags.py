"""The list of a repository's tags, page by page.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
"""

from collections.abc import Callable
from urllib.parse import quote, urljoin, urlsplit

import requests

from hubaction.clients.registry.errors import DeniedError, RegistryError
from hubaction.clients.registry.http import Answer, describe
from hubaction.image import ImageName, is_tag

MAX_PAGES = 500
"""A longer list is an error."""
TAGS_ON_A_PAGE = 100
"""Every registry returns as many at once."""


def list_tags(name: ImageName, base: str, ask: Callable[[str], Answer]) -> tuple[str, ...]:
    """Return all tags of a repository, over all pages; none when there is no such repository.

    Raises DeniedError when the account may not list them, RegistryError for a list that may lack some.
    """
    first = url = f"{base}/v2/{name.path}/tags/list?n={TAGS_ON_A_PAGE}"
    tags: dict[str, None] = {}
    for _ in range(MAX_PAGES):
        answer = ask(url)
        if answer.status == requests.codes.not_found and url == first:
            return ()
        if not answer.ok:
            detail = describe(answer)
            raise DeniedError(f"{name.registry} does not list the tags of {name}: {detail}.", detail=detail)
        page = _read_tags(name, answer)
        known = len(tags)
        tags |= dict.fromkeys(page)
        next_page = _next_page(name, base, url, answer)
        if not next_page and len(page) >= TAGS_ON_A_PAGE and len(tags) > known:
            # Some registries truncate the list without a link to the next page.
            next_page = f"{first}&last={quote(page[-1])}"
        if not next_page:
            return tuple(tags)
        url = next_page
    raise RegistryError(f"{name.registry} has no end of tags of {name}.")


def _read_tags(name: ImageName, answer: Answer) -> list[str]:
    body = answer.json()
    listed = body.get("tags") or []
    known = isinstance(listed, list) and all(isinstance(tag, str) and is_tag(tag) for tag in listed)
    if not known or not {"name", "tags"} & body.keys():
        raise RegistryError(f"{name.registry} answers with something else than a list of the tags of {name}.")
    return listed


def _next_page(name: ImageName, base: str, url: str, answer: Answer) -> str:
    """Address of the next page; empty at the end."""
    links = requests.utils.parse_header_links(answer.headers.get("Link", ""))
    found = next((link.get("url", "") for link in links if link.get("rel") == "next"), "")
    if not found:
        return ""
    try:
        there, here = urlsplit(urljoin(url, found)), urlsplit(base)
    except ValueError:
        raise RegistryError(f"{name.registry} names no address for more of its tags.") from None
    if there.hostname != here.hostname:
        raise RegistryError(f"{name.registry} sends us elsewhere for its tags.")
    # Behind a proxy, some registries name the wrong scheme or port.
    return f"{base}{there.path}?{there.query}"
