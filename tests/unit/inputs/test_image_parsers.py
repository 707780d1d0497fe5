"""What an image is called, and what is in it: what is taken, and what is said about the rest."""

import pytest

from hubaction.inputs import image_parsers


@pytest.mark.parametrize(
    ("text", "expected"), [("/srv/repo", "/srv/repo"), ("/opt/my-course_1.0/", "/opt/my-course_1.0")]
)
def test_parse_repo_dir__absolute(text: str, expected: str) -> None:
    assert image_parsers.parse_repo_dir(text) == expected


@pytest.mark.parametrize(
    "text", ["", "srv/repo", "/", "//", "/srv/../etc", "/srv repo", "/srv\nRUN id", "/srv\n", "/srv/$HOME", "/srv//x"]
)
def test_parse_repo_dir__another(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed is an absolute path, e\.g\. /srv/repo"):
        image_parsers.parse_repo_dir(text)


@pytest.mark.parametrize("text", ["jovyan", "_x", "r-studio_1", "x" * 32])
def test_parse_user__legal(text: str) -> None:
    assert image_parsers.parse_user(text) == text


@pytest.mark.parametrize("text", ["", "root", "Jovyan", "1x", "-x", "a b", "x" * 33, "a;b", "a\n"])
def test_parse_user__illegal(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be the notebook user; allowed are lower-case letters") as caught:
        image_parsers.parse_user(text)
    assert str(caught.value).startswith(f"'{text}'")


@pytest.mark.parametrize("number", [1, 1000, 2**31 - 1])
def test_parse_user_id__legal(number: int) -> None:
    assert image_parsers.parse_user_id(str(number)) == number


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "x", "2147483648", "99999999999", "1_0", "\u0661", "1\n"])
def test_parse_user_id__illegal(text: str) -> None:
    with pytest.raises(ValueError, match="is not a user id; allowed are 1 to 2147483647") as caught:
        image_parsers.parse_user_id(text)
    assert str(caught.value).startswith(f"'{text}'")


@pytest.mark.parametrize("text", ["", "ubuntu:24.04", "docker.io/library/ubuntu", "localhost:5000/base"])
def test_parse_base_image__legal(text: str) -> None:
    assert image_parsers.parse_base_image(text) == text


@pytest.mark.parametrize("text", ["ubuntu 24", "--x", "Ubuntu", "ubuntu\nRUN id"])
def test_parse_base_image__illegal(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an image reference; allowed is e\.g\."):
        image_parsers.parse_base_image(text)


@pytest.mark.parametrize("text", ["", "linux/amd64", "linux/arm64", "linux/arm/v7"])
def test_parse_platform__legal(text: str) -> None:
    assert image_parsers.parse_platform(text) == text


@pytest.mark.parametrize("text", ["linux/amd64,linux/arm64", "linux/amd64\nlinux/arm64"])
def test_parse_platform__several(text: str) -> None:
    with pytest.raises(ValueError, match="names several platforms; allowed is one"):
        image_parsers.parse_platform(text)


def test_parse_platform__near_miss() -> None:
    with pytest.raises(ValueError, match="'linux-arm64' is not a platform; did you mean 'linux/arm64'"):
        image_parsers.parse_platform("linux-arm64")


@pytest.mark.parametrize("text", ["zos", "windows/amd64", "x"])
def test_parse_platform__says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a platform.*linux/amd64"):
        image_parsers.parse_platform(text)
