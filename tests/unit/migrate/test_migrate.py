"""What becomes of each input, and that nothing else of a workflow changes."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubaction.errors import ActionError
from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.migrate.migrate import Translation, migrate_workflow, translate_inputs
from hubaction.migrate.workflow_file import Events

WORKFLOWS = sorted((Path(__file__).parent / "workflows").glob("*.yaml"))
PUSH = Events(known=True, types={"push": ()})
PULL_REQUEST = Events(known=True, types={"pull_request": ()})
BOTH = Events(known=True, types={"push": (), "pull_request": ()})
LOGIN = {"DOCKER_USERNAME": "${{ secrets.U }}", "DOCKER_PASSWORD": "${{ secrets.P }}"}
NAMED = {"IMAGE_NAME": "org/image"} | LOGIN
STEP = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: jupyterhub/repo2docker-action@master
"""


def translated(translation: Translation, given: Mapping[str, str]) -> dict[str, str]:
    kept = {new[0]: new[1] if new[1] is not None else given[old] for old, new in translation.replaced.items() if new}
    return kept | dict(translation.added)


def translate(given: Mapping[str, str], events: Events = PUSH) -> dict[str, str]:
    return translated(translate_inputs(given, events), given)


def messages(given: Mapping[str, str], events: Events = PUSH) -> str:
    return "\n".join(message for _, message in translate_inputs(given, events).messages)


def migrate(text: str) -> str:
    return migrate_workflow(text, "image.yaml").text


def told(text: str) -> list[str]:
    return [f"{change.line}: {change.message}" for change in migrate_workflow(text, "image.yaml").changes]


def with_inputs(inputs: str, start: str = STEP) -> str:
    return f"{start}        with:\n" + "".join(f"          {line}\n" for line in inputs.splitlines())


# --- each input ---


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


# --- the file ---


def test_migrate_workflow__keeps_comments_quotes_and_blank_lines() -> None:
    old = with_inputs(
        "# who\nDOCKER_USERNAME:   'me'  # me\n\nDOCKER_PASSWORD: \"${{ secrets.P }}\"\nIMAGE_NAME: org/image"
    )
    new = migrate(old)
    assert (
        "          # who\n          username:   'me'  # me\n          \n          password: \"${{ secrets.P }}\"\n"
        in new
    )
    assert new.endswith("image-name: org/image\n" + with_inputs(
        "push: true\nlatest: true\nrepo-dir: /home/jovyan\ninclude-git: true", "").partition("\n")[2])  # fmt: skip


def test_migrate_workflow__adds_inputs_where_there_were_none() -> None:
    assert "hub-image-action@v1\n        with:\n          push: true\n" in migrate(STEP)
    assert "hub-image-action@v1\n        with: # none\n          push: true\n" in migrate(
        f"{STEP}        with: # none\n"
    )
    assert "hub-image-action@v1\n        with:\n          push: true\n" in migrate(f"{STEP}        with: {{}}\n")
    assert migrate(STEP.rstrip()) == migrate(STEP).rstrip()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{uses: jupyterhub/repo2docker-action@v1}", "{uses: org/hub-image-action@v1, with: {push: true, "),
        ("{uses: jupyterhub/repo2docker-action, with: {}}", "{uses: org/hub-image-action@v1, with: {push: true, "),
        ("{uses: jupyterhub/repo2docker-action, with: }", "{uses: org/hub-image-action@v1, with: {push: true, "),
        (
            "{uses: jupyterhub/repo2docker-action, with: {EXTRA_PIP_INSTALL: x, NO_PUSH: yes, NO_GIT_PUSH: a}}",
            "{uses: org/hub-image-action@v1, with: {push: false, repo-dir: /home/jovyan, include-git: true}}",
        ),
        (
            "{uses: jupyterhub/repo2docker-action, with: {NO_PUSH: true, ADDITIONAL_TAG: a}}",
            'with: {push: false, tags: "{sha}\\na", repo-dir: /home/jovyan, include-git: true}}',
        ),
        ("{uses: jupyterhub/repo2docker-action, with: {EXTRA_PIP_INSTALL: x}}", "with: {push: true, "),
    ],
)  # fmt: skip
def test_migrate_workflow__flow_style(step: str, expected: str) -> None:
    new = migrate(STEP + f"      - {step}\n")
    assert expected in new
    assert all("with" in step for step in yaml.safe_load(new)["jobs"]["image"]["steps"][1:])


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("NO_PUSH: |\n  true\nIMAGE_NAME: a/b", "push: false\nimage-name: a/b"),
        ("NO_PUSH:\nIMAGE_NAME: a/b", "push: true\nimage-name: a/b"),
        ("IMAGE_NAME: a/b\nNO_PUSH: # why", "image-name: a/b\npush: true # why"),
        ("NO_PUSH: 'true'", "push: 'false'"),
        ("? NO_PUSH\n: true", "? push\n: false"),
        ("ADDITIONAL_TAG: a # b", 'tags: "{sha}\\na" # b'),
        ("ADDITIONAL_TAG: a", "tags: |\n  {sha}\n  a"),
        ("ADDITIONAL_TAG: >-\n  a\nIMAGE_NAME: a/b", "tags: |\n  {sha}\n  a\nimage-name: a/b"),
        ("EXTRA_PIP_INSTALL: |\n  a\n\n  b\n# kept\nIMAGE_NAME: a/b", "# kept\nimage-name: a/b"),
    ],
)
def test_migrate_workflow__changed_values(inputs: str, expected: str) -> None:
    new = migrate(with_inputs(inputs))
    assert with_inputs(expected, "").partition("\n")[2] in new
    assert set(yaml.safe_load(new)["jobs"]["image"]["steps"][1]["with"]) >= {"push", "include-git"}


