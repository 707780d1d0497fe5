"""The inputs of jupyterhub/repo2docker-action, which a workflow may still use: old names in, ours out.

If any of them is in use, the old action's behaviour applies where it differs from ours. It was read from its script,
create_docker_image.sh: https://github.com/jupyterhub/repo2docker-action
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hubaction.errors import InputProblem
from hubaction.image import legalize_path
from hubaction.inputs.image_parsers import parse_tag
from hubaction.inputs.parsers import is_false

RENAMED: Mapping[str, str] = {
    "DOCKER_USERNAME": "username",
    "DOCKER_PASSWORD": "password",
    "DOCKER_REGISTRY": "registry",
    "IMAGE_NAME": "image-name",
    "NOTEBOOK_USER": "notebook-user",
    "REPO_DIR": "repo-dir",
    "APPENDIX_FILE": "appendix-file",
    "REPO2DOCKER_EXTRA_ARGS": "repo2docker-args",
    "FORCE_REPO2DOCKER_VERSION": "repo2docker-version",
    "COMMIT_MSG": "binder-cache-message",
    "MYBINDERORG_TAG": "binder-prebuild",
}
"""Same meaning, new name."""
REPLACED: Mapping[str, str] = {
    "ADDITIONAL_TAG": "tags",
    "LATEST_TAG_OFF": "latest",
    "NO_PUSH": "push",
    "PUBLIC_REGISTRY_CHECK": "public-check",
    "BINDER_CACHE": "binder-cache",
    "NO_GIT_PUSH": "binder-cache",
    "EXTRA_PIP_INSTALL": "",
}
"""Different meaning or form under the new name; the last one never had an effect."""
OLD_INPUTS: Mapping[str, str] = {**RENAMED, **REPLACED}
"""Each old input with the new one that it is, or is a part of."""
BINDERS_USER = "jovyan"
"""What BINDER_CACHE and MYBINDERORG_TAG made of NOTEBOOK_USER."""
_SWITCHES = ("LATEST_TAG_OFF", "PUBLIC_REGISTRY_CHECK", "BINDER_CACHE", "NO_GIT_PUSH")


@dataclass(frozen=True)
class Translation:
    """What the old names mean in ours."""

    inputs: Mapping[str, str]
    problems: tuple[InputProblem, ...]
    notices: tuple[str, ...]


def read_old_inputs(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the old inputs that are in use; the runner passes each one that action.yml declares, empty or not."""
    found = {name: environ.get(f"INPUT_{name}", "").strip() for name in OLD_INPUTS}
    return {name: value for name, value in found.items() if value}


def translate(
    old: Mapping[str, str], inputs: Mapping[str, str], defaults: Mapping[str, str], environ: Mapping[str, str]
) -> Translation:
    """Return our inputs with the old ones taken in; `old` holds at least one."""
    work = _Work(old, dict(inputs), defaults)
    work.note_switches()
    for name, new in RENAMED.items():
        if name in old:
            work.put(name, new, _clean(name, old[name]))
    _default_image_name(work, environ)
    _prefix_image_name(work)
    _default_user_and_folder(work)
    _tags(work)
    _push(work)
    _binder(work)
    work.inputs["include-git"] = "true"
    if "EXTRA_PIP_INSTALL" in old:
        work.notices.append("EXTRA_PIP_INSTALL has no effect, and never had: name packages in a configuration file.")
    return Translation(work.inputs, tuple(work.problems), tuple(work.notices))


class _Work:
    """The inputs while they are being translated."""

    def __init__(self, old: Mapping[str, str], inputs: dict[str, str], defaults: Mapping[str, str]) -> None:
        self.old = old
        self.inputs = inputs
        self._defaults = defaults
        self.problems: list[InputProblem] = []
        self.notices: list[str] = []

    def is_given(self, new: str) -> bool:
        """Whether the workflow sets a new input to another value than its default."""
        return self.inputs[new] != self._defaults[new]

    def put(self, name: str, new: str, value: str) -> None:
        """Set a new input from an old one; they must not contradict each other."""
        if self.is_given(new) and self.inputs[new] != value:
            shown = "" if new == "password" else f" ('{self.inputs[new]}' and '{value}')"
            self.problems.append(InputProblem(name, f"and '{new}' are set to different things{shown}; keep '{new}'"))
        else:
            self.inputs[new] = value

    def is_on(self, name: str) -> bool:
        return name in self.old and not is_false(self.old[name])

    def note_switches(self) -> None:
        self.notices.extend(
            f"{name} is '{self.old[name]}', which now means off; the old action took any text for on."
            for name in _SWITCHES
            if name in self.old and is_false(self.old[name])
        )


