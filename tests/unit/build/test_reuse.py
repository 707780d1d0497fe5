"""Whether an earlier image will do: comparing, and what a further use changes. No registry and no engine here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.build.context import list_context
from hubaction.build.fingerprint import PARTS, Fingerprint, hash_texts
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.build.reuse import (
    EarlierImages,
    Ingredients,
    Materials,
    compare,
    expiry_labels,
    is_for_the_same,
    labels_for,
    read_ingredients,
)
from hubaction.clients.registry.manifest import Manifest
from hubaction.clients.registry.remote_image import Candidate
from hubaction.decide.labels import (
    EXPIRY_LABEL,
    FINGERPRINT_LABEL,
    PREVIEW_EXPIRES_LABEL,
    PULL_REQUEST_LABEL,
    UNPROVEN_LABEL,
)
from hubaction.decide.plan import Plan, make_plan
from hubaction.decide.tags import EarlierTag
from hubaction.image import ImageName, Reference
from hubaction.inputs.choices import HubCheck, HubPolicy
from hubaction.inputs.event import Event
from tests.unit.samples import LOGIN, make_settings, pull_request, push_to

NAME = ImageName("quay.io", "org/image")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINE = Fingerprint({name: hash_texts((name,)) for name in PARTS})
POLICY = make_settings().hub
DIGEST = f"sha256:{'a' * 64}"


def other_fingerprint(*parts: str) -> Fingerprint:
    """One that differs in these parts."""
    return Fingerprint({**MINE.parts, **{part: hash_texts(("other",)) for part in parts}})


def make_candidate(tag: str, labels: Mapping[str, str]) -> Candidate:
    return Candidate(Reference(NAME, tag), Manifest(DIGEST, 1, DIGEST), b"{}", labels)


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

    def _read(self, tag: EarlierTag) -> Candidate | None:
        self.looked.append(tag.reference.tag)
        labels = self.labels[tag.reference.tag]
        return None if labels is None else make_candidate(tag.reference.tag, labels)


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


def test_earlier_images__none() -> None:
    shelf = Shelf(absent=None)
    shelf.images.read_first()
    assert list(shelf.images) == []


# --- comparing ---


def test_compare__the_first_that_is_the_same() -> None:
    shelf = Shelf(before=labelled(other_fingerprint("context")), branch=labelled(MINE), latest=labelled(MINE))
    comparison = compare(Ingredients(MINE), shelf.images, fresh=False)
    assert comparison.same
    tag, image = comparison.same
    assert tag.reference == image.reference == Reference(NAME, "branch")
    assert comparison.sentence == "Nothing has changed since quay.io/org/image:branch (the branch)."
    assert [found.reference.tag for found in comparison.found] == ["before", "branch"]
    assert shelf.looked == ["before", "branch"]


def test_compare__an_unproven_image_is_not_used_again_but_for_its_layers() -> None:
    """Pushed whatever the hub check said; the label of one that was proven is empty."""
    unproven = labelled(MINE) | {UNPROVEN_LABEL: "hub-check"}
    comparison = compare(Ingredients(MINE), Shelf(before=unproven).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence == "quay.io/org/image:before (the before) was pushed unproven, so it is not used again."
    assert [found.reference.tag for found in comparison.found] == ["before"]
    proven = labelled(MINE) | {UNPROVEN_LABEL: ""}
    assert compare(Ingredients(MINE), Shelf(before=unproven, latest=proven).images, fresh=False).same


def test_compare__says_what_differs_from_the_first() -> None:
    shelf = Shelf(
        foreign={}, before=labelled(other_fingerprint("bases", "context")), latest=labelled(other_fingerprint("action"))
    )
    comparison = compare(Ingredients(MINE), shelf.images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence == (
        "Since quay.io/org/image:before (the before) changed: the files of the repository, the base image."
    )
    assert [found.reference.tag for found in comparison.found] == ["foreign", "before", "latest"]


@pytest.mark.parametrize("part", PARTS)
def test_compare__any_part_counts(part: str) -> None:
    comparison = compare(Ingredients(MINE), Shelf(before=labelled(other_fingerprint(part))).images, fresh=False)
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
    comparison = compare(Ingredients(MINE), Shelf(before={FINGERPRINT_LABEL: text}).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence == "There is no earlier image to compare with."
    assert len(comparison.found) == 1


def test_compare__label_with_another_value() -> None:
    """The parts are no proof."""
    text = MINE.label().replace(MINE.value, "0" * 64)
    comparison = compare(Ingredients(MINE), Shelf(before={FINGERPRINT_LABEL: text}).images, fresh=False)
    assert comparison.same is None
    assert comparison.sentence.endswith("changed: something that the image does not name.")


def test_compare__unknown_ingredient_takes_layers_only() -> None:
    ingredients = Ingredients(None, "what docker.io/library/debian:1 is by now")
    comparison = compare(ingredients, Shelf(before=labelled(MINE), latest={}).images, fresh=False)
    assert comparison.same is None
    assert len(comparison.found) == 2
    assert comparison.sentence == (
        "Not compared with earlier images: not known is what docker.io/library/debian:1 is by now."
    )


def test_compare__fresh_looks_at_nothing() -> None:
    shelf = Shelf(before=labelled(MINE))
    comparison = compare(Ingredients(MINE), shelf.images, fresh=True)
    assert comparison.same is None
    assert comparison.found == ()
    assert comparison.sentence.startswith("Built from the base up, without any cache")
    assert shelf.looked == []


def test_compare__nothing_there() -> None:
    assert compare(Ingredients(MINE), Shelf().images, fresh=False).sentence == (
        "There is no earlier image to compare with."
    )


# --- another use of the same image ---


def plan_for(event: Event, given: Mapping[str, str] | None = None, /, **inputs: str) -> Plan:
    return make_plan(make_settings(LOGIN | dict(given or {}) | inputs), event, NOW)


def test_labels_for__production_of_a_pull_request() -> None:
    before = {"theirs": "stays", "org.opencontainers.image.revision": "old", PULL_REQUEST_LABEL: "7"}
    plan = plan_for(push_to())
    labels = labels_for(plan, MINE, before)
    assert labels == {"theirs": "stays", **dict(plan.labels), **labelled(MINE)}
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
    assert is_for_the_same(plan_for(event), make_candidate("before", labels)) is same


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
    assert is_for_the_same(plan_for(event, inputs), make_candidate("before", before)) is same


@given(
    st.dictionaries(st.sampled_from([EXPIRY_LABEL, PREVIEW_EXPIRES_LABEL, PULL_REQUEST_LABEL]), st.sampled_from("7d")),
    st.booleans(),
)
def test_labels_for__whatever_was_before_production_is_no_preview(before: dict[str, str], preview: bool) -> None:
    labels = labels_for(plan_for(push_to(), PREVIEW if preview else {}), MINE, before)
    assert labels[PREVIEW_EXPIRES_LABEL] == labels[PULL_REQUEST_LABEL] == ""
    assert (EXPIRY_LABEL in labels) == (EXPIRY_LABEL in before and not before.get(PREVIEW_EXPIRES_LABEL))
    assert labels != labels_for(plan_for(pull_request(), PREVIEW), MINE, before)


# --- ingredients ---


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM quay.io/org/base:1\nCOPY . /\n", encoding="utf-8")
    return folder


def read(
    source: Path,
    plan: Plan | None = None,
    *,
    registry: str | None = DIGEST,
    platform: str = "linux/amd64",
    policy: tuple[str, ...] = ("600",),
    hub: HubPolicy = POLICY,
) -> Ingredients:
    """Read with a repo2docker that prints the Dockerfile, as ours does."""
    command = ("/bin/sh", "-c", "cat context/Dockerfile", "context")
    arguments = BuildArguments(command, ("--load",), digest=hash_texts(("1",)))
    tests = source / "image-tests"
    materials = Materials(
        list_context(source, include_git=False),
        arguments,
        tests if tests.exists() else None,
        "image-tests",
        policy,
        platform,
        hub,
    )
    asked = []

    def ask(name: str) -> str | None:
        asked.append(name)
        return registry

    folder = source.parent / f"render-{len(list(source.parent.iterdir()))}"
    return read_ingredients(
        plan or plan_for(push_to()), materials, folder=folder, env={}, ask_registry=ask, ask_engine=lambda name: ""
    )


def test_read_ingredients__an_expiry_of_the_dockerfiles_own(source: Path) -> None:
    assert not read(source).own_expiry
    (source / "Dockerfile").write_text(f"FROM quay.io/org/base:1\nLABEL {EXPIRY_LABEL}=1d\n", encoding="utf-8")
    assert read(source).own_expiry
    assert read(source, registry=None).own_expiry


def test_read_ingredients__are_the_same_for_a_preview_and_for_production(source: Path) -> None:
    """Else no preview would ever become production's image."""
    assert read(source, plan_for(pull_request(), PREVIEW)).fingerprint == read(source, plan_for(push_to())).fingerprint


