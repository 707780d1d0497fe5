"""A branch from which Binder starts exactly the image of a pull request.

It has one commit without parents, with a Dockerfile only: no workflow, and no file of the pull request.
"""

from dataclasses import dataclass

from hubaction.clients.github.errors import BranchRulesError, GitHubError, NotAllowedError
from hubaction.clients.github.git_data import GitData, NewFile, RemoteCommit
from hubaction.clients.github.patience import patiently
from hubaction.decide.binder_dockerfile import PATH, is_dockerfile_of_branch, render_dockerfile_of_branch
from hubaction.errors import ActionError


class BinderImageError(ActionError):
    """The branch could not be written or deleted."""


@dataclass(frozen=True)
class ImageBranch:
    """The branch, which names the image now."""

    name: str
    commit: str
    changed: bool


def update_image_branch(git: GitData, *, branch: str, image: str) -> ImageBranch:
    """Write the branch; `image` is `name@sha256:...`.

    Raises BinderImageError if the branch is not ours or may not be written, GitHubError for the rest.
    """
    text = render_dockerfile_of_branch(image)

    def try_once() -> ImageBranch:
        seen = git.find_head(branch)
        if seen and not is_ours(git, seen):
            raise BinderImageError(
                f"The branch '{branch}' was not made by this action, so it is left alone, and Binder does not get this"
                " image. Rename that branch, or choose another in the input 'binder-image-branch'."
            )
        if seen and _read(git, seen) == text:
            return ImageBranch(branch, seen.sha, changed=False)
        commit = git.create_commit([NewFile(PATH, text)], render_message(image), parent=None)
        if seen:
            git.replace_branch(branch, commit, seen=seen)
        else:
            git.create_branch(branch, commit)
        return ImageBranch(branch, commit.sha, changed=True)

    try:
        return patiently(try_once)
    except (NotAllowedError, BranchRulesError) as error:
        raise BinderImageError(
            f"The branch '{branch}' was not written, so Binder does not get this image. {error.message}"
            f" {_advise(error)}"
        ) from error


def delete_image_branch(git: GitData, branch: str) -> bool:
    """Delete the branch if it is ours; False if there is none.

    Raises BinderImageError if it is not ours or may not be deleted, GitHubError for the rest.
    """

    def try_once() -> bool:
        seen = git.find_head(branch)
        if seen is None:
            return False
        if not is_ours(git, seen):
            raise BinderImageError(f"The branch '{branch}' stays: it has more than this action made.")
        git.delete_branch(branch, seen=seen)
        return True

    try:
        return patiently(try_once)
    except (NotAllowedError, BranchRulesError) as error:
        raise BinderImageError(f"The branch '{branch}' was not deleted. {error.message} {_advise(error)}") from error


def is_ours(git: GitData, head: RemoteCommit) -> bool:
    """Whether a branch is one commit with one file that starts with our line."""
    return not head.parents and is_dockerfile_of_branch(_read(git, head))


def _read(git: GitData, head: RemoteCommit) -> str:
    """The Dockerfile, if it is the only file; else an empty text."""
    files = git.list_files(head.tree)
    if [file.name for file in files] != [PATH] or files[0].mode != "100644":
        return ""
    return git.read_file(files[0].sha).decode("utf-8", "replace")


def render_message(image: str) -> str:
    """Return the commit's message, which starts no workflow with any token.

    It does not name the pull request, since GitHub would note each update there.
    https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
    """
    return f"Start Binder from the pushed image [skip ci]\n\nBinder-Image: {image}\n"


def _advise(error: GitHubError) -> str:
    off = "or switch the branch off: binder-image-branch: ''"
    if isinstance(error, BranchRulesError):
        return f"Exempt it from the repository's rules for branches, {off}"
    return f"Add 'contents: write' to the job's permissions, {off}"
