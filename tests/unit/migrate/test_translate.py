"""What becomes of each input of the old action."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.migrate.translate import Translation, translate_inputs
from hubaction.migrate.workflow_file import Events

PUSH = Events(known=True, types={"push": ()})
PULL_REQUEST = Events(known=True, types={"pull_request": ()})
BOTH = Events(known=True, types={"push": (), "pull_request": ()})
LOGIN = {"DOCKER_USERNAME": "${{ secrets.U }}", "DOCKER_PASSWORD": "${{ secrets.P }}"}
NAMED = {"IMAGE_NAME": "org/image"} | LOGIN


def translated(translation: Translation, given: Mapping[str, str]) -> dict[str, str]:
    kept = {new[0]: new[1] if new[1] is not None else given[old] for old, new in translation.replaced.items() if new}
    return kept | dict(translation.added)


def translate(given: Mapping[str, str], events: Events = PUSH) -> dict[str, str]:
    return translated(translate_inputs(given, events), given)


def messages(given: Mapping[str, str], events: Events = PUSH) -> str:
    return "\n".join(message for _, message in translate_inputs(given, events).messages)


def test_translate_inputs__the_usual_ones() -> None:
    assert translate(NAMED | {"DOCKER_REGISTRY": "quay.io"}) == {
        "username": "${{ secrets.U }}",
        "password": "${{ secrets.P }}",
        "registry": "quay.io",
        "image-name": "org/image",
        "push": "true",
        "latest": "true",
        "repo-dir": "/home/jovyan",
        "include-git": "true",
    }


@pytest.mark.parametrize(
    ("value", "push"),
    [
        ("true", "false"), ("True", "false"), ("yes", "false"), ("false", "true"), ("no", "true"), ("", "true"),
        ("1", "false"), ("${{ a }}", "${{ format('{0}', a) != 'true' }}"), ("${{ a == 'b' }}", "${{ a != 'b' }}"),
    ],
)  # fmt: skip
def test_no_push__is_inverted(value: str, push: str) -> None:
    assert translate(NAMED | {"NO_PUSH": value})["push"] == push


def test_no_push__of_another_text_is_told() -> None:
    assert "NO_PUSH: '1'" in messages({"NO_PUSH": "1"})


@pytest.mark.parametrize(
    ("events", "said"),
    [
        pytest.param(PUSH, True, id="push"),
        pytest.param(Events(True, {"schedule": ()}), False, id="schedule"),
        pytest.param(Events(True, {"push": ()}, pushes_tags_only=True), False, id="git-tags"),
        pytest.param(Events(True, {"schedule": (), "workflow_dispatch": ()}), True, id="dispatch-of-a-branch"),
        pytest.param(Events(known=False), True, id="unknown"),
    ],
)
def test_push__is_said_where_the_event_would_not(events: Events, said: bool) -> None:
    assert ("push" in translate(NAMED, events)) is said


@pytest.mark.parametrize(
    ("events", "mode"),
    [
        pytest.param({"push": (), "schedule": (), "pull_request": (), "merge_group": ()}, None, id="built"),
        pytest.param({"pull_request": ("opened", "closed")}, "build", id="closed"),
        pytest.param({"release": ("published",)}, None, id="published"),
        pytest.param({"release": ("created",)}, "build", id="created"),
        pytest.param({"release": ()}, "build", id="all-of-a-release"),
        pytest.param({"issue_comment": ()}, "build", id="comment"),
        pytest.param({"workflow_run": ("completed",)}, "build", id="workflow_run"),
        pytest.param({"pull_request_target": ()}, None, id="target"),
        pytest.param(
            {"pull_request_target": (), "create": ()},
            "${{ github.event_name == 'pull_request_target' && 'auto' || 'build' }}",
            id="target-and-another",
        ),
    ],
)
def test_mode__is_said_where_auto_would_not_build(events: Mapping[str, tuple[str, ...]], mode: str | None) -> None:
    assert translate(NAMED, Events(True, events)).get("mode") == mode


@pytest.mark.parametrize(
    ("given", "events", "tags"),
    [
        ({"ADDITIONAL_TAG": "v1"}, PUSH, "{sha}\nv1"),
        ({"ADDITIONAL_TAG": "${{ a }}"}, BOTH, "{sha}\n${{ a }}"),
        ({"ADDITIONAL_TAG": ""}, PUSH, None),
        ({"ADDITIONAL_TAG": ""}, BOTH, "{sha}"),
        ({}, PUSH, None),
        ({}, BOTH, "{sha}"),
        ({"NO_PUSH": "true"}, BOTH, None),
        ({"NO_PUSH": "${{ github.event_name == 'pull_request' }}"}, BOTH, None),
        ({"NO_PUSH": "${{ inputs.off }}"}, BOTH, "{sha}"),
    ],
)
def test_tags__are_said_where_the_default_differs(given: dict[str, str], events: Events, tags: str | None) -> None:
    assert translate(NAMED | given, events).get("tags") == tags


@pytest.mark.parametrize(
    ("given", "events", "latest"),
    [
        ({}, PUSH, "true"),
        ({}, PULL_REQUEST, None),
        ({"NO_PUSH": "true"}, PUSH, None),
        ({"LATEST_TAG_OFF": "true"}, PUSH, "false"),
        ({"LATEST_TAG_OFF": "1"}, PUSH, "false"),
        ({"LATEST_TAG_OFF": ""}, PUSH, "true"),
        ({"LATEST_TAG_OFF": "false"}, PUSH, "true"),
        ({"LATEST_TAG_OFF": "${{ a == 'b' }}"}, PUSH, "${{ a != 'b' }}"),
    ],
)
def test_latest(given: dict[str, str], events: Events, latest: str | None) -> None:
    assert translate(NAMED | given, events).get("latest") == latest


@pytest.mark.parametrize("name", ["LATEST_TAG_OFF", "BINDER_CACHE", "PUBLIC_REGISTRY_CHECK"])
def test_switches__that_said_false_are_told(name: str) -> None:
    assert f"{name}: 'false' was read as on" in messages({name: "false"})
    assert f"{name}: 'true' was" not in messages({name: "true"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"repo-dir": "/home/jovyan"}),
        ({"REPO_DIR": "/srv/repo"}, {"repo-dir": "/srv/repo"}),
        ({"NOTEBOOK_USER": "rstudio"}, {"notebook-user": "rstudio", "repo-dir": "/home/rstudio"}),
        ({"NOTEBOOK_USER": "rstudio", "REPO_DIR": ""}, {"notebook-user": "rstudio", "repo-dir": "/home/rstudio"}),
        (
            {"NOTEBOOK_USER": "${{ inputs.user }}"},
            {"notebook-user": "${{ inputs.user }}", "repo-dir": "/home/${{ inputs.user || 'jovyan' }}"},
        ),
        ({"NOTEBOOK_USER": "rstudio", "BINDER_CACHE": "true"}, {"repo-dir": "/home/jovyan"}),
        ({"NOTEBOOK_USER": "rstudio", "MYBINDERORG_TAG": "main"}, {"repo-dir": "/home/jovyan"}),
    ],
)
def test_user_and_folder(given: dict[str, str], expected: dict[str, str]) -> None:
    found = translate(NAMED | given)
    assert {name: value for name, value in found.items() if name in {"notebook-user", "repo-dir"}} == expected


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"IMAGE_NAME": "Org/Image"}, "org/image"),
        ({"IMAGE_NAME": "${{ env.NAME }}"}, "${{ env.NAME }}"),
        (LOGIN, "${{ secrets.U || github.actor }}/${{ github.event.repository.name }}"),
        ({"DOCKER_USERNAME": "Org+robot"}, "org/${{ github.event.repository.name }}"),
        ({}, "${{ github.actor }}/${{ github.event.repository.name }}"),
        ({"NO_PUSH": "true"}, None),
        ({"DOCKER_REGISTRY": "gcr.io/project/", "IMAGE_NAME": "image"}, "project/image"),
        ({"DOCKER_REGISTRY": "https://quay.io/", "IMAGE_NAME": "org/image"}, "org/image"),
    ],
)
def test_image_name(given: dict[str, str], name: str | None) -> None:
    assert translate(given).get("image-name") == name


@pytest.mark.parametrize(
    ("given", "registry"),
    [("quay.io", "quay.io"), ("https://quay.io/", "quay.io"), ("gcr.io/a/b", "gcr.io"), ("${{ a }}/b", "${{ a }}/b")],
)
def test_registry__is_a_host(given: str, registry: str) -> None:
    assert translate({"DOCKER_REGISTRY": given, "IMAGE_NAME": "org/image"})["registry"] == registry


@pytest.mark.parametrize(
    ("cache", "no_push", "expected"),
    [
        ("true", None, "true"),
        ("anything", None, "true"),
        ("false", None, "false"),
        ("", None, "false"),
        ("true", "true", "check"),
        ("true", "false", "true"),
        ("false", "true", "false"),
        ("true", "${{ a }}", "${{ (format('{0}', a) == 'true') && 'check' || 'true' }}"),
        ("${{ b }}", "true", "${{ (format('{0}', b) == 'true') && ('check') || 'false' }}"),
        (
            "${{ b == 'c' }}",
            "${{ a == 'c' }}",
            "${{ (b == 'c') && ((a == 'c') && 'check' || 'true') || 'false' }}",
        ),
    ],
)
def test_binder_cache(cache: str, no_push: str | None, expected: str) -> None:
    given = {"BINDER_CACHE": cache} | ({} if no_push is None else {"NO_GIT_PUSH": no_push})
    assert translate(given)["binder-cache"] == expected


def test_no_git_push__alone_is_dropped() -> None:
    assert "binder-cache" not in translate({"NO_GIT_PUSH": "true"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("COMMIT_MSG", "binder-cache-message"), ("MYBINDERORG_TAG", "binder-prebuild"),
        ("APPENDIX_FILE", "appendix-file"), ("REPO2DOCKER_EXTRA_ARGS", "repo2docker-args"),
        ("FORCE_REPO2DOCKER_VERSION", "repo2docker-version"), ("PUBLIC_REGISTRY_CHECK", "public-check"),
    ],
)  # fmt: skip
def test_renamed__keep_their_expressions(old: str, new: str) -> None:
    assert translate({old: "${{ inputs.x }}"})[new] == "${{ inputs.x }}"


@pytest.mark.parametrize(
    ("events", "part"),
    [
        ({"pull_request_target": ()}, "Nothing is built on pull_request_target"),
        ({"workflow_run": ()}, "Nothing is built on workflow_run of a pull request"),
        ({"pull_request": ()}, "those of forks are built and tested, not pushed"),
        ({"merge_group": ()}, "The merge queue does not move latest"),
        ({"push": ()}, "A repository without a configuration file fails"),
    ],
)
def test_events__whose_behaviour_changes_are_told(events: Mapping[str, tuple[str, ...]], part: str) -> None:
    assert part in messages(NAMED, Events(True, events))


@given(
    st.dictionaries(
        st.sampled_from(sorted(OLD_INPUTS)), st.sampled_from(["", "true", "false", "x", "${{ a }}", "a b"])
    ),
    st.dictionaries(st.sampled_from(["push", "pull_request", "release", "x"]), st.just(())),
    st.booleans(),
)
def test_translate_inputs__always_gives_each_name_once(
    given: dict[str, str], types: dict[str, tuple[str, ...]], known: bool
) -> None:
    translation = translate_inputs(given, Events(known, types))
    names = [new[0] for new in translation.replaced.values() if new] + [name for name, _ in translation.added]
    assert len(names) == len(set(names))
    assert set(translation.replaced) == set(given)
    assert all(name == name.lower() for name in names)