@pytest.mark.parametrize(
    ("event", "own_expiry", "expected"),
    [
        (pull_request(), False, {EXPIRY_LABEL: "3d", PREVIEW_EXPIRES_LABEL: "3d"}),
        (pull_request(), True, {}),
        (push_to(), False, {}),
        (push_to(), True, {}),
    ],
)
def test_expiry_labels(event: Event, own_expiry: bool, expected: Mapping[str, str]) -> None:
    assert expiry_labels(plan_for(event, PREVIEW), own_expiry=own_expiry) == expected


def test_read_ingredients__all_parts(source: Path) -> None:
    ingredients = read(source)
    assert ingredients.fingerprint
    assert set(ingredients.fingerprint.parts) == set(PARTS)
    assert ingredients.bases == {"quay.io/org/base:1": DIGEST}
    assert read(source) == ingredients


def test_read_ingredients__what_changes_them(source: Path) -> None:
    values = [read(source), read(source, registry=f"sha256:{'b' * 64}"), read(source, platform="linux/arm64")]
    values.append(read(source, plan_for(push_to(), **{"build-args": "A=1"})))
    (source / "image-tests").mkdir()
    values += [read(source), read(source, policy=("30",))]
    (source / "notes.txt").touch()
    values.append(read(source))
    (source / "Dockerfile").write_text("FROM quay.io/org/base:1\nCOPY . /srv\n", encoding="utf-8")
    values.append(read(source))
    assert len({ingredients.fingerprint for ingredients in values}) == len(values)
    assert None not in {ingredients.fingerprint for ingredients in values}


