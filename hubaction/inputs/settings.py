"""Inputs of action.yml -> a frozen, validated Settings. Every problem is found before any work, and all are told."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TypeVar

import yaml

from hubaction import image
from hubaction.errors import InputProblem, InvalidInputError
from hubaction.image import ImageName, Reference
from hubaction.inputs import parsers
from hubaction.inputs.choices import (
    Automerge,
    BinderCache,
    BinderRef,
    Cache,
    Choice,
    CommentChoice,
    HubCheck,
    HubPolicy,
    Mode,
    Rebuild,
)
from hubaction.inputs.old_inputs import OLD_INPUTS, read_old_inputs, translate
from hubaction.inputs.repo2docker_args import Repo2dockerArgs, parse_repo2docker_args
from hubaction.inputs.repo2docker_version import parse_requirement
from hubaction.inputs.rollout_paths import ValuePath, parse_value_path

T = TypeVar("T")

DEFAULTS: Mapping[str, str] = {
    "mode": "auto",
    "image-name": "",
    "registry": "",
    "username": "",
    "password": "",
    "registry-auth": "",
    "push": "auto",
    "tags": "",
    "latest": "auto",
    "path": ".",
    "repo-dir": "/srv/repo",
    "notebook-user": "jovyan",
    "user-id": "1000",
    "appendix-file": "",
    "base-image": "",
    "platform": "",
    "build-args": "",
    "labels": "",
    "repo2docker-args": "",
    "rebuild": "auto",
    "cache": "auto",
    "cache-ref": "",
    "include-git": "false",
    "allow-files": "",
    "image-tests": "image-tests",
    "test-timeout": "600",
    "test-notebook-outputs": "false",
    "junit-file": "",
    "hub-check": "true",
    "hub-command": "jupyterhub-singleuser",
    "hub-memory": "1G",
    "hub-timeout": "120",
    "hub-default-url": "/lab",
    "hub-version": "",
    "github-token": "",
    "comment": "auto",
    "binder-url": "https://mybinder.org",
    "binder-ref": "sha",
    "binder-urlpath": "",
    "binder-repository": "",
    "hub-url": "",
    "hub-profile": "",
    "hub-image-option": "image",
    "hub-content-path": "",
    "result-file": "",
    "repo2docker-version": "",
    "public-check": "false",
    "binder-cache": "false",
    "binder-cache-message": "Update image tag",
    "binder-prebuild": "",
    "rollout": "false",
    "rollout-repository": "",
    "rollout-token": "",
    "rollout-branch": "",
    "rollout-paths": "",
    "rollout-labels": "",
    "rollout-reviewers": "",
    "rollout-draft": "false",
    "rollout-automerge": "false",
    "preview": "false",
    "preview-expires": "4w",
    "binder-image-branch": "binder-pr-{pr}",
}
"""Every input with its default, as in action.yml, which `make check` compares; the token's is an expression there."""

OWN_LABELS = "hub-image-action."
"""What the labels begin with that say how an image was made, and whose it is."""
BLANK_MEANS_OFF = frozenset({"image-tests", "binder-image-branch"})
PLACEHOLDERS = ("sha", "branch", "pr", "date", "version")


@dataclass(frozen=True)
class Credentials:
    """How to log in to one registry."""

    registry: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ImageTestPolicy:
    """How the image tests are run."""

    folder: str
    """Empty switches them off."""
    timeout: int
    """Seconds for each test and each notebook."""
    notebook_outputs: bool
    """Whether notebooks must give what they have stored."""
    junit_file: str
    """Where their results go, in the workspace; empty for nowhere."""


@dataclass(frozen=True)
class BinderSettings:
    """What Binder shows, and what it is told."""

    url: str
    """Without a slash at its end."""
    ref: BinderRef
    urlpath: str
    repository: str
    """`owner/name` or `owner/name@ref` of the environment, when it is another repository than the content."""
    cache: BinderCache
    cache_message: str
    prebuild: str
    """A ref of this repository that Binder is asked to build; empty for none."""


@dataclass(frozen=True)
class RolloutSettings:
    """How a pushed image gets into the configuration of hubs."""

    after_push: bool
    """Whether build mode does it, too."""
    repository: str
    """`owner/name`; empty for this one."""
    token: str = field(repr=False)
    """Empty where `github-token` is to do."""
    branch: str
    """Empty for the repository's default branch."""
    paths: tuple[ValuePath, ...]
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]
    draft: bool
    automerge: Automerge


