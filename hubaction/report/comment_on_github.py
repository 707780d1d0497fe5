"""Keeps the one comment of a pull request up to date, among runs that know nothing of each other.

GitHub has no conditional write, so the order is: look, look again just before writing, and look after creating.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hubaction.clients.github.errors import NotAllowedError, PassingError
from hubaction.clients.github.patience import patiently
from hubaction.clients.open import open_github
from hubaction.decide.comment import CommentTarget
from hubaction.errors import ActionError
from hubaction.inputs.settings import Settings
from hubaction.report.comment import Section, is_ours, merge_sections, parse_body, render_body
from hubaction.results import Commented
from hubaction.runner.console import Console
from hubaction.runner.job import Job

if TYPE_CHECKING:
    from hubaction.clients.github.api import GitHub, RemoteComment

DEPENDABOT = "dependabot[bot]"
_TOKENS_OF_PEOPLE = ("ghp_", "gho_", "ghu_", "github_pat_")
"""https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/"""


def post_sections(github: "GitHub", number: int, sections: Sequence[Section]) -> Commented:
    """Write sections into our comment on a pull request, leaving the others as they are.

    Safe to repeat after a failure. Raises GitHubError.
    """
    comments = github.list_comments(number)
    own = _own(comments, github.login({comment.author for comment in comments if is_ours(comment.body)}))
    if own:
        return _update(github, own, sections)
    created = github.create_comment(number, render_body(merge_sections(sections)))
    # Two runs may have created one each; and the answer tells for certain who we are.
    own = _own(github.list_comments(number), created.author)
    if [comment.id for comment in own] in ([created.id], []):
        return Commented(created.id, created.url)
    return _update(github, own, sections)


def _own(comments: Sequence["RemoteComment"], login: str) -> list["RemoteComment"]:
    """Our comments, oldest first: anyone can copy the marker, nobody the author."""
    own = [comment for comment in comments if comment.author == login and is_ours(comment.body)]
    return sorted(own, key=lambda comment: comment.id)


def _update(github: "GitHub", own: Sequence["RemoteComment"], sections: Sequence[Section]) -> Commented:
    kept, *others = own
    if not others and _is_current(kept, own, sections):
        return Commented(kept.id, kept.url)
    fresh = github.get_comment(kept.id)
    if not _is_current(fresh, (fresh, *others), sections):
        github.edit_comment(kept.id, _merge((fresh, *others), sections))
    for other in others:
        github.delete_comment(other.id)
    return Commented(fresh.id, fresh.url)


def _is_current(kept: "RemoteComment", own: Sequence["RemoteComment"], sections: Sequence[Section]) -> bool:
    return _normalize(_merge(own, sections)) == _normalize(kept.body)


def _merge(own: Sequence["RemoteComment"], sections: Sequence[Section]) -> str:
    """Ours replace those of the same run, which an earlier try may have written, and never a newer run's.

    What says the same stays as it is, with the number of the run that said it first: nobody wants to hear it again.
    """
    known = merge_sections(*(parse_body(comment.body) for comment in own))
    said = {(section.key, section.markdown) for section in known}
    return render_body(merge_sections([new for new in sections if (new.key, new.markdown) not in said], known))


def _normalize(body: str) -> str:
    return body.replace("\r\n", "\n").strip()


# --- where, and with what token ---


def write_comment(target: CommentTarget, sections: Sequence[Section], settings: Settings, job: Job) -> Commented | None:
    """Bring the comment up to date; None, after one notice, when that is not possible.

    It never fails the step. What leaves this machine is without the secrets of this step.
    """
    if not settings.github_token:
        _tell_why_not(job.console, "The input 'github-token' is empty.")
        return None
    if target.from_fork and not target.must:
        _tell_why_not(job.console, _advise(target, settings, job.environ))
        return None
    scrubbed = [replace(section, markdown=job.console.scrub(section.markdown)) for section in sections]
    try:
        with open_github(job.api_url, settings.github_token, target.repository) as github:
            number, posted = patiently(lambda: _post(github, target, scrubbed))
    except NotAllowedError as error:
        _tell_why_not(job.console, error.message, _advise(target, settings, job.environ))
        return None
    except PassingError as error:
        _tell_why_not(job.console, error.message, "Run this job again to comment.")
        return None
    except ActionError as error:
        _tell_why_not(job.console, error.message)
        return None
    job.console.say(f"The comment on pull request {number} is up to date: {posted.url}")
    return posted


def _post(github: "GitHub", target: CommentTarget, sections: Sequence[Section]) -> tuple[int, Commented]:
    number = target.number
    if number is None:
        found = github.find_pull_requests(
            head_repository=target.head_repository, branch=target.head_branch, sha=target.head_sha
        )
        number = _find_number(found, target.head_sha)
    return number, post_sections(github, number, sections)


def _find_number(numbers: Sequence[int], sha: str) -> int:
    if not numbers:
        raise ActionError(
            f"Commit {sha[:12]} is the head of no open pull request: it was closed, or has newer commits by now."
        )
    if len(numbers) > 1:
        found = ", ".join(map(str, numbers))
        raise ActionError(f"Commit {sha[:12]} is the head of several open pull requests ({found}), so none is chosen.")
    return numbers[0]


def _tell_why_not(console: Console, *reasons: str) -> None:
    start = "The comment on the pull request was not written; the job summary says the same."
    console.notice(" ".join([start, *reasons]))


def _advise(target: CommentTarget, settings: Settings, environ: Mapping[str, str]) -> str:
    """What helps a token that may not write.

    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
    """
    may_write = environ.get("GITHUB_EVENT_NAME") in {"pull_request_target", "workflow_run"}
    if not may_write and (target.from_fork or environ.get("GITHUB_ACTOR") == DEPENDABOT):
        return (
            "Runs for forks and for Dependabot may only read. To comment on such pull requests, hand the"
            " result over to a workflow on 'workflow_run': see 'result-file' in the README."
        )
    if settings.github_token.startswith(_TOKENS_OF_PEOPLE):
        return "Give the token of the input 'github-token' the right to write to pull requests."
    return "Add 'pull-requests: write' to the job's permissions."
