"""What a build may write for later ones."""

from datetime import UTC, datetime

import pytest

from hubaction.build.layer_cache import Writes
from hubaction.inputs.event import Event
from hubaction.modes.image import limit_cache_writes
from tests.unit.samples import LOGIN, make_build_plan, make_event, make_settings, pull_request, push_to

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUEUE = "refs/heads/gh-readonly-queue/main/pr-7"


@pytest.mark.parametrize(
    ("event", "inputs", "frontend", "writes"),
    [
        (push_to(), {}, "", Writes.ALL),
        (push_to(), {}, "example/frontend", Writes.IMAGE),
        (push_to("refs/heads/topic"), {}, "", Writes.NOTHING),
        (push_to("refs/heads/topic"), {"push": "true"}, "example/frontend", Writes.IMAGE),
        (pull_request(), {"preview": "true", "github-token": "t"}, "", Writes.IMAGE),
        (pull_request(), {"push": "true"}, "", Writes.IMAGE),
        (make_event("merge_group", {}, GITHUB_REF=QUEUE), {"push": "true"}, "", Writes.IMAGE),
    ],
)
def test_limit_cache_writes__beside_the_image_only_by_docker_and_after_the_merge(
    event: Event, inputs: dict[str, str], frontend: str, writes: Writes
) -> None:
    plan = make_build_plan(make_settings({**LOGIN, **inputs}), event, NOW)
    assert limit_cache_writes(plan, frontend) is writes
