"""Every recipe of docs/registries.md is a valid job, asks for no more than it needs, and means what it says."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from devtools import process
from devtools.places import PROJECT
from hubaction.errors import Help
from hubaction.inputs.read import read_settings
from hubaction.inputs.settings import Settings
from tests.support.actionlint import lint
from tests.support.recipes import (
    OF_A_FORK,
    OF_A_TRUSTED_RUN,
    OURS,
    PAGE,
    RECIPES,
    TITLES,
    anchor_of,
    inputs_of,
    job_of,
    our_step,
    workflow_of,
)
from tests.support.workflow_expressions import evaluate
from tests.unit.samples import make_build_plan, make_inputs, pull_request, push_to

PROGRAMS = Path(sys.executable).parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
INPUTS = set(yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))["inputs"])
EARLIER = "An earlier `docker login` is not seen"
WITH_OIDC = {"Amazon ECR", "Google Artifact Registry", "Azure Container Registry"}
FETCHED_IN_A_SHELL = {"Amazon ECR": "aws", "Azure Container Registry": "az"}
EACH = pytest.mark.parametrize("title", sorted(RECIPES))


@dataclass(frozen=True)
class Expected:
    """What a recipe comes to: full names of images, and user and password for each registry."""

    images: tuple[str, ...]
    logins: tuple[tuple[str, str, str], ...]


QUAY = ("quay.io", "my-org+robot", "secret-registry_password")
ZEROS = "00000000-0000-0000-0000-000000000000"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
EXPECTED = {
    "quay.io": Expected(("quay.io/my-org/my-image",), (QUAY,)),
    "Docker Hub": Expected(("docker.io/my-name/my-image",), (("docker.io", "my-name", "secret-registry_password"),)),
    "GitHub's, ghcr.io": Expected(("ghcr.io/my-org/my-image",), (("ghcr.io", "ada", "job-token"),)),
    "Amazon ECR": Expected((f"{ECR}/my-org/my-image",), ((ECR, "AWS", "ecr-token"),)),
    "Google Artifact Registry": Expected(
        ("europe-west3-docker.pkg.dev/my-project/my-repository/my-image",),
        (("europe-west3-docker.pkg.dev", "oauth2accesstoken", "google-token"),),
    ),
    "Azure Container Registry": Expected(
        ("myregistry.azurecr.io/my-org/my-image",), (("myregistry.azurecr.io", ZEROS, "acr-token"),)
    ),
    "Harbor": Expected(
        ("harbor.example.org/my-project/my-image",),
        (("harbor.example.org", "robot$my-project+builder", "secret-registry_password"),),
    ),
    "A registry with a certificate of its own": Expected(
        ("registry.example.org:5000/my-group/my-image",),
        (("registry.example.org:5000", "builder", "secret-registry_password"),),
    ),
    "A private base image": Expected(
        ("quay.io/my-org/my-image",), (QUAY, ("registry.example.org", "reader", "secret-base_password"))
    ),
    "Several registries": Expected(
        ("quay.io/my-org/my-image", "ghcr.io/my-org/my-image"), (QUAY, ("ghcr.io", "ada", "job-token"))
    ),
    EARLIER: Expected(("quay.io/my-org/my-image",), ()),
}


def settings_of(inputs: dict[str, str]) -> Settings:
    return read_settings({"GITHUB_REPOSITORY": "my-org/my-image"} | make_inputs(inputs))


def logins_of(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    return tuple((entry.registry, entry.username, entry.password) for entry in settings.credentials)


# --- the page ---


def test_page__has_a_recipe_under_each_title() -> None:
    assert list(RECIPES) == TITLES == list(EXPECTED)
    assert PAGE.count("```yaml") == len(TITLES)


def test_page__lists_each_recipe_with_how_far_it_was_tested() -> None:
    rows = re.findall(r"(?m)^\| \[.+?\]\(#([^)]+)\) \|.*\| (.) \|$", PAGE)
    assert [anchor for anchor, _ in rows] == [anchor_of(title) for title in TITLES]
    assert {anchor for anchor, mark in rows if mark == "◐"} == {anchor_of(title) for title in WITH_OIDC}


def test_page__links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", " ".join(PAGE.split())):
        file, _, anchor = target.partition("#")
        if target.startswith("#"):
            assert anchor in map(anchor_of, TITLES), target
        elif not target.startswith("https://"):
            text = (PROJECT / "docs" / file).read_text(encoding="utf-8")
            assert anchor in map(anchor_of, re.findall(r"(?m)^#+ (.+)$", text)), target


def test_page__is_what_the_readme_and_the_messages_link_to() -> None:
    assert "](docs/registries.md)" in README
    for link in (Help.OWN_CERTIFICATE, Help.EARLIER_LOGIN):
        page, _, anchor = link.partition("#")
        assert page.endswith("/blob/main/docs/registries.md")
        assert anchor in map(anchor_of, TITLES)


# --- the recipes as jobs ---


def wrong_recipes() -> dict[str, str]:
    """Recipes with a mistake each, by what it is in."""
    recipe = RECIPES[EARLIER]
    unknown = "      env: {X: '${{ runner.tmp }}'}\n"
    return {
        "secret": RECIPES["quay.io"].replace("secrets.REGISTRY", "secret.REGISTRY"),
        "permission": RECIPES["Amazon ECR"].replace("id-token: write", "id-token: perhaps"),
        "step": RECIPES["Azure Container Registry"].replace("steps.acr.", "steps.azure."),
        "job": "    env: {DOCKER_CONFIG: '${{ runner.temp }}/docker'}\n" + recipe,
        "runner": recipe.rstrip("\n") + "\n" + "    " + unknown,
    }


@pytest.fixture(scope="module")
def problems() -> dict[str, list[str]]:
    """What actionlint, which is slow to start, says of the recipes as they are and of the wrong ones."""
    recipes = {anchor_of(title): recipe for title, recipe in RECIPES.items()} | wrong_recipes()
    return lint({name: workflow_of(recipe) for name, recipe in recipes.items()})


def test_recipes__are_valid_for_actionlint(problems: dict[str, list[str]]) -> None:
    names = [anchor_of(title) for title in RECIPES]
    assert {name: problems[name] for name in names} == {name: [] for name in names}


def test_actionlint__would_find_what_is_wrong(problems: dict[str, list[str]]) -> None:
    wrong = wrong_recipes()
    assert {anchor_of(title) for title in RECIPES}.isdisjoint(wrong)
    assert [name for name in wrong if not problems[name]] == []


def test_recipes__fit_github_s_schema(tmp_path: Path) -> None:
    files = {title: tmp_path / f"{anchor_of(title)}.yaml" for title in RECIPES}
    for title, file in files.items():
        file.write_text(workflow_of(RECIPES[title]), encoding="utf-8")
    check: list[str | Path] = [PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
    process.run([*check, *files.values()], timeout=60)
    files["quay.io"].write_text(workflow_of(RECIPES["quay.io"].replace("contents: read", "contents: perhaps")))
    with pytest.raises(process.CommandError, match="perhaps"):
        process.run([*check, *files.values()], timeout=60)


@EACH
def test_recipe__asks_for_no_more_than_it_needs(title: str) -> None:
    recipe = RECIPES[title]
    wanted = {"contents": "read"}
    if title in WITH_OIDC:
        wanted["id-token"] = "write"
    if "ghcr.io" in inputs_of(recipe).get("registry", "") + inputs_of(recipe)["image-name"]:
        wanted["packages"] = "write"
    assert job_of(recipe)["permissions"] == wanted


@EACH
def test_recipe__uses_actions_as_the_readme_does(title: str) -> None:
    steps = job_of(RECIPES[title])["steps"]
    assert f"uses: {steps[0]['uses']}\n" in README
    assert steps[0]["with"] == {"persist-credentials": "false"}
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) for step in steps if "uses" in step)
    assert steps[-1]["uses"].startswith(OURS)


@EACH
def test_recipe__uses_inputs_that_exist(title: str) -> None:
    assert set(our_step(RECIPES[title])["with"]) <= INPUTS


# --- what they come to ---


@pytest.mark.parametrize(("title", "expected"), EXPECTED.items())
def test_recipe__comes_to_what_it_says(title: str, expected: Expected) -> None:
    settings = settings_of(inputs_of(RECIPES[title]))
    assert tuple(map(str, settings.images)) == expected.images
    assert logins_of(settings) == expected.logins
    assert settings.warnings == settings.notices == ()


@pytest.mark.parametrize("title", sorted(set(RECIPES) - {EARLIER}))
def test_recipe__pushes_from_main_and_builds_forks_without_a_password(title: str) -> None:
    assert make_build_plan(settings_of(inputs_of(RECIPES[title])), push_to(), NOW).push
    of_a_fork = settings_of(inputs_of(RECIPES[title], OF_A_FORK))
    assert all(password == "job-token" for _, _, password in logins_of(of_a_fork))
    built = make_build_plan(of_a_fork, pull_request(head_repository="stranger/my-image"), NOW)
    assert not built.push


@pytest.mark.parametrize("title", sorted(WITH_OIDC))
def test_recipe__fetches_no_password_on_pull_requests(title: str) -> None:
    """A fork's token may not ask for an ID token, and the step would fail."""
    fetching = job_of(RECIPES[title])["steps"][1:-1]
    assert fetching
    for step in fetching:
        condition = f"${{{{ {step['if']} }}}}"
        assert evaluate(condition, OF_A_TRUSTED_RUN) == "true"
        assert evaluate(condition, OF_A_FORK) == "false"


