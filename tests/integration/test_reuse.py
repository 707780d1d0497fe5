"""An earlier image is used again, or its layers are: the program, engine and registry are real, a proxy counts."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from devtools import process
from devtools.engine import Engine
from devtools.registry import MANIFESTS, Registry
from hubaction.clients.registry.manifest import INDEX_TYPES
from hubaction.clients.registry.registry import Registry as RegistryDoor
from hubaction.clients.registry.remote_image import Candidate, read_candidate
from hubaction.decide.binder_dockerfile import PATH, render_dockerfile
from hubaction.decide.labels import FINGERPRINT_LABEL, PULL_REQUEST_LABEL
from hubaction.image import ImageName, Reference
from hubaction.publish.promote import promote_relabelled
from tests.github.server import JOB_TOKEN, GitHubServer, Pull, running_server
from tests.support.commits import PLAIN, REPOSITORY, Commits, Ran, new_sha
from tests.support.faulty_registry import Answer, FaultyRegistry, HangUpError, faulty_registry
from tests.support.registry_contents import read_config, tags_of

NAME = "lab/reuse"


@pytest.fixture(scope="module")
def proxy(registry: Registry) -> Iterator[FaultyRegistry]:
    with faulty_registry(registry) as running:
        yield running


@pytest.fixture(scope="module")
def login(registry: Registry) -> dict[str, str]:
    username, password = next(iter(registry.users.items()))
    return {"username": username, "password": password}


MakeCommits = Callable[[str], Commits]
MoveBase = Callable[..., str]


@pytest.fixture(scope="module")
def make_commits(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, proxy: FaultyRegistry, login: dict[str, str]
) -> MakeCommits:
    def make(name: str) -> Commits:
        return Commits(tmp_path_factory.mktemp("commits"), engine, proxy, f"{NAME}/{name}", login)

    return make


@pytest.fixture(scope="module")
def commits(make_commits: MakeCommits) -> Commits:
    """A repository of one Dockerfile, whose image most tests start from."""
    return make_commits("shared")


@pytest.fixture(scope="module")
def sha() -> str:
    """The commit that was built before the tests that ask for `built`."""
    return new_sha()


@pytest.fixture(scope="module")
def first(commits: Commits, sha: str) -> Ran:
    ran = commits.push(sha, ref="refs/heads/topic", push="true")
    assert ran.code == 0, ran.log
    assert ran.built
    return ran


@pytest.fixture
def built(first: Ran, proxy: FaultyRegistry) -> Iterator[Ran]:
    """The run that built the image of `sha`; the registry is well before and after each test."""
    proxy.rule = lambda method, path: None
    yield first
    proxy.rule = lambda method, path: None


def is_reused(ran: Ran) -> bool:
    """Whether it went well without a build, and without a byte of a layer."""
    assert ran.code == 0, ran.log
    # What comes down is the config, some kilobytes, by which the image is known.
    return not ran.built and sum(ran.blobs_up) == 0 and len(ran.blobs_down) <= 1 and sum(ran.blobs_down) < 10_000


# --- nothing has changed ---


def test_reuse__unchanged_commit(commits: Commits, built: Ran, sha: str, registry: Registry) -> None:
    new = new_sha()
    ran = commits.push(new, before=sha)

    assert is_reused(ran)
    assert ran.digest == built.digest
    assert ran.tags == [new[:12], "latest"]
    assert {registry.digest(commits.name, tag) for tag in ran.tags} == {built.digest}
    assert len(ran.requests) < 20
    (said,) = re.findall(r"Requests to registries: (\d+); layers moved: none\.", ran.log)
    # `docker login` asks once or twice, too.
    assert len(ran.requests) - 2 <= int(said) <= len(ran.requests)
    compared = f"Nothing has changed since {commits.proxy.host}/{commits.name}:{sha[:12]} (the commit before)."
    assert ran.compared == compared
    assert f"| Compared | `{compared}` |" in ran.summary


def test_reuse__outputs_are_those_of_a_push(commits: Commits, built: Ran, sha: str) -> None:
    new = new_sha()
    ran = commits.push(new, before=sha, latest="false")
    image = f"{commits.proxy.host}/{commits.name}:{new[:12]}"

    assert ran.outputs == {
        "mode": "build",
        "pushed": "true",
        "image": image,
        "digest": built.digest,
        "size": built.outputs["size"],
        "tags": json.dumps([image]),
        "IMAGE_SHA_NAME": image,
        "IMAGE_SHA_TAG": new[:12],
        "PUSH_STATUS": "true",
    }
    before = f"{commits.proxy.host}/{commits.name}:{sha[:12]}"
    assert ran.summary.startswith(f"### ✅ User image `{image}`: unchanged, the same as `{before}`\n")
    assert f"{commits.proxy.host}/{commits.name}@{built.digest}" in ran.summary
    assert f'tag: "{new[:12]}"' in ran.summary


def test_reuse__run_again(commits: Commits, built: Ran, sha: str) -> None:
    """The tag is where it should be, so it is not even put."""
    ran = commits.push(sha, ref="refs/heads/topic", push="true")

    assert is_reused(ran)
    assert ran.digest == built.digest
    assert "(the same commit)" in ran.compared
    assert "PUT" not in {method for method, _ in ran.requests}


def test_reuse__git_tag_on_a_built_commit(commits: Commits, built: Ran, sha: str) -> None:
    ran = commits.push(sha, ref="refs/tags/v1.2.3", tags="{sha}\n{version}")

    assert is_reused(ran)
    assert ran.digest == built.digest
    assert ran.tags == [sha[:12], "1.2.3"]


def test_reuse__file_that_the_engine_ignores(make_commits: MakeCommits, proxy: FaultyRegistry) -> None:
    commits, sha = make_commits("ignored"), new_sha()
    commits.write(**{".dockerignore": "README.md\n", "README.md": "# Tides\n"})
    before = commits.push(sha)
    commits.write(**{"README.md": "# Tides and waves\n"})
    ran = commits.push(new_sha(), before=sha)

    assert before.built
    assert is_reused(ran)
    assert ran.digest == before.digest


def test_reuse__labels_of_the_dockerfile_stay(make_commits: MakeCommits, registry: Registry) -> None:
    commits, sha = make_commits("labelled"), new_sha()
    commits.write(Dockerfile="FROM debian:trixie-slim\nLABEL quay.expires-after=4w\nCOPY . /srv/repo/\nUSER 1000\n")
    before = commits.push(sha)
    ran = commits.push(new_sha(), before=sha)

    assert is_reused(ran)
    assert ran.digest == before.digest
    assert labels_of(registry, commits, "latest")["quay.expires-after"] == "4w"


def test_reuse__tests_passed_then(make_commits: MakeCommits, engine: Engine) -> None:
    """A failing test pushes nothing, so there is nothing to use again; a passed one is not run again."""
    commits, broken, mended = make_commits("tested"), new_sha(), new_sha()
    commits.write(
        **{
            "Dockerfile": (
                "FROM debian:trixie-slim\n\nRUN apt-get update \\\n"
                "    && apt-get install --yes --no-install-recommends python3-pytest \\\n"
                "    && rm -rf /var/lib/apt/lists/* \\\n"
                "    && useradd --create-home --uid 1000 --shell /bin/bash jovyan\n"
                f"RUN echo {commits.nonce} > /nonce\nUSER jovyan\n"
            ),
            "image-tests/test_tides.py": "def test_tides():\n    assert False\n",
        }
    )
    assert commits.push(broken).code == 1
    commits.write(**{"image-tests/test_tides.py": "def test_tides():\n    assert True\n"})
    assert "1 passed" in commits.push(mended, before=broken).summary
    ran = commits.push(new_sha(), before=mended)
    assert is_reused(ran)
    assert "::group::Test" not in ran.log
    assert "| Image tests | `passed when that image was built` |" in ran.summary
    with commits.changed(**{"image-tests/test_tides.py": "def test_tides():\n    assert 1\n"}):
        ran = commits.push(new_sha(), before=mended, push="false")
    assert "1 passed" in ran.summary
    assert "changed: the files of the repository, the tests or the hub check." in ran.compared


# --- pull requests ---


def labels_of(registry: Registry, commits: Commits, tag: str) -> dict[str, str]:
    labels: dict[str, str] = read_config(registry, commits.name, tag)["config"]["Labels"]
    return labels


def layers_of(registry: Registry, commits: Commits, tag: str) -> list[str]:
    layers: list[str] = read_config(registry, commits.name, tag)["rootfs"]["diff_ids"]
    return layers


@pytest.fixture(scope="module")
def merged(make_commits: MakeCommits, registry: Registry) -> tuple[Commits, str, Ran, Ran, Ran, GitHubServer]:
    """A pull request that is built and pushed, a further commit to it, and the push of its merge to main."""
    commits, one, two, merge = make_commits("merged"), new_sha(), new_sha(), new_sha()
    with running_server() as server:
        server.pulls = [
            Pull(3, new_sha(), merge_commit_sha=new_sha()),
            Pull(7, two, state="closed", merge_commit_sha=merge, merged=True),
        ]
        opened = commits.pull_request(one, push="true")
        again = commits.pull_request(two, before=one, push="true")
        production = commits.push(merge, before=new_sha(), env={"GITHUB_API_URL": server.url}, github_token=JOB_TOKEN)
    return commits, merge, opened, again, production, server


def test_pull_request__image_is_its_own(merged: Any, registry: Registry) -> None:
    commits, _, opened, again, _, _ = merged
    assert opened.code == 0, opened.log
    assert opened.built
    assert labels_of(registry, commits, opened.tags[0])[PULL_REQUEST_LABEL] == "7"
    assert is_reused(again)
    assert again.digest == opened.digest
    assert "(the pull request's commit before)" in again.compared


def test_pull_request__merged_is_not_built_again(merged: Any, registry: Registry) -> None:
    """Only the config is new: the label of the pull request is gone, the layers are the same."""
    commits, merge, opened, _, production, server = merged
    assert production.code == 0, production.log
    assert not production.built
    assert production.tags == [merge[:12], "latest"]
    assert "(pull request #7)" in production.compared
    assert production.digest == registry.digest(commits.name, "latest") != opened.digest
    assert not labels_of(registry, commits, "latest")[PULL_REQUEST_LABEL]
    assert labels_of(registry, commits, "latest")[FINGERPRINT_LABEL]
    assert labels_of(registry, commits, "latest")["org.opencontainers.image.revision"] == merge
    assert layers_of(registry, commits, "latest") == layers_of(registry, commits, opened.tags[0])
    assert sum(production.blobs_up) < 10_000
    assert [str(request) for request in server.requests] == [f"GET /repos/{REPOSITORY}/commits/{merge}/pulls"]
    assert len(production.requests) < 20


def test_pull_request__unchanged_since_its_base_branch(
    commits: Commits, built: Ran, sha: str, registry: Registry
) -> None:
    ran = commits.pull_request(new_sha(), base_sha=sha, push="true")

    assert ran.code == 0, ran.log
    assert not ran.built
    assert sum(ran.blobs_up) < 10_000
    assert ran.digest != built.digest
    assert labels_of(registry, commits, ran.tags[0])[PULL_REQUEST_LABEL] == "7"
    assert layers_of(registry, commits, ran.tags[0]) == layers_of(registry, commits, sha[:12])


def test_pull_request__of_a_fork_is_compared_and_not_pushed(
    commits: Commits, built: Ran, sha: str, registry: Registry
) -> None:
    before = tags_of(registry, commits.name)
    ran = commits.pull_request(new_sha(), base_sha=sha, fork=True, push="true", result_file="result.json")

    assert is_reused(ran)
    assert "Nothing has changed since" in ran.compared
    assert ran.outputs["pushed"] == "false"
    assert "digest" not in ran.outputs
    assert tags_of(registry, commits.name) == before
    assert {method for method, _ in ran.requests} == {"GET"}
    assert "unchanged, the same as" in ran.summary
    result = json.loads((commits.workspace / "result.json").read_text())
    (commits.workspace / "result.json").unlink()
    assert (result["same_as"], result["pushed"]) == (f"{commits.proxy.host}/{commits.name}:{sha[:12]}", [])


def test_pull_request__of_a_fork_that_may_not_look(commits: Commits, built: Ran, sha: str) -> None:
    """A private registry shows nothing to those without a password: built, and green."""
    ran = commits.pull_request(new_sha(), base_sha=sha, fork=True, login=False)

    assert ran.code == 0, ran.log
    assert ran.built
    assert ran.compared == "There is no earlier image to compare with."


def test_pull_request__comment_says_that_it_is_the_same(commits: Commits, built: Ran, sha: str) -> None:
    with running_server() as server:
        new = new_sha()
        ran = commits.pull_request(
            new, base_sha=sha, push="true", env={"GITHUB_API_URL": server.url}, github_token=JOB_TOKEN
        )
        (body,) = server.bodies()
    same = f"is the same as `{commits.proxy.host}/{commits.name}:{sha[:12]}`: nothing was built, and it was tagged:"
    assert same in body
    assert f"`{ran.outputs['image']}@{ran.digest}`" in body


# --- what means that it is built ---


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"build_args": "TIDE=high"}, "the inputs of the action"),
        ({"labels": "org.example.course=tides"}, "the inputs of the action"),
        ({"repo_dir": "/srv/tides"}, "the inputs of the action"),
        ({"image_tests": ""}, "the tests or the hub check"),
        ({"repo2docker_args": "--DockerEngine.extra_buildx_build_args=--target="}, None),
    ],
    ids=str,
)
def test_changed__input(commits: Commits, built: Ran, sha: str, inputs: dict[str, str], words: str | None) -> None:
    ran = commits.push(new_sha(), before=sha, latest="false", push="false", **inputs)
    assert ran.built
    if words:
        since = f"Since {commits.proxy.host}/{commits.name}:{sha[:12]} (the commit before) changed: "
        assert ran.compared == f"{since}{words}."
    else:
        assert "Not compared with earlier images" in ran.compared


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"notes.txt": "Low tide at six.\n"}, "the files of the repository"),
        ({"more/new.txt": ""}, "the files of the repository"),
        ({"image-tests/data.csv": ""}, "the files of the repository, the tests or the hub check"),
    ],
    ids=["content", "new", "tests"],
)
def test_changed__file(commits: Commits, built: Ran, sha: str, files: dict[str, str], words: str) -> None:
    with commits.changed(**files):
        ran = commits.push(new_sha(), before=sha, latest="false", push="false")
    for folder in ("more", "image-tests"):
        shutil.rmtree(commits.workspace / folder, ignore_errors=True)
    assert ran.built
    assert ran.compared.endswith(f" changed: {words}.")


@pytest.mark.parametrize("how", ["rebuild", "schedule"])
def test_fresh__builds_without_any_cache(commits: Commits, built: Ran, sha: str, how: str, registry: Registry) -> None:
    new = new_sha()
    if how == "rebuild":
        ran = commits.push(new, before=sha, rebuild="always", latest="false")
    else:
        ran = commits.run("schedule", {"schedule": "0 6 * * 1"}, new, latest="false")

    assert ran.code == 0, ran.log
    assert ran.compared.startswith("Built from the base up, without any cache")
    assert [step for step in ran.cached if not step.startswith("[1/")] == []
    assert ran.tags == [new[:12]]
    assert "Cached steps | 0 of 2 |" in ran.summary
    # Whoever comes next finds the new one.
    again = commits.push(new_sha(), before=new, latest="false")
    assert is_reused(again)
    assert again.digest == ran.digest != built.digest


# --- base images ---


def local_base(commits: Commits) -> str:
    """The name of base images that only the engine has."""
    return f"hub-image-action/tests-base-{commits.nonce}"


@pytest.fixture(scope="module")
def based(make_commits: MakeCommits, engine: Engine) -> Iterator[tuple[Commits, MoveBase]]:
    """A repository whose base image is in the registry, and how to put another one there behind the engine's back."""
    commits = make_commits("based")
    base = f"{commits.proxy.host}/{NAME}/base:1"
    commits.write(Dockerfile=f"FROM {base}\nCOPY notes.txt /\nRUN echo based on $(cat /base)\nUSER 1000\n")

    def move(text: str, *, push: bool = True) -> str:
        tag = f"{local_base(commits)}:{text}"
        lines = f"FROM debian:trixie-slim\nRUN echo {commits.nonce}-{text} > /base\n"
        folder = commits.workspace.parent / f"base-{text}"
        folder.mkdir(exist_ok=True)
        (folder / "Dockerfile").write_text(lines)
        process.run(["docker", "build", "--quiet", "--tag", tag, folder], env=engine.environment())
        process.run(["docker", "tag", tag, base], env=engine.environment())
        if push:
            client = engine.client()
            told = list(client.api.push(base, stream=True, decode=True, auth_config=commits.login))
            client.close()
            assert not [line for line in told if "error" in line], told
        return base

    yield commits, move
    left = [base, *(f"{local_base(commits)}:{text}" for text in ("old", "new", "mine"))]
    process.run(["docker", "image", "rm", "--force", *left], env=engine.environment())


