"""The story of a build: which steps there are, where a failure ends it, and what is said by then.

Engine, registry, GitHub and programs are played.
"""

import json
from collections.abc import Callable

import docker.errors
import pytest

from hubaction.build.build_log import BuildError
from hubaction.decide.labels import ForgedLabelsError
from hubaction.errors import ActionError
from hubaction.guard.image import LeakError
from hubaction.publish.login import LoginError
from hubaction.publish.public import PrivateImageError
from hubaction.publish.push_errors import PushError
from hubaction.verify.hub_diagnosis import HubCheckError
from hubaction.verify.tests_verdict import ImageTestsError
from tests.unit.modes.played import NAME, PLAIN, QUAY, Story
from tests.unit.samples import LOGIN, SHORT_SHA, make_event, pull_request

CHECKED = QUAY | {"cache": "none"}
"""With hub check and image tests."""
STEPS = ["check", "compare", "build", "look for secrets", "hub check", "test", "push"]
OF_CHECKS = {"hub-ready-seconds", "hub-memory-bytes", "hub-versions"}
OF_IMAGE = {"image", "digest", "size", "tags", "pushed", "mode", "IMAGE_SHA_NAME", "IMAGE_SHA_TAG", "PUSH_STATUS"}
OF_UNPUSHED = {"mode", "pushed", "tags"}


# --- the whole of it ---


def test_run_build__in_order(story: Story) -> None:
    story.add_tests()
    story.run(CHECKED)
    assert story.steps == STEPS
    assert story.builds == 1
    assert story.engine.pushed == [f"{NAME}:{SHORT_SHA}"]
    assert story.registry.written == ["org/course:latest"]
    assert set(story.outputs) == OF_CHECKS | OF_IMAGE | {"tests"}
    assert story.outputs["tags"] == json.dumps([f"{NAME}:{SHORT_SHA}", f"{NAME}:latest"])
    assert story.outputs["tests"] == "1 passed"
    assert json.loads(story.outputs["hub-versions"]) == {"python": "3.13.0"}
    assert "built, tested and pushed" in story.summary


def test_run_build__what_is_pushed_is_the_image_by_its_id(story: Story) -> None:
    """Another job on this machine may give the local tag to another image meanwhile."""
    story.run()
    (tagged,) = story.engine.client.api.tag.call_args_list
    assert tagged.args[0].startswith("sha256:")


@pytest.mark.parametrize("inputs", [PLAIN, PLAIN | {"push": "false"}], ids=["pushed", "not pushed"])
def test_run_build__nothing_stays_on_the_engine(story: Story, inputs: dict[str, str]) -> None:
    story.run(inputs)
    assert story.builds == 1
    assert story.engine.built is None
    assert story.engine.names == {}


def test_run_build__without_push(story: Story) -> None:
    story.run(PLAIN | {"push": "false"})
    assert story.steps == STEPS[:4]
    assert story.engine.pushed == []
    assert story.registry.written == []
    assert story.outputs["pushed"] == "false"
    assert "Nothing was pushed." in story.summary


def test_run_build__old_outputs_without_a_push_are_for_old_inputs_only(story: Story) -> None:
    story.run(PLAIN | {"push": "false"})
    assert set(story.outputs) == OF_UNPUSHED
    old = {"DOCKER_REGISTRY": "quay.io", "DOCKER_USERNAME": "robot", "DOCKER_PASSWORD": LOGIN["password"]}
    story.run(old | {"NO_PUSH": "true", "hub-check": "false", "image-tests": ""})
    assert set(story.outputs) == OF_UNPUSHED | {"IMAGE_SHA_NAME", "IMAGE_SHA_TAG", "PUSH_STATUS"}
    assert story.outputs["PUSH_STATUS"] == "false"


@pytest.mark.parametrize("inputs", [{"push": "true"}, {"preview": "true"}, {"mode": "build", "push": "true"}])
def test_run_build__nothing_is_pushed_for_a_fork(story: Story, inputs: dict[str, str]) -> None:
    event = pull_request(head_repository="Stranger/Course")
    more = {"public-check": "true", "binder-cache": "true", "binder-prebuild": "main", "github-token": "ghs_x"}
    story.run(PLAIN | more | inputs | {"comment": "never"}, event)
    assert story.steps == STEPS[:4]
    assert story.engine.pushed == []
    assert story.registry.written == []
    assert story.asked_of_github == []
    assert story.outputs["pushed"] == "false"


