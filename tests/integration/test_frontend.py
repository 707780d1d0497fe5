"""A frontend other than Docker's own makes the image: program, builder, registry and frontend are real.

The frontend is `playing_frontend.py`, which the builder pulls from the registry and starts.
"""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools import process
from devtools.engine import Engine
from devtools.registry import Registry
from hubaction.clients.engine.engine import Engine as EngineDoor
from hubaction.decide.labels import FINGERPRINT_LABEL, FRONTEND_LABEL, PULL_REQUEST_LABEL
from hubaction.image import ImageName, Reference
from tests.support.commits import PLAIN, Commits, Ran, new_sha
from tests.support.faulty_registry import FaultyRegistry, faulty_registry
from tests.support.registry_contents import read_config, tags_of
from tests.support.users import USER

PROGRAM = Path(__file__).parent / "playing_frontend.py"
IMAGE = (
    "FROM debian:trixie-slim\nRUN apt-get update && apt-get install --yes --no-install-recommends python3 \\\n"
    "    && rm -rf /var/lib/apt/lists/*\nCOPY playing_frontend.py /\n"
    'ENTRYPOINT ["python3", "-I", "/playing_frontend.py"]\n'
)


@pytest.fixture(scope="module")
def proxy(registry: Registry) -> Iterator[FaultyRegistry]:
    with faulty_registry(registry) as running:
        yield running


@pytest.fixture(scope="module")
def frontend(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, proxy: FaultyRegistry, password: str
) -> Iterator[str]:
    """Build the lying frontend and push it; yield the name that `# syntax=` takes."""
    folder = tmp_path_factory.mktemp("frontend")
    (folder / "Dockerfile").write_text(IMAGE)
    (folder / PROGRAM.name).write_bytes(PROGRAM.read_bytes())
    local = f"hub-image-action/tests-frontend:{secrets.token_hex(6)}"
    reference = Reference(ImageName(proxy.host, "lab/frontend"), "1")
    arguments: list[str | Path] = [
        "docker",
        "buildx",
        "build",
        "--quiet",
        "--load",
        "--provenance=false",
        "--tag",
        local,
        folder,
    ]
    process.run(arguments, env=engine.environment())
    with EngineDoor.connect(engine.environment()) as door:
        with door.tagged(local, reference):
            errors = [event.error for event in door.push(reference, {"username": USER, "password": password})]
        assert not any(errors)
        yield str(reference)
        door.remove_image(local)


MakeCommits = Callable[[str], Commits]


@pytest.fixture
def make_commits(tmp_path: Path, engine: Engine, proxy: FaultyRegistry, password: str) -> MakeCommits:
    login = {"username": USER, "password": password}
    return lambda name: Commits(tmp_path / name, engine, proxy, f"lab/frontend-{name}", login)


def labels_of(registry: Registry, commits: Commits, tag: str) -> dict[str, str]:
    labels: dict[str, str] = read_config(registry, commits.name, tag)["config"]["Labels"]
    return labels


def write_dockerfile(commits: Commits, frontend: str, forged: str = "", *, last: str = "") -> None:
    syntax = f"# syntax={frontend} {forged}\n" if frontend else ""
    commits.write(Dockerfile=f"{syntax}{PLAIN.format(nonce=commits.nonce)}{last}")


def remarks(ran: Ran) -> list[str]:
    return [notice for notice in ran.annotations("notice") if "frontend" in notice]


def test_frontend__plants_no_fingerprint_for_the_next_commit(
    make_commits: MakeCommits, frontend: str, registry: Registry
) -> None:
    """The attack: commit 2 has the label of commit 3, which is clean and would be "unchanged"."""
    commits, first, second, third = make_commits("planted"), new_sha(), new_sha(), new_sha()
    clean = commits.pull_request(first, preview="true")
    planted = labels_of(registry, commits, f"pr-7-{first[:12]}")[FINGERPRINT_LABEL]
    write_dockerfile(commits, frontend, f"{FINGERPRINT_LABEL}={planted}", last="RUN echo hostile > /tmp/planted\n")
    hostile = commits.pull_request(second, before=first, preview="true")
    write_dockerfile(commits, "")
    ran = commits.pull_request(third, before=second, preview="true")

    assert (clean.code, ran.code) == (0, 0)
    assert hostile.code == 1, hostile.log
    (error,) = hostile.annotations("error")
    assert error.startswith("The image was built with other labels than this action gave to the build: "), hostile.log
    assert FINGERPRINT_LABEL in error
    assert not [tag for tag in tags_of(registry, commits.name) if second[:12] in tag]
    assert ran.built


@pytest.mark.parametrize("label", [PULL_REQUEST_LABEL, "org.opencontainers.image.revision"])
def test_frontend__changes_a_label_on_the_default_branch(
    make_commits: MakeCommits, frontend: str, registry: Registry, label: str
) -> None:
    commits = make_commits(f"changed-{secrets.token_hex(4)}")
    write_dockerfile(commits, frontend, f"{label}=8")
    ran = commits.push(new_sha())
    (error,) = ran.annotations("error")
    assert ran.code == 1
    assert f"gave to the build: {label}. " in error
    assert not tags_of(registry, commits.name)


def test_frontend__nothing_of_a_pull_request_is_pushed(
    make_commits: MakeCommits, frontend: str, registry: Registry
) -> None:
    commits = make_commits("preview")
    write_dockerfile(commits, frontend)
    ran = commits.pull_request(new_sha(), preview="true")
    assert (ran.code, ran.outputs["pushed"]) == (0, "false")
    (notice,) = remarks(ran)
    assert notice.startswith(f"The image is not pushed: the frontend '{frontend}' makes it")
    assert "PUT" not in {method for method, _ in ran.requests}


def test_frontend__pushed_from_the_default_branch_and_never_used_again(
    make_commits: MakeCommits, frontend: str, registry: Registry
) -> None:
    commits, sha = make_commits("published"), new_sha()
    write_dockerfile(commits, frontend)
    first = commits.push(sha)
    again = commits.push(new_sha(), before=sha)
    for ran in (first, again):
        assert (ran.code, ran.built, ran.outputs["pushed"]) == (0, True, "true"), ran.log
        (notice,) = remarks(ran)
        assert notice.startswith(f"The image has no fingerprint: the frontend '{frontend}' makes it")
    labels = labels_of(registry, commits, "latest")
    assert labels[FINGERPRINT_LABEL] == ""
    assert labels[FRONTEND_LABEL].endswith(f"/{commits.name}")


def test_frontend__its_layers_get_into_no_clean_image(make_commits: MakeCommits, frontend: str) -> None:
    """The layer cache in an image is part of its config, which a foreign frontend writes as it likes."""
    commits, foreign, clean = make_commits("cached"), new_sha(), new_sha()
    write_dockerfile(commits, frontend)
    commits.push(foreign)
    write_dockerfile(commits, "")
    ran = commits.push(clean, before=foreign)
    assert ran.code == 0, ran.log
    assert "is by a foreign frontend, so nothing of it is used again." in ran.compared
    assert "importing cache manifest" not in ran.log