def test_base__moved_in_the_registry(based: tuple[Commits, MoveBase]) -> None:
    """The engine has the older one still, and would take it."""
    commits, move = based
    base, sha, new = move("old"), new_sha(), new_sha()
    before = commits.push(sha)
    assert f"based on {commits.nonce}-old" in before.log
    assert is_reused(commits.push(new_sha(), before=sha))

    old = commits.docker("image", "inspect", "--format", "{{.Id}}", base).strip()
    move("new")
    # As on a machine that pulled it some time ago.
    commits.docker("image", "rm", base)
    commits.docker("image", "rm", f"{local_base(commits)}:new")
    commits.docker("tag", old, base)
    ran = commits.push(new, before=sha)

    assert ran.compared.endswith("changed: the base image.")
    assert f"based on {commits.nonce}-new" in ran.log
    assert is_reused(commits.push(new_sha(), before=new))


def test_base__made_on_this_machine(based: tuple[Commits, MoveBase]) -> None:
    """An earlier step of the job made it, under a name that the registry has, too: it is what is built on."""
    commits, move = based
    sha = new_sha()
    base = move("old")
    commits.push(sha)
    commits.docker("image", "rm", base)
    move("mine", push=False)
    ran = commits.push(new_sha(), before=sha, push="false", latest="false")
    commits.docker("image", "rm", base)
    assert ran.compared.endswith("changed: the base image.")
    assert f"based on {commits.nonce}-mine" in ran.log