def _clean(name: str, value: str) -> str:
    if name == "DOCKER_REGISTRY":
        return bare_registry(value).partition("/")[0]
    return value.lower() if name == "IMAGE_NAME" else value


def account_of(user: str) -> str:
    """Return the namespace that a user pushes to: my-org+robot is a robot account of my-org."""
    return user.partition("+")[0].lower()


def home_of(user: str) -> str:
    """Return the folder in which the old action put the repository."""
    return f"/home/{user}"


def bare_registry(value: str) -> str:
    return re.sub(r"^https?://|/+$|/v[12]/?$", "", value)


def _default_image_name(work: _Work, environ: Mapping[str, str]) -> None:
    if (given := work.old.get("IMAGE_NAME", "")) != given.lower():
        work.notices.append(f"IMAGE_NAME '{given}' is used in lower case, as registries demand.")
    if work.inputs["image-name"]:
        return
    owner, _, repository = environ.get("GITHUB_REPOSITORY", "").partition("/")
    # Users such as _json_key, and bots, are not accounts.
    account = account_of(work.inputs["username"] or environ.get("GITHUB_ACTOR", ""))
    namespace = account if account and legalize_path(account) == account else owner
    work.inputs["image-name"] = legalize_path(f"{namespace}/{repository}") if repository else ""


def _prefix_image_name(work: _Work) -> None:
    """The old action put all of DOCKER_REGISTRY before the image's name; here the registry is only the host."""
    _, _, path = bare_registry(work.old.get("DOCKER_REGISTRY", "")).partition("/")
    if path and work.inputs["image-name"]:
        work.inputs["image-name"] = f"{path}/{work.inputs['image-name']}"


def _default_user_and_folder(work: _Work) -> None:
    if work.is_on("BINDER_CACHE") or "MYBINDERORG_TAG" in work.old:
        work.inputs["notebook-user"] = BINDERS_USER
    if "REPO_DIR" not in work.old and not work.is_given("repo-dir"):
        work.inputs["repo-dir"] = home_of(work.inputs["notebook-user"])


def _tags(work: _Work) -> None:
    additional = work.old.get("ADDITIONAL_TAG", "")
    try:
        lines = ["{sha}", *([parse_tag(additional)] if additional else [])]
    except ValueError as error:
        work.problems.append(InputProblem("ADDITIONAL_TAG", str(error)))
        return
    if not work.is_given("tags"):
        work.inputs["tags"] = "\n".join(lines)
    elif additional and additional not in work.inputs["tags"].splitlines():
        work.problems.append(
            InputProblem("ADDITIONAL_TAG", f"'{additional}' is not among 'tags', which is set, too; keep 'tags'")
        )
    _put_inverted(work, "LATEST_TAG_OFF", "latest", is_on=work.is_on("LATEST_TAG_OFF"))


def _push(work: _Work) -> None:
    text = work.old.get("NO_PUSH", "false")
    if not is_false(text) and text.lower() not in {"true", "yes", "on", "y"}:
        work.problems.append(InputProblem("NO_PUSH", f"'{text}' is neither true nor false"))
        return
    _put_inverted(work, "NO_PUSH", "push", is_on=not is_false(text))


def _put_inverted(work: _Work, name: str, new: str, *, is_on: bool) -> None:
    value = "false" if is_on else "true"
    if name in work.old:
        work.put(name, new, value)
    elif not work.is_given(new):
        work.inputs[new] = value


def _binder(work: _Work) -> None:
    if work.is_on("PUBLIC_REGISTRY_CHECK"):
        work.put("PUBLIC_REGISTRY_CHECK", "public-check", "true")
    if work.is_on("BINDER_CACHE"):
        work.put("BINDER_CACHE", "binder-cache", "check" if work.is_on("NO_GIT_PUSH") else "true")