@dataclass(frozen=True)
class PreviewSettings:
    """How the images of pull requests are shown before they are merged."""

    on: bool
    expires: str
    """After how long quay.io forgets them, e.g. 4w."""
    binder_branch: str
    """Template of the branch by which Binder starts the image itself; empty for none."""


@dataclass(frozen=True)
class TrialSettings:
    """Where reviewers try a pull request: a JupyterHub, and its start form."""

    hub_url: str
    """With the hub's base path, without a slash at its end; empty when it is not known."""
    profile: str
    """Slug of the profile in KubeSpawner's `profile_list`; empty when links cannot fill in the form."""
    image_option: str
    """Key of the profile's option that takes any image."""
    content_path: str
    """File or folder of the pull request's repository that opens; empty for none."""


@dataclass(frozen=True)
class Settings:
    """All inputs, validated. Paths are relative to the workspace (`path`) or to `path` (the others)."""

    mode: Mode
    images: tuple[ImageName, ...]
    credentials: tuple[Credentials, ...]
    push: Choice
    tags: tuple[str, ...]
    """Templates; empty stands for the default, which depends on the event."""
    latest: Choice
    path: str
    repo_dir: str
    notebook_user: str
    user_id: int
    appendix_file: str
    base_image: str
    platform: str
    build_args: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    repo2docker_args: Repo2dockerArgs
    rebuild: Rebuild
    cache: Cache
    cache_ref: Reference | None
    """Where the cache of `registry` is kept; None for a tag beside the image."""
    include_git: bool
    allow_files: tuple[str, ...]
    """Globs of files that may hold what looks like a secret."""
    tests: ImageTestPolicy
    hub: HubPolicy
    github_token: str = field(repr=False)
    comment: CommentChoice
    binder: BinderSettings
    rollout: RolloutSettings
    trial: TrialSettings
    result_file: str
    repo2docker_version: str
    public_check: bool
    preview: PreviewSettings
    predecessor: bool = False
    """Whether inputs of jupyterhub/repo2docker-action are in use: then it is its behaviour that is wanted."""
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def from_root(self, file: str) -> str:
        """A path from the folder that is built -> the same from the repository's root, as annotations need it."""
        return str(PurePosixPath(self.path) / file)

    @property
    def variant(self) -> str:
        """Tells the builds of one name and platform apart, as jobs of a matrix make them; empty for the usual one.

        Nothing that changes with the commit may count: the comment has a section for each.
        """
        build = (self.path, self.base_image)
        return "" if build == (DEFAULTS["path"], "") else hashlib.sha256(repr(build).encode()).hexdigest()[:8]


