"""A rollout as a whole: a server on the loopback stands in for GitHub, and no registry answers."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import responses

from hubaction.clients.github.api import GitHub
from hubaction.clients.registry.registries import Registries
from hubaction.decide.rollout import RolloutTarget
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.inputs.choices import Automerge
from hubaction.inputs.rollout_paths import parse_value_path
from hubaction.inputs.settings import RolloutSettings
from hubaction.results import RolledOut
from hubaction.rollout.hub.roll_out import Clients, NotRolledOutError, Rollout, Source, roll_out
from hubaction.rollout.hub.subject import Subject
from tests.github.answers import PROTECTED
from tests.github.server import APP_TOKEN, JOB_TOKEN, OTHER_REPOSITORY, READ_ONLY_TOKEN, REPOSITORY, GitHubServer

IMAGE = Reference(ImageName("quay.io", "org/course"), "0a1b2c3d4e5f")
HUB = "image: quay.io/org/course:{} # ours\nother: quay.io/secret/project:1\n"
SETTINGS = RolloutSettings(
    after_push=False,
    repository=OTHER_REPOSITORY,
    token=APP_TOKEN,
    branch="",
    paths=(parse_value_path("hub.yaml: image"), parse_value_path("hub.yaml: other")),
    labels=(),
    reviewers=("nobody",),
    draft=False,
    automerge=Automerge.FALSE,
)
ROLLOUT = Rollout(
    Subject((PushedReference(IMAGE, f"sha256:{'5' * 64}", 5_000_000),), "0a1b2c3d4e5f" + "0" * 28, tests="3 passed"),
    Source(REPOSITORY, "https://github.com", (4711, 1)),
    RolloutTarget(OTHER_REPOSITORY, branch="", may_write=True, supersedes=True),
    SETTINGS,
)
BY_HAND = replace(ROLLOUT, target=replace(ROLLOUT.target, may_write=False), settings=replace(SETTINGS, token=""))
LEFT_ALONE = "hub.yaml:2: left alone, for it names another image: quay.io/secret/project:1"


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Lift the ban on connections that unit tests have: the server below is on the loopback."""


@dataclass
class Stage:
    server: GitHubServer
    folder: Path

    def roll_out(self, rollout: Rollout = ROLLOUT, *, token: str = APP_TOKEN) -> RolledOut:
        registries = Registries((), self.folder, frozenset())
        with (
            closing(GitHub(self.server.url, JOB_TOKEN, REPOSITORY, timeout=1)) as source,
            closing(GitHub(self.server.url, token, OTHER_REPOSITORY, timeout=1)) as configuration,
        ):
            return roll_out(rollout, Clients(registries, source, configuration))


@pytest.fixture
def stage(server: GitHubServer, tmp_path: Path) -> Iterator[Stage]:
    server.gits[OTHER_REPOSITORY].push({"hub.yaml": HUB.format("old")})
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.add_passthru(server.url)
        yield Stage(server, tmp_path)


def test_roll_out__returns_all_that_is_to_be_told(stage: Stage) -> None:
    rolled = stage.roll_out()
    assert (rolled.sentence, rolled.as_asked) == ("Opened pull request 1.", True)
    assert rolled.url == f"https://github.com/{OTHER_REPOSITORY}/pull/1"
    assert rolled.notes == (LEFT_ALONE,)
    assert "collaborators" in rolled.warnings[0]
    assert "+image: quay.io/org/course:0a1b2c3d4e5f # ours" in rolled.markdown
    (pull,) = stage.server.opened
    assert "| Image tests | `3 passed` |" in pull.body
    assert f"(https://github.com/{REPOSITORY}/actions/runs/4711)" in pull.body


def test_roll_out__of_what_is_there_is_worth_a_notice(stage: Stage) -> None:
    stage.server.gits[OTHER_REPOSITORY].push({"hub.yaml": HUB.format(IMAGE.tag)})
    rolled = stage.roll_out()
    assert (rolled.as_asked, rolled.url) == (False, "")
    assert rolled.sentence == "Nothing to roll out: the configuration names this image already."


@pytest.mark.parametrize("private", [True, False])
def test_roll_out__returns_nothing_of_a_private_repository(stage: Stage, private: bool) -> None:
    if private:
        stage.server.private.add(OTHER_REPOSITORY)
    rolled = stage.roll_out()
    assert ("secret/project" in rolled.markdown) is not private
    assert (rolled.notes == ()) is private
    assert "secret/project" in stage.server.opened[0].body


@pytest.mark.parametrize(
    ("token", "given", "said"),
    [
        ("ghs_unknown", APP_TOKEN, "GitHub does not accept the token of the input 'rollout-token': renew it."),
        ("ghs_unknown", "", "GitHub does not accept the token of the input 'github-token': renew it."),
        (READ_ONLY_TOKEN, APP_TOKEN, "to the token's rights, for Org/Hub."),
        (READ_ONLY_TOKEN, "", "to the job's permissions."),
    ],
)
def test_roll_out__says_what_helps_a_token(stage: Stage, token: str, given: str, said: str) -> None:
    rollout = replace(ROLLOUT, settings=replace(SETTINGS, token=given))
    with pytest.raises(NotRolledOutError) as caught:
        stage.roll_out(rollout, token=token)
    assert caught.value.message.startswith(f"{IMAGE} is in its registry, and was not rolled out to Org/Hub. ")
    assert caught.value.message.endswith(said)


def test_roll_out__says_what_helps_against_rules(stage: Stage) -> None:
    stage.server.tell("POST .*/git/refs", PROTECTED)
    with pytest.raises(NotRolledOutError, match="create and replace branches below hub-image-action/"):
        stage.roll_out()


def test_roll_out__without_a_token_to_write(stage: Stage) -> None:
    rolled = stage.roll_out(BY_HAND, token=JOB_TOKEN)
    assert rolled.sentence.startswith(f"{IMAGE} is not rolled out, for there is no token for {OTHER_REPOSITORY}: ")
    assert (rolled.as_asked, rolled.url, rolled.notes) == (False, "", ())
    assert "+image: quay.io/org/course:0a1b2c3d4e5f # ours" in rolled.markdown
    assert LEFT_ALONE in rolled.markdown
    assert stage.server.writes() == []


def test_roll_out__without_any_token(tmp_path: Path) -> None:
    rolled = roll_out(BY_HAND, Clients(Registries((), tmp_path, frozenset()), None, None))
    assert not rolled.as_asked
    assert "Give the image its new tag, `0a1b2c3d4e5f`, here:\n\n- `hub.yaml: image`" in rolled.markdown
    assert "The input 'github-token' is empty, so the configuration cannot be read." in rolled.markdown


def test_roll_out__by_hand_of_what_is_there(stage: Stage) -> None:
    stage.server.gits[OTHER_REPOSITORY].push({"hub.yaml": HUB.format(IMAGE.tag)})
    rolled = stage.roll_out(BY_HAND, token=JOB_TOKEN)
    assert "The configuration of hubs names this image already, or another one." in rolled.markdown