def test_read_ingredients__how_no_tests_are_run_does_not_count(source: Path) -> None:
    assert read(source, policy=("30",)) == read(source)


@pytest.mark.parametrize(
    "other",
    [
        replace(POLICY, check=HubCheck.FALSE),
        replace(POLICY, command=("jupyterhub-singleuser", "--debug")),
        replace(POLICY, memory_bytes=2**29),
        replace(POLICY, timeout=60),
        replace(POLICY, default_url="/tree"),
        replace(POLICY, version="5.2.1"),
    ],
)
def test_read_ingredients__another_hub_check_is_another_proof(source: Path, other: HubPolicy) -> None:
    before, after = read(source).fingerprint, read(source, hub=other).fingerprint
    assert before
    assert after
    changed = [part for part in PARTS if before.parts[part] != after.parts[part]]
    assert changed == ["verification"]


def test_read_ingredients__base_that_nobody_knows(source: Path) -> None:
    assert read(source, registry=None) == Ingredients(None, "what quay.io/org/base:1 is by now")


@pytest.mark.parametrize("text", ["FROM $BASE\n", ""])
def test_read_ingredients__dockerfile_in_doubt(source: Path, text: str) -> None:
    (source / "Dockerfile").write_text(text, encoding="utf-8")
    assert read(source) == Ingredients(None, "which images the Dockerfile starts from")


def test_read_ingredients__arguments_that_bring_in_more(source: Path) -> None:
    ingredients = read(source, replace(plan_for(push_to()), all_known=False))
    assert ingredients.fingerprint is None
    assert "your own arguments for buildx" in ingredients.unknown
    assert ingredients.bases == {"quay.io/org/base:1": DIGEST}
