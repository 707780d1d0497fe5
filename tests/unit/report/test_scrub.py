"""Results without secrets."""

import pytest

from hubaction.image import ImageName, Reference
from hubaction.report.scrub import scrub_result
from hubaction.results import (
    CaseOutcome,
    CaseResult,
    Compared,
    Failed,
    HubChecked,
    HubCheckFailed,
    LeftOut,
    Noticed,
    Published,
    Remark,
    Tested,
)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Failed("a secret"), Failed("a ***")),
        (HubCheckFailed("a secret"), HubCheckFailed("a ***")),
        (Compared("a secret"), Compared("a ***")),
        (Noticed(("secret", "b")), Noticed(("***", "b"))),
        (LeftOut(("a/secret", "b")), LeftOut(("a/***", "b"))),
        (
            Tested((CaseResult("secret", CaseOutcome.FAILED, 0.5, "a/secret", 3, "no secret"),)),
            Tested((CaseResult("***", CaseOutcome.FAILED, 0.5, "a/***", 3, "no ***"),)),
        ),
        (
            HubChecked(1.5, 9, {"secret": "1", "b": "secret"}, ("secret",), True, (Remark("secret", "f", 2),)),
            HubChecked(1.5, 9, {"***": "1", "b": "***"}, ("***",), True, (Remark("***", "f", 2),)),
        ),
    ],
)
def test_scrub_result__texts_of_others(result: object, expected: object) -> None:
    assert scrub_result(result, lambda text: text.replace("secret", "***")) == expected


def test_scrub_result__names_of_images_stay() -> None:
    """They decide what a later step finds."""
    published = Published(Reference(ImageName("quay.io", "org/secret"), "v1"))
    assert scrub_result(published, lambda text: text.replace("secret", "***")) is published
