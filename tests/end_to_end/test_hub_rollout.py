"""A merged change, run by act: the hub's configuration gets a pull request with the new tag, and the next updates it.

GitHub is played by a server on the loopback; runner, engine and registry are real.
"""

import difflib
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from devtools import runner
from devtools.engine import Engine
from devtools.registry import Registry
from tests.github.pulls_api import Opened, PullsApi
from tests.github.server import (
    APP,
    APP_TOKEN,
    JOB_TOKEN,
    OTHER_REPOSITORY,
    REPOSITORY,
    GitHubServer,
    Pull,
    running_server,
)
from tests.support.handler import REPOSITORIES
from tests.support.users import USER
from tests.support.workflows import Run, Workflows

CONTENT = REPOSITORIES / "roll-out"
HUB = """\
# The hub of the course; ask ada before you change it.
singleuser:
    image:
        name: {name}   # built by its own repository
        tag: "{tag}"
        pullPolicy: IfNotPresent
    memory: {{limit: 2G, guarantee: 1G}}
"""
STAGING = """\
jupyterhub:
  singleuser:
    profileList:
      - display_name: Course
        slug: course
        kubespawner_override: {{image: '{name}:{tag}'}}
      - display_name: Other
        slug: other
        kubespawner_override:
          image: quay.io/org/other:1
"""


@dataclass
class Stage:
    """The repositories of image and hubs on GitHub, and where the image goes."""

    server: GitHubServer
    registry: Registry
    image: str
    workflows: Workflows
    folder: Path
    secrets: dict[str, str]

    def hub_files(self, branch: str = "main") -> dict[str, str]:
        git = self.server.gits[OTHER_REPOSITORY]
        return git.files(git.branches[branch])

    def expected_files(self, tag: str) -> dict[str, str]:
        hub = HUB.format(name=self.image, tag=tag)
        staging = STAGING.format(name=self.image, tag=tag)
        return {"README.md": "Hubs\n", "hubs/course.yaml": hub, "hubs/exam.yaml": hub, "staging/values.yaml": staging}

    def push(self, notes: str, workflow: str = "rollout.yaml", **options: str) -> Run:
        """Push a commit with other notes; it came by a pull request."""
        shutil.rmtree(self.folder, ignore_errors=True)
        content = shutil.copytree(CONTENT, self.folder)
        (content / "notes.txt").write_text(notes)
        self.workflows.use(content)
        commit = self.workflows.commit
        self.server.pulls = [Pull(7, "1" * 40, "closed", merge_commit_sha=commit, merged=True)]
        secrets = {**self.secrets, **options}
        payload = runner.push_payload(REPOSITORY, commit)
        return self.workflows.run(workflow, "push", payload, secrets=secrets)

    @property
    def tag(self) -> str:
        return self.workflows.commit[:12]


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory, engine: Engine, action_folder: Path, registry: Registry, password: str
) -> Iterator[Stage]:
    """Yield a repository of an image, and hubs that start it as it was long ago."""
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        name = "lab/hub-rollout"
        env = {
            "REGISTRY": registry.host,
            "REGISTRY_USERNAME": USER,
            "IMAGE_NAME": name,
            "GITHUB_API_URL": server.url,
        }
        folder = tmp_path_factory.mktemp("hub-rollout")
        secrets = {"REGISTRY_PASSWORD": password, "GITHUB_TOKEN": JOB_TOKEN, "ROLLOUT_TOKEN": APP_TOKEN}
        workflows = Workflows(
            folder / "checkout",
            engine=engine,
            action=action_folder,
            env=env,
            secrets=secrets,
            full_name=REPOSITORY,
        )
        stage = Stage(server, registry, f"{registry.host}/{name}", workflows, folder / "content", secrets)
        server.gits[OTHER_REPOSITORY].push(stage.expected_files("long-ago"))
        yield stage


