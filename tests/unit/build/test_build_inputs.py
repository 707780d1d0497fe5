"""What goes into an image and its verification, as one fingerprint."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubaction.build.build_inputs import BuildInputs, InputSources, read_build_inputs
from hubaction.build.context import list_context
from hubaction.build.fingerprint import PARTS, RECIPE, hash_texts
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.build.reuse import expiry_labels
from hubaction.decide.labels import (
    EXPIRY_LABEL,
    PREVIEW_EXPIRES_LABEL,
)
from hubaction.decide.plan import BuildPlan
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.event import Event
from hubaction.inputs.settings import HubPolicy
from tests.unit.samples import LOGIN, make_build_plan, make_settings, pull_request, push_to

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PREVIEW = {"preview": "true", "preview-expires": "3d"}
POLICY = make_settings().hub
DIGEST = f"sha256:{'a' * 64}"


def plan_for(event: Event, given: Mapping[str, str] | None = None, /, **inputs: str) -> BuildPlan:
    return make_build_plan(make_settings(LOGIN | dict(given or {}) | inputs), event, NOW)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM quay.io/org/base:1\nCOPY . /\n", encoding="utf-8")
    return folder


def read(
    source: Path,
    plan: BuildPlan | None = None,
    *,
    registry: str | None = DIGEST,
    platform: str = "linux/amd64",
    policy: tuple[str, ...] = ("600",),
    hub: HubPolicy = POLICY,
) -> BuildInputs:
    """Read with a repo2docker that prints the Dockerfile, as ours does."""
    command = ("/bin/sh", "-c", "cat context/Dockerfile", "context")
    arguments = BuildArguments(command, ("--load",), digest=hash_texts(("1",)))
    tests = source / "image-tests"
    materials = InputSources(
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
    return read_build_inputs(
        (plan or plan_for(push_to())).build,
        materials,
        folder=folder,
        env={},
        ask_registry=ask,
        ask_engine=lambda name: "",
    )


def test_read_build_inputs__an_expiry_of_the_dockerfiles_own(source: Path) -> None:
    assert not read(source).own_expiry
    (source / "Dockerfile").write_text(f"FROM quay.io/org/base:1\nLABEL {EXPIRY_LABEL}=1d\n", encoding="utf-8")
    assert read(source).own_expiry
    assert read(source, registry=None).own_expiry


def test_read_build_inputs__are_the_same_for_a_preview_and_for_production(source: Path) -> None:
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


def test_read_build_inputs__all_parts(source: Path) -> None:
    ingredients = read(source)
    assert ingredients.fingerprint
    assert set(ingredients.fingerprint.parts) == set(PARTS)
    assert ingredients.fingerprint.parts["action"] == hash_texts((str(RECIPE),))
    assert ingredients.bases == {"quay.io/org/base:1": DIGEST}
    assert read(source) == ingredients


def test_read_build_inputs__what_changes_them(source: Path) -> None:
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


def test_read_build_inputs__how_no_tests_are_run_does_not_count(source: Path) -> None:
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
def test_read_build_inputs__another_hub_check_is_another_proof(source: Path, other: HubPolicy) -> None:
    before, after = read(source).fingerprint, read(source, hub=other).fingerprint
    assert before
    assert after
    changed = [part for part in PARTS if before.parts[part] != after.parts[part]]
    assert changed == ["verification"]


def test_read_build_inputs__base_that_nobody_knows(source: Path) -> None:
    assert read(source, registry=None) == BuildInputs(None, "what quay.io/org/base:1 is by now")


@pytest.mark.parametrize("text", ["FROM $BASE\n", ""])
def test_read_build_inputs__dockerfile_in_doubt(source: Path, text: str) -> None:
    (source / "Dockerfile").write_text(text, encoding="utf-8")
    assert read(source) == BuildInputs(None, "which images the Dockerfile starts from")


def test_read_build_inputs__arguments_that_bring_in_more(source: Path) -> None:
    plan = plan_for(push_to())
    ingredients = read(source, replace(plan, build=replace(plan.build, all_known=False)))
    assert ingredients.fingerprint is None
    assert "your own arguments for buildx" in ingredients.unknown
    assert ingredients.bases == {"quay.io/org/base:1": DIGEST}
