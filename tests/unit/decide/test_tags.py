"""Which earlier images are looked for."""

from datetime import UTC, datetime

import pytest

from hubaction.decide.tags import name_earlier, name_of_pull_request
from hubaction.inputs.event import Event
from tests.unit import samples

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEFORE = "b" * 40
BASE = "c" * 40


def push(ref: str = "refs/heads/main") -> Event:
    return samples.make_event("push", {"ref": ref, "before": BEFORE, "after": samples.SHA}, GITHUB_REF=ref)


def synchronize(head_repository: str = samples.REPOSITORY) -> Event:
    head = {"sha": samples.HEAD_SHA, "ref": "feature", "repo": {"full_name": head_repository}}
    base = {"sha": BASE, "ref": "main", "repo": {"full_name": samples.REPOSITORY}}
    payload = {"action": "synchronize", "before": BEFORE, "pull_request": {"number": 7, "head": head, "base": base}}
    return samples.make_event("pull_request", payload, GITHUB_REF="refs/pull/7/merge")


def tags(event: Event, **inputs: str) -> list[str]:
    settings = samples.make_settings({name.replace("_", "-"): value for name, value in inputs.items()})
    return [earlier.reference.tag for earlier in name_earlier(settings, event, NOW)]


def test_name_earlier__push() -> None:
    assert tags(push()) == [samples.SHORT_SHA, BEFORE[:12], "latest"]


def test_name_earlier__first_push_of_a_branch() -> None:
    event = samples.make_event("push", {"before": "0" * 40, "after": samples.SHA}, GITHUB_REF="refs/heads/new")
    assert tags(event) == [samples.SHORT_SHA, "latest"]


def test_name_earlier__git_tag_on_a_built_commit() -> None:
    assert tags(push("refs/tags/v1"), tags="{sha}\n{version}")[0] == samples.SHORT_SHA


def test_name_earlier__pull_request() -> None:
    assert tags(synchronize()) == [f"pr-7-{samples.SHORT_HEAD_SHA}", f"pr-7-{BEFORE[:12]}", BASE[:12], "latest"]


def test_name_earlier__without_latest() -> None:
    assert tags(push(), latest="false") == [samples.SHORT_SHA, BEFORE[:12]]


def test_name_earlier__tags_of_their_own() -> None:
    given = "stable\n{branch}\n{branch}-{sha}\n{date}"
    assert tags(push(), tags=given) == [f"main-{samples.SHORT_SHA}", f"main-{BEFORE[:12]}", "main", "latest"]
    assert tags(push("refs/heads/dev"), tags=given)[2:] == ["dev", "latest"]


def test_name_earlier__a_tag_for_each_pull_request() -> None:
    assert tags(synchronize(), tags="pr-{pr}\n{sha}") == ["pr-7", BASE[:12], "latest"]


def test_name_earlier__tags_that_name_no_commit() -> None:
    assert tags(push(), tags="stable") == ["latest"]


def test_name_earlier__the_first_name_counts() -> None:
    settings = samples.make_settings({"image-name": "quay.io/a/b\nghcr.io/a/b"})
    assert {str(earlier.reference.name) for earlier in name_earlier(settings, push(), NOW)} == {"quay.io/a/b"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [("", f"pr-7-{'d' * 12}"), ("{branch}\nmr-{pr}", "mr-7"), ("{sha}", "d" * 12), ("stable", None)],
)
def test_name_of_pull_request(given: str, expected: str | None) -> None:
    settings = samples.make_settings({"tags": given})
    earlier = name_of_pull_request(settings, 7, "d" * 40, NOW)
    assert (earlier and earlier.reference.tag) == expected
