"""Names, references and tags: the grammar, and what is said about what breaks it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubaction import image
from hubaction.image import ImageName, Reference

components = st.from_regex(r"[a-z0-9]{1,6}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,6}){0,3}", fullmatch=True)
registries = st.one_of(
    st.sampled_from(["quay.io", "ghcr.io", "localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"]),
    st.from_regex(r"[a-z0-9]{1,20}\.[a-z]{2,8}(?::[0-9]{1,5})?", fullmatch=True),
)


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        pytest.param("org/image", "docker.io", "docker.io/org/image", id="docker-hub-by-default"),
        pytest.param("org/image", "quay.io", "quay.io/org/image", id="default-registry"),
        pytest.param("ghcr.io/org/image", "quay.io", "ghcr.io/org/image", id="own-registry-wins"),
        pytest.param("localhost/image", "quay.io", "localhost/image", id="localhost-is-a-registry"),
        pytest.param("localhost:5000/image", "quay.io", "localhost:5000/image", id="port"),
        pytest.param("127.0.0.1:5000/a/b/c", "quay.io", "127.0.0.1:5000/a/b/c", id="address-and-deep-path"),
        pytest.param("[::1]:5000/org/image", "quay.io", "[::1]:5000/org/image", id="ip-v6"),
        pytest.param("image", "quay.io", "quay.io/image", id="no-organisation-outside-docker-hub"),
        pytest.param("index.docker.io/org/image", "quay.io", "docker.io/org/image", id="docker-hub-alias"),
        pytest.param("org/a__b.c-d--e", "quay.io", "quay.io/org/a__b.c-d--e", id="all-separators"),
    ],
)
def test_parse_image_name__legal(text: str, default: str, expected: str) -> None:
    assert str(image.parse_image_name(text, default)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Org/Image", "did you mean 'org/image'?", id="upper-case"),
        pytest.param("quay.io/Org/Image", "did you mean 'quay.io/org/image'?", id="upper-case-with-registry"),
        pytest.param("org/my image", "did you mean 'org/my-image'?", id="blank"),
        pytest.param("org/image:v1", "tags belong into the input 'tags'", id="tag"),
        pytest.param("quay.io/org/image:v1", "remove ':v1'", id="tag-with-registry"),
        pytest.param("org/image@sha256:" + "0" * 64, "has a digest", id="digest"),
        pytest.param("https://quay.io/org/image", "is not an image name", id="url"),
        pytest.param("org//image", "is not an image name", id="empty-component"),
        pytest.param("/org/image", "is not an image name", id="leading-slash"),
        pytest.param("org/image/", "is not an image name", id="trailing-slash"),
        pytest.param("org/-image", "did you mean 'org/image'?", id="leading-separator"),
        pytest.param("org/a___b", "did you mean 'org/a-b'?", id="three-underscores"),
        pytest.param("image", "names no organisation, which Docker Hub needs", id="no-organisation"),
        pytest.param("org/" + "a" * 300, "longer than 255 characters", id="too-long"),
        pytest.param("org/image\n", "is not an image name", id="line-end"),
    ],
)
def test_parse_image_name__illegal(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|remove|longer") as caught:
        image.parse_image_name(text, image.DOCKER_HUB)
    assert said in str(caught.value)
    assert text[:40] in str(caught.value)


@pytest.mark.parametrize("registry", ["under_score.io", "quay.io:123456", "-.io"])
def test_parse_image_name__illegal_registry(registry: str) -> None:
    with pytest.raises(ValueError, match="is not a registry; allowed is a host with an optional port") as caught:
        image.parse_image_name(f"{registry}/org/image", image.DOCKER_HUB)
    assert repr(registry) in str(caught.value)


@given(registries, st.lists(components, min_size=1, max_size=3))
def test_parse_image_name__renders_back(registry: str, path: list[str]) -> None:
    text = "/".join([registry, *path])
    assert str(image.parse_image_name(text, image.DOCKER_HUB)) == text


@given(st.text())
@example("\n")
def test_parse_image_name__is_legal_or_refused(text: str) -> None:
    try:
        name = image.parse_image_name(text, image.DOCKER_HUB)
    except ValueError:
        return
    assert image.is_reference(str(name))
    assert image.parse_image_name(str(name), "other.example") == name


@given(st.text())
@example("a._-b/İ/__x__")
def test_legalize_path__is_legal_or_empty(text: str) -> None:
    path = image.legalize_path(text)
    if path:
        assert image.parse_image_name(f"quay.io/{path[:200].rstrip('._-/')}", "quay.io")


@given(components)
def test_legalize_path__keeps_what_is_legal(path: str) -> None:
    assert image.legalize_path(path) == path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quay.io", "quay.io"),
        (" quay.io/ ", "quay.io"),
        ("docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("registry.example:5000", "registry.example:5000"),
    ],
)
def test_normalize_registry__legal(text: str, expected: str) -> None:
    assert image.normalize_registry(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://quay.io", "did you mean 'quay.io'?"),
        ("http://quay.io/v2/", "did you mean 'quay.io'?"),
        ("quay.io/org", "allowed is a host with an optional port"),
        ("-quay.io", "allowed is a host with an optional port"),
        ("", "allowed is a host with an optional port"),
        ("quay.io:port", "allowed is a host with an optional port"),
    ],
)
def test_normalize_registry__illegal(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="registry") as caught:
        image.normalize_registry(text)
    assert said in str(caught.value)
    assert repr(text) in str(caught.value)


@given(st.text())
@example("-.ü")
@example("a" * 300)
def test_sanitize_tag__is_legal_or_empty(text: str) -> None:
    tag = image.sanitize_tag(text)
    assert tag == "" or image.is_tag(tag)


@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True))
def test_sanitize_tag__keeps_what_is_legal(tag: str) -> None:
    assert image.sanitize_tag(tag) == tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feature/login", "feature-login"),
        ("v1.0+build", "v1.0-build"),
        ("...x", "x"),
        ("-", ""),
        ("ü", ""),
        ("", ""),
        ("a" * 200, "a" * 128),
    ],
)
def test_sanitize_tag__examples(text: str, expected: str) -> None:
    assert image.sanitize_tag(text) == expected


@pytest.mark.parametrize("text", ["v1", "_x", "A.b-c_d", "a" * 128])
def test_is_tag__legal(text: str) -> None:
    assert image.is_tag(text)


@pytest.mark.parametrize("text", ["", ".x", "-x", "a/b", "a:b", "a\n", "ä", "a" * 129])
def test_is_tag__illegal(text: str) -> None:
    assert not image.is_tag(text)


@pytest.mark.parametrize(
    "text",
    [
        "ubuntu",
        "buildpack-deps:24.04",
        "docker.io/library/ubuntu:24.04",
        "localhost:5000/base",
        "quay.io/org/image@sha256:" + "a" * 64,
        "quay.io/org/image:tag@sha256:" + "a" * 64,
    ],
)
def test_is_reference__legal(text: str) -> None:
    assert image.is_reference(text)


@pytest.mark.parametrize(
    "text",
    ["", "Ubuntu", "ubuntu:", "ubuntu@sha256:abc", "a b", "ubuntu\nRUN id", "--flag", "quay.io/", "ubuntu:ta g"],
)
def test_is_reference__illegal(text: str) -> None:
    assert not image.is_reference(text)


def test_display_registry__docker_hub() -> None:
    assert image.display_registry("docker.io") == "Docker Hub"


def test_display_registry__other() -> None:
    assert image.display_registry("quay.io") == "quay.io"


def test_reference__renders() -> None:
    assert str(Reference(ImageName("quay.io", "org/image"), "v1")) == "quay.io/org/image:v1"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("debian", "docker.io/library/debian:latest"),
        ("debian:12", "docker.io/library/debian:12"),
        ("docker.io/debian:12", "docker.io/library/debian:12"),
        ("index.docker.io/org/image", "docker.io/org/image:latest"),
        ("org/image:1", "docker.io/org/image:1"),
        ("quay.io/image", "quay.io/image:latest"),
        ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
        (f"debian@sha256:{'5' * 64}", f"docker.io/library/debian@sha256:{'5' * 64}"),
        (f"debian:12@sha256:{'5' * 64}", f"docker.io/library/debian:12@sha256:{'5' * 64}"),
    ],
)
def test_normalize_reference__as_the_engine_names_it(text: str, name: str) -> None:
    assert image.normalize_reference(text) == name
    assert image.normalize_reference(name) == name


@pytest.mark.parametrize("text", ["", "Debian", "ORG/image", "a b", "a:", "a@", "a@sha256:5", "https://a/b", "a" * 300])
def test_normalize_reference__none(text: str) -> None:
    with pytest.raises(ValueError, match="is not the name of an image"):
        image.normalize_reference(text)


def test_short_sha__as_tags_have_it() -> None:
    assert image.short_sha("0123456789abcdef0123456789abcdef01234567") == "0123456789ab"
    assert image.short_sha("") == ""
