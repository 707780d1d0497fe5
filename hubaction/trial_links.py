"""Where a pull request can be tried on a hub, once it is known what was pushed: addresses, and the words about them."""

from collections.abc import Sequence
from urllib.parse import quote

from hubaction.image import PushedReference
from hubaction.plan import Plan
from hubaction.references import SHA_LENGTH
from hubaction.report.trial import TrialLinks, render_trial
from hubaction.rollout.binder import pull_urlpath
from hubaction.rollout.hub_links import content_path, content_url, form_url, start_url
from hubaction.trial import Content, HubTrial


def tell_trial(trial: HubTrial | None, pushed: Sequence[PushedReference]) -> str:
    """Return how to try the pull request, and the image that was pushed for it, if one was, as Markdown."""
    return render_trial(trial, link_trial(trial, pushed)) if trial else ""


def foresee_links(plan: Plan) -> TrialLinks | None:
    """Return the addresses that a plan will lead to, as far as they do not depend on the image's digest."""
    if plan.trial is None:
        return None
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
