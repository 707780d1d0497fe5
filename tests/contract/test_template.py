"""The template, its guide and action.yml say the same, and what the guide tells people to copy is valid."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from docker.utils.build import exclude_paths

from devtools import process
from devtools.places import PROJECT
from devtools.repository import git
from hubaction.inputs.repository_files import BINDER_FOLDERS, CONFIGURATION_FILES, IGNORE_FILES
from tests.support.template import TEMPLATE, WORKFLOWS, enable_pushing

PROGRAMS = Path(sys.executable).parent
INPUTS: dict[str, dict[str, Any]] = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))["inputs"]
GUIDE = (TEMPLATE / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = (TEMPLATE / "environment.yml").read_text(encoding="utf-8")
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(WORKFLOWS.glob("*.yaml"))}
BLOCKS: list[tuple[str, str]] = re.findall(r"```yaml\n# ([^\n]+)\n(.*?)```", GUIDE, re.DOTALL)
"""What each block claims to be, by its first line, and the rest of it."""
HUB_CONFIGURATION = "config.yaml of Zero to JupyterHub"
PULL_SECRET = "secrets.yaml of Zero to JupyterHub: keep it out of public repositories"
HUB_VALUES = PROJECT / "tests" / "contract" / "hub_values.schema.yaml"


def load_workflow(text: str) -> dict[str, Any]:
    """YAML 1.1 reads the key `on` as true, and 1.2, which GitHub has, as text."""
    loaded = yaml.safe_load(text)
    return {("on" if key is True else key): value for key, value in loaded.items()}


def steps_of(text: str) -> list[dict[str, Any]]:
    return [step for job in load_workflow(text)["jobs"].values() for step in job["steps"]]


def our_step(text: str) -> dict[str, Any]:
    (step,) = [step for step in steps_of(text) if step["uses"].startswith("org/hub-image-action@")]
    return step


def check_workflow(workflow: dict[str, Any], folder: Path) -> None:
    """GitHub's schema, as check-jsonschema carries it; raises CommandError with what is wrong."""
    file = folder / "workflow.json"
    file.write_text(json.dumps(workflow), encoding="utf-8")
    schema = ["--builtin-schema", "vendor.github-workflows"]
    process.run([PROGRAMS / "check-jsonschema", *schema, file], timeout=60)


