"""Whether a built image has the labels that it was to get."""

import pytest

from hubaction.decide.labels import (
    FINGERPRINT_LABEL,
    PREVIEW_EXPIRES_LABEL,
    PULL_REQUEST_LABEL,
    UNPROVEN_LABEL,
    refuse_other_labels,
)
from hubaction.errors import ActionError

REVISION = "org.opencontainers.image.revision"
OWN = {
    REVISION: "a1",
    PULL_REQUEST_LABEL: "7",
    FINGERPRINT_LABEL: "known",
    PREVIEW_EXPIRES_LABEL: "",
    UNPROVEN_LABEL: "",
}
BUILDX = (
    "--load",
    f"--label={REVISION}=a1",
    f"--label={PULL_REQUEST_LABEL}=7",
    f"--label={FINGERPRINT_LABEL}=",
    "--label",
    "org.example=a=b",
    "--label=empty",
    f"--label={FINGERPRINT_LABEL}=known",
)
BUILT = {
    REVISION: "a1",
    PULL_REQUEST_LABEL: "7",
    FINGERPRINT_LABEL: "known",
    "org.example": "a=b",
    "empty": "",
    "of.the.dockerfile": "x",
}


def test_refuse_other_labels__as_they_were_asked_for() -> None:
    refuse_other_labels(BUILT, OWN, BUILDX)
    refuse_other_labels({**BUILT, UNPROVEN_LABEL: "", PREVIEW_EXPIRES_LABEL: ""}, OWN, BUILDX)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (FINGERPRINT_LABEL, "other"),
        (FINGERPRINT_LABEL, ""),
        (PULL_REQUEST_LABEL, ""),
        (PULL_REQUEST_LABEL, "8"),
        (UNPROVEN_LABEL, "hub-check"),
        (PREVIEW_EXPIRES_LABEL, "4w"),
        (REVISION, "b2"),
        ("org.example", "a"),
        ("empty", "x"),
    ],
)
def test_refuse_other_labels__another_value(name: str, value: str) -> None:
    with pytest.raises(ActionError, match=rf"gave to the build: {name}\. Whether an image is used again"):
        refuse_other_labels({**BUILT, name: value}, OWN, BUILDX)


@pytest.mark.parametrize("name", [FINGERPRINT_LABEL, PULL_REQUEST_LABEL, REVISION, "org.example", "empty"])
def test_refuse_other_labels__left_out(name: str) -> None:
    with pytest.raises(ActionError, match=f"gave to the build: {name}[.]"):
        refuse_other_labels({key: value for key, value in BUILT.items() if key != name}, OWN, BUILDX)


def test_refuse_other_labels__all_are_named() -> None:
    with pytest.raises(ActionError, match=f"{FINGERPRINT_LABEL}, {PULL_REQUEST_LABEL}, org.example"):
        refuse_other_labels({REVISION: "a1", "empty": ""}, OWN, BUILDX)


def test_refuse_other_labels__without_buildx() -> None:
    """A repo2docker of before writes what it can of the other labels; of ours, all."""
    own = {REVISION: "a1", PULL_REQUEST_LABEL: "7", FINGERPRINT_LABEL: ""}
    refuse_other_labels({PULL_REQUEST_LABEL: "7"}, own, ())
    refuse_other_labels({}, {FINGERPRINT_LABEL: ""}, ())
    forged: tuple[dict[str, str], ...] = (
        {},
        {PULL_REQUEST_LABEL: ""},
        {PULL_REQUEST_LABEL: "7", FINGERPRINT_LABEL: "planted"},
    )
    for built in forged:
        with pytest.raises(ActionError, match=r"older than 2025\.8"):
            refuse_other_labels(built, own, ())
