"""Another repo2docker: its arguments, and what pip's output means. Real installations are integration tests."""

from pathlib import Path

import pytest

from hubaction.build.other_repo2docker import (
    Installed,
    TooOldError,
    VersionError,
    arguments_for,
    explain_pip,
    find_zip,
    install_repo2docker,
)

PYTHON = Path("/somewhere/bin/python")
NEW = Installed(PYTHON, "2025.12.0", buildx=True, requirement="jupyter-repo2docker==2025.12.0")
OLD = Installed(PYTHON, "2024.7.0", buildx=False, requirement="jupyter-repo2docker==2024.7.0")
ARGUMENTS = ("jupyter-repo2docker", "--no-run", "--image-name", "a:b", "context")
START = (str(PYTHON), "-I", "-m", "repo2docker", "--no-run", "--image-name", "a:b")
BUILDX = ("--load", "--provenance=false", "--label=org.opencontainers.image.title=A title = x")
ZIP = "https://github.com/jupyterhub/repo2docker/archive/main.zip"


def test_arguments_for__buildx() -> None:
    arguments = arguments_for(ARGUMENTS, (*BUILDX, "--cache-to=type=gha"), NEW)
    assert arguments.command == (*START, "context")
    assert arguments.buildx == (*BUILDX, "--cache-to=type=gha")
    assert arguments.notices == ()


def test_arguments_for__labels_without_buildx() -> None:
    arguments = arguments_for(ARGUMENTS, BUILDX, OLD)
    assert arguments.command == (*START, "--label=org.opencontainers.image.title=A title = x", "context")
    assert arguments.buildx == ()
    (notice,) = arguments.notices
    assert "repo2docker 2024.7.0 is older than 2025.8" in notice
    assert "Left out" not in notice


def test_arguments_for__what_else_buildx_was_to_do_is_named_without_values() -> None:
    buildx = (*BUILDX, "--cache-from=type=gha", "--cache-to=type=gha,ghtoken=abc", "--cache-from=type=local")
    (notice,) = arguments_for(ARGUMENTS, buildx, OLD).notices
    assert notice.endswith("Left out, since it cannot have them: --cache-from, --cache-to.")


@pytest.mark.parametrize(
    "label", ['a="x"', 'a="\nRUN id', "a=x\\", "a=$HOME", "a b=x", "a=x\nRUN id", 'a="', "a", "=x", "a=x\rRUN id"]
)
def test_arguments_for__label_that_would_be_dockerfile_text_is_left_out(label: str) -> None:
    arguments = arguments_for(ARGUMENTS, (f"--label={label}", "--label=b=y"), OLD)
    assert arguments.command == (*START, "--label=b=y", "context")
    assert f"the label {label.partition('=')[0]!r}" in arguments.notices[0]
    assert "\n" not in arguments.notices[0]


@pytest.mark.parametrize("trait", ["base_image", "platform"])
def test_arguments_for__trait_that_it_would_ignore(trait: str) -> None:
    given = (*ARGUMENTS[:-1], f"--Repo2Docker.{trait}=x", "context")
    with pytest.raises(TooOldError, match=r"2022\.10\.0 does not know the input '(base-image|platform)'"):
        arguments_for(given, BUILDX, Installed(PYTHON, "2022.10.0", buildx=False))
    for version in ("2023.6.0", "0+unknown", "no version"):
        installed = Installed(PYTHON, version, buildx=version == "0+unknown")
        assert f"--Repo2Docker.{trait}=x" in arguments_for(given, (), installed).command


def install(folder: Path, *records: str) -> Installed:
    """An environment as pip leaves it: each package with a record of its files."""
    for number, record in enumerate(records):
        place = folder / f"lib/python3.13/site-packages/package{number}-1.dist-info"
        place.mkdir(parents=True)
        (place / "RECORD").write_text(record, encoding="utf-8")
    return Installed(folder / "bin" / "python", "1", buildx=True)


RECORD = "repo2docker/app.py,sha256=abc,10\nrepo2docker/docker.py,sha256=def,20\n"


def digest_for(folder: Path, *records: str) -> str:
    return arguments_for(ARGUMENTS, BUILDX, install(folder, *records)).digest