@pytest.mark.parametrize("last", ["|\n  a", "|+\n  a\n\n\n", ">-\n  a\n  b\n"])
def test_migrate_workflow__multi_line_values_stay(last: str) -> None:
    old = with_inputs(f"IMAGE_NAME: a/b\nREPO2DOCKER_EXTRA_ARGS: {last}")
    value = yaml.safe_load(old)["jobs"]["image"]["steps"][1]["with"]["REPO2DOCKER_EXTRA_ARGS"]
    assert yaml.safe_load(migrate(old))["jobs"]["image"]["steps"][1]["with"]["repo2docker-args"] == value
    only = with_inputs(f"REPO2DOCKER_EXTRA_ARGS: {last}")
    assert yaml.safe_load(migrate(only))["jobs"]["image"]["steps"][1]["with"]["repo2docker-args"] == value


@pytest.mark.parametrize(
    "uses",
    [
        "JupyterHub/Repo2Docker-Action@0.2", "machine-learning-apps/repo2docker-action@master",
        "jupyterhub/repo2docker-action", "'jupyterhub/repo2docker-action@master'",
    ],
)  # fmt: skip
def test_migrate_workflow__forms_of_the_old_action(uses: str) -> None:
    assert migrate_workflow(STEP.replace("jupyterhub/repo2docker-action@master", uses), "x").steps == 1


@pytest.mark.parametrize(
    "uses", ["docker://jupyterhub/repo2docker-action", "someone/repo2docker-action@v1", "actions/cache@v4"]
)
def test_migrate_workflow__leaves_other_actions_alone(uses: str) -> None:
    text = STEP.replace("jupyterhub/repo2docker-action@master", uses)
    assert migrate_workflow(text, "x").text == text


def test_migrate_workflow__takes_old_names_of_this_action() -> None:
    old = with_inputs("NO_PUSH: true\nlatest: false").replace(
        "jupyterhub/repo2docker-action@master", "me/hub-image-action@v3"
    )
    new = migrate(old)
    assert "uses: me/hub-image-action@v3" in new
    assert yaml.safe_load(new)["jobs"]["image"]["steps"][1]["with"] == {
        "push": False, "latest": False, "repo-dir": "/home/jovyan", "include-git": True,
    }  # fmt: skip
    with pytest.raises(ActionError, match=r"image.yaml:10: 'NO_PUSH' and 'push' are the same input"):
        migrate(old.replace("latest", "push"))


def test_migrate_workflow__composite_actions() -> None:
    new = migrate("name: x\nruns:\n  using: composite\n  steps:\n    - uses: jupyterhub/repo2docker-action@v1\n")
    assert "mode: build" in new


def test_migrate_workflow__unknown_inputs_are_kept_and_told() -> None:
    text = with_inputs("IMAGE_NAM: a/b\nbase-image: debian:13\nimage-name: c/d\nIMAGE_NAME: e/f")
    new = migrate(text)
    assert "IMAGE_NAM: a/b\n          base-image: debian:13\n          image-name: e/f\n" in new
    found = told(text)
    assert "9: 'IMAGE_NAM' is kept as it is, but neither action knows it; did you mean 'image_name'?" in found
    assert "10: 'base-image' takes effect now: the old action did not know it." in found
    assert "11: 'image-name' is removed: the old action did not know it." in found