@dataclass(frozen=True)
class Merged:
    """What there was after a push."""

    run: Run
    tag: str
    pull: Opened
    files: dict[str, str]
    pulls: int


@pytest.fixture(scope="module")
def first(stage: Stage) -> Merged:
    return merged(stage, stage.push("Low tide.\n"))


@pytest.fixture(scope="module")
def second(stage: Stage, first: Merged) -> Merged:
    stage.server.gits[OTHER_REPOSITORY].push({"README.md": "Hubs of the lab\n"})
    return merged(stage, stage.push("High tide.\n"))


def merged(stage: Stage, run: Run) -> Merged:
    assert run.succeeded, run.log
    pull = stage.server.opened[-1]
    return Merged(run, stage.tag, replace(pull), stage.hub_files(pull.branch), len(stage.server.opened))


def test_rollout__of_a_merge_opens_a_pull_request(stage: Stage, first: Merged) -> None:
    """With exactly the new tags as its diff."""
    before, after = stage.expected_files("long-ago"), first.files
    assert after == stage.expected_files(first.tag)
    changed = {
        path: [line for line in difflib.ndiff(before[path].splitlines(), after[path].splitlines()) if line[0] in "+-"]
        for path in before
        if before[path] != after[path]
    }
    hub = ['-         tag: "long-ago"', f'+         tag: "{first.tag}"']
    line = "        kubespawner_override: {image: '" + stage.image + ":"
    staging = [f"- {line}long-ago'}}", f"+ {line}{first.tag}'}}"]
    assert changed == {"hubs/course.yaml": hub, "hubs/exam.yaml": hub, "staging/values.yaml": staging}
    assert stage.hub_files("main")["hubs/course.yaml"] == HUB.format(name=stage.image, tag="long-ago")


def test_rollout__tells_the_reviewer(stage: Stage, first: Merged) -> None:
    pull = first.pull
    assert (pull.number, pull.base, pull.author, pull.state) == (1, "main", APP, "open")
    assert pull.title == f"Roll out {stage.image}:{first.tag}"
    assert (pull.labels, pull.reviewers, pull.teams) == (("image",), ("ada",), ("hub-admins",))
    digest = first.run.outputs["digest"]
    assert re.search(rf"\| Tag \| `long-ago` \| `{first.tag}` \|", pull.body)
    assert re.search(rf"\| Digest \| \? \| `{digest}` \|", pull.body)
    assert re.search(r"\| Download size \| \? \| [0-9.]+ MB \|", pull.body)
    assert f"https://github.com/{REPOSITORY}/pull/7" in pull.body
    assert f"- `hubs/course.yaml:5` `{stage.image}:long-ago` → `{stage.image}:{first.tag}`" in pull.body


def test_rollout__is_an_output(first: Merged) -> None:
    assert first.run.outputs["rollout-url"] == f"https://github.com/{OTHER_REPOSITORY}/pull/1"
    assert first.run.outputs["pushed"] == "true"


def test_rollout__of_the_second_merge_updates_it(stage: Stage, first: Merged, second: Merged) -> None:
    assert second.tag != first.tag
    assert (second.pulls, second.pull.number) == (1, 1)
    assert second.pull.title == f"Roll out {stage.image}:{second.tag}"
    assert second.files == stage.expected_files(second.tag) | {"README.md": "Hubs of the lab\n"}
    assert f"| Tag | `long-ago` | `{second.tag}` |" in second.pull.body
    assert first.tag not in second.pull.body
    git = stage.server.gits[OTHER_REPOSITORY]
    assert git.commits[git.branches[second.pull.branch]].parents == (git.branches["main"],)


def test_rollout__keeps_its_token_to_itself(stage: Stage, first: Merged) -> None:
    assert APP_TOKEN not in first.run.log
    tokens = {request.token for request in stage.server.requests if OTHER_REPOSITORY in request.path}
    assert tokens == {APP_TOKEN}
    assert APP_TOKEN not in {request.token for request in stage.server.requests if REPOSITORY in request.path}


