"""The labels of an image: its owner and its origin. Promotion, cleanup and rollout rely on them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from hubaction.decide.tags import SHA_LENGTH, version_of
from hubaction.errors import ActionError
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.event import Event
from hubaction.inputs.settings import OWN_LABELS, Settings

PULL_REQUEST_LABEL = f"{OWN_LABELS}pull-request"
"""The number, on images of pull requests only, so that they never share a digest with a merged image."""
FINGERPRINT_LABEL = f"{OWN_LABELS}fingerprint"
"""The fingerprint of the image's inputs; empty if it is unknown."""
UNPROVEN_LABEL = f"{OWN_LABELS}unproven"
"""The check whose failure would not stop the push; empty if there is none. Such an image is not reused.

The label states the policy and not the result: labels are written before the checks.
"""
PREVIEW_EXPIRES_LABEL = f"{OWN_LABELS}preview-expires"
"""The expiry that this action set on a preview, and may remove again; empty if it set none."""
FRONTEND_LABEL = f"{OWN_LABELS}foreign-frontend"
"""The names that a foreign frontend built the image for; no other image has the label.

An image whose base image has it inherits it, under another name.
"""
SOURCE_LABEL = "org.opencontainers.image.source"
"""The repository that an image is built from: https://github.com/opencontainers/image-spec/blob/main/annotations.md"""
EXPIRY_LABEL = "quay.expires-after"
"""quay.io's label: https://docs.quay.io/use-quay/index.html#setting-tag-expirations

A Dockerfile or an input may set it, too. Then it is left as it is.
"""


def make_labels(settings: Settings, event: Event, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return all labels that this action sets, later ones winning; `now` is an aware time."""
    # Set even if empty: otherwise such a label of the Dockerfile or the base image would pass for ours.
    own = {
        PULL_REQUEST_LABEL: str(event.pull_request.number) if event.pull_request else "",
        FINGERPRINT_LABEL: "",
        PREVIEW_EXPIRES_LABEL: "",
        UNPROVEN_LABEL: "hub-check" if settings.hub.check is HubCheck.WARN else "",
    }
    return tuple((_oci_labels(event, now) | lasting_labels(settings, event) | own).items())


def lasting_labels(settings: Settings, event: Event) -> dict[str, str]:
    """Labels that are the same for every commit; the user's own win."""
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


# --- after the build ---


class ForgedLabelsError(ActionError):
    """The built image has other labels than were requested."""

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
    """Raise ForgedLabelsError unless the built image has the requested labels.

    `own` are this action's labels; an empty one may be missing. `buildx` are arguments, whose labels must all be set.
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