class Problems:
    """Collects what is wrong, so that one run tells everything."""

    def __init__(self) -> None:
        self.found: list[InputProblem] = []

    def add(self, input_name: str, message: str) -> None:
        self.found.append(InputProblem(input_name, message))

    def check(self, input_name: str, parse: Callable[[str], T], text: str, fallback: T) -> T:
        """Return what `parse` makes of the text, or the fallback after noting its ValueError."""
        try:
            return parse(text)
        except ValueError as error:
            self.add(input_name, str(error))
            return fallback


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Validate every input; raises InvalidInputError naming each problem, its value and what is allowed."""
    problems = Problems()
    check = problems.check
    old = read_old_inputs(environ)
    inputs, notices = _take_in(old, environ, problems)
    names, in_capitals = _name_images(inputs, environ.get("GITHUB_REPOSITORY", ""))
    images = _read_images(names, inputs["registry"], problems)
    settings = Settings(
        mode=check("mode", parsers.choice_of(Mode), inputs["mode"], Mode.AUTO),
        images=images,
        credentials=_read_credentials(inputs, images, problems),
        push=check("push", parsers.parse_auto_boolean, inputs["push"], Choice.AUTO),
        tags=_read_tags(inputs["tags"], problems),
        latest=check("latest", parsers.parse_auto_boolean, inputs["latest"], Choice.AUTO),
        path=check("path", parsers.parse_inner_path, inputs["path"], "."),
        repo_dir=check("repo-dir", parsers.parse_repo_dir, inputs["repo-dir"], ""),
        notebook_user=check("notebook-user", parsers.parse_user, inputs["notebook-user"], ""),
        user_id=check("user-id", parsers.parse_user_id, inputs["user-id"], 0),
        appendix_file=check("appendix-file", parsers.parse_optional_path, inputs["appendix-file"], ""),
        base_image=check("base-image", parsers.parse_base_image, inputs["base-image"], ""),
        platform=check("platform", parsers.parse_platform, inputs["platform"], ""),
        build_args=_read_pairs("build-args", inputs["build-args"], r"[A-Za-z_][A-Za-z0-9_]*", problems),
        labels=_read_pairs("labels", inputs["labels"], r"[A-Za-z0-9][A-Za-z0-9._/-]*", problems),
        repo2docker_args=check(
            "repo2docker-args", parse_repo2docker_args, inputs["repo2docker-args"], Repo2dockerArgs()
        ),
        rebuild=check("rebuild", parsers.choice_of(Rebuild), inputs["rebuild"], Rebuild.AUTO),
        cache=check("cache", parsers.choice_of(Cache), inputs["cache"], Cache.AUTO),
        cache_ref=_read_cache_ref(inputs, problems),
        include_git=check("include-git", parsers.parse_boolean, inputs["include-git"], False),
        allow_files=check("allow-files", parsers.parse_globs, inputs["allow-files"], ()),
        tests=_read_test_policy(inputs, problems),
        hub=_read_hub_policy(inputs, problems),
        github_token=inputs["github-token"],
        comment=check("comment", parsers.choice_of(CommentChoice), inputs["comment"], CommentChoice.AUTO),
        binder=_read_binder(inputs, problems),
        rollout=_read_rollout(inputs, problems),
        trial=_read_trial(inputs, problems),
        result_file=check("result-file", parsers.parse_optional_file, inputs["result-file"], ""),
        repo2docker_version=check("repo2docker-version", parse_requirement, inputs["repo2docker-version"], ""),
        public_check=check("public-check", parsers.parse_boolean, inputs["public-check"], False),
        preview=_read_preview(inputs, problems),
        predecessor=bool(old),
        notices=(*notices, *in_capitals),
        warnings=tuple(_unknown_inputs(environ)),
    )
    _check_conflicts(settings, problems)
    if problems.found:
        raise InvalidInputError([_by_old_name(problem, old) for problem in problems.found])
    return settings


def _take_in(
    old: Mapping[str, str], environ: Mapping[str, str], problems: Problems
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Our inputs, with what the old names say, and notices about that."""
    inputs = _read_inputs(environ)
    if not old:
        return inputs, ()
    translation = translate(old, inputs, DEFAULTS, environ)
    problems.found.extend(translation.problems)
    return translation.inputs, translation.notices


def _by_old_name(problem: InputProblem, old: Mapping[str, str]) -> InputProblem:
    """The name that stands in the workflow."""
    names = {new: name for name, new in OLD_INPUTS.items() if name in old}
    return InputProblem(names.get(problem.input_name, problem.input_name), problem.message)


def read_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every secret value among the inputs, valid or not: what must be masked before anything is printed."""
    inputs = _read_inputs(environ)
    old = read_old_inputs(environ)
    secrets = [
        inputs["password"],
        old.get("DOCKER_PASSWORD", ""),
        inputs["github-token"],
        *_secret_lines(inputs["rollout-token"]),
    ]
    logins = [
        (inputs["username"] or old.get("DOCKER_USERNAME", ""), password)
        for password in (inputs["password"], old.get("DOCKER_PASSWORD", ""))
    ]
    entries = _load_registry_auth(inputs["registry-auth"])
    if entries is None:
        # What cannot be read is hidden whole.
        secrets.append(inputs["registry-auth"])
        entries = []
    logins += [
        (str(entry.get("username", "")), str(entry["password"]))
        for entry in entries
        if isinstance(entry, dict) and entry.get("password")
    ]
    for username, password in logins:
        # As Docker's configuration and the Authorization header have it.
        secrets += [password, base64.b64encode(f"{username}:{password}".encode()).decode()] if password else []
    return tuple(dict.fromkeys(secret for secret in secrets if secret))


def _secret_lines(text: str) -> tuple[str, ...]:
    """A secret, and each of its lines: somebody may paste an App's private key where its token belongs."""
    return tuple(dict.fromkeys([text, *text.splitlines()]))


def input_variable(name: str) -> str:
    """The variable that carries an input; the runner replaces blanks only, so hyphens stay.

    https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/Handler.cs
    """
    return f"INPUT_{name.upper()}"


