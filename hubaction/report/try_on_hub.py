"""How to try a pull request on a hub once its image is pushed: links, and the text around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hubaction.decide.plan import BuildPlan, CommentPlan, Plan
from hubaction.decide.tags import SHA_LENGTH
from hubaction.decide.try_on_hub import Content, TryOnHub
from hubaction.image import PushedReference
from hubaction.markdown import code
from hubaction.report.links import content_path, content_url, form_url, pull_urlpath, start_url

TITLE = "Test this pull request on your hub"


@dataclass(frozen=True)
class HubLinks:
    """URLs, percent-encoded already; empty if there is none."""

    image: str = ""
    """The image to paste into a form; empty if none was pushed."""
    name: str = ""
    tag: str = ""
    form: str = ""
    start: str = ""
    """The form with the image filled in; the content opens once the server runs."""
    content: str = ""
    """The content, in the hub's default image."""


def render_try_on_hub(try_on_hub: TryOnHub, links: HubLinks) -> str:
    if links.start:
        return f"**{TITLE}**\n\n{_by_link(try_on_hub, links)}"
    if try_on_hub.hub_url and links.image:
        return f"**{TITLE}**\n\n{_by_hand(try_on_hub, links)}"
    if links.image:
        return f"<details><summary>{TITLE}</summary>\n\n{_where_to_paste(links)}\n\n</details>"
    if try_on_hub.content and links.content:
        opened = f"[Open {_what(try_on_hub.content)} on {_host(try_on_hub)}]({links.content})"
        return f"**{TITLE}**\n\n{opened}: {_fetched(try_on_hub.content)} It opens in the hub's own image."
    return ""


def _by_link(try_on_hub: TryOnHub, links: HubLinks) -> str:
    parts = [
        f"[Start this image on {_host(try_on_hub)}]({links.start}): the hub's form opens with {code(links.image)}"
        " filled in; look at it, and press *Start*."
    ]
    if try_on_hub.content:
        parts.append(f"Then {_what(try_on_hub.content)} opens: {_fetched(try_on_hub.content)}")
    parts.append(_STOP_FIRST)
    return " ".join(parts)


def _by_hand(try_on_hub: TryOnHub, links: HubLinks) -> str:
    steps = f"Open [the start form of {_host(try_on_hub)}]({links.form}), and give it this image. {_STOP_FIRST}"
    if try_on_hub.content and links.content:
        opened = f"[Open {_what(try_on_hub.content)}]({links.content}): {_fetched(try_on_hub.content)}"
        steps = f"1. {steps}\n2. {opened}"
    return f"{steps}\n\n{_where_to_paste(links)}"


_STOP_FIRST = (
    "Stop your server before, if one is running (*File > Hub Control Panel > Stop My Server*): the hub would lead to"
    " that one, with its own image."
)


def _where_to_paste(links: HubLinks) -> str:
    """DockerSpawner pulls by tag only.

    https://z2jh.jupyter.org/en/stable/jupyterhub/customizing/user-environment.html
    """
    configured = f'c.DockerSpawner.image = "{links.name}:{links.tag}"'
    return "\n".join(
        [
            f"The image is {code(links.image)}. It goes:",
            "",
            "- into the field for another image of the hub's start form, where there is one (*Other...*)",
            f"- with Zero to JupyterHub, into `singleuser.image`: name {code(links.name)}, tag {code(links.tag)}",
            f"- with DockerSpawner, into `jupyterhub_config.py`: {code(configured)}",
        ]
    )


def _fetched(content: Content) -> str:
    fetched = f"the branch {code(content.branch)} is fetched into the folder {code(content.folder)} of your server."
    return f"{fetched} It is of a fork: read it before you run it." if content.from_fork else fetched


def _what(content: Content) -> str:
    return "the repository" if content.path == "." else code(content.path)


def _host(try_on_hub: TryOnHub) -> str:
    return code(try_on_hub.hub_url.partition("://")[2])


def describe_try_on_hub(try_on_hub: TryOnHub | None, pushed: Sequence[PushedReference]) -> str:
    return render_try_on_hub(try_on_hub, link_to_hub(try_on_hub, pushed)) if try_on_hub else ""


def preview_links(plan: Plan) -> HubLinks | None:
    """Return the links that a plan will lead to, as far as they do not depend on the image's digest."""
    if not isinstance(plan, BuildPlan | CommentPlan) or plan.try_on_hub is None:
        return None
    if isinstance(plan, CommentPlan):
        return link_to_hub(plan.try_on_hub, [])
    named = [reference for reference in plan.references if plan.try_on_hub.commit[:SHA_LENGTH] in reference.tag]
    return link_to_hub(plan.try_on_hub, [PushedReference(named[0], "", None)] if plan.push and named else [])


def link_to_hub(try_on_hub: TryOnHub, pushed: Sequence[PushedReference]) -> HubLinks:
    """Return the links. The image is named by the tag with the commit, else by its digest.

    Other tags may move, and a node that has an older image under the tag would not pull the new one.
    """
    hub, content = try_on_hub.hub_url, try_on_hub.content
    pulled = _pull(content) if hub and content else ""
    alone = content_url(hub, pulled) if pulled else ""
    if not pushed:
        return HubLinks(content=alone)
    first = next((item for item in pushed if try_on_hub.commit[:SHA_LENGTH] in item.reference.tag), None)
    image = str(first.reference) if first else f"{pushed[0].reference.name}@{pushed[0].digest}"
    chosen = (first or pushed[0]).reference
    start = ""
    if hub and try_on_hub.profile:
        then = content_path(hub, pulled) if pulled else ""
        start = start_url(hub, try_on_hub.profile, try_on_hub.image_option, image, then=then)
    return HubLinks(image, str(chosen.name), chosen.tag, form_url(hub) if hub else "", start, alone)


def _pull(content: Content) -> str:
    place = content.folder if content.path == "." else f"{content.folder}/{content.path}"
    # nbgitpuller does not encode it: https://github.com/jupyterhub/nbgitpuller
    opened = f"lab/tree/{quote(place)}"
    return pull_urlpath(content.repository_url, content.branch, opened, folder=content.folder)
