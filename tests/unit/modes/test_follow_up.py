"""What follows a push: only what plan and settings ask for, and what of it may fail the step."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from hubaction.decide.binder_dockerfile import PATH, render_dockerfile_of_branch
from hubaction.errors import ActionError
from hubaction.publish.public import PrivateImageError
from tests.unit.modes.played import API, NAME, PLAIN, Story
from tests.unit.samples import HEAD_SHA, REPOSITORY, SHA, SHORT_HEAD_SHA, SHORT_SHA, pull_request, push_to

TOKEN = {"github-token": "ghs_0123456789abcdef", "comment": "never"}
PREVIEW = PLAIN | TOKEN | {"preview": "true"}
MERGED = f"/commits/{SHA}/pulls"
Answer = tuple[int, dict[str, str], str]


def answer_github(story: Story, answers: dict[str, Any]) -> list[tuple[str, Any]]:
    """Answer by the end of an address, and 404 to all else; return what is written."""
    written: list[tuple[str, Any]] = []

    def answer(request: requests.PreparedRequest) -> Answer:
        path = str(request.url).removeprefix(API)
        if request.method != "GET":
            written.append((f"{request.method} {path}", json.loads(request.body or "{}")))
        found = answers.get(f"{request.method} {path}")
        return (404, {}, '{"message": "Not Found"}') if found is None else (200, {}, json.dumps(found))

    for method in ("GET", "POST", "PATCH", "DELETE"):
        story.mock.add_callback(method, re.compile(r"https://api\.github\.com.*"), answer)
    return written


# --- only what is asked for ---


@pytest.mark.parametrize(
    ("inputs", "asked"),
    [
        pytest.param(PLAIN, [], id="without a token"),
        # Whose image may be reused.
        pytest.param(PLAIN | TOKEN, [f"GET {MERGED}"], id="with a token"),
    ],
)
def test_follow_up__nothing_that_was_not_asked_for(story: Story, inputs: dict[str, str], asked: list[str]) -> None:
    story.run(inputs)
    assert story.steps == ["check", "compare", "build", "look for secrets", "push"]
    assert story.asked_of_github == asked


def test_follow_up__nothing_without_a_push(story: Story) -> None:
    asked = {"public-check": "true", "binder-cache": "true", "binder-prebuild": "main", "preview": "true"}
    story.run(PLAIN | TOKEN | asked | {"push": "false"})
    assert story.steps == ["check", "compare", "build", "look for secrets"]
    assert story.asked_of_github == [f"GET {MERGED}"]


def test_follow_up__after_an_image_that_is_reused(story: Story) -> None:
    story.run()
    story.registry.private = True
    with pytest.raises(PrivateImageError):
        story.run(PLAIN | {"public-check": "true"})
    assert story.builds == 1


# --- the public check ---


def test_follow_up__public_image(story: Story) -> None:
    story.run(PLAIN | {"public-check": "true"})
    assert "Everybody can pull the image." in story.log


def test_follow_up__private_image_fails_before_anything_else_is_done(story: Story) -> None:
    story.registry.private = True
    answer_github(story, {})
    asked = {"public-check": "true", "binder-cache": "true", "binder-prebuild": "main"}
    with pytest.raises(PrivateImageError, match=f"{NAME}:{SHORT_SHA} is private"):
        story.run(PLAIN | TOKEN | asked)
    assert story.steps[-1] == "push"
    assert story.asked_of_github == [f"GET {MERGED}"]
    assert story.outputs["pushed"] == "true"
    assert "Everybody can pull the image." not in story.log


# --- previews of the pull request that was merged ---


def merged_pull() -> list[dict[str, Any]]:
    head = {"sha": HEAD_SHA, "repo": {"full_name": REPOSITORY}}
    return [{"number": 7, "merged_at": "2026-03-01T00:00:00Z", "head": head}]


def test_follow_up__the_merged_pull_request_is_asked_for_once(story: Story) -> None:
    """Its image may be reused, and its previews are deleted."""
    answer_github(story, {f"GET {MERGED}": merged_pull()})
    story.run(PREVIEW)
    assert story.asked_of_github == [f"GET {MERGED}"]
    assert story.steps[-1] == "delete previews"


def test_follow_up__the_merged_preview_is_reused_and_then_deleted(story: Story) -> None:
    answer_github(story, {f"GET {MERGED}": merged_pull()})
    story.run(PREVIEW, pull_request())
    preview = f"org/course:pr-7-{SHORT_HEAD_SHA}"
    assert preview in story.registry.manifests
    story.run(PREVIEW)
    assert story.builds == 1
    assert preview not in story.registry.manifests
    assert {f"org/course:{SHORT_SHA}", "org/course:latest"} <= set(story.registry.manifests)


def test_follow_up__previews_that_cannot_be_looked_for_are_a_notice(story: Story) -> None:
    answer_github(story, {})
    story.run(PREVIEW)
    (notice,) = story.annotations("notice")
    assert notice.startswith("Previews of the merged pull request were not looked for: ")
    assert story.outputs["pushed"] == "true"


def test_follow_up__no_previews_are_deleted_but_from_the_default_branch(story: Story) -> None:
    answer_github(story, {f"GET {MERGED}": merged_pull()})
    story.run(PREVIEW | {"push": "true"}, push_to("refs/heads/feature"))
    assert "delete previews" not in story.steps


# --- Binder ---


def test_follow_up__branch_for_binder(story: Story) -> None:
    commit = {"sha": "c" * 40, "tree": {"sha": "t" * 40}, "message": "m", "html_url": "https://x", "parents": []}
    written = answer_github(
        story,
        {
            "POST /git/blobs": {"sha": "b" * 40},
            "POST /git/trees": {"sha": "t" * 40},
            "POST /git/commits": commit,
            "POST /git/refs": {"ref": "refs/heads/binder-pr-7", "object": {"sha": "c" * 40}},
        },
    )
    story.run(PREVIEW, pull_request())
    digest = story.outputs["digest"]
    assert f"The branch 'binder-pr-7' starts {NAME}@{digest} on Binder." in story.log
    trees = [body for path, body in written if path == "POST /git/trees"]
    (file,) = trees[0]["tree"]
    assert (file["path"], file["content"]) == (PATH, render_dockerfile_of_branch(f"{NAME}@{digest}"))


def keep_private(story: Story) -> dict[str, Any]:
    story.registry.private = True
    return {}


def refuse_all(_: Story) -> dict[str, Any]:
    return {}


def have_foreign_branch(_: Story) -> dict[str, Any]:
    commit = {"sha": "c" * 40, "tree": {"sha": "t" * 40}, "message": "m", "html_url": "https://x", "parents": []}
    file = {"path": PATH, "mode": "100644", "sha": "f" * 40, "size": 5, "type": "blob"}
    return {
        "GET /git/ref/heads/binder-pr-7": {"object": {"sha": "c" * 40}},
        f"GET /git/commits/{'c' * 40}": commit,
        f"GET /git/trees/{'t' * 40}?recursive=1": {"truncated": False, "tree": [file]},
        f"GET /git/blobs/{'f' * 40}": {"encoding": "base64", "content": base64.b64encode(b"FROM x").decode()},
    }


@pytest.mark.parametrize(
    ("arrange", "obstacle", "said"),
    [
        pytest.param(keep_private, "private image", "is private", id="private"),
        pytest.param(refuse_all, "its branch was not written", "was not written", id="refused"),
        pytest.param(have_foreign_branch, "its branch was not written", "was not made by this action", id="foreign"),
    ],
)
def test_follow_up__branch_for_binder_is_never_fatal(
    story: Story, arrange: Callable[[Story], dict[str, Any]], obstacle: str, said: str
) -> None:
    comment = {"id": 5, "user": {"login": "github-actions[bot]"}, "body": "", "html_url": "https://github.com/c"}
    comments = {"GET /issues/7/comments?per_page=100": [], "POST /issues/7/comments": comment}
    written = answer_github(story, comments | arrange(story))
    story.run(PREVIEW | {"result-file": "result.json", "comment": "auto"}, pull_request())
    (notice,) = [text for text in story.annotations("notice") if text.startswith("Binder does not start this image.")]
    assert said in notice
    assert story.outputs["pushed"] == "true"
    assert json.loads((story.workspace / "result.json").read_text(encoding="utf-8"))["binder_branch"] == ""
    (body,) = [body["body"] for path, body in written if path == "POST /issues/7/comments"]
    assert f"Binder does not start this image: `{obstacle}`." in body
    assert (story.outputs["comment-id"], story.outputs["comment-url"]) == ("5", "https://github.com/c")


def test_follow_up__binder_dockerfile_that_cannot_be_written_fails_the_step(story: Story) -> None:
    answer_github(story, {})
    with pytest.raises(ActionError):
        story.run(PLAIN | TOKEN | {"binder-cache": "true"})
    assert story.steps[-1] == "binder cache"
    assert story.outputs["pushed"] == "true"


def test_follow_up__prebuild_is_never_fatal(story: Story) -> None:
    story.mock.get(re.compile(r"https://mybinder\.org/.*"), status=404)
    story.run(PLAIN | {"binder-prebuild": "main"})
    (notice,) = story.annotations("notice")
    assert notice.startswith("Binder has not built main. ")
    assert story.steps[-1] == "binder prebuild"


# --- the rollout, and the layer cache ---


def test_follow_up__rollout_comes_last(story: Story) -> None:
    answer_github(story, {})
    with pytest.raises(ActionError):
        story.run(PLAIN | TOKEN | {"rollout": "true", "rollout-paths": "hubs/*.yaml: singleuser.image"})
    assert story.steps[-1] == "rollout"
    assert "rollout-url" not in story.outputs
    assert story.outputs["pushed"] == "true"


def test_write_layer_cache__a_second_build_after_all_else(story: Story) -> None:
    """The engine's image store is containerd's here, which can write one."""
    story.engine.client.info.return_value |= {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    story.run(PLAIN | {"cache": "registry"})
    assert story.steps[-2:] == ["push", "write the layer cache"]
    assert story.builds == 2


def test_write_layer_cache__its_failure_is_a_warning(story: Story) -> None:
    story.engine.client.info.return_value |= {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    script = story.folder / "bin/python"
    fails = script.read_text(encoding="utf-8").replace('echo "$@"', '[ -e "$folder/builds" ] && exit 1\necho "$@"')
    script.write_text(fails, encoding="utf-8")
    story.run(PLAIN | {"cache": "registry"})
    (warning,) = story.annotations("warning")
    assert warning.startswith("The image was pushed, and its layer cache was not: ")
    assert story.outputs["pushed"] == "true"