def _read_inputs(environ: Mapping[str, str]) -> dict[str, str]:
    inputs = {}
    for name, default in DEFAULTS.items():
        value = environ.get(input_variable(name), default).strip()
        inputs[name] = value or ("" if name in BLANK_MEANS_OFF else default)
    return inputs


def _unknown_inputs(environ: Mapping[str, str]) -> Iterable[str]:
    known = {input_variable(name) for name in (*DEFAULTS, *OLD_INPUTS, "args", "entrypoint")}
    for variable in sorted(environ):
        if variable.startswith("INPUT_") and variable not in known and environ[variable]:
            given = variable.removeprefix("INPUT_").lower()
            yield f"input '{given}' is not known and has no effect{parsers.suggest(given, DEFAULTS)}"


def _read_hub_policy(inputs: Mapping[str, str], problems: Problems) -> HubPolicy:
    check = problems.check
    return HubPolicy(
        check=check("hub-check", parsers.parse_hub_check, inputs["hub-check"], HubCheck.TRUE),
        command=check("hub-command", parsers.parse_command, inputs["hub-command"], ()),
        memory_bytes=check("hub-memory", parsers.parse_memory, inputs["hub-memory"], 0),
        timeout=check("hub-timeout", parsers.parse_seconds, inputs["hub-timeout"], 0),
        default_url=check("hub-default-url", parsers.parse_default_url, inputs["hub-default-url"], ""),
        version=check("hub-version", parsers.parse_version, inputs["hub-version"], ""),
    )


def _read_test_policy(inputs: Mapping[str, str], problems: Problems) -> ImageTestPolicy:
    check = problems.check
    return ImageTestPolicy(
        folder=check("image-tests", parsers.parse_optional_path, inputs["image-tests"], ""),
        timeout=check("test-timeout", parsers.parse_seconds, inputs["test-timeout"], 0),
        notebook_outputs=check("test-notebook-outputs", parsers.parse_boolean, inputs["test-notebook-outputs"], False),
        junit_file=check("junit-file", parsers.parse_optional_file, inputs["junit-file"], ""),
    )


def _read_binder(inputs: Mapping[str, str], problems: Problems) -> BinderSettings:
    check = problems.check
    return BinderSettings(
        url=check("binder-url", parsers.parse_url, inputs["binder-url"], ""),
        ref=check("binder-ref", parsers.choice_of(BinderRef), inputs["binder-ref"], BinderRef.SHA),
        urlpath=check("binder-urlpath", parsers.parse_urlpath, inputs["binder-urlpath"], ""),
        repository=check("binder-repository", parsers.parse_repository, inputs["binder-repository"], ""),
        cache=check("binder-cache", parsers.parse_binder_cache, inputs["binder-cache"], BinderCache.FALSE),
        cache_message=check("binder-cache-message", parsers.parse_line, inputs["binder-cache-message"], ""),
        prebuild=check("binder-prebuild", parsers.parse_git_ref, inputs["binder-prebuild"], ""),
    )


def _read_rollout(inputs: Mapping[str, str], problems: Problems) -> RolloutSettings:
    check = problems.check
    lines = parsers.split_lines(inputs["rollout-paths"])
    paths = [check("rollout-paths", parse_value_path, line, None) for line in lines]
    return RolloutSettings(
        after_push=check("rollout", parsers.parse_boolean, inputs["rollout"], False),
        repository=check("rollout-repository", parsers.parse_full_name, inputs["rollout-repository"], ""),
        token=inputs["rollout-token"],
        branch=check("rollout-branch", parsers.parse_git_ref, inputs["rollout-branch"], ""),
        paths=tuple(dict.fromkeys(path for path in paths if path)),
        labels=check("rollout-labels", parsers.parse_git_labels, inputs["rollout-labels"], ()),
        reviewers=check("rollout-reviewers", parsers.parse_reviewers, inputs["rollout-reviewers"], ()),
        draft=check("rollout-draft", parsers.parse_boolean, inputs["rollout-draft"], False),
        automerge=check("rollout-automerge", parsers.parse_automerge, inputs["rollout-automerge"], Automerge.FALSE),
    )


