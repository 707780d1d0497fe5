"""Previews from the pull request to the merge: the program, engine and registry are real, GitHub is played."""

import itertools
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from devtools.engine import Engine
from devtools.registry import MANIFESTS, Door, Registry, running_registry
from hubaction.decide.binder_dockerfile import PATH
from hubaction.decide.labels import EXPIRY_LABEL, PREVIEW_EXPIRES_LABEL, PULL_REQUEST_LABEL
from tests.github.server import JOB_TOKEN, REPOSITORY, GitHubServer, Pull, running_server
from tests.support.commits import Commits, Ran, new_sha
from tests.support.faulty_registry import Answer, faulty_registry
from tests.support.registry_contents import read_config, tags_of

PREVIEW = {"preview": "true", "preview_expires": "3d", "github_token": JOB_TOKEN, "hub_check": "false"}


@dataclass
class Course:
    """A repository on GitHub and its image in a registry."""

    commits: Commits
    server: GitHubServer
    registry: Registry
    runs: Iterator[int] = field(default_factory=lambda: itertools.count(4711))
    """GitHub's numbers of runs grow, and by them the comment knows what is newer."""

    def body(self, number: int = 7) -> str:
        """The one comment on a pull request."""
        (comment,) = [comment for comment in self.server.comments.values() if comment.number == number]
        return comment.body

    @property
    def tags(self) -> set[str]:
        return tags_of(self.registry, self.commits.name)

    def labels(self, tag: str) -> dict[str, str]:
        labels: dict[str, str] = read_config(self.registry, self.commits.name, tag)["config"]["Labels"]
        return labels

    def tag_by_hand(self, old: str, new: str) -> None:
        """Another tag for the same manifest, as `crane tag` makes it."""
        login = next(iter(self.registry.users.items()))
        url = f"http://{self.registry.host}/v2/{self.commits.name}/manifests"
        found = requests.get(f"{url}/{old}", auth=login, headers={"Accept": MANIFESTS}, timeout=30)
        kind = {"Content-Type": found.headers["Content-Type"]}
        requests.put(f"{url}/{new}", data=found.content, auth=login, headers=kind, timeout=30).raise_for_status()

    def pull_request(self, sha: str, **options: object) -> Ran:
        return self.commits.pull_request(sha, **{**PREVIEW, "env": self.env, **options})  # type: ignore[arg-type]

    def push(self, sha: str, **options: object) -> Ran:
        return self.commits.push(sha, **{**PREVIEW, "env": self.env, **options})  # type: ignore[arg-type]

    @property
    def env(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.server.url, "GITHUB_RUN_ID": str(next(self.runs))}


@contextmanager
def made_course(folder: Path, engine: Engine, registry: Registry) -> Iterator[Course]:
    username, password = next(iter(registry.users.items()))
    login = {"username": username, "password": password}
    with running_server() as server, faulty_registry(registry) as proxy:
        server.git.push({"README.md": "Tides\n"})
        name = f"lab/previews/{secrets.token_hex(4)}"
        yield Course(Commits(folder, engine, proxy, name, login), server, registry)


@pytest.fixture
def course(tmp_path: Path, engine: Engine, registry: Registry) -> Iterator[Course]:
    with made_course(tmp_path, engine, registry) as made:
        yield made


def well(ran: Ran) -> Ran:
    assert ran.code == 0, ran.log
    return ran


def tag(sha: str, number: int = 7) -> str:
    return f"pr-{number}-{sha[:12]}"


def deleted(ran: Ran) -> list[str]:
    return [reference.rpartition(":")[2] for reference in json.loads(ran.outputs["deleted"])]


# --- opened, changed, closed ---