def test_private_base_image__skips_forks_and_nobody_else() -> None:
    condition = f"${{{{ {job_of(RECIPES['A private base image'])['if']} }}}}"
    own = {**OF_A_FORK, "github.event.pull_request.head.repo.full_name": "my-org/my-image"}
    assert [evaluate(condition, context) for context in (OF_A_TRUSTED_RUN, own, OF_A_FORK)] == ["true", "true", "false"]


def test_google__leaves_no_credentials_in_the_workspace() -> None:
    (step,) = [step for step in job_of(RECIPES["Google Artifact Registry"])["steps"] if step.get("id") == "google"]
    assert step["with"]["create_credentials_file"] == "false"
    assert step["with"]["token_format"] == "access_token"


@pytest.mark.parametrize("password", ['with "quotes"', "back\\slash", "two\nlines", "'", "ü: €", ""])
def test_several__password_of_any_characters_by_to_json(password: str) -> None:
    recipe = RECIPES["Several registries"].replace(
        '"${{ secrets.REGISTRY_PASSWORD }}"', "${{ toJSON(secrets.REGISTRY_PASSWORD) }}"
    )
    inputs = inputs_of(recipe, {**OF_A_TRUSTED_RUN, "secrets.REGISTRY_PASSWORD": password})
    assert {name: found for name, _, found in logins_of(settings_of(inputs))}.get("quay.io", "") == password