def _read_preview(inputs: Mapping[str, str], problems: Problems) -> PreviewSettings:
    check = problems.check
    return PreviewSettings(
        on=check("preview", parsers.parse_boolean, inputs["preview"], False),
        expires=check("preview-expires", parsers.parse_expiry, inputs["preview-expires"], ""),
        binder_branch=check("binder-image-branch", parsers.parse_branch_template, inputs["binder-image-branch"], ""),
    )


def _read_trial(inputs: Mapping[str, str], problems: Problems) -> TrialSettings:
    check = problems.check
    for name in ("hub-profile", "hub-content-path"):
        if inputs[name] and not inputs["hub-url"]:
            problems.add(name, f"'{inputs[name]}' is for links to a hub, and 'hub-url' is empty; set both or neither")
    return TrialSettings(
        hub_url=check("hub-url", parsers.parse_hub_url, inputs["hub-url"], ""),
        profile=check("hub-profile", parsers.parse_profile, inputs["hub-profile"], ""),
        image_option=check("hub-image-option", parsers.parse_profile_option, inputs["hub-image-option"], ""),
        content_path=check("hub-content-path", parsers.parse_optional_path, inputs["hub-content-path"], ""),
    )


def _read_pairs(input_name: str, text: str, key_pattern: str, problems: Problems) -> tuple[tuple[str, str], ...]:
    pairs: dict[str, str] = {}
    for line in parsers.split_lines(text):
        key, equals, value = line.partition("=")
        if not equals or not re.fullmatch(key_pattern, key):
            problems.add(input_name, f"'{line}' is not NAME=VALUE")
        pairs[key] = value
    return tuple(pairs.items())


# --- images, credentials, tags ---


def _name_images(inputs: Mapping[str, str], repository: str) -> tuple[list[str], list[str]]:
    """The names as given, in lower case, and notices about that: names of people and repositories have capitals."""
    given = parsers.split_lines(inputs["image-name"])
    notices = [f"image-name '{name}' is used in lower case: registries take no other." for name in given]
    in_capitals = [notice for name, notice in zip(given, notices, strict=True) if name != name.lower()]
    return [name.lower() for name in given] or [_default_image_name(repository)], in_capitals


def _read_images(names: Sequence[str], registry_input: str, problems: Problems) -> tuple[ImageName, ...]:
    registry = image.DOCKER_HUB
    if registry_input:
        registry = problems.check("registry", image.normalize_registry, registry_input, "")
    if names == [""]:
        problems.add("image-name", "is empty and the repository's name gives none; allowed is e.g. my-org/my-image")
        return ()
    found = []
    for text in names:
        name = problems.check("image-name", lambda text: image.parse_image_name(text, registry), text, None)
        if name and name not in found:
            found.append(name)
    return tuple(found)


def _default_image_name(repository: str) -> str:
    # A repository without an owner would be read as an image of Docker Hub's own.
    path = image.legalize_path(repository)
    return path if "/" in path else ""


def _read_cache_ref(inputs: Mapping[str, str], problems: Problems) -> Reference | None:
    text = inputs["cache-ref"]
    if not text:
        return None
    if inputs["cache"] in {Cache.INLINE, Cache.NONE}:
        problems.add("cache-ref", f"is set, and 'cache' is '{inputs['cache']}', which keeps none there; leave one out")
    registry = image.DOCKER_HUB
    if inputs["registry"]:
        registry = problems.check("registry", image.normalize_registry, inputs["registry"], registry)
    return problems.check("cache-ref", lambda text: image.parse_reference(text, registry), text, None)


def _load_registry_auth(text: str) -> list[object] | None:
    try:
        # Texts only: as numbers or dates, passwords such as 0123 would become others.
        loaded = yaml.load(text, Loader=yaml.BaseLoader) if text else []  # noqa: S506 - makes texts only
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, list) else None


def _read_credentials(
    inputs: Mapping[str, str], images: tuple[ImageName, ...], problems: Problems
) -> tuple[Credentials, ...]:
    found = {entry.registry: entry for entry in _read_registry_auth(inputs["registry-auth"], problems)}
    username, password = inputs["username"], inputs["password"]
    if password and not username:
        problems.add("username", "is empty although a password is given; both are needed to log in")
    if username and password and (registry := _registry_of_password(inputs, images, set(found), problems)):
        found[registry] = Credentials(registry, username, password)
    return tuple(found.values())