def read_table(header: str) -> list[list[str]]:
    """The rows of the guide's table with this header."""
    _, found, rest = GUIDE.partition(f"\n{header}\n")
    assert found, header
    rows = rest.partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def code_of(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# --- the blocks of the guide ---


def check_workflow_block(block: str, folder: Path) -> None:
    workflow = load_workflow(block)
    check_workflow(workflow, folder)
    assert set(our_step(block)["with"]) <= set(INPUTS)


def check_step_block(block: str, folder: Path) -> None:
    (step,) = yaml.safe_load(block)
    check_workflow({"on": "push", "jobs": {"image": {"runs-on": "ubuntu-latest", "steps": [step]}}}, folder)
    assert set(step["with"]) <= set(INPUTS)


def check_environment_block(block: str, _: Path) -> None:
    check_environment(yaml.safe_load(block))


def check_hub_block(block: str, folder: Path) -> None:
    """As far as it is documented; the schema says where."""
    check_hub_values([yaml.safe_load(block)], folder)


def check_hub_values(several: list[Any], folder: Path) -> None:
    """Raises CommandError, which names each file that is wrong, by its number."""
    files = [folder / f"values-{number}.json" for number in range(len(several))]
    for file, values in zip(files, several, strict=True):
        file.write_text(json.dumps(values), encoding="utf-8")
    process.run([PROGRAMS / "check-jsonschema", "--schemafile", HUB_VALUES, *files], timeout=60)


def check_environment(environment: dict[str, Any]) -> None:
    assert set(environment) == {"name", "channels", "dependencies"}
    assert environment["channels"] == ["conda-forge"]
    names = [re.split("[=<> ]", spec)[0] for spec in environment["dependencies"] if isinstance(spec, str)]
    assert {"python", "jupyterhub-singleuser", "jupyterlab", "nbgitpuller"} <= set(names)


CHECKS: dict[str, Callable[[str, Path], None]] = {
    ".github/workflows/build.yaml": check_workflow_block,
    ".github/workflows/test.yaml": check_step_block,
    "environment.yml": check_environment_block,
    HUB_CONFIGURATION: check_hub_block,
    PULL_SECRET: check_hub_block,
}


def test_blocks__are_all_checked() -> None:
    assert len(BLOCKS) == GUIDE.count("```yaml")
    assert {name for name, _ in BLOCKS} == set(CHECKS)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_block__is_what_it_claims(name: str, block: str, tmp_path: Path) -> None:
    CHECKS[name](block, tmp_path)


def test_blocks__are_refused_when_wrong(tmp_path: Path) -> None:
    wrong = load_workflow(TEXTS["build.yaml"]) | {"permissions": {"contents": "perhaps"}}
    with pytest.raises(process.CommandError, match="perhaps"):
        check_workflow(wrong, tmp_path)


def hub_values() -> dict[str, Any]:
    """The guide's blocks for a hub, by what they are about."""
    loaded = [yaml.safe_load(block) for name, block in BLOCKS if name in (HUB_CONFIGURATION, PULL_SECRET)]
    secret, image, menu, unlisted = loaded
    return {"secret": secret, "image": image, "menu": menu, "unlisted": unlisted}


OPTION = "unlisted/singleuser/profileList/0/profile_options/image"


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said about the guide's blocks with a mistake in each; the last one has none."""
    several = [changed(hub_values(), path, value) for path, value in MISTAKES]
    with pytest.raises(process.CommandError) as raised:
        check_hub_values([*several, *hub_values().values()], tmp_path_factory.mktemp("values"))
    return str(raised.value)


def changed(values: dict[str, Any], path: str, value: object) -> Any:
    """The block that a path starts with, with another value at its end; None removes what is there."""
    block, *keys, last = path.split("/")
    place = values[block]
    for key in keys:
        place = place[int(key) if key.isdecimal() else key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return values[block]


MISTAKES = [
    ("image/singleuser/image/tag", 123456789012),
    ("image/singleuser/image/tag", None),
    ("image/singleuser/image/name", "quay.io/my-org/my-image:0123456789ab"),
    ("image/singleuser/image/pullPolicy", "always"),
    ("image/singleuser/image/pullSecrets", "my-secret"),
    ("image/singleuser/image/imagePullSecret", "my-secret"),
    ("image/singleuser/tag", "0123456789ab"),
    ("image/image", {"name": "x", "tag": "y"}),
    ("menu/singleuser/profileList", {"display_name": "Course", "slug": "course"}),
    ("menu/singleuser/profileList/0/slug", None),
    ("menu/singleuser/profileList/0/displayName", "Course"),
    ("menu/singleuser/profileList/0/default", "yes"),
    ("menu/singleuser/profileList/0/kubespawner_override", {"image_spec": "x:y"}),
    ("menu/singleuser/profileList/0/kubespawner_override/image", "quay.io/my-org/my-image"),
    ("menu/singleuser/profileList/0/kubespawner_override", None),
    (f"{OPTION}/unlisted_choice/enabled", "true"),
    (f"{OPTION}/unlisted_choice/enabled", None),
    (f"{OPTION}/unlisted_choice/validation_regex", "^quay[.io"),
    (f"{OPTION}/unlisted_choice/validation", "^quay"),
    (f"{OPTION}/unlisted_choice/kubespawner_override/image", "quay.io/my-org/my-image:1"),
    (f"{OPTION}/choices", [{"display_name": "Course"}]),
    (f"{OPTION}/choices/course/kubespawner_override", None),
    ("secret/imagePullSecret/password", None),
    ("secret/imagePullSecret/create", "true"),
    ("secret/imagePullSecret/server", "quay.io"),
    ("secret/imagePullSecrets", [{"secret": "x"}]),
]


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=[f"{path}={value}" for path, value in MISTAKES])
def test_hub_values__with_a_mistake_are_refused(number: int, refused: str) -> None:
    assert f"values-{number}.json::" in refused


def test_hub_values__without_one_are_not(refused: str) -> None:
    assert [number for number in range(4) if f"values-{len(MISTAKES) + number}.json::" in refused] == []


def test_hub_values__are_documented_further(tmp_path: Path) -> None:
    """What people add to the blocks by the documents that the schema names is right, too."""
    values = hub_values()
    values["image"]["singleuser"]["image"] |= {"pullPolicy": "Always", "pullSecrets": [{"name": "x"}, "y"]}
    option = values["unlisted"]["singleuser"]["profileList"][0]["profile_options"]["image"]
    option["unlisted_choice"]["display_name_in_choices"] = "Other..."
    values["secret"]["imagePullSecrets"] = ["x"]
    check_hub_values([*values.values(), {"imagePullSecret": {"create": False}}], tmp_path)


def test_block__about_pushing_is_test_yaml_with_its_lines_enabled() -> None:
    (block,) = [block for name, block in BLOCKS if name.endswith("/test.yaml")]
    assert yaml.safe_load(block) == [our_step(enable_pushing(TEXTS["test.yaml"]))]


def test_block__about_another_registry_is_build_yaml_but_for_the_login() -> None:
    (block,) = [block for name, block in BLOCKS if name.endswith("/build.yaml")]
    shown, real = load_workflow(block), load_workflow(TEXTS["build.yaml"])
    assert shown.pop("permissions") == {**real.pop("permissions"), "packages": "write"}
    assert set(our_step(block)["with"]) == set(our_step(TEXTS["build.yaml"])["with"]) - {"image-name"}
    for workflow in (shown, real):
        del workflow["jobs"]["image"]["steps"][-1]["with"]
    assert shown == real


def test_blocks__match_images_of_pull_requests() -> None:
    (regex,) = re.findall(r'validation_regex: "(.+)"', GUIDE)
    assert re.match(regex, "quay.io/my-org/my-image:pr-7-0123456789ab")
    assert not re.match(regex, "quay.io/stranger/my-image:1")


# --- what the guide says ---


def test_defaults__are_those_of_action_yml() -> None:
    rows = read_table("| input | default | what it does |")
    assert rows
    for name, default, _ in rows:
        assert code_of(default) == [INPUTS[code_of(name)[0]]["default"]]


def test_files__are_all_that_repo2docker_reads() -> None:
    listed = [name.rstrip("/") for row in read_table("| file | what it does |") for name in code_of(row[0])]
    assert len(listed) == len(set(listed))
    assert set(listed) == {*CONFIGURATION_FILES, *IGNORE_FILES, *BINDER_FOLDERS}


def test_secrets_and_variables__are_those_of_the_workflows() -> None:
    workflows = "".join(TEXTS.values())
    secrets = {code_of(row[0])[0] for row in read_table("| secret | its value |")}
    assert set(re.findall(r"secrets\.(\w+)", workflows)) == secrets
    (registries,) = [line for line in GUIDE.splitlines() if line.startswith("| registry |")]
    assert set(re.findall(r"vars\.(\w+)", workflows)) == set(code_of(registries))


def test_contents__are_those_of_the_template() -> None:
    named = [code_of(row[0])[0] for row in read_table("| what is here | what it is for |")]
    assert all((TEMPLATE / name).exists() for name in named)
    assert {Path(name).name for name in named if "workflows" in name} == set(TEXTS)
    assert all(f"|{name}|" in GUIDE.replace("-->", "") for name in TEXTS), "the diagram"


def test_run_workflow__is_where_the_guide_says() -> None:
    assert f"Actions > {load_workflow(TEXTS['build.yaml'])['name']} > Run workflow" in " ".join(GUIDE.split())


def test_links__lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        if target.startswith("#"):
            headings = re.findall(r"(?m)^#+ (.+)$", GUIDE)
            assert target[1:] in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
        elif not target.startswith("https://"):
            assert (TEMPLATE / target).is_file(), target


@pytest.mark.parametrize("picture", sorted((TEMPLATE / "docs").glob("*.png")), ids=lambda path: path.name)
def test_pictures__are_small_and_shown(picture: Path) -> None:
    assert picture.stat().st_size < 150_000
    assert f"](docs/{picture.name})" in GUIDE


# --- the workflows ---


def test_workflows__use_inputs_that_exist() -> None:
    for text in (*TEXTS.values(), enable_pushing(TEXTS["test.yaml"])):
        assert set(our_step(text)["with"]) <= set(INPUTS)


def test_workflows__start_when_the_guide_says() -> None:
    assert {name: load_workflow(text)["on"] for name, text in TEXTS.items()} == {
        "build.yaml": {"push": {"branches": ["main"]}, "workflow_dispatch": None},
        "test.yaml": {"pull_request": {"types": ["opened", "reopened", "synchronize", "closed"]}},
        "binder.yaml": {"pull_request_target": {"types": ["opened", "reopened", "synchronize"]}},
    }


def test_workflows__may_no_more_than_they_need() -> None:
    assert {name: load_workflow(text)["permissions"] for name, text in TEXTS.items()} == {
        "build.yaml": {"contents": "read"},
        "test.yaml": {"contents": "read", "pull-requests": "write"},
        "binder.yaml": {"pull-requests": "write"},
    }


def test_workflows__of_pull_requests_end_when_superseded() -> None:
    cancelled = {name: load_workflow(text)["concurrency"].get("cancel-in-progress") for name, text in TEXTS.items()}
    assert cancelled == {"build.yaml": None, "test.yaml": True, "binder.yaml": True}
    groups = {load_workflow(text)["concurrency"]["group"] for text in TEXTS.values()}
    assert len(groups) == len(TEXTS)


def test_binder__neither_fetches_nor_builds() -> None:
    (step,) = steps_of(TEXTS["binder.yaml"])
    assert step["with"]["mode"] == "comment"
    assert "secrets" not in TEXTS["binder.yaml"]


def test_checkout__is_pinned_and_keeps_no_token() -> None:
    example = (PROJECT / "examples" / "conda" / ".github" / "workflows" / "build.yaml").read_text(encoding="utf-8")
    for name in ("build.yaml", "test.yaml"):
        assert steps_of(TEXTS[name])[0] == steps_of(example)[0]


def test_zizmor__finds_nothing_in_a_repository_made_from_it(tmp_path: Path) -> None:
    """There, the settings of this project do not apply."""
    copy = shutil.copytree(TEMPLATE, tmp_path / "copy")
    git(copy, "init", "--quiet")
    process.run([PROGRAMS / "zizmor", "--offline", "--quiet", copy], timeout=60)
    (copy / ".github" / "zizmor.yml").unlink()
    with pytest.raises(process.CommandError, match="unpinned-uses"):
        process.run([PROGRAMS / "zizmor", "--offline", "--quiet", copy], timeout=60)


# --- the environment ---


def test_environment__has_what_a_hub_needs() -> None:
    check_environment(yaml.safe_load(ENVIRONMENT))


def test_environment__is_valid_with_its_examples() -> None:
    uncommented = re.sub(r"(?m)^  # ( *- )", r"  \1", ENVIRONMENT)
    dependencies = yaml.safe_load(uncommented)["dependencies"]
    assert "pandas" in dependencies
    assert {"pip": ["a-package-of-pypi==1.0"]} in dependencies


def test_environment__is_in_the_guide() -> None:
    (block,) = [block for name, block in BLOCKS if name == "environment.yml"]
    shown, real = yaml.safe_load(block), yaml.safe_load(ENVIRONMENT)
    assert shown["dependencies"][: len(real["dependencies"])] == real["dependencies"]


def test_environment__names_a_python_that_repo2docker_knows() -> None:
    (version,) = re.findall(r"- python=([\d.]+)", ENVIRONMENT)
    known = {path.name for path in files("jupyter-repo2docker") or ()}
    assert f"environment.py-{version}-linux-64.lock" in known
    assert f"environment.py-{version}-linux-aarch64.lock" in known


def test_dockerignore__keeps_what_the_image_needs() -> None:
    """By the rules that repo2docker and Docker share."""
    lines = (TEMPLATE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = exclude_paths(str(TEMPLATE), [line for line in lines if line and not line.startswith("#")])
    assert {path for path in kept if (TEMPLATE / path).is_file() and "__pycache__" not in path} == {
        ".dockerignore",
        "environment.yml",
        "image-tests/first-notebook.ipynb",
        "image-tests/test_environment.py",
    }


def test_image_tests__are_what_pytest_collects() -> None:
    notebook = json.loads((TEMPLATE / "image-tests" / "first-notebook.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    assert [path.name for path in (TEMPLATE / "image-tests").glob("test_*.py")] == ["test_environment.py"]