def test_run_build__a_frontend_that_is_not_dockers_pushes_nothing_for_a_pull_request(story: Story) -> None:
    dockerfile = story.workspace / "Dockerfile"
    dockerfile.write_text("# syntax=quay.io/org/frontend:1\n" + dockerfile.read_text(), encoding="utf-8")
    story.run(PLAIN | {"push": "true", "comment": "never"}, pull_request())
    assert story.builds == 1
    assert story.engine.pushed == []
    assert "The image is not pushed: the frontend" in story.summary
    assert story.outputs["pushed"] == "false"


# --- an earlier image ---


def test_run_build__an_unchanged_image_is_reused_and_nothing_is_built(story: Story) -> None:
    story.run()
    story.registry.manifests.pop(f"org/course:{SHORT_SHA}")
    story.engine.pushed.clear()
    story.registry.written.clear()
    story.run()
    assert story.builds == 1
    assert story.steps == ["check", "compare", "push"]
    assert story.engine.pushed == []
    assert story.registry.written == [f"org/course:{SHORT_SHA}"]
    assert set(story.outputs) == OF_IMAGE
    assert story.outputs["pushed"] == "true"
    assert "unchanged, the same as" in story.summary


def test_run_build__a_changed_file_is_a_new_image(story: Story) -> None:
    story.run()
    (story.workspace / "environment.yml").write_text("dependencies: []\n", encoding="utf-8")
    story.run()
    assert story.builds == 2
    assert "changed: " in story.summary


def test_run_build__an_unchanged_image_is_not_pushed_where_nothing_is(story: Story) -> None:
    story.run()
    story.registry.written.clear()
    story.run(PLAIN | {"push": "false"})
    assert story.builds == 1
    assert story.steps == ["check", "compare"]
    assert story.registry.written == []
    assert story.outputs["pushed"] == "false"


def test_run_build__an_image_that_the_registry_does_not_reuse_is_built(story: Story) -> None:
    story.run()
    story.registry.manifests.pop(f"org/course:{SHORT_SHA}")
    story.registry.refuses_to_write = True
    story.run()
    assert story.builds == 2
    assert story.steps == ["check", "compare", "push", *STEPS[2:4], "push"]
    assert "so the image is built" in story.summary
    assert story.outputs["pushed"] == "true"


# --- failures ---


def refuse_login(story: Story) -> None:
    (story.folder / "login-code").write_text("1", encoding="utf-8")
    (story.folder / "login-log").write_text("unauthorized: no\n", encoding="utf-8")


def plant_key(story: Story) -> None:
    (story.workspace / "notes.txt").write_text(LOGIN["password"], encoding="utf-8")


def fail_build(story: Story) -> None:
    (story.folder / "build-code").write_text("1", encoding="utf-8")


def leak(story: Story) -> None:
    story.engine.history = [{"CreatedBy": f"RUN echo {LOGIN['password']}", "Comment": ""}]


def fail_start(story: Story) -> None:
    story.engine.hub_events = ({"event": "not-ready"},)


def fail_tests(story: Story) -> None:
    story.engine.test_results = '<testsuite><testcase name="a" time="1"><failure message="no"/></testcase></testsuite>'
    story.engine.test_code = 1


def refuse_push(story: Story) -> None:
    story.engine.push_error = "denied: requested access to the resource is denied"


@pytest.mark.parametrize(
    ("fail", "error", "steps", "outputs"),
    [
        pytest.param(refuse_login, LoginError, 1, set(), id="login"),
        pytest.param(plant_key, ActionError, 1, set(), id="secret in the repository"),
        pytest.param(fail_build, BuildError, 3, set(), id="build"),
        pytest.param(leak, LeakError, 4, set(), id="secret in the image"),
        pytest.param(fail_start, HubCheckError, 5, set(), id="hub check"),
        pytest.param(fail_tests, ImageTestsError, 6, OF_CHECKS | {"tests"}, id="tests"),
        pytest.param(refuse_push, PushError, 7, OF_CHECKS | {"tests"}, id="push"),
    ],
)
def test_run_build__a_failure_ends_the_story(
    story: Story, fail: Callable[[Story], None], error: type[ActionError], steps: int, outputs: set[str]
) -> None:
    """Nothing later runs or is pushed, outputs say what is true by then, and nothing stays on the engine."""
    story.add_tests()
    fail(story)
    with pytest.raises(error) as caught:
        story.run(CHECKED)
    assert story.steps == STEPS[:steps]
    assert story.engine.pushed == []
    assert story.registry.written == []
    assert set(story.outputs) == outputs
    assert story.engine.built is None
    assert "not published" in story.summary
    assert LOGIN["password"] not in story.summary + story.log + caught.value.message
    for container in story.engine.containers:
        container.remove.assert_called_once_with(force=True, v=True)


