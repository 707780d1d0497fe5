"""The labels of an image: whose it is, and what it was made of. Promotions, cleanups and rollouts rely on them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from hubaction.decide.tags import SHA_LENGTH, version_of
from hubaction.errors import ActionError
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.event import Event
from hubaction.inputs.settings import OWN_LABELS, Settings

PULL_REQUEST_LABEL = f"{OWN_LABELS}pull-request"
"""The number, on images of pull requests only, so that they never share a digest with one that hubs start."""
FINGERPRINT_LABEL = f"{OWN_LABELS}fingerprint"
"""What the image is made of; empty when that is not known."""
UNPROVEN_LABEL = f"{OWN_LABELS}unproven"
"""Which check could not keep the image from being pushed; such an image is not used again. Empty when all could.

It tells the policy and not the result: labels are written before anything is checked.
"""
PREVIEW_EXPIRES_LABEL = f"{OWN_LABELS}preview-expires"
"""The expiry that this action gave to a preview, and may take away again; empty when there is none of ours."""
FRONTEND_LABEL = f"{OWN_LABELS}foreign-frontend"
"""The names that an image was built for by a frontend other than Docker's own; no other image has it.

An image that starts from such a one inherits it, and has another name.
"""
SOURCE_LABEL = "org.opencontainers.image.source"
"""The repository that an image is made from: https://github.com/opencontainers/image-spec/blob/main/annotations.md"""
EXPIRY_LABEL = "quay.expires-after"
"""Where quay.io reads it: https://docs.quay.io/use-quay/index.html#setting-tag-expirations

It may also be the user's own, from a Dockerfile or an input, and then it is none of our business.
"""


def make_labels(settings: Settings, event: Event, now: datetime) -> tuple[tuple[str, str], ...]:
    """All that this action gives to an image, in the order in which later ones win; `now` is an aware time."""
    # Never left out: a Dockerfile or its base image may have such labels, and they would stay, as if they were ours.
    own = {
        PULL_REQUEST_LABEL: str(event.pull_request.number) if event.pull_request else "",
        FINGERPRINT_LABEL: "",
        PREVIEW_EXPIRES_LABEL: "",
        UNPROVEN_LABEL: "hub-check" if settings.hub.check is HubCheck.WARN else "",
    }
    return tuple((_oci_labels(event, now) | lasting_labels(settings, event) | own).items())


def lasting_labels(settings: Settings, event: Event) -> dict[str, str]:
    """Those that are the same for every commit; the user's own win."""
    return _origin_labels(event) | dict(settings.repo2docker_args.labels) | dict(settings.labels)


def _origin_labels(event: Event) -> dict[str, str]:
    labels = {
        "org.opencontainers.image.title": event.repository.partition("/")[2],
        SOURCE_LABEL: f"{event.server_url}/{event.repository}" if event.repository else "",
    }
    return {key: value for key, value in labels.items() if value}


def _oci_labels(event: Event, now: datetime) -> dict[str, str]:
    """https://github.com/opencontainers/image-spec/blob/main/annotations.md"""
    labels = {
        "org.opencontainers.image.revision": event.sha,
        "org.opencontainers.image.version": version_of(event.git_tag) or event.sha[:SHA_LENGTH],
        "org.opencontainers.image.created": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {key: value for key, value in labels.items() if value}


# --- what a build made of them ---


class ForgedLabelsError(ActionError):
    """The built image has other labels than it was to get."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"The image was built with other labels than this action gave to the build: {', '.join(names)}. Whether an"
            " image is used again, rolled out or deleted is read from its labels, so this one is not used and not"
            " pushed. Labels are changed by a frontend other than Docker's own ('# syntax=' in the Dockerfile, or the"
            " build argument BUILDKIT_SYNTAX), and with a repo2docker older than 2025.8 by instructions LABEL in the"
            " file of the input 'appendix-file': remove them.",
            title="Other labels",
        )


def refuse_other_labels(built: Mapping[str, str], own: Mapping[str, str], buildx: Sequence[str]) -> None:
    """Raise ForgedLabelsError unless a built image has what was asked for.

    `own` are the labels of this action's own, where an empty one is as good as none; `buildx` are the arguments, whose
    labels must all be there.
    """
    ours = {name: value for name, value in own.items() if name.startswith(OWN_LABELS)}
    asked = dict(_read_labels(buildx))
    other = [name for name, value in asked.items() if name not in ours and built.get(name) != value]
    other += [name for name, value in ours.items() if built.get(name, "") != value]
    if other:
        raise ForgedLabelsError(sorted(other))


def _read_labels(buildx: Sequence[str]) -> Iterator[tuple[str, str]]:
    for before, argument in pairwise(("", *buildx)):
        given = argument if before == "--label" else argument.removeprefix("--label=")
        if before == "--label" or given != argument:
            name, _, value = given.partition("=")
            yield name, value
