"""How a pull request can be tried on a hub, once it is known what was pushed: links, and the words about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hubaction.decide.plan import BuildPlan, CommentPlan, Plan
from hubaction.decide.tags import SHA_LENGTH
from hubaction.decide.try_on_hub import Content, HubTrial
from hubaction.image import PushedReference
from hubaction.markdown import code
from hubaction.report.links import content_path, content_url, form_url, pull_urlpath, start_url

TITLE = "Test this pull request on your hub"


@dataclass(frozen=True)
class TrialLinks:
    """Addresses, percent-encoded already; empty where there is none."""

    image: str = ""
    """What to paste where an image is asked for; empty when none was pushed."""
    name: str = ""
    tag: str = ""
    form: str = ""
    start: str = ""
    """The form with the image filled in; the content opens after it."""
    content: str = ""
    """The content alone."""


def render_trial(trial: HubTrial, links: TrialLinks) -> str:
    """Return the Markdown, or an empty text when there is nothing to try."""
    if links.start:
        return f"**{TITLE}**\n\n{_by_link(trial, links)}"
    if trial.hub_url and links.image:
        return f"**{TITLE}**\n\n{_by_hand(trial, links)}"
    if links.image:
        return f"<details><summary>{TITLE}</summary>\n\n{_where_to_paste(links)}\n\n</details>"
    if trial.content and links.content:
        opened = f"[Open {_what(trial.content)} on {_host(trial)}]({links.content})"
        return f"**{TITLE}**\n\n{opened}: {_fetched(trial.content)} It opens in the hub's own image."
    return ""


def _by_link(trial: HubTrial, links: TrialLinks) -> str:
    parts = [
        f"[Start this image on {_host(trial)}]({links.start}): the hub's form opens with {code(links.image)} filled in;"
        " look at it, and press *Start*."
    ]
    if trial.content:
        parts.append(f"Then {_what(trial.content)} opens: {_fetched(trial.content)}")
    parts.append(_STOP_FIRST)
    return " ".join(parts)


def _by_hand(trial: HubTrial, links: TrialLinks) -> str:
    steps = f"Open [the start form of {_host(trial)}]({links.form}), and give it this image. {_STOP_FIRST}"
    if trial.content and links.content:
        opened = f"[Open {_what(trial.content)}]({links.content}): {_fetched(trial.content)}"
        steps = f"1. {steps}\n2. {opened}"
    return f"{steps}\n\n{_where_to_paste(links)}"


_STOP_FIRST = (
    "Stop your server before, if one is running (*File > Hub Control Panel > Stop My Server*): the hub would lead to"
    " that one, with its own image."
)


def _where_to_paste(links: TrialLinks) -> str:
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


def _host(trial: HubTrial) -> str:
    return code(trial.hub_url.partition("://")[2])


def tell_trial(trial: HubTrial | None, pushed: Sequence[PushedReference]) -> str:
    """Return how to try the pull request, and the image that was pushed for it, if one was, as Markdown."""
    return render_trial(trial, link_trial(trial, pushed)) if trial else ""


def foresee_links(plan: Plan) -> TrialLinks | None:
    """Return the addresses that a plan will lead to, as far as they do not depend on the image's digest."""
    if not isinstance(plan, BuildPlan | CommentPlan) or plan.trial is None:
        return None
    if isinstance(plan, CommentPlan):
        return link_trial(plan.trial, [])
    named = [reference for reference in plan.references if plan.trial.commit[:SHA_LENGTH] in reference.tag]
    return link_trial(plan.trial, [PushedReference(named[0], "", None)] if plan.push and named else [])


def link_trial(trial: HubTrial, pushed: Sequence[PushedReference]) -> TrialLinks:
    """Return the addresses; an image is named by the tag that names the commit, else by its digest.

    Another tag may have moved, and a node of the hub that has an image under it would not pull the new one.
    """
    hub, content = trial.hub_url, trial.content
    pulled = _pull(content) if hub and content else ""
    alone = content_url(hub, pulled) if pulled else ""
    if not pushed:
        return TrialLinks(content=alone)
    first = next((item for item in pushed if trial.commit[:SHA_LENGTH] in item.reference.tag), None)
    image = str(first.reference) if first else f"{pushed[0].reference.name}@{pushed[0].digest}"
    chosen = (first or pushed[0]).reference
    start = ""
    if hub and trial.profile:
        then = content_path(hub, pulled) if pulled else ""
        start = start_url(hub, trial.profile, trial.image_option, image, then=then)
    return TrialLinks(image, str(chosen.name), chosen.tag, form_url(hub) if hub else "", start, alone)


def _pull(content: Content) -> str:
    place = content.folder if content.path == "." else f"{content.folder}/{content.path}"
    # nbgitpuller puts it into an address as it is: https://github.com/jupyterhub/nbgitpuller
    opened = f"lab/tree/{quote(place)}"
    return pull_urlpath(content.repository_url, content.branch, opened, folder=content.folder)