def test_migrate_workflow__anchors_and_aliases() -> None:
    old = with_inputs("DOCKER_PASSWORD: &pw ${{ secrets.P }}\nCOMMIT_MSG: *pw\nNO_PUSH: true")
    assert "password: &pw ${{ secrets.P }}\n          binder-cache-message: *pw\n" in migrate(old)
    changed = with_inputs("COMMIT_MSG: &m Yes\nNO_PUSH: *m\nIMAGE_NAME: a/b")
    assert "binder-cache-message: &m Yes\n          push: false\n" in migrate(changed)
    with pytest.raises(ActionError, match=r"image.yaml:9: the value of 'NO_PUSH' changes, and others refer to it"):
        migrate(with_inputs("NO_PUSH: &m true\nCOMMIT_MSG: *m"))


def test_migrate_workflow__shared_inputs() -> None:
    shared = with_inputs("NO_PUSH: true").replace("with:", "with: &all")
    new = migrate(f"{shared}      - uses: jupyterhub/repo2docker-action@v2\n        with: *all\n")
    steps = yaml.safe_load(new)["jobs"]["image"]["steps"]
    assert steps[1] == steps[2]
    assert new.endswith("      - uses: org/hub-image-action@v1\n        with: *all\n")
    with pytest.raises(ActionError, match="shared with a step of another action"):
        migrate(f"{shared}      - uses: someone/else@v2\n        with: *all\n")


@pytest.mark.parametrize(
    ("text", "line"), [("a: [", 1), ("a:\n  b: c\n d: e\n", 3), ("{% raw %}", 1), ("a: *b", 1), ("a: b\n---\nc: d", 2)]
)
def test_migrate_workflow__what_is_no_yaml_is_an_error_with_its_place(text: str, line: int) -> None:
    with pytest.raises(ActionError, match=rf"^image.yaml:{line}: cannot be read as YAML: ") as caught:
        migrate(text)
    assert (caught.value.file, caught.value.line) == ("image.yaml", line)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "just text", "[a]", "jobs: [a]", "jobs: {a: {steps: [b, {uses: }]}}"]
)
def test_migrate_workflow__other_files_stay(text: str) -> None:
    assert migrate(text) == text


def test_migrate_workflow__tells_what_to_look_at() -> None:
    text = with_inputs("NO_PUSH: false\nADDITIONAL_TAG: a/b\nREPO2DOCKER_EXTRA_ARGS: --subdir x")
    text = text.replace("      - uses: actions/checkout@v4\n", "").replace(
        "jobs:", "env: {DOCKER_CONFIG: $HOME/.docker}\njobs:"
    )
    text += "      - run: echo ${{ steps.a.outputs.PUSH_STATUS }}\n"
    found = "\n".join(told(text))
    for part in (
        "7: There is no actions/checkout before this step.",
        "7: DOCKER_CONFIG: '$HOME/.docker' (line 2) is expanded by nobody",
        "7: It pushes without 'username' and 'password'",
        "7: To be corrected: input 'tags': 'a/b' is not a tag",
        "7: To be corrected: input 'repo2docker-args': '--subdir' is set by the input 'path'",
        "12: The output PUSH_STATUS is still written; 'pushed' has taken its place.",
    ):
        assert part in found


# --- nothing else changes ---


def step_lines(text: str) -> set[int]:
    """Return the numbers of the lines that belong to steps of either action: from `uses` to the end of `with`."""
    lines = text.splitlines()
    found: set[int] = set()
    inside = -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" -"))
        if line.strip() and indent < inside:
            inside = -1
        if "repo2docker-action@" in line or "hub-image-action@" in line:
            inside = indent
        if inside >= 0:
            found.add(number)
    return found


@given(
    st.sampled_from(WORKFLOWS),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(["", "# one more comment\n", "\n\n"]),
)
def test_migrate_workflow__changes_lines_of_the_steps_only(
    file: Path, newline: str, ends: bool, bom: str, start: str
) -> None:
    text = bom + (start + file.read_text(encoding="utf-8")).replace("\n", newline)
    text = text if ends else text.rstrip()
    new = migrate(text)
    outside = [line for number, line in enumerate(text.splitlines(keepends=True)) if number not in step_lines(text)]
    still = [line for number, line in enumerate(new.splitlines(keepends=True)) if number not in step_lines(new)]
    assert outside == still
    assert new.count("\n") == new.count(newline)
    assert [line for line in comments(text) if line not in comments(new)] == []
    assert migrate(new) == new


def comments(text: str) -> list[str]:
    return [line[line.index("#") :].strip() for line in text.splitlines() if "#" in line]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_migrate_workflow__means_the_same_elsewhere(file: Path) -> None:
    old = yaml.safe_load(file.read_text(encoding="utf-8"))
    new = yaml.safe_load(migrate(file.read_text(encoding="utf-8")))
    for workflow in (old, new):
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if "repo2docker-action" in step.get("uses", "") or "hub-image-action" in step.get("uses", ""):
                    step.pop("with", None)
                    step.pop("uses")
    assert old == new
