"""What is pushed of an image that a foreign frontend makes."""

import pytest

from hubaction.decide.foreign_frontend import distrust, is_marked, mark_image
from hubaction.image import ImageName
from hubaction.inputs.event import Event
from tests.unit.decide.test_plan import NOW
from tests.unit.samples import LOGIN, make_build_plan, make_event, make_settings, pull_request, push_to

PREVIEW = {"preview": "true"}


@pytest.mark.parametrize(
    ("event", "inputs"),
    [
        (pull_request(), PREVIEW),
        (pull_request(), {"push": "true"}),
        (make_event("merge_group", {}, GITHUB_REF="refs/heads/gh-readonly-queue/main/pr-7"), {"push": "true"}),
    ],
)
def test_distrust__nothing_unmerged_is_pushed(event: Event, inputs: dict[str, str]) -> None:
    plan = make_build_plan(make_settings({**LOGIN, **inputs, "github-token": "t"}), event, NOW)
    assert plan.push
    distrusted, (notice,) = distrust(plan, "example/frontend")
    assert notice.startswith("The image is not pushed: the frontend 'example/frontend' makes it, which is not Docker's")
    assert not distrusted.push
    assert not distrusted.preview
    assert distrusted.rollout is None
    assert not distrusted.deletes_merged
    assert (distrusted.references, distrusted.build) == (plan.references, plan.build)


@pytest.mark.parametrize("event", [push_to(), make_event("schedule"), push_to("refs/tags/v1.2.3")])
def test_distrust__what_was_merged_is_pushed(event: Event) -> None:
    plan = make_build_plan(make_settings(LOGIN), event, NOW)
    distrusted, (notice,) = distrust(plan, "example/frontend")
    assert plan.push
    assert distrusted == plan
    assert notice.startswith("The image has no fingerprint: the frontend 'example/frontend' makes it, which is not")


@pytest.mark.parametrize(
    "event", [pull_request(), pull_request(head_repository="Stranger/Course"), push_to("refs/heads/topic")]
)
def test_distrust__nothing_to_say_where_nothing_is_pushed(event: Event) -> None:
    plan = make_build_plan(make_settings(LOGIN), event, NOW)
    assert distrust(plan, "example/frontend") == (plan, ())


def test_mark_image__under_each_of_its_names() -> None:
    inputs = {**LOGIN, "image-name": "quay.io/org/image\nquay.io/org/copy", "tags": "{sha}\nlatest"}
    labels = mark_image(make_build_plan(make_settings(inputs), push_to(), NOW))
    assert is_marked(labels, ImageName("quay.io", "org/image"))
    assert is_marked(labels, ImageName("quay.io", "org/copy"))
    assert not is_marked(labels, ImageName("quay.io", "org/child"))
    assert not is_marked({}, ImageName("quay.io", "org/image"))