def test_preview__is_pushed_and_gone_when_the_pull_request_is_closed(course: Course) -> None:
    main, one, two, other = (new_sha() for _ in range(4))
    well(course.push(main))
    course.commits.write(**{"notes.txt": "Low tide at noon.\n"})
    opened = well(course.pull_request(one))
    course.commits.write(**{"notes.txt": "Low tide at one.\n"})
    changed = well(course.pull_request(two, before=one))
    well(course.pull_request(other, number=70))

    assert opened.tags == [tag(one)]
    assert changed.tags == [tag(two)]
    assert course.tags == {main[:12], "latest", tag(one), tag(two), tag(other, 70)}
    labels = course.labels(tag(two))
    assert (labels[PULL_REQUEST_LABEL], labels[EXPIRY_LABEL], labels[PREVIEW_EXPIRES_LABEL]) == ("7", "3d", "3d")
    before = course.registry.digest(course.commits.name, "latest")

    closed = well(course.pull_request(two, closed=True))

    assert course.tags == {main[:12], "latest", tag(other, 70)}
    assert course.registry.digest(course.commits.name, "latest") == before
    assert sorted(deleted(closed)) == sorted([tag(one), tag(two)])
    assert closed.outputs["mode"] == "cleanup"
    assert "🧹 The preview of this pull request" in closed.summary
    assert f"- `{tag(two)}` was deleted" in course.body()
    assert "was deleted" not in course.body(70)


def test_preview__closed_again_finds_nothing_and_says_nothing(course: Course) -> None:
    closed = well(course.pull_request(new_sha(), closed=True))
    assert deleted(closed) == []
    assert "There is no preview of pull request 7" in closed.log
    assert course.server.comments == {}
    assert closed.annotations("notice") == closed.annotations("warning") == []


def test_preview__without_the_input_nothing_is_deleted(course: Course) -> None:
    sha = new_sha()
    well(course.pull_request(sha))
    closed = well(course.pull_request(sha, closed=True, preview="false"))
    assert course.tags == {tag(sha)}
    assert "the pull request was closed" in closed.log
    assert closed.outputs["mode"] == "none"


def test_preview__that_became_production_by_hand_stays(course: Course) -> None:
    """Deleting by digest would take `stable` along."""
    one, two = new_sha(), new_sha()
    well(course.pull_request(one))
    course.commits.write(**{"notes.txt": "Low tide at one.\n"})
    well(course.pull_request(two, before=one))
    course.tag_by_hand(tag(one), "stable")
    closed = well(course.pull_request(two, closed=True))

    assert course.tags == {tag(one), "stable"}
    assert deleted(closed) == [tag(two)]
    assert f"{tag(one)} stays: the same image is stable" in closed.log
    body = course.body()
    assert f"- `{tag(one)}` stays: `the same image is stable`" in body


def test_preview__cache_stays_where_it_is(course: Course) -> None:
    """Neither a preview nor its end moves the tag that the builds of branches are made from."""
    sha = new_sha()
    well(course.push(new_sha()))
    course.tag_by_hand("latest", "buildcache")
    before = course.registry.digest(course.commits.name, "buildcache")
    course.commits.write(**{"notes.txt": "Low tide at one.\n"})
    opened = well(course.pull_request(sha, cache="registry"))
    assert opened.built
    assert course.registry.digest(course.commits.name, "buildcache") == before
    well(course.pull_request(sha, closed=True, cache="registry"))
    assert course.registry.digest(course.commits.name, "buildcache") == before


# --- merged ---


@dataclass(frozen=True)
class Merge:
    """A pull request of two commits, and its merge."""

    course: Course
    one: str
    two: str
    commit: str

    def close(self) -> Ran:
        return well(self.course.pull_request(self.two, closed=True, merged=True))

    def push(self, **options: object) -> Ran:
        return well(self.course.push(self.commit, before=new_sha(), **options))


@pytest.fixture
def merge(course: Course) -> Merge:
    made = Merge(course, new_sha(), new_sha(), new_sha())
    well(course.pull_request(made.one))
    course.commits.write(**{"notes.txt": "Low tide at one.\n"})
    well(course.pull_request(made.two, before=made.one))
    course.server.pulls = [Pull(7, made.two, "closed", merge_commit_sha=made.commit, merged=True)]
    assert course.tags == {tag(made.one), tag(made.two)}
    return made


def check_production(merge: Merge, pushed: Ran) -> None:
    course = merge.course
    assert not pushed.built
    assert "(pull request #7)" in pushed.compared
    assert course.tags == {merge.commit[:12], "latest"}
    labels = course.labels("latest")
    assert EXPIRY_LABEL not in labels
    assert labels[PREVIEW_EXPIRES_LABEL] == labels[PULL_REQUEST_LABEL] == ""


