"""Whether an earlier image will do: comparing, and what a further use changes. No registry and no engine here."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.build.build_inputs import BuildInputs
from hubaction.build.fingerprint import PARTS, Fingerprint, hash_texts
from hubaction.build.reuse import EarlierImages, compare, is_for_the_same, labels_for
from hubaction.clients.registry.manifest import Manifest
from hubaction.clients.registry.remote_image import RemoteImage
from hubaction.decide.labels import (
    EXPIRY_LABEL,
    FINGERPRINT_LABEL,
    FRONTEND_LABEL,
    PREVIEW_EXPIRES_LABEL,
    PULL_REQUEST_LABEL,
    UNPROVEN_LABEL,
)
from hubaction.decide.plan import BuildPlan
from hubaction.decide.tags import EarlierTag
from hubaction.image import ImageName, Reference
from hubaction.inputs.event import Event
from tests.unit.samples import LOGIN, make_build_plan, make_settings, pull_request, push_to

NAME = ImageName("quay.io", "org/image")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINE = Fingerprint({name: hash_texts((name,)) for name in PARTS})
POLICY = make_settings().hub
DIGEST = f"sha256:{'a' * 64}"


def other_fingerprint(*parts: str) -> Fingerprint:
    """One that differs in these parts."""
    return Fingerprint({**MINE.parts, **{part: hash_texts(("other",)) for part in parts}})


def make_remote_image(tag: str, labels: Mapping[str, str]) -> RemoteImage:
    return RemoteImage(Reference(NAME, tag), Manifest(DIGEST, 1, DIGEST), b"{}", labels)


def labelled(fingerprint: Fingerprint) -> dict[str, str]:
    return {FINGERPRINT_LABEL: fingerprint.label()}


class Shelf:
    """Earlier images by their tags, and which of them were looked for."""

    def __init__(self, **labels: Mapping[str, str] | None) -> None:
        self.labels = labels
        self.looked: list[str] = []
        self.images = EarlierImages(self._tags(), self._read)

    def _tags(self) -> Iterator[EarlierTag]:
        for tag in self.labels:
            yield EarlierTag(Reference(NAME, tag), f"the {tag}")

    def _read(self, tag: EarlierTag) -> RemoteImage | None:
        self.looked.append(tag.reference.tag)
        labels = self.labels[tag.reference.tag]
        return None if labels is None else make_remote_image(tag.reference.tag, labels)


# --- looking ---


def test_earlier_images__no_further_than_somebody_reads() -> None:
    shelf = Shelf(absent=None, first={}, second={}, third={})
    assert shelf.looked == []
    shelf.images.read_first()
    shelf.images.read_first()
    assert shelf.looked == ["absent", "first"]
    images = iter(shelf.images)
    assert [next(images)[1].reference.tag for _ in range(2)] == ["first", "second"]
    assert shelf.looked == ["absent", "first", "second"]


def test_earlier_images__each_is_looked_for_once() -> None:
    shelf = Shelf(first={}, absent=None, second={})
    for _ in range(2):
        assert [tag.reference.tag for tag, _ in shelf.images] == ["first", "second"]
    assert shelf.looked == ["first", "absent", "second"]


def test_earlier_images__later_ones_are_looked_for_when_somebody_reads_on() -> None:
    """Not by the thread that looks for the first: who knows their tags may import modules."""
    asked: list[str] = []

    def ask() -> Iterator[EarlierTag]:
        asked.append("merged")
        yield EarlierTag(Reference(NAME, "merged"), "the merged pull request")

    images = EarlierImages(
        [EarlierTag(Reference(NAME, "absent"), "the absent")],
        lambda tag: None if tag.reference.tag == "absent" else make_remote_image("merged", {}),
        later=ask(),
    )
    images.read_first()
    assert asked == []
    assert [tag.reference.tag for tag, _ in images] == ["merged"]


def test_earlier_images__none() -> None:
    shelf = Shelf(absent=None)
    shelf.images.read_first()
    assert list(shelf.images) == []


# --- comparing ---


def test_compare__the_first_that_is_the_same() -> None:
    shelf = Shelf(before=labelled(other_fingerprint("context")), branch=labelled(MINE), latest=labelled(MINE))
    comparison = compare(BuildInputs(MINE), shelf.images, fresh=False)
    assert comparison.same
    tag, image = comparison.same
    assert tag.reference == image.reference == Reference(NAME, "branch")
    assert comparison.sentence == "Nothing has changed since quay.io/org/image:branch (the branch)."
    assert [found.reference.tag for found in comparison.found] == ["before", "branch"]
    assert shelf.looked == ["before", "branch"]


def test_compare__an_unproven_image_is_not_used_again_but_for_its_layers() -> None:
    """Pushed whatever the hub check said; the label of one that was proven is empty."""
    unproven = labelled(MINE) | {UNPROVEN_LABEL: "hub-check"}
    comparison = compare(BuildInputs(MINE), Shelf(before=unproven).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence == "quay.io/org/image:before (the before) was pushed unproven, so it is not used again."
    assert [found.reference.tag for found in comparison.found] == ["before"]
    proven = labelled(MINE) | {UNPROVEN_LABEL: ""}
    assert compare(BuildInputs(MINE), Shelf(before=unproven, latest=proven).images, fresh=False).same


FOREIGN = {FINGERPRINT_LABEL: "", FRONTEND_LABEL: "ghcr.io/org/copy quay.io/org/image"}


def test_compare__takes_no_layers_of_a_foreign_frontend() -> None:
    """Its layer cache may name hostile layers for clean instructions, whose image would get a fingerprint."""
    shelf = Shelf(before=FOREIGN, latest=labelled(other_fingerprint("context")))
    comparison = compare(BuildInputs(MINE), shelf.images, fresh=False)
    assert [found.reference.tag for found in comparison.found] == ["latest"]
    assert comparison.sentence == (
        "quay.io/org/image:before (the before) is by a foreign frontend, so nothing of it is used again."
    )


def test_compare__a_foreign_frontend_goes_on_with_its_own_layers() -> None:
    inputs = BuildInputs(None, "what the frontend 'x/y' makes of the Dockerfile", frontend="x/y")
    assert len(compare(inputs, Shelf(before=FOREIGN).images, fresh=False).found) == 1


def test_compare__label_of_a_base_image_by_a_foreign_frontend() -> None:
    inherited = labelled(MINE) | {FRONTEND_LABEL: "quay.io/org/base"}
    assert compare(BuildInputs(MINE), Shelf(before=inherited).images, fresh=False).same


def test_compare__says_what_differs_from_the_first() -> None:
    shelf = Shelf(
        foreign={}, before=labelled(other_fingerprint("bases", "context")), latest=labelled(other_fingerprint("action"))
    )
    comparison = compare(BuildInputs(MINE), shelf.images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence == (
        "Since quay.io/org/image:before (the before) changed: the files of the repository, the base image."
    )
    assert [found.reference.tag for found in comparison.found] == ["foreign", "before", "latest"]


@pytest.mark.parametrize("part", PARTS)
def test_compare__any_part_counts(part: str) -> None:
    comparison = compare(BuildInputs(MINE), Shelf(before=labelled(other_fingerprint(part))).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence.endswith(f" changed: {PARTS[part]}.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        MINE.value,
        "{}",
        f" {MINE.label()}",
        MINE.label().replace('"version":1', '"version":2'),
        json.dumps(json.loads(MINE.label())),
    ],
    ids=["empty", "value", "object", "blank", "version", "written otherwise"],
)
def test_compare__label_that_is_not_ours(text: str) -> None:
    comparison = compare(BuildInputs(MINE), Shelf(before={FINGERPRINT_LABEL: text}).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence == "There is no earlier image to compare with."
    assert len(comparison.found) == 1


def test_compare__label_with_another_value() -> None:
    """The parts are no proof."""
    text = MINE.label().replace(MINE.value, "0" * 64)
    comparison = compare(BuildInputs(MINE), Shelf(before={FINGERPRINT_LABEL: text}).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence.endswith("changed: something that the image does not name.")


def test_compare__unknown_ingredient_takes_layers_only() -> None:
    ingredients = BuildInputs(None, "what docker.io/library/debian:1 is by now")
    comparison = compare(ingredients, Shelf(before=labelled(MINE), latest={}).images, fresh=False)
    assert comparison.same is None
    assert len(comparison.found) == 2
    assert comparison.sentence == (
        "Not compared with earlier images: not known is what docker.io/library/debian:1 is by now."
    )


def test_compare__fresh_looks_at_nothing() -> None:
    shelf = Shelf(before=labelled(MINE))
    comparison = compare(BuildInputs(MINE), shelf.images, fresh=True)
    assert comparison.same is None
    assert comparison.found == ()
    assert comparison.sentence.startswith("Built from the base up, without any cache")
    assert shelf.looked == []


def test_compare__nothing_there() -> None:
    assert compare(BuildInputs(MINE), Shelf().images, fresh=False).sentence == (
        "There is no earlier image to compare with."
    )


# --- another use of the same image ---


def plan_for(event: Event, given: Mapping[str, str] | None = None, /, **inputs: str) -> BuildPlan:
    return make_build_plan(make_settings(LOGIN | dict(given or {}) | inputs), event, NOW)


def test_labels_for__production_of_a_pull_request() -> None:
    before = {"theirs": "stays", "org.opencontainers.image.revision": "old", PULL_REQUEST_LABEL: "7"}
    plan = plan_for(push_to())
    labels = labels_for(plan, MINE, before)
    assert labels == {"theirs": "stays", **dict(plan.build.labels), **labelled(MINE)}
    assert labels[PULL_REQUEST_LABEL] == ""
    assert labels["org.opencontainers.image.revision"] != "old"


def test_labels_for__pull_request_of_production() -> None:
    assert labels_for(plan_for(pull_request()), MINE, {})[PULL_REQUEST_LABEL] == "7"


@pytest.mark.parametrize(
    ("event", "label", "same"),
    [
        (push_to(), None, True),
        (push_to(), "7", False),
        (pull_request(), None, False),
        (pull_request(), "7", True),
        (pull_request(), "8", False),
    ],
)
def test_is_for_the_same(event: Event, label: str | None, same: bool) -> None:
    labels = {"theirs": "x"} | ({} if label is None else {PULL_REQUEST_LABEL: label})
    assert is_for_the_same(plan_for(event), make_remote_image("before", labels)) is same


# --- the expiry of previews ---

PREVIEW = {"preview": "true", "preview-expires": "3d"}
OURS = {PULL_REQUEST_LABEL: "7", EXPIRY_LABEL: "3d", PREVIEW_EXPIRES_LABEL: "3d"}
THEIRS = {EXPIRY_LABEL: "1d", PREVIEW_EXPIRES_LABEL: ""}
"""Given by a Dockerfile, or by the input `labels`."""


def expiry_of(labels: Mapping[str, str]) -> tuple[str | None, str | None]:
    return labels.get(EXPIRY_LABEL), labels.get(PREVIEW_EXPIRES_LABEL)


@pytest.mark.parametrize("inputs", [{}, PREVIEW], ids=["no previews", "previews"])
def test_labels_for__production_of_a_preview_does_not_expire(inputs: Mapping[str, str]) -> None:
    labels = labels_for(plan_for(push_to(), inputs), MINE, OURS | {"theirs": "stays"})
    assert expiry_of(labels) == (None, "")
    assert (labels["theirs"], labels[PULL_REQUEST_LABEL]) == ("stays", "")


@pytest.mark.parametrize("before", [THEIRS, {EXPIRY_LABEL: "1d"}])
@pytest.mark.parametrize("event", [push_to(), pull_request()], ids=["production", "preview"])
def test_labels_for__expiry_of_the_users_own_stays(event: Event, before: Mapping[str, str]) -> None:
    assert expiry_of(labels_for(plan_for(event, PREVIEW), MINE, before)) == ("1d", "")


def test_labels_for__expiry_of_the_input_labels_stays() -> None:
    inputs = PREVIEW | {"labels": f"{EXPIRY_LABEL}=1d"}
    for event in (push_to(), pull_request()):
        for before in ({}, OURS, THEIRS):
            assert expiry_of(labels_for(plan_for(event, inputs), MINE, before)) == ("1d", "")


@pytest.mark.parametrize("before", [{}, {PREVIEW_EXPIRES_LABEL: ""}, OURS, OURS | {PULL_REQUEST_LABEL: "8"}])
def test_labels_for__preview_of_another_image_expires(before: Mapping[str, str]) -> None:
    labels = labels_for(plan_for(pull_request(), PREVIEW), MINE, before)
    assert expiry_of(labels) == ("3d", "3d")
    assert labels[PULL_REQUEST_LABEL] == "7"


def test_labels_for__pull_request_without_preview_does_not_expire() -> None:
    assert expiry_of(labels_for(plan_for(pull_request(), {"push": "true"}), MINE, OURS)) == (None, "")


@pytest.mark.parametrize(
    ("event", "inputs", "before", "same"),
    [
        pytest.param(pull_request(), PREVIEW, OURS, True, id="the commit before"),
        pytest.param(pull_request(), PREVIEW | {"preview-expires": "4d"}, OURS, False, id="another expiry"),
        pytest.param(pull_request(), PREVIEW, {PULL_REQUEST_LABEL: "7"}, False, id="no expiry yet"),
        pytest.param(pull_request(), {"push": "true"}, OURS, False, id="no preview any more"),
        pytest.param(pull_request(), PREVIEW, THEIRS | {PULL_REQUEST_LABEL: "7"}, True, id="the user's own"),
        pytest.param(push_to(), PREVIEW, OURS, False, id="production of a preview"),
        pytest.param(push_to(), PREVIEW, OURS | {PULL_REQUEST_LABEL: ""}, False, id="production that would expire"),
        pytest.param(push_to(), PREVIEW, THEIRS, True, id="production that the user has expire"),
        pytest.param(push_to(), PREVIEW, {}, True, id="production"),
    ],
)
def test_is_for_the_same__expiry(
    event: Event, inputs: Mapping[str, str], before: Mapping[str, str], same: bool
) -> None:
    assert is_for_the_same(plan_for(event, inputs), make_remote_image("before", before)) is same


@given(
    st.dictionaries(st.sampled_from([EXPIRY_LABEL, PREVIEW_EXPIRES_LABEL, PULL_REQUEST_LABEL]), st.sampled_from("7d")),
    st.booleans(),
)
def test_labels_for__whatever_was_before_production_is_no_preview(before: dict[str, str], preview: bool) -> None:
    labels = labels_for(plan_for(push_to(), PREVIEW if preview else {}), MINE, before)
    assert labels[PREVIEW_EXPIRES_LABEL] == labels[PULL_REQUEST_LABEL] == ""
    assert (EXPIRY_LABEL in labels) == (EXPIRY_LABEL in before and not before.get(PREVIEW_EXPIRES_LABEL))
    assert labels != labels_for(plan_for(pull_request(), PREVIEW), MINE, before)