# --- candidates that are none ---


@pytest.fixture
def candidate(commits: Commits, built: Ran, sha: str) -> Candidate:
    name = ImageName(commits.proxy.host, commits.name)
    found = read_candidate(RegistryDoor(commits.proxy.host, commits.login), Reference(name, sha[:12]))
    assert found
    return found


@pytest.mark.parametrize("text", [None, "0" * 64])
def test_candidate__without_our_label(commits: Commits, candidate: Candidate, text: str | None) -> None:
    labels = {name: value for name, value in candidate.labels.items() if name != FINGERPRINT_LABEL}
    labels |= {} if text is None else {FINGERPRINT_LABEL: text}
    ran = _push_after(commits, candidate, labels)
    assert ran.compared == "There is no earlier image to compare with."


def test_candidate__with_a_label_of_another_image(commits: Commits, candidate: Candidate) -> None:
    """A tampered value is another fingerprint, whatever the parts say."""
    label = json.loads(candidate.labels[FINGERPRINT_LABEL])
    label["value"] = "0" * 64
    text = json.dumps(label, separators=(",", ":"))
    ran = _push_after(commits, candidate, {**candidate.labels, FINGERPRINT_LABEL: text})
    assert ran.compared.endswith("changed: something that the image does not name.")


def _push_after(commits: Commits, candidate: Candidate, labels: dict[str, str]) -> Ran:
    """A push whose commit before has the image of that candidate, with other labels."""
    before = new_sha()
    place = Reference(candidate.reference.name, before[:12])
    registries = {commits.proxy.host: RegistryDoor(commits.proxy.host, commits.login)}
    promote_relabelled(candidate, labels, [place], registries=registries, say=lambda text: None)
    ran = commits.push(new_sha(), before=before, latest="false", push="false")
    assert ran.code == 0, ran.log
    assert ran.built
    return ran