def test_merge__closed_first(merge: Merge) -> None:
    closed = merge.close()
    assert merge.course.tags == {tag(merge.two)}
    assert deleted(closed) == [tag(merge.one)]
    assert f"{tag(merge.two)} stays: the run on the merge uses it, and deletes it then" in closed.log

    check_production(merge, merge.push())


def test_merge__pushed_first(merge: Merge) -> None:
    check_production(merge, merge.push())
    assert deleted(merge.close()) == []
    assert merge.course.tags == {merge.commit[:12], "latest"}


def test_merge__that_has_to_be_built(merge: Merge) -> None:
    """The base branch had other commits by then: the preview has served its time all the same."""
    merge.course.commits.write(**{"notes.txt": "High tide at two.\n"})
    pushed = merge.push()
    assert pushed.built
    assert merge.course.tags == {merge.commit[:12], "latest"}
    assert EXPIRY_LABEL not in merge.course.labels("latest")


def test_merge__without_the_right_to_ask(merge: Merge) -> None:
    pushed = merge.push(github_token="ghs_unknown0token0that0github0never0gave")
    assert {tag(merge.one), tag(merge.two)} < merge.course.tags
    assert "Previews of the merged pull request were not looked for" in pushed.annotations("notice")[0]


# --- whose expiry it is ---


def test_expiry__of_mains_image_that_a_pull_request_uses(course: Course) -> None:
    main, sha = new_sha(), new_sha()
    first = well(course.push(main))
    opened = well(course.pull_request(sha, base_sha=main))
    assert not opened.built
    assert course.labels(tag(sha))[EXPIRY_LABEL] == "3d"
    assert EXPIRY_LABEL not in course.labels("latest")
    assert opened.digest != first.digest
    well(course.pull_request(sha, closed=True))
    assert course.tags == {main[:12], "latest"}
    assert course.registry.digest(course.commits.name, "latest") == first.digest


def test_expiry__of_a_dockerfiles_own_stays(course: Course) -> None:
    sha, commit = new_sha(), new_sha()
    course.commits.write(Dockerfile=f"FROM debian:trixie-slim\nLABEL {EXPIRY_LABEL}=1d\nCOPY . /srv/repo/\nUSER 1000\n")
    opened = well(course.pull_request(sha))
    assert opened.built
    assert (course.labels(tag(sha))[EXPIRY_LABEL], course.labels(tag(sha))[PREVIEW_EXPIRES_LABEL]) == ("1d", "")
    course.server.pulls = [Pull(7, sha, "closed", merge_commit_sha=commit, merged=True)]
    pushed = well(course.push(commit, before=new_sha()))
    assert not pushed.built
    assert course.labels("latest")[EXPIRY_LABEL] == "1d"
    assert course.tags == {commit[:12], "latest"}


# --- registries that do not, and passwords that are wrong ---


def test_registry__that_does_not_delete(tmp_path: Path, engine: Engine) -> None:
    sha = new_sha()
    with (
        running_registry(engine=engine, door=Door(deletes=False)) as registry,
        made_course(tmp_path, engine, registry) as course,
    ):
        well(course.pull_request(sha))
        closed = well(course.pull_request(sha, closed=True))
        assert course.tags == {tag(sha)}
    assert deleted(closed) == []
    (notice,) = closed.annotations("notice")
    assert notice.startswith(f"These previews stay in the registry: {course.commits.proxy.host}/{course.commits.name}:")
    assert "405 UNSUPPORTED" in notice
    assert "REGISTRY_STORAGE_DELETE_ENABLED=true" in notice
    body = course.body()
    assert "not all of its previews" in body


def test_registry__that_refuses_this_account(course: Course) -> None:
    sha = new_sha()
    well(course.pull_request(sha))
    denied = Answer(403, '{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}')
    course.commits.proxy.rule = lambda method, path: denied if method == "DELETE" else None
    closed = well(course.pull_request(sha, closed=True))
    assert course.tags == {tag(sha)}
    assert "Give the account the right to delete" in closed.annotations("notice")[0]


