"""Labels, reviewers and auto-merge of an open pull request."""

from collections.abc import Sequence

from hubaction.clients.github.api import GitHub
from hubaction.clients.github.errors import GitHubError
from hubaction.clients.github.pull_requests import PullRequests, RemotePull
from hubaction.inputs.choices import Automerge

_NO_CHECKS = (
    "Branch protection, or a ruleset, has to demand a check or a review there: without any, nothing is merged"
    " automatically."
)
_NO_AUTOMERGE = "Settings > General > 'Allow auto-merge' has to be on in that repository."


def add_labels_and_reviewers(
    pulls: PullRequests, pull: RemotePull, *, labels: Sequence[str], reviewers: Sequence[str]
) -> tuple[str, ...]:
    """Add those that are missing; return warnings for failures."""
    warnings: list[str] = []
    new_labels = [label for label in labels if label not in pull.labels]
    asked = {name.lower() for name in pull.reviewers}
    people = [each for each in reviewers if each.rpartition("/")[2].lower() not in asked]
    for wanted, work in ((new_labels, pulls.add_labels), (people, pulls.request_reviews)):
        try:
            if wanted:
                work(pull.number, wanted)
        except GitHubError as error:
            warnings.append(error.message)
    return tuple(warnings)


def merge_when_ready(github: GitHub, pulls: PullRequests, pull: RemotePull, automerge: Automerge) -> tuple[str, ...]:
    """Switch on auto-merge; return a warning if GitHub refuses."""
    if automerge is Automerge.FALSE:
        return ()
    try:
        method = automerge.value
        if automerge is Automerge.TRUE:
            method = next(iter(github.read_repository().merge_methods), "merge")
        pulls.merge_when_ready(pull, method)
    except GitHubError as error:
        # GitHub's words when the pull request could be merged at once.
        nothing_to_wait_for = "clean status" in error.message.lower()
        return (f"{error.message} {_NO_CHECKS if nothing_to_wait_for else _NO_AUTOMERGE}",)
    return ()