def test_candidate__that_is_an_index(commits: Commits, candidate: Candidate, registry: Registry) -> None:
    before = new_sha()
    manifest = {"mediaType": candidate.manifest.media_type, "digest": candidate.manifest.digest}
    size = len(candidate.manifest.body)
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPES[0], "manifests": [{**manifest, "size": size}]}
    answer = requests.put(
        f"http://{registry.host}/v2/{commits.name}/manifests/{before[:12]}",
        data=json.dumps(index),
        auth=(commits.login["username"], commits.login["password"]),
        headers={"Content-Type": INDEX_TYPES[0]},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    ran = commits.push(new_sha(), before=before, latest="false", push="false")
    assert ran.code == 0, ran.log
    assert ran.compared == "There is no earlier image to compare with."
    assert ran.built


def test_candidate__that_vanishes_before_it_is_promoted(make_commits: MakeCommits, registry: Registry) -> None:
    """Somebody removes the image after it was compared: it is built, and the step stays green."""
    commits, sha, new = make_commits("vanishing"), new_sha(), new_sha()
    digest = commits.push(sha, latest="false").digest

    def delete(method: str, path: str) -> Answer | None:
        if method == "PUT" and path.endswith(f"/manifests/{new[:12]}"):
            commits.proxy.rule = lambda method, path: None
            # Without a blob that it names, the registry refuses the manifest.
            for blob in (f"manifests/{digest}", f"blobs/{_config_of(registry, commits.name, digest)}"):
                url = f"http://{registry.host}/v2/{commits.name}/{blob}"
                login = (commits.login["username"], commits.login["password"])
                assert requests.delete(url, auth=login, timeout=30).status_code == 202
        return None

    commits.proxy.rule = delete
    ran = commits.push(new, before=sha, latest="false")

    assert ran.code == 0, ran.log
    assert "so the image is built" in ran.log
    assert ran.built
    assert registry.digest(commits.name, new[:12]) == ran.digest
    assert "the same as" not in ran.summary
    assert "so the image is built" in ran.summary


def _config_of(registry: Registry, name: str, digest: str) -> str:
    login = next(iter(registry.users.items()))
    url = f"http://{registry.host}/v2/{name}/manifests/{digest}"
    answer = requests.get(url, auth=login, headers={"Accept": MANIFESTS}, timeout=30)
    return str(answer.json()["config"]["digest"])


@pytest.mark.parametrize("fault", ["503", "hang up"])
def test_look_up__registry_that_is_away_is_asked_once(
    commits: Commits, built: Ran, sha: str, proxy: FaultyRegistry, fault: str
) -> None:
    looked: list[str] = []

    def fail(method: str, path: str) -> Answer | None:
        if method == "GET" and "/manifests/" in path and not proxy.asked("PUT", "/manifests/"):
            looked.append(path)
            if fault == "503":
                return Answer(503)
            raise HangUpError
        return None

    proxy.rule = fail
    ran = commits.push(new_sha(), before=sha, latest="false")
    assert ran.code == 0, ran.log
    assert ran.built
    assert ran.compared == "There is no earlier image to compare with."
    assert ran.outputs["pushed"] == "true"
    assert len(looked) == 1


# --- several tags, repositories and registries ---


def test_several__tags_and_repositories(commits: Commits, built: Ran, sha: str, registry: Registry) -> None:
    copy = f"{commits.name}-copy"
    ran = commits.push(new_sha(), before=sha, image_name=f"{commits.name}\n{copy}", tags="{sha}\n{branch}-today")

    assert is_reused(ran)
    assert len(ran.tags) == 6
    assert tags_of(registry, copy) == set(ran.tags)
    assert {registry.digest(name, tag) for name in (commits.name, copy) for tag in ran.tags} == {built.digest}


def test_several__registry_that_lacks_the_image(
    commits: Commits, built: Ran, sha: str, registry: Registry, login: dict[str, str]
) -> None:
    """The registry under its own address is another one than through the proxy. A copy would need the bytes."""
    other = f"{registry.host}/{NAME}/elsewhere"
    names = f"{commits.proxy.host}/{commits.name}\n{other}"
    logins = json.dumps([{"registry": host, **login} for host in (commits.proxy.host, registry.host)])
    options = {"image_name": names, "registry": "", "username": "", "password": "", "registry_auth": logins}
    new, next_one = new_sha(), new_sha()
    ran = commits.push(new, before=sha, latest="false", **options)

    assert ran.code == 0, ran.log
    assert ran.built
    assert "another registry cannot take it over" in ran.log
    assert ran.tags == [new[:12]] * 2
    assert registry.digest(f"{NAME}/elsewhere", new[:12]) == registry.digest(commits.name, new[:12]) == ran.digest
    again = commits.push(next_one, before=new, latest="false", **options)
    assert is_reused(again)
    assert again.tags == [next_one[:12]] * 2


# --- the layer cache ---


def forget_layers(commits: Commits) -> None:
    """Remove what the engine has of this repository's steps, and nothing else: the next build finds none of them."""
    said = commits.docker("buildx", "du", "--verbose")
    records = [dict(_fields(text)) for text in said.split("\n\n")]
    ours = [record["ID"] for record in records if commits.nonce in record.get("Description", "")]
    assert ours
    children = [record["ID"] for record in records if record.get("Parent") in ours]
    # A record stays as long as others build on it.
    for each in (*children, *ours):
        commits.docker("buildx", "prune", "--all", "--force", "--filter", f"id={each}")
    assert commits.nonce not in commits.docker("buildx", "du", "--verbose")


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name.strip().removesuffix("s"), value.strip()


EXPENSIVE = "[2/3] RUN echo"


def has_expensive_step_cached(ran: Ran) -> bool:
    assert ran.code == 0, ran.log
    assert ran.built
    return any(step.startswith(EXPENSIVE) for step in ran.cached)


@pytest.mark.parametrize(("written", "cached"), [("inline", True), ("none", False)])
def test_cache__is_read_from_the_registry(make_commits: MakeCommits, written: str, cached: bool) -> None:
    commits, sha = make_commits(f"cache-{written}"), new_sha()
    commits.push(sha, cache=written, latest="false")
    forget_layers(commits)
    commits.write(**{"notes.txt": "Low tide at six.\n"})
    ran = commits.push(new_sha(), before=sha, latest="false")
    assert has_expensive_step_cached(ran) is cached
    assert f"Cached steps | {1 if cached else 0} of 2 |" in ran.summary
    # Its own layer and the manifest's config go up, and neither the base nor the cached step.
    assert sum(ran.blobs_up) < 50_000


def test_cache__none_does_not_read(make_commits: MakeCommits) -> None:
    commits, sha = make_commits("cache-unread"), new_sha()
    commits.push(sha, latest="false")
    forget_layers(commits)
    commits.write(**{"notes.txt": "Low tide at six.\n"})
    ran = commits.push(new_sha(), before=sha, latest="false", cache="none")
    assert not has_expensive_step_cached(ran)


def test_cache__fork_reads_and_never_writes(make_commits: MakeCommits, registry: Registry) -> None:
    commits, sha = make_commits("cache-fork"), new_sha()
    commits.push(sha, latest="false")
    forget_layers(commits)
    commits.write(**{"notes.txt": "Low tide at six.\n"})
    ran = commits.pull_request(new_sha(), base_sha=sha, fork=True, push="true", cache="registry")
    assert has_expensive_step_cached(ran)
    assert {method for method, _ in ran.requests} <= {"GET", "HEAD"}
    assert tags_of(registry, commits.name) == {sha[:12]}
    assert "preparing layers for inline cache" not in ran.log
    assert "exporting cache" not in ran.log


def test_cache__registry(make_commits: MakeCommits, registry: Registry, engine: Engine) -> None:
    """Where the engine cannot export one, the image itself has it, and a notice says so."""
    commits, sha = make_commits("cache-registry"), new_sha()
    reference = f"{commits.name}-layers:kept"
    ran = commits.push(sha, latest="false", cache="registry", cache_ref=reference)
    assert ran.code == 0, ran.log
    told = [notice for notice in ran.annotations("notice") if "layer cache is kept in the image itself" in notice]
    assert len(told) == (1 if engine.store == "overlay2" else 0)
    assert tags_of(registry, f"{commits.name}-layers") == (set() if engine.store == "overlay2" else {"kept"})
    forget_layers(commits)
    commits.write(**{"notes.txt": "Low tide at six.\n"})
    # Found by its own name, also where no commit before is known.
    again = commits.push(new_sha(), latest="false", cache="registry", cache_ref=reference, before=sha)
    assert has_expensive_step_cached(again)


# --- what follows a push ---


def test_after__binder_cache_names_the_image(commits: Commits, built: Ran, sha: str) -> None:
    with running_server() as server:
        new = server.git.push({"Dockerfile": PLAIN})
        ran = commits.push(
            new,
            before=sha,
            latest="false",
            binder_cache="true",
            env={"GITHUB_API_URL": server.url},
            github_token=JOB_TOKEN,
        )
        assert is_reused(ran)
        assert server.git.read(PATH) == render_dockerfile(f"{commits.proxy.host}/{commits.name}@{built.digest}")


def test_after__public_check_fails_for_a_private_image(commits: Commits, built: Ran, sha: str) -> None:
    ran = commits.push(new_sha(), before=sha, latest="false", public_check="true")
    assert ran.code == 1
    assert not ran.built
    assert "is private" in ran.annotations("error")[0]
    assert ran.outputs["pushed"] == "true"