def test_arguments_for__digest_is_the_same_wherever_it_is_installed(tmp_path: Path) -> None:
    """The scripts name the interpreter, and so the folder, in their first line."""
    one = digest_for(tmp_path / "one", f"{RECORD}../../../bin/repo2docker,sha256=one,99\n")
    two = digest_for(tmp_path / "two", f"../../../bin/repo2docker,sha256=two,99\n{RECORD}")
    assert len(one) == 64
    assert one == two


def test_arguments_for__digest_of_another_version(tmp_path: Path) -> None:
    digests = {
        digest_for(tmp_path / "one", RECORD),
        digest_for(tmp_path / "changed", RECORD.replace("abc", "xyz")),
        digest_for(tmp_path / "dependency", RECORD, "chardet/__init__.py,sha256=abc,1\n"),
        digest_for(tmp_path / "newer", RECORD, "chardet/__init__.py,sha256=def,1\n"),
    }
    assert len(digests) == 4


def test_text() -> None:
    assert OLD.text == "2024.7.0"
    assert Installed(PYTHON, "0+unknown", buildx=True, requirement=ZIP).text == f"0+unknown ({ZIP})"


# --- what pip says ---

NONE_SUCH = (
    "ERROR: Could not find a version that satisfies the requirement jupyter-repo2docker==2099.1"
    " (from versions: 0.1, 2023.6.0, 2024.3.0, 2024.7.0, 2025.8.0, 2025.12.0, 2026.4.0)\n"
    "ERROR: No matching distribution found for jupyter-repo2docker==2099.1"
)
NO_NETWORK = (
    "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken\n"
    "ERROR: Could not find a version that satisfies the requirement jupyter-repo2docker (from versions: none)"
)
NEEDS = "ERROR: Could not find a version that satisfies the requirement semver>9 (from x) (from versions: 1)"
WRONG_PYTHON = "ERROR: Package 'x' requires a different Python: 3.13.5 not in '<3.10'"
ADVICE = "Use another version, or leave the input empty"


@pytest.mark.parametrize(
    ("output", "sentence", "advised"),
    [
        (NONE_SUCH, "there is no REQ; the newest are 2024.3.0, 2024.7.0, 2025.8.0, 2025.12.0, 2026.4.0.", True),
        (NO_NETWORK, "REQ could not be fetched: the network, a proxy or the package's host failed.", False),
        ("ERROR: HTTP error 404 while getting https://x", "there is nothing to fetch at the address in REQ", True),
        (WRONG_PYTHON, "REQ does not allow this action's Python, 3.", True),
        (NEEDS, "REQ needs semver>9, which cannot be had for this action's Python.", True),
        ("Collecting x\n  error: subprocess-exited\nmore", "cannot install REQ: error: subprocess-exited.", True),
        ("Killed", "pip cannot install REQ: Killed.", True),
    ],
)
def test_explain_pip(output: str, sentence: str, advised: bool) -> None:
    explained = explain_pip("REQ", output)
    assert sentence in explained
    assert (ADVICE in explained) is advised


@pytest.mark.parametrize(
    ("requirement", "archive"),
    [
        ("git+https://github.com/org/fork", "https://github.com/org/fork/archive/HEAD.zip"),
        ("x @ git+https://github.com/org/fork.git@a/b#egg=x", "https://github.com/org/fork/archive/a/b.zip"),
        ("git+https://gitlab.com/org/fork@1", "https://github.com/jupyterhub/repo2docker/archive/REF.zip"),
    ],
)
def test_find_zip(requirement: str, archive: str) -> None:
    assert find_zip(requirement) == f"jupyter-repo2docker @ {archive}"


def test_install_repo2docker__git_that_is_not_there(tmp_path: Path) -> None:
    wanted = "git+https://github.com/jupyterhub/repo2docker@main"
    with pytest.raises(VersionError) as caught:
        install_repo2docker(wanted, tmp_path, env={"PATH": str(tmp_path)}, on_line=print)
    assert caught.value.message.startswith("input 'repo2docker-version': installing from a git repository needs git")
    assert caught.value.message.endswith(f"jupyter-repo2docker @ {ZIP}")
    assert not list(tmp_path.iterdir())


def test_install_repo2docker__what_was_not_checked_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a requirement"):
        install_repo2docker("-r x", tmp_path, env={}, on_line=print)
