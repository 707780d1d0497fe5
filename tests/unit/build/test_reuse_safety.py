"""What must never be used again: images whose labels, or whose base, are not what they seem to be."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import responses

from hubaction.build.base_images import resolve_bases
from hubaction.build.build_inputs import BuildInputs, InputSources, ask_for_base, read_build_inputs
from hubaction.build.context import list_context
from hubaction.build.fingerprint import Fingerprint, hash_texts
from hubaction.build.other_repo2docker import BuildArguments
from hubaction.build.reuse import is_for_the_same, labels_for
from hubaction.clients.registry.manifest import Manifest
from hubaction.clients.registry.registries import Registries
from hubaction.clients.registry.registry import Registry
from hubaction.clients.registry.remote_image import Candidate
from hubaction.decide.labels import FINGERPRINT_LABEL, PREVIEW_EXPIRES_LABEL, PULL_REQUEST_LABEL, UNPROVEN_LABEL
from hubaction.decide.plan import BuildPlan
from hubaction.errors import ActionError, InvalidInputError
from hubaction.image import ImageName, Reference
from tests.unit.decide.test_plan import NOW
from tests.unit.samples import LOGIN, make_build_plan, make_settings, pull_request, push_to

BASE = "quay.io/org/base:1"
OLD, NEW, ID = (f"sha256:{digit * 64}" for digit in "123")
FINGERPRINT = Fingerprint({"context": hash_texts(("x",))})


def plan_of_push() -> BuildPlan:
    return make_build_plan(make_settings(LOGIN), push_to(), NOW)


def image_with(labels: Mapping[str, str]) -> Candidate:
    reference = Reference(ImageName("quay.io", "org/image"), "v1")
    return Candidate(reference, Manifest(NEW, 1, ID), b"{}", labels)


# --- labels ---


def test_labels__those_of_a_dockerfile_or_a_base_image_never_pass_for_ours() -> None:
    """A label that is not written is inherited; the last one of a name counts, so a known fingerprint still may."""
    labels = [word for word in plan_of_push().build.buildx if word.startswith("--label=hub-image-action.")]
    names = (PULL_REQUEST_LABEL, FINGERPRINT_LABEL, PREVIEW_EXPIRES_LABEL, UNPROVEN_LABEL)
    assert labels == [f"--label={name}=" for name in names]


@pytest.mark.parametrize("argument", ["--label=hub-image-action.fingerprint=x", "hub-image-action.pull-request=1"])
def test_labels__not_to_be_set_through_buildx(argument: str) -> None:
    with pytest.raises(InvalidInputError, match="label of this action's own"):
        make_settings({"repo2docker-args": f"--DockerEngine.extra_buildx_build_args={argument}"})


def test_is_for_the_same__an_empty_label_is_none() -> None:
    assert is_for_the_same(plan_of_push(), image_with({}))
    assert is_for_the_same(plan_of_push(), image_with({PULL_REQUEST_LABEL: ""}))
    assert not is_for_the_same(plan_of_push(), image_with({PULL_REQUEST_LABEL: "7"}))
    plan = make_build_plan(make_settings(LOGIN), pull_request(), NOW)
    assert not is_for_the_same(plan, image_with({PULL_REQUEST_LABEL: ""}))


def test_labels_for__production_no_longer_names_the_pull_request() -> None:
    labels = labels_for(plan_of_push(), FINGERPRINT, {PULL_REQUEST_LABEL: "7", "theirs": "stays"})
    assert labels[PULL_REQUEST_LABEL] == ""
    assert labels["theirs"] == "stays"
    assert labels[FINGERPRINT_LABEL] == FINGERPRINT.label()


def read_with(folder: Path, *, buildx: tuple[str, ...], dockerfile: str = "FROM scratch\n") -> BuildInputs:
    """BuildInputs by a stand-in for repo2docker that prints a Dockerfile."""
    source = folder / "source"
    source.mkdir()
    (source / "Dockerfile").write_bytes(dockerfile.encode())
    command = (sys.executable, "-c", "print('FROM scratch')", "context")
    arguments = BuildArguments(command, buildx, digest="1" * 64)
    materials = InputSources(list_context(source, include_git=False), arguments, None, "image-tests", (), "linux/amd64")
    return read_build_inputs(
        plan_of_push().build,
        materials,
        folder=folder / "render",
        env={},
        ask_registry=lambda _: None,
        ask_engine=lambda _: "",
    )


def test_read_ingredients__a_repo2docker_that_writes_no_fingerprint_looks_for_none(tmp_path: Path) -> None:
    assert read_with(tmp_path, buildx=()).fingerprint is None


def test_read_ingredients__with_buildx(tmp_path: Path) -> None:
    assert read_with(tmp_path, buildx=("--load",)).fingerprint is not None


def test_read_ingredients__a_base_behind_a_carriage_return(tmp_path: Path) -> None:
    """Read as text, the second FROM would stand in a here-document; to the builder that begins in a comment."""
    hidden = "FROM scratch\n# a\rRUN cat <<EOF\nFROM quay.io/org/hidden:1\n# a\rEOF\n"
    assert read_with(tmp_path, buildx=("--load",), dockerfile=hidden).fingerprint is None


def test_read_ingredients__lines_that_end_as_on_windows(tmp_path: Path) -> None:
    assert read_with(tmp_path, buildx=("--load",), dockerfile="FROM scratch\r\n").fingerprint is not None


@pytest.mark.parametrize("start", ["# syntax=example/frontend", "\ufeff#Syntax = example/frontend\r"])
def test_read_ingredients__a_frontend_that_is_not_dockers(tmp_path: Path, start: str) -> None:
    """It is looked for in the file that the builder reads, and not in what repo2docker prints of it."""
    read = read_with(tmp_path, buildx=("--load",), dockerfile=f"{start}\nFROM scratch\n")
    assert read.fingerprint is None
    assert read.frontend == "example/frontend"
    assert read.unknown == "what the frontend 'example/frontend' makes of the Dockerfile"


def test_read_ingredients__a_frontend_in_the_arguments(tmp_path: Path) -> None:
    read = read_with(tmp_path, buildx=("--load", "--build-arg=BUILDKIT_SYNTAX=example/frontend"))
    assert (read.fingerprint, read.frontend) == (None, "example/frontend")


def test_read_ingredients__dockers_own_frontend(tmp_path: Path) -> None:
    read = read_with(tmp_path, buildx=("--load",), dockerfile="# syntax=docker/dockerfile:1\nFROM scratch\n")
    assert read.frontend == ""
    assert read.fingerprint is not None


# --- base images ---


@dataclass
class EngineImages:
    """What an engine has under one name."""

    id: str = ""
    digests: frozenset[str] = field(default_factory=frozenset)

    def find_image(self, reference: str) -> str:
        assert reference == BASE
        return self.id

    def digests_of(self, image: str, name: str) -> frozenset[str]:
        assert (image, name) == (BASE, "quay.io/org/base")
        return self.digests


@pytest.fixture
def wire() -> responses.RequestsMock:
    """A registry whose tag is NEW, and which still has OLD."""
    mock = responses.RequestsMock(assert_all_requests_are_fired=False)
    for reference, digest in (("1", NEW), (NEW, NEW), (OLD, OLD)):
        url = f"https://quay.io/v2/org/base/manifests/{reference}"
        mock.head(url, headers={"Docker-Content-Digest": digest})
    mock.head(f"https://quay.io/v2/org/base/manifests/{ID}", status=404)
    return mock


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        pytest.param(EngineImages(), NEW, id="the engine has none"),
        pytest.param(EngineImages(ID, frozenset({NEW})), NEW, id="the engine's is the registry's"),
        pytest.param(EngineImages(ID, frozenset({OLD})), NEW, id="the engine's is an older one of the registry's"),
        pytest.param(EngineImages(ID), ID, id="an earlier step built it"),
        pytest.param(EngineImages(ID, frozenset({ID})), ID, id="an earlier step built it, in the newer image store"),
    ],
)
def test_ask_for_base__what_the_builder_would_start_from(
    wire: responses.RequestsMock, local: EngineImages, expected: str
) -> None:
    with wire:
        registry = Registry("quay.io", {}, patient=False)
        found = resolve_bases([BASE], lambda name: ask_for_base(name, lambda _: registry, local), local.find_image)
    assert found == {BASE: expected}


def test_resolve_bases__name_that_no_registry_has() -> None:
    """It ended the run: the grammar of a Dockerfile's names is wider."""
    registries = Registries((), Path("/nowhere"), frozenset())
    name = "registry.hub.docker.com/debian:12"
    assert resolve_bases([name], lambda _: ask_for_base(name, registries.look_in, EngineImages()), lambda _: "") is None


# --- looking things up ---


def test_look_in__a_broken_login_stops_only_who_wants_to_write(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"quay.io": {"auth": "%%%"}}}))
    registries = Registries((), tmp_path, frozenset())
    assert registries.look_in("quay.io").auth == {}
    with pytest.raises(ActionError, match="no readable login"):
        registries.open("quay.io")