def test_run_build__failing_tests_are_counted(story: Story) -> None:
    story.add_tests()
    fail_tests(story)
    with pytest.raises(ImageTestsError):
        story.run(CHECKED)
    assert story.outputs["tests"] == "1 failed"
    assert "| Image tests | `1 failed` |" in story.summary


def test_run_build__an_image_with_other_labels_is_not_used(story: Story) -> None:
    script = story.folder / "bin/python"
    forged = script.read_text(encoding="utf-8").replace(
        "cp repo2docker_config.json", "sed s/fingerprint=/fingerprint=forged/ repo2docker_config.json >"
    )
    script.write_text(forged, encoding="utf-8")
    with pytest.raises(ForgedLabelsError):
        story.run()
    assert story.steps == STEPS[:3]
    assert story.engine.pushed == []


def test_run_build__engine_away(story: Story) -> None:
    story.engine.client.info.side_effect = docker.errors.DockerException("no socket")
    with pytest.raises(ActionError, match="The engine does not answer"):
        story.run()
    assert (story.steps, story.builds, story.outputs) == (["check"], 0, {})


def test_run_build__what_follows_the_push_may_fail_and_the_image_stays(story: Story) -> None:
    story.registry.private = True
    with pytest.raises(PrivateImageError):
        story.run(PLAIN | {"public-check": "true"})
    assert set(story.outputs) == OF_IMAGE
    assert story.outputs["pushed"] == "true"
    assert "pushed, and then the run failed" in story.summary


# --- verification ---


def test_run_build__a_hub_check_that_only_warns_goes_on(story: Story) -> None:
    story.add_tests()
    fail_start(story)
    story.run(CHECKED | {"hub-check": "warn"})
    assert story.steps == STEPS
    assert any(text.endswith("(hub-check: warn)") for text in story.annotations("warning"))
    assert not OF_CHECKS & set(story.outputs)
    assert "| Hub check | `failed: " in story.summary


def test_run_build__no_hub_check_of_an_image_without_jupyter(story: Story) -> None:
    story.engine.has_jupyter = False
    story.run(CHECKED)
    assert any(text.startswith("No hub check: ") for text in story.annotations("notice"))
    assert not OF_CHECKS & set(story.outputs)
    assert story.engine.pushed


def test_run_build__tests_that_are_all_skipped_prove_nothing(story: Story) -> None:
    story.add_tests()
    story.engine.test_results = '<testsuite><testcase name="a" time="0"><skipped message="no"/></testcase></testsuite>'
    story.run(PLAIN | {"image-tests": "image-tests"})
    assert "All image tests were skipped" in story.annotations("warning")[0]


@pytest.mark.parametrize(
    ("folder", "said"),
    [("", "the input 'image-tests' is empty"), ("image-tests", "there is no folder 'image-tests' with files in it")],
)
def test_run_build__says_why_there_are_no_tests(story: Story, folder: str, said: str) -> None:
    story.run(PLAIN | {"image-tests": folder})
    assert said in story.log
    assert "tests" not in story.outputs


# --- files and the checkout ---


def test_run_build__files_of_an_earlier_run_are_no_change(story: Story) -> None:
    """Result file and JUnit file stand in the folder that is built, and are not part of the image."""
    story.add_tests()
    inputs = PLAIN | {"image-tests": "image-tests", "result-file": "result.json", "junit-file": "junit.xml"}
    story.run(inputs)
    assert (story.outputs["result-file"], story.outputs["junit-file"]) == ("result.json", "junit.xml")
    assert json.loads((story.workspace / "result.json").read_text())["tests"] == "1 passed"
    story.run(inputs)
    assert story.builds == 1


def test_run_build__what_the_workflow_made_with_a_secret_is_left_out(story: Story) -> None:
    """git does not track it: an earlier step wrote it."""
    from dulwich import porcelain

    with porcelain.init(str(story.workspace)) as repository:
        porcelain.add(repository, [str(story.workspace / "Dockerfile")])
        porcelain.commit(repository, message=b"m", author=b"a <a@b>", committer=b"a <a@b>")
    (story.workspace / "key.txt").write_text(LOGIN["password"], encoding="utf-8")
    story.run()
    assert "| Left out for secrets | `key.txt` |" in story.summary


def test_run_build__only_the_commit_of_an_event_that_strangers_start(story: Story) -> None:
    """A comment, say, starts a run with secrets: what is checked out then must be what the event names."""
    event = make_event("issue_comment", {"issue": {"number": 7}})
    with pytest.raises(ActionError, match="On this event only the commit that it names"):
        story.run(PLAIN | {"mode": "build"}, event)
    assert (story.steps, story.builds) == (["check"], 0)
