"""Names of images: which registry they belong to, and what is said about those that are not names."""

import pytest

from hubaction.errors import InvalidInputError
from hubaction.inputs.read import read_settings
from tests.unit.samples import make_settings, problems_of


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({}, ["docker.io/org/course"], id="repository"),
        pytest.param({"registry": "quay.io"}, ["quay.io/org/course"], id="repository-and-registry"),
        pytest.param({"image-name": "a/b"}, ["docker.io/a/b"], id="name"),
        pytest.param({"image-name": "a/b", "registry": "quay.io"}, ["quay.io/a/b"], id="name-and-registry"),
        pytest.param({"image-name": "ghcr.io/a/b", "registry": "quay.io"}, ["ghcr.io/a/b"], id="own-registry"),
        pytest.param(
            {"image-name": "a/b\n\n ghcr.io/a/b \na/b", "registry": "quay.io"},
            ["quay.io/a/b", "ghcr.io/a/b"],
            id="several",
        ),
    ],
)
def test_read_settings__images(inputs: dict[str, str], expected: list[str]) -> None:
    assert [str(name) for name in make_settings(inputs).images] == expected


@pytest.mark.parametrize(
    ("repository", "expected"),
    [("My-Org/My.Course", "docker.io/my-org/my.course"), ("Org/_private_", "docker.io/org/private")],
)
def test_read_settings__image_named_after_the_repository(repository: str, expected: str) -> None:
    assert [str(name) for name in read_settings({"GITHUB_REPOSITORY": repository}).images] == [expected]


def test_read_settings__no_name_at_all() -> None:
    with pytest.raises(InvalidInputError, match=r"input 'image-name': is empty.*allowed is e\.g\. my-org/my-image"):
        read_settings({})


def test_read_settings__every_wrong_name_is_told() -> None:
    said = problems_of({"image-name": "org/my one\norg/my two\norg/three"})
    assert [problem.rpartition("did you mean ")[2] for problem in said] == ["'org/my-one'?", "'org/my-two'?"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("my-org/cache:x", "quay.io/my-org/cache:x"),
        ("ghcr.io/my-org/cache:x", "ghcr.io/my-org/cache:x"),
        ("localhost:5000/a/b:buildcache", "localhost:5000/a/b:buildcache"),
    ],
)
def test_read_settings__cache_ref(given: str, expected: str) -> None:
    assert str(make_settings({"cache-ref": given, "registry": "quay.io"}).cache_ref) == expected


@pytest.mark.parametrize(
    "inputs",
    [
        {"cache-ref": "my-org/my-image:latest"},
        {"cache-ref": "my-org/my-image"},
        {"cache-ref": "localhost:5000/image"},
        {"cache-ref": "my-org/my-image:-x"},
        {"cache-ref": "my-org/my-image:buildcache", "cache": "inline"},
        {"cache-ref": "my-org/my-image:buildcache", "cache": "none"},
    ],
)
def test_read_settings__no_cache_ref(inputs: dict[str, str]) -> None:
    assert [said for said in problems_of(inputs) if said.startswith("input 'cache-ref'")]


def test_read_settings__names_in_capitals_are_lowered_with_a_notice() -> None:
    settings = make_settings({"image-name": "ghcr.io/My-Org/My-Image\nghcr.io/my-org/other\nghcr.io/my-org/my-image"})
    assert [str(name) for name in settings.images] == ["ghcr.io/my-org/my-image", "ghcr.io/my-org/other"]
    assert settings.notices == (
        "image-name 'ghcr.io/My-Org/My-Image' is used in lower case: registries take no other.",
    )


def test_read_settings__wrong_registry() -> None:
    assert problems_of({"registry": "https://quay.io"}) == [
        "input 'registry': 'https://quay.io' is a URL, not a registry's name; did you mean 'quay.io'?"
    ]
