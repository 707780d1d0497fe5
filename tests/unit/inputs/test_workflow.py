"""Finding what stands in the workflow: the line that sets an input, a login that this action cannot see."""

from pathlib import Path

import pytest

from hubaction.inputs.workflow import Location, UnseenLogin, find_unseen_login, locate_input

FILE = ".github/workflows/image.yaml"
REFERENCE = {"GITHUB_WORKFLOW_REF": f"org/course/{FILE}@refs/heads/main"}
WORKFLOW = """\
on: push
jobs:
  image:
    steps:
      - uses: actions/checkout@v4
        with:
          path: x
      - uses: org/hub-image-action@v1
        with:
          image-name: Org/Image
          PATH: ../x
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(WORKFLOW, encoding="utf-8")
    return tmp_path


def test_locate_input__its_line(workspace: Path) -> None:
    assert locate_input(REFERENCE, workspace, "image-name") == Location(FILE, 10)


def test_locate_input__names_have_no_case(workspace: Path) -> None:
    assert locate_input(REFERENCE, workspace, "path") == Location(FILE, 11)


def test_locate_input__not_set_is_the_step(workspace: Path) -> None:
    assert locate_input(REFERENCE, workspace, "mode") == Location(FILE, 8)


def test_locate_input__action_under_another_name(workspace: Path) -> None:
    text = WORKFLOW.replace("org/hub-image-action", "fork/image")
    (workspace / FILE).write_text(text, encoding="utf-8")
    assert locate_input(REFERENCE, workspace, "image-name") is None
    environ = REFERENCE | {"GITHUB_ACTION_REPOSITORY": "fork/image"}
    assert locate_input(environ, workspace, "image-name") == Location(FILE, 10)


def test_locate_input__two_steps_are_not_clear(workspace: Path) -> None:
    twice = WORKFLOW + WORKFLOW[WORKFLOW.index("      - uses: org/") :]
    (workspace / FILE).write_text(twice, encoding="utf-8")
    assert locate_input(REFERENCE, workspace, "image-name") is None


@pytest.mark.parametrize(
    "reference",
    ["", "nonsense", "org/course/.github/workflows/../../etc/passwd.yml@x", "org/course/other.yml@x", f"org/c/{FILE}"],
)
def test_locate_input__odd_references(workspace: Path, reference: str) -> None:
    assert locate_input({"GITHUB_WORKFLOW_REF": reference}, workspace, "mode") is None
    assert locate_input({}, workspace, "mode") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[",
        "jobs: 1",
        "jobs: {a: {steps: 5}}",
        "jobs: {a: {steps: [1, {uses: []}]}}",
        "[" * 1500,
        "\x00",
        "a: *b",
    ],
)
def test_locate_input__odd_workflows(workspace: Path, text: str) -> None:
    (workspace / FILE).write_text(text, encoding="utf-8")
    assert locate_input(REFERENCE, workspace, "mode") is None


def test_locate_input__missing_or_unreadable_file(workspace: Path) -> None:
    (workspace / FILE).write_bytes(b"\xff\xfe\xff")
    assert locate_input(REFERENCE, workspace, "mode") is None
    (workspace / FILE).unlink()
    assert locate_input(REFERENCE, workspace, "mode") is None


def test_locate_input__reusable_workflow_of_another_repository(workspace: Path) -> None:
    (workspace / FILE).unlink()
    assert locate_input({"GITHUB_WORKFLOW_REF": f"other/repository/{FILE}@refs/heads/main"}, workspace, "mode") is None


# --- logins ---


def write_steps(workspace: Path, *steps: str) -> None:
    text = "".join(f"      - {step}\n" for step in steps)
    (workspace / FILE).write_text(f"jobs:\n  image:\n    steps:\n{text}", encoding="utf-8")


OURS = "uses: org/hub-image-action@v1"


@pytest.mark.parametrize(
    ("step", "tool"),
    [
        ("uses: docker/login-action@v4", "docker/login-action"),
        ("uses: Docker/Login-Action@0123456789abcdef0123456789abcdef01234567", "docker/login-action"),
        ("uses: aws-actions/amazon-ecr-login@v2", "aws-actions/amazon-ecr-login"),
        ("run: echo $P | docker login -u me --password-stdin quay.io", "docker login"),
        ("run: az acr login --name my", "az acr login"),
        ("run: gcloud auth configure-docker europe-docker.pkg.dev", "gcloud auth configure-docker"),
    ],
)
def test_find_unseen_login__its_tool_and_line(workspace: Path, step: str, tool: str) -> None:
    write_steps(workspace, "uses: actions/checkout@v6", step, OURS)
    assert find_unseen_login(REFERENCE, workspace) == UnseenLogin(tool, f"{FILE}, line 5")


@pytest.mark.parametrize(
    "step",
    [
        "uses: actions/checkout@v6 # not docker/login-action@v4",
        "name: docker login",
        "uses: somebody/docker/login-action@v4",
        "run: az acr login --name my --expose-token",
        "run: docker logins",
        "run: [docker login]",
        "5",
    ],
)
def test_find_unseen_login__none(workspace: Path, step: str) -> None:
    write_steps(workspace, step, OURS)
    assert find_unseen_login(REFERENCE, workspace) is None


@pytest.mark.parametrize("name", ["password", "registry-auth", "Password", "DOCKER_PASSWORD"])
def test_find_unseen_login__not_the_cause_where_our_step_has_a_password(workspace: Path, name: str) -> None:
    login = "uses: docker/login-action@v4"
    write_steps(workspace, login, f'{{{OURS}, with: {{{name}: "${{{{ secrets.MISSPELT }}}}"}}}}')
    assert find_unseen_login(REFERENCE, workspace) is None
    write_steps(workspace, login, f"{{{OURS}, with: {{registry: quay.io}}}}")
    assert find_unseen_login(REFERENCE, workspace)


def test_find_unseen_login__no_workflow(workspace: Path) -> None:
    assert find_unseen_login({}, workspace) is None
    (workspace / FILE).write_text("[", encoding="utf-8")
    assert find_unseen_login(REFERENCE, workspace) is None
    (workspace / FILE).unlink()
    assert find_unseen_login(REFERENCE, workspace) is None