def _read_registry_auth(text: str, problems: Problems) -> Iterable[Credentials]:
    # No message of this function may show the value: it holds passwords.
    example = "allowed is a YAML list, each entry with registry, username and password"
    entries = _load_registry_auth(text)
    if entries is None:
        problems.add("registry-auth", f"is not a list; {example}")
        return
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not {"registry", "username"} <= entry.keys() <= _AUTH_KEYS:
            problems.add("registry-auth", f"entry {number} is incomplete or has other keys; {example}")
            continue
        try:
            registry = image.normalize_registry(str(entry["registry"]))
        except ValueError:
            problems.add("registry-auth", f"entry {number} names no registry; allowed is a host, e.g. quay.io")
            continue
        # On pull requests of forks secrets are empty: an entry without a password is no credential.
        if entry.get("username") and entry.get("password"):
            yield Credentials(registry, str(entry["username"]), str(entry["password"]))


_AUTH_KEYS = {"registry", "username", "password"}


def _registry_of_password(
    inputs: Mapping[str, str], images: tuple[ImageName, ...], known: set[str], problems: Problems
) -> str:
    """The one registry that `username` and `password` are for: a password is never tried on several."""
    named = sorted({name.registry for name in images} - known)
    if len(named) == 1:
        return named[0]
    if not named:
        return ""
    if inputs["registry"]:
        try:
            return image.normalize_registry(inputs["registry"])
        except ValueError:
            return ""  # reported for the input itself
    problems.add(
        "registry-auth",
        f"is needed for images in several registries ({', '.join(named)}): 'password' could be for any of them",
    )
    return ""


def _read_tags(text: str, problems: Problems) -> tuple[str, ...]:
    templates = parsers.split_lines(text)
    for template in templates:
        problems.check("tags", _check_tag_template, template, None)
    return tuple(dict.fromkeys(templates))


def _check_tag_template(template: str) -> None:
    names = re.findall(r"\{([^{}]*)\}", template)
    for name in names:
        if name not in PLACEHOLDERS:
            allowed = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise ValueError(f"'{template}' has the unknown placeholder {{{name}}}; allowed are {allowed}")
    # Placeholders stand for at least one legal character, so one stands in for them here.
    if not image.is_tag(re.sub(r"\{[^{}]*\}", "x", template)):
        raise ValueError(
            f"'{template}' is not a tag; allowed are up to {image.MAX_TAG_LENGTH} letters, digits, '_', '.', '-',"
            " not starting with '.' or '-'"
        )


def _check_rollout(settings: Settings, problems: Problems) -> None:
    rollout = settings.rollout
    wanted = rollout.after_push or settings.mode is Mode.ROLLOUT
    if wanted and not rollout.paths and not any(each.input_name == "rollout-paths" for each in problems.found):
        problems.add("rollout-paths", "is empty; allowed is FILES: PATH, e.g. hubs/*.yaml: singleuser.image")
    if rollout.after_push and settings.hub.check is HubCheck.WARN:
        problems.add("rollout", "needs 'hub-check: true': with 'warn' an image that does not start would get to hubs")
    if rollout.draft and rollout.automerge is not Automerge.FALSE:
        problems.add("rollout-automerge", "is set, and so is 'rollout-draft': a draft is not merged; leave one out")
    if len(rollout.token.splitlines()) > 1:
        problems.add("rollout-token", "has several lines, so it is no token; of an App, give the token and not the key")


def _check_conflicts(settings: Settings, problems: Problems) -> None:
    _check_rollout(settings, problems)
    if settings.cache_ref and settings.cache_ref.tag == "latest":
        problems.add("cache-ref", "is a tag that hubs start; allowed is another, e.g. my-org/my-image:buildcache")
    for key, _ in (*settings.labels, *settings.repo2docker_args.labels):
        if key.startswith(OWN_LABELS):
            problems.add("labels", f"'{key}' begins with '{OWN_LABELS}', as this action's own do; use another name")
    for argument in settings.repo2docker_args.buildx:
        if re.match(rf"(?:--label[= ]+)?{re.escape(OWN_LABELS)}", argument):
            problems.add("repo2docker-args", f"'{argument}' sets a label of this action's own; use another name")
    words = settings.repo2docker_args.arguments
    given = {value.partition("=")[0] for option, value in pairwise(words) if option == "--build-arg"}
    for key, _ in settings.build_args:
        if key in given:
            problems.add("build-args", f"'{key}' is also set by the input 'repo2docker-args'; give it once")
