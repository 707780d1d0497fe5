"""Whether all commits of a branch are ours."""

import hashlib

from hubaction.clients.github.errors import GitHubError
from hubaction.clients.github.git_data import GitData, RemoteCommit
from hubaction.clients.github.pull_requests import PullRequests
from hubaction.errors import ActionError
from hubaction.rollout.hub.proposal import Proposal
from hubaction.rollout.hub.remote_files import read_files
from hubaction.rollout.hub.trailers import Trailers, read_trailers


def read_ours(
    git: GitData, pulls: PullRequests, proposal: Proposal, *, head: RemoteCommit, seen: RemoteCommit
) -> Trailers | None:
    """The trailers of our newest commit on the branch, whose head is `seen`; None if others have changed the branch.

    Updating the branch by GitHub's button, which merges or rebases, is not a change. `head` is the head of the base.
    """
    trailers = read_trailers(seen.message)
    if trailers and trailers.tree == seen.tree and len(seen.parents) == 1:
        return trailers
    comparison = pulls.compare(head.sha, seen.sha)
    own = [each for each in comparison.commits if each.parents == 1]
    ours = [trailers for each in own if (trailers := read_trailers(each.message))]
    if not comparison.complete or len(ours) != len(own):
        return None
    if not comparison.files:
        untouched = [trailers.tree for trailers in ours] == [each.tree for each in own]
        return (ours or [Trailers((), (0, 0), "")])[-1] if untouched else None
    if ours and _edit_again(git, proposal, ours[-1], comparison.merge_base) == dict(comparison.files):
        return ours[-1]
    return None


def _edit_again(git: GitData, proposal: Proposal, trailers: Trailers, commit: str) -> dict[str, str]:
    """Apply our change to a commit again; return the git blob id of each changed file."""
    base = git.get_commit(commit)
    try:
        edits = proposal.edit(read_files(git, base, proposal.choose), trailers.images)
    except GitHubError:
        raise
    except ActionError:
        return {}
    return {file.path: _name_blob(file.after) for file in edits.changed}


def _name_blob(text: str) -> str:
    content = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