def test_rollout__after_its_merge(stage: Stage, second: Merged) -> None:
    """The next one knows both images; once it is merged by hand, too, nothing is left to do."""
    PullsApi(stage.server).merge(1, OTHER_REPOSITORY)
    third = merged(stage, stage.push("Ebb.\n"))
    assert (third.pulls, third.pull.number) == (2, 2)
    body = third.pull.body
    assert re.search(r"\| Digest \| `sha256:[0-9a-f]{64}` \| `sha256:[0-9a-f]{64}` \|", body)
    assert re.search(r"\| Download size \| [0-9.]+ MB \| [0-9.]+ MB", body)
    assert re.search(rf"/{REPOSITORY}/compare/{second.tag}[0-9a-f]{{28}}\.\.\.{third.tag}[0-9a-f]{{28}}\)", body)
    PullsApi(stage.server).merge(2, OTHER_REPOSITORY)
    stage.server.requests.clear()
    again = stage.workflows.run("rollout-by-hand.yaml", "workflow_dispatch", dispatch(stage))
    assert again.succeeded, again.log
    assert "Nothing to roll out: the configuration names this image already." in again.log
    assert stage.server.writes() == []


def dispatch(stage: Stage) -> dict[str, object]:
    repository = runner.push_payload(REPOSITORY, stage.workflows.commit)["repository"]
    return {"ref": "refs/heads/main", "repository": repository, "inputs": {}}


def test_rollout__by_mode_of_an_image_that_is_there(stage: Stage, second: Merged) -> None:
    """Without a checkout."""
    git = stage.server.gits[OTHER_REPOSITORY]
    git.push(stage.expected_files("long-ago"))
    stage.server.opened.clear()
    git.branches = {"main": git.branches["main"]}
    run = stage.workflows.run("rollout-by-hand.yaml", "workflow_dispatch", dispatch(stage))
    assert run.succeeded, run.log
    (pull,) = stage.server.opened
    files = stage.hub_files(pull.branch)
    assert files == stage.expected_files(stage.tag) | {
        "staging/values.yaml": STAGING.format(name=stage.image, tag="long-ago")
    }
    assert pull.merge_method == "SQUASH"
    assert run.outputs == {
        **run.outputs,
        "mode": "rollout",
        "rollout-url": f"https://github.com/{OTHER_REPOSITORY}/pull/1",
    }


def test_rollout__without_a_token_is_a_summary(stage: Stage, second: Merged) -> None:
    git = stage.server.gits[OTHER_REPOSITORY]
    git.push(stage.expected_files("long-ago"))
    before = dict(git.branches)
    run = stage.push("Spring tide.\n", ROLLOUT_TOKEN="")
    assert run.succeeded, run.log
    assert git.branches == before
    assert "rollout-url" not in {name for name, value in run.outputs.items() if value}
    assert f"change `{OTHER_REPOSITORY}` by hand" in run.log
    assert f'+        tag: "{stage.tag}"' in run.log
    assert "::notice::" in run.log
    assert run.errors == []


def test_rollout__that_fails_says_that_the_image_is_pushed(stage: Stage, second: Merged) -> None:
    git = stage.server.gits[OTHER_REPOSITORY]
    git.push({"hubs/course.yaml": "singleuser:\n  imagee: {}\n", "hubs/exam.yaml": "singleuser: {}\n"})
    before = dict(git.branches)
    run = stage.push("Neap tide.\n")
    assert not run.succeeded
    (error,) = run.errors
    assert f"{stage.image}:{stage.tag} is in its registry, and was not rolled out to {OTHER_REPOSITORY}." in error
    assert "there is no 'image'; did you mean 'imagee'?" in error
    assert run.outputs["pushed"] == "true"
    assert git.branches == before
    assert f"{stage.image}:{stage.tag}`: pushed, and then the run failed" in run.log
