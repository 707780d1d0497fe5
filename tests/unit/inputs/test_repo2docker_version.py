"""What may be wanted of pip: one package, by version, requirement or address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs.repo2docker_version import is_url, parse_repo2docker_version, pinned_version

ZIP = "https://github.com/jupyterhub/repo2docker/archive/main.zip"


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("", ""),
        ("  \n", ""),
        ("2024.7.0", "jupyter-repo2docker==2024.7.0"),
        ("v2024.7.0\n", "jupyter-repo2docker==2024.7.0"),
        ("2024.07.0", "jupyter-repo2docker==2024.7.0"),
        ("2025.8", "jupyter-repo2docker==2025.8"),
        (">=2025.8", "jupyter-repo2docker>=2025.8"),
        ("jupyter-repo2docker", "jupyter-repo2docker"),
        ("jupyter_repo2docker == 2024.7.0", "jupyter_repo2docker==2024.7.0"),
        (ZIP, ZIP),
        (f"{ZIP}#sha256=00", f"{ZIP}#sha256=00"),
        (f"jupyter-repo2docker@{ZIP}", f"jupyter-repo2docker @ {ZIP}"),
        (f"our-repo2docker @ {ZIP}", f"our-repo2docker @ {ZIP}"),
        ("git+https://github.com/jupyterhub/repo2docker@main", "git+https://github.com/jupyterhub/repo2docker@main"),
    ],
)
def test_parse_repo2docker_version(text: str, requirement: str) -> None:
    assert parse_repo2docker_version(text) == requirement
    assert parse_repo2docker_version(requirement) == requirement


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-r requirements.txt", "is not a requirement; allowed are"),
        ("--index-url=https://example.org", "is not a requirement"),
        ("jupyter-repo2docker --pre", "is not a requirement"),
        ("jupyter-repo2docker==2024.7.0 requests", "is not a requirement"),
        ("jupyter-repo2docker==2024.7.0\n-r evil.txt", "not one line"),
        ("2024.7.0\t--pre", "not one line"),
        ("jupyter-repo2docker==2024.7.0\r--pre", "not one line"),
        ("jupyter-repo2docker\u2028--pre", "not one line"),
        ("2" * 501, "at most 500"),
        (".", "is not a requirement"),
        ("./context", "is not a requirement"),
        ("/github/workspace", "is not a requirement"),
        ("latest", "did you mean 'jupyter-repo2docker'"),
        ("repo2docker==2024.7.0", "'repo2docker' is another package; did you mean 'jupyter-repo2docker==2024.7.0'"),
        ("jupyter-repo2docker==2024.7.0; python_version < '3'", "condition after ';'"),
        ("file:///github/workspace", r"must start with https:// or git\+https://, not file:"),
        ("jupyter-repo2docker @ file:///github/workspace", "not file:"),
        ("jupyter-repo2docker @ ./context", "is not a requirement|not :"),
        ("http://example.org/x.zip", "not http:"),
        ("git+ssh://git@github.com/a/b", r"not git\+ssh:"),
        ("https:///x.zip", "must start with https"),
        ("https://[x/y.zip", "cannot be read"),
        (f"{ZIP} --pre", "has a blank"),
    ],
)
def test_parse_repo2docker_version__refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_repo2docker_version(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:s3cret-token@example.org/x.zip",
        "git+https://s3cret-token@github.com/a/b",
        "jupyter-repo2docker @ https://s3cret-token@example.org/x.zip",
        "jupyter-repo2docker https://s3cret-token@example.org/x.zip --pre",
    ],
)
def test_parse_repo2docker_version__login_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"has a login|is not a requirement") as caught:
        parse_repo2docker_version(text)
    assert "s3cret" not in str(caught.value)


@given(st.text() | st.from_regex(r"(jupyter-repo2docker|https://|-|)[ -~]{0,30}", fullmatch=True))
def test_parse_repo2docker_version__never_more_than_one_word_for_pip(text: str) -> None:
    try:
        requirement = parse_repo2docker_version(text)
    except ValueError:
        return
    assert not requirement.startswith(("-", ".", "/"))
    assert requirement.isprintable()


@pytest.mark.parametrize(
    ("requirement", "address"),
    [("jupyter-repo2docker==2024.7.0", False), (f"x @ {ZIP}", True), (ZIP, True), ("", False)],
)
def test_is_url(requirement: str, address: bool) -> None:
    assert is_url(requirement) is address


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2025.12.0", "2025.12.0"),
        ("==2025.12.0", "2025.12.0"),
        ("jupyter_repo2docker == 2024.07.0", "2024.7.0"),
        ("", ""),
        ("jupyter-repo2docker", ""),
        (">=2025.8", ""),
        ("~=2025.8", ""),
        ("==2025.*", ""),
        ("===2025.12.0", ""),
        ("==2025.12.0,!=2025.1", ""),
        ("2025.12.0+local", ""),
        ("jupyter-repo2docker[extra]==2025.12.0", ""),
        (ZIP, ""),
        (f"jupyter-repo2docker @ {ZIP}", ""),
        ("git+https://github.com/jupyterhub/repo2docker@2025.12.0", ""),
    ],
)
def test_pinned_version__one_that_cannot_change(text: str, version: str) -> None:
    assert pinned_version(parse_repo2docker_version(text)) == version
