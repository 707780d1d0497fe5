"""The comment on a pull request, as Markdown."""

from hubaction.plan import CommentTarget

MARKER = "<!-- hub-image-action -->"
"""Invisible on the page; by it a later run finds the comment again."""


def render_comment(target: CommentTarget, *, launch_url: str, badge_url: str) -> str:
    """Return the body; where Binder cannot help it says why, for a dead link helps nobody.

    The URLs are percent-encoded already.
    """
    return f"{MARKER}\n{_render_badge(target, launch_url, badge_url)}\n"


def _render_badge(target: CommentTarget, launch_url: str, badge_url: str) -> str:
    pull_request = target.pull_request
    if pull_request is None:
        return "Binder: the pull request is looked up when the comment is written."
    if pull_request.head_repository is None or not pull_request.head_sha:
        return "Binder cannot build this pull request: the repository that it comes from was deleted."
    if target.private:
        return "Binder cannot build this pull request: the repository is private."
    commit = pull_request.head_sha[:12]
    return f"[![Binder]({badge_url})]({launch_url}) Try this pull request at commit {commit} on Binder."