def test_registry__whose_password_is_wrong(course: Course) -> None:
    sha = new_sha()
    well(course.pull_request(sha))
    closed = course.pull_request(sha, closed=True, password="not-the-password-at-all")
    assert closed.code == 1
    assert course.tags == {tag(sha)}
    (error,) = closed.annotations("error")
    assert "refused the login of" in error
    assert "Check the inputs 'username' and 'password'" in error
    assert "not-the-password-at-all" not in closed.log.replace("::add-mask::not-the-password-at-all", "")


def test_cleanup__needs_no_engine(course: Course) -> None:
    sha = new_sha()
    well(course.pull_request(sha))
    closed = well(course.pull_request(sha, closed=True, env=course.env | {"DOCKER_HOST": "unix:///nowhere.sock"}))
    assert deleted(closed) == [tag(sha)]


def test_fork__has_no_preview_and_no_cleanup(course: Course) -> None:
    sha = new_sha()
    opened = well(course.pull_request(sha, fork=True))
    closed = well(course.pull_request(sha, fork=True, closed=True))
    assert course.tags == set()
    assert "comes from a fork" in opened.annotations("notice")[0]
    assert closed.outputs["mode"] == "none"
    assert not any(method == "DELETE" for method, _ in closed.requests)


# --- the branch for Binder ---


@pytest.fixture(scope="module")
def public_registry(engine: Engine) -> Iterator[Registry]:
    with running_registry(engine=engine, door=Door(public=True)) as running:
        yield running


def test_binder__follows_the_pull_request(tmp_path: Path, engine: Engine, public_registry: Registry) -> None:
    one, two = new_sha(), new_sha()
    with made_course(tmp_path, engine, public_registry) as course:
        git = course.server.git
        opened = well(course.pull_request(one))
        first = git.read(PATH, branch="binder-pr-7")
        course.commits.write(**{"notes.txt": "Low tide at one.\n"})
        changed = well(course.pull_request(two, before=one))
        second = git.read(PATH, branch="binder-pr-7")
        body = course.body()
        well(course.pull_request(two, closed=True))
        after = course.body()

    host, name = course.commits.proxy.host, course.commits.name
    assert first.endswith(f"FROM {host}/{name}@{opened.digest}\n")
    assert second.endswith(f"FROM {host}/{name}@{changed.digest}\n")
    assert f"](https://mybinder.org/v2/gh/{REPOSITORY}/binder-pr-7)" in body
    assert f"Try this image on Binder: `{host}/{name}:{tag(two)}`" in body
    assert set(git.branches) == {"main"}
    assert "mybinder.org" not in after
    assert "its branch was deleted" in after


def test_binder__gets_no_private_image(course: Course) -> None:
    opened = well(course.pull_request(new_sha()))
    assert set(course.server.git.branches) == {"main"}
    (notice,) = opened.annotations("notice")
    assert "Binder does not start this image." in notice
    assert "is private" in notice
    body = course.body()
    assert "Binder does not start this image: `private image`." in body
    assert "mybinder.org" not in body


def test_binder__branch_of_a_person_stays(tmp_path: Path, engine: Engine, public_registry: Registry) -> None:
    sha = new_sha()
    with made_course(tmp_path, engine, public_registry) as course:
        theirs = course.server.git.push({"notes.txt": "mine\n"}, branch="binder-pr-7")
        opened = well(course.pull_request(sha))
        closed = well(course.pull_request(sha, closed=True))
    assert course.server.git.branches["binder-pr-7"] == theirs
    assert "was not made by this action" in opened.annotations("notice")[0]
    assert "The branch 'binder-pr-7' stays" in closed.annotations("notice")[0]
    assert deleted(closed) == [tag(sha)]


def test_binder__is_switched_off_by_an_empty_input(tmp_path: Path, engine: Engine, public_registry: Registry) -> None:
    with made_course(tmp_path, engine, public_registry) as course:
        opened = well(course.pull_request(new_sha(), binder_image_branch=""))
    assert set(course.server.git.branches) == {"main"}
    assert opened.annotations("notice") == []
