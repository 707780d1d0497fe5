"""What changes in a workflow, and that nothing else does."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubaction.errors import ActionError
from hubaction.migrate.migrate import migrate_workflow

WORKFLOWS = sorted((Path(__file__).parent / "workflows").glob("*.yaml"))
STEP = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: jupyterhub/repo2docker-action@master
"""


def migrate(text: str) -> str:
    return migrate_workflow(text, "image.yaml").text


def told(text: str) -> list[str]:
    return [f"{change.line}: {change.message}" for change in migrate_workflow(text, "image.yaml").changes]


def with_inputs(inputs: str, start: str = STEP) -> str:
    return f"{start}        with:\n" + "".join(f"          {line}\n" for line in inputs.splitlines())


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
