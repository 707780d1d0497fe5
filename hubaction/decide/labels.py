"""The labels of an image: whose it is, and what it was made of. Promotions, cleanups and rollouts rely on them."""

from datetime import UTC, datetime

from hubaction.decide.tags import SHA_LENGTH, version_of
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
