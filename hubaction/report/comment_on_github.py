"""Keeps the one comment of a pull request up to date, among runs that know nothing of each other.

GitHub has no conditional write, so the order is: look, look again just before writing, and look after creating.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hubaction.clients.github.api import GitHub, RemoteComment
from hubaction.report.comment import Section, is_ours, merge_sections, parse_body, render_body


@dataclass(frozen=True)
class Posted:
    """Where the comment is."""

    id: int
    url: str


def post_sections(hub: GitHub, number: int, sections: Sequence[Section]) -> Posted:
    """Write sections into our comment on a pull request, leaving the others as they are.

    Safe to repeat after a failure. Raises GitHubError.
    """
    comments = hub.list_comments(number)
    own = _own(comments, hub.login({comment.author for comment in comments if is_ours(comment.body)}))
    if own:
        return _update(hub, number, own, sections)
    created = hub.create_comment(number, render_body(merge_sections(sections)))
    # Two runs may have created one each; and the answer tells for certain who we are.
    own = _own(hub.list_comments(number), created.author)
    if [comment.id for comment in own] in ([created.id], []):
        return Posted(created.id, created.url)
    return _update(hub, number, own, sections)


def _own(comments: Sequence[RemoteComment], login: str) -> list[RemoteComment]:
    """Our comments, oldest first: anyone can copy the marker, nobody the author."""
    own = [comment for comment in comments if comment.author == login and is_ours(comment.body)]
    return sorted(own, key=lambda comment: comment.id)


def _update(hub: GitHub, number: int, own: Sequence[RemoteComment], sections: Sequence[Section]) -> Posted:
    kept, *others = own
    if not others and _is_current(kept, own, sections):
        return Posted(kept.id, kept.url)
    fresh = hub.get_comment(kept.id)
    if not _is_current(fresh, (fresh, *others), sections):
        hub.edit_comment(kept.id, _merge((fresh, *others), sections))
    for other in others:
        hub.delete_comment(other.id)
    return Posted(fresh.id, fresh.url)


def _is_current(kept: RemoteComment, own: Sequence[RemoteComment], sections: Sequence[Section]) -> bool:
    return _normalize(_merge(own, sections)) == _normalize(kept.body)


def _merge(own: Sequence[RemoteComment], sections: Sequence[Section]) -> str:
    """Ours replace those of the same run, which an earlier try may have written, and never a newer run's.

    What says the same stays as it is, with the number of the run that said it first: nobody wants to hear it again.
    """
    known = merge_sections(*(parse_body(comment.body) for comment in own))
    said = {(section.key, section.markdown) for section in known}
    return render_body(merge_sections([new for new in sections if (new.key, new.markdown) not in said], known))


def _normalize(body: str) -> str:
    return body.replace("\r\n", "\n").strip()
