"""How to try a pull request on a hub, in the words of the comment and the summary."""

from dataclasses import dataclass

from hubaction.report.markdown import code
from hubaction.trial import Content, HubTrial

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
