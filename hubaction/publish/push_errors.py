"""Explains why a push failed, and what to do about it."""

import re

from hubaction.errors import DISK_FULL, ActionError
from hubaction.image import Reference, display_registry

ATTEMPTS = 4
"""Attempts to push before a temporary failure is reported."""


class PushError(ActionError):
    """The registry refused the push, or does not have what was pushed."""


class PassingPushError(PushError):
    """A failure of the registry or the network that may be temporary."""


_NETWORK = re.compile(
    r"dial tcp|lookup .* on |server misbehaving|no such host|i/o timeout|Timeout exceeded|timed out|TLS handshake"
    r"|deadline exceeded|connection (?:reset|refused)|broken pipe|closed network connection|\bEOF\b",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"status(?: code)?:? (?:from .* )?5\d\d|\b5\d\d (?:Internal|Bad Gateway|Service|Gateway)"
    r"|unexpected HTTP status: 5|blob (?:upload )?unknown|toomanyrequests|too many requests|\b429\b",
    re.IGNORECASE,
)
_REFUSALS = (
    (
        re.compile(r"exceed the configured upper limit|quota|too large|size.*exceed|\b413 ", re.IGNORECASE),
        "it is too large for the registry, or your quota there is used up: make it smaller, or ask for more room",
    ),
    (
        re.compile(r"immutable", re.IGNORECASE),
        "the tag exists already and may not be changed there: use another in the input 'tags', or set latest: false",
    ),
    (
        re.compile(r"does not exist(?! locally)|name unknown|\b404 |not found", re.IGNORECASE),
        "there is no such repository: create it in the registry first, or mend the input 'image-name'",
    ),
    (
        re.compile(
            r"denied|unauthorized|forbidden|no basic auth credentials|authentication required|insufficient_scope"
            r"|\b40[13] ",
            re.IGNORECASE,
        ),
        "the account may not write there: give it the right to push (write access) to this repository, and check"
        " that the image's name is right",
    ),
)


def explain_push(reference: Reference, error: str, username: str) -> PushError:
    """Translate the engine's message; a temporary failure becomes a PassingPushError."""
    registry = display_registry(reference.name.registry)
    detail = f"({error.strip()[-3000:]})"
    if "no space left on device" in error:
        return PushError(DISK_FULL, title="Disk full")
    if re.search(r"x509|certificate|HTTP response to HTTPS", error):
        return PushError(
            f"{registry} cannot be trusted by the engine: its certificate is unknown, or it speaks plain HTTP. Give the"
            f" runner's engine the registry's certificate (/etc/docker/certs.d). {detail}",
            title="Registry not trusted",
        )
    if _NETWORK.search(error) or _PASSING.search(error):
        return PassingPushError(
            f"{registry} did not take {reference}, also after {ATTEMPTS} tries: it, or the way to it, is down."
            f" Run again when it is back. {detail}",
            title="Registry away",
        )
    if refusal := explain_refusal(reference, error, username):
        return refusal
    return PushError(f"{registry} did not take {reference}. {detail}", title="Push failed")


def explain_refusal(reference: Reference, error: str, username: str) -> PushError | None:
    """What to do when a registry refuses a write; None when the message is about something else."""
    for pattern, advice in _REFUSALS:
        if pattern.search(error):
            who = f" by '{username}'" if username else ""
            return PushError(
                f"{display_registry(reference.name.registry)} refused {reference}, pushed{who}: {advice}."
                f" ({error.strip()[-3000:]})",
                title="Push refused",
            )
    return None


def explain_overtaken(reference: Reference, found: str | None, pushed: str) -> PushError:
    if found is None:
        return PushError(f"{reference} is not in the registry although the push went well. Run again.")
    return PushError(
        f"{reference} is not what was pushed: the registry has {found}, pushed was {pushed}. Somebody else may have"
        " pushed the same tag at the same time: run again."
    )