def test_harbor__what_a_shell_makes_of_the_name() -> None:
    username = inputs_of(RECIPES["Harbor"])["username"]
    done = process.run(["bash", "-c", f'printf %s "{username}"'])
    assert done == "robot-project+builder"
    assert f"becomes `{done}`" in " ".join(PAGE.split()).replace("becomes\n", "becomes ")


@pytest.mark.parametrize(("title", "program"), FETCHED_IN_A_SHELL.items())
class TestFetchingStep:
    """The shell's lines are run; the cloud's own program is a stand-in that prints a token."""

    def run(self, title: str, program: str, folder: Path, body: str) -> subprocess.CompletedProcess[str]:
        (script,) = [step["run"] for step in job_of(RECIPES[title])["steps"] if "run" in step]
        stand_in = folder / program
        stand_in.write_text(f'#!/bin/sh\necho "$*" > {folder}/arguments\n{body}\n', encoding="utf-8")
        stand_in.chmod(0o755)
        env = {"PATH": f"{folder}:/usr/bin:/bin", "GITHUB_OUTPUT": str(folder / "output")}
        # As the runner does where a step names no shell.
        return subprocess.run(["bash", "-e", "-c", script], env=env, capture_output=True, text=True, check=False)

    def test_masks_before_it_hands_over(self, title: str, program: str, tmp_path: Path) -> None:
        token = "eyJ+/$x." * 300
        done = self.run(title, program, tmp_path, f"echo '{token}'")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"::add-mask::{token}\n", "")
        assert (tmp_path / "output").read_text(encoding="utf-8") == f"password={token}\n"

    def test_fails_without_a_token(self, title: str, program: str, tmp_path: Path) -> None:
        done = self.run(title, program, tmp_path, "exit 255")
        assert done.returncode
        assert not (tmp_path / "output").exists()


def test_registry_auth_is_json_free_of_expressions_in_forks() -> None:
    """What a fork's run sees of a private base image: users, and empty passwords, which are no logins."""
    inputs = inputs_of(RECIPES["A private base image"], OF_A_FORK)
    assert [entry["password"] for entry in yaml.safe_load(inputs["registry-auth"])] == ["", ""]
    assert json.dumps(logins_of(settings_of(inputs))) == "[]"
