"""All inputs, each declared once: its name, its default, and the parser that makes a checked value of its text."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from hubaction.image import ImageName, Reference
from hubaction.inputs import github_parsers, hub_parsers, image_parsers, parsers
from hubaction.inputs.choices import (
    Automerge,
    BinderCache,
    BinderRef,
    Cache,
    Choice,
    CommentChoice,
    HubCheck,
    Mode,
    Rebuild,
)
from hubaction.inputs.credentials import Credentials, find_auth_secrets
from hubaction.inputs.declare import Input, find_inputs, group, read_together, setting, whole, whole_and_lines
from hubaction.inputs.globs import parse_allowed_file
from hubaction.inputs.parsers import choice_of, parse_boolean, switch_of, unique_lines
from hubaction.inputs.repo2docker_args import Repo2dockerArgs, parse_repo2docker_args
from hubaction.inputs.repo2docker_version import parse_repo2docker_version
from hubaction.inputs.rollout_paths import ValuePath, parse_value_path

OWN_LABELS = "hub-image-action."
"""Prefix of the labels that record how an image was made, and from which repository."""
WHOLE_REPOSITORY = "."


@dataclass(frozen=True)
class ImageTestPolicy:
    """How the image tests are run."""

    folder: str = setting("image-tests", parsers.parse_optional_path, default="image-tests", blank_means_off=True)
    """Empty switches them off."""
    timeout: int = setting("test-timeout", parsers.parse_seconds, default="600")
    """Seconds for each test and each notebook."""
    notebook_outputs: bool = setting("test-notebook-outputs", parse_boolean, default="false")
    """Whether notebooks must give what they have stored."""
    junit_file: str = setting("junit-file", parsers.parse_optional_file)
    """Where their results go, in the workspace; empty for nowhere."""


@dataclass(frozen=True)
class HubPolicy:
    """What the hub check holds an image to; another policy is another proof, so all of it is in the fingerprint."""

    check: HubCheck = setting("hub-check", switch_of(HubCheck), default="true")
    command: tuple[str, ...] = setting("hub-command", hub_parsers.parse_command, default="jupyterhub-singleuser")
    """What the spawner gives to the image's ENTRYPOINT."""
    memory_bytes: int = setting("hub-memory", hub_parsers.parse_memory, default="1G")
    timeout: int = setting("hub-timeout", parsers.parse_seconds, default="120")
    """Seconds until the server must be ready; also for its page, and for each kernel."""
    default_url: str = setting("hub-default-url", hub_parsers.parse_default_url, default="/lab")
    """The page that users get, as /lab."""
    version: str = setting("hub-version", hub_parsers.parse_version)
    """The deployed hub's version of JupyterHub; empty for the image's own."""


@dataclass(frozen=True)
class BinderSettings:
    """What the Binder badge opens."""

    url: str = setting("binder-url", parsers.parse_url, default="https://mybinder.org")
    """Without a slash at its end."""
    ref: BinderRef = setting("binder-ref", choice_of(BinderRef), default="sha")
    urlpath: str = setting("binder-urlpath", parsers.parse_urlpath)
    repository: str = setting("binder-repository", github_parsers.parse_repository)
    """`owner/name` or `owner/name@ref` of the environment, when it is another repository than the content."""


@dataclass(frozen=True)
class TryOnHubSettings:
    """Where reviewers try a pull request: a JupyterHub, and its start form."""

    hub_url: str = setting("hub-url", hub_parsers.parse_hub_url)
    """With the hub's base path, without a slash at its end; empty when it is not known."""
    profile: str = setting("hub-profile", hub_parsers.parse_profile)
    """Slug of the profile in KubeSpawner's `profile_list`; empty when links cannot fill in the form."""
    image_option: str = setting("hub-image-option", hub_parsers.parse_profile_option, default="image")
    """Key of the profile's option that takes any image."""
    content_path: str = setting("hub-content-path", parsers.parse_optional_path)
    """File or folder of the pull request's repository that opens; empty for none."""


@dataclass(frozen=True)
class BinderUpdateSettings:
    """How Binder gets a pushed image."""

    cache: BinderCache = setting("binder-cache", switch_of(BinderCache), default="false")
    cache_message: str = setting("binder-cache-message", parsers.parse_line, default="Update image tag")
    prebuild: str = setting("binder-prebuild", github_parsers.parse_git_ref)
    """A ref of this repository that Binder is asked to build; empty for none."""


@dataclass(frozen=True)
class RolloutSettings:
    """How a pushed image gets into the configuration of hubs."""

    after_push: bool = setting("rollout", parse_boolean, default="false")
    """Whether build mode does it, too."""
    repository: str = setting("rollout-repository", github_parsers.parse_full_name)
    """`owner/name`; empty for this one."""
    token: str = setting("rollout-token", str, find_secrets=whole_and_lines)
    """Empty where `github-token` is to do."""
    branch: str = setting("rollout-branch", github_parsers.parse_git_ref)
    """Empty for the repository's default branch."""
    paths: tuple[ValuePath, ...] = setting("rollout-paths", unique_lines(parse_value_path))
    labels: tuple[str, ...] = setting("rollout-labels", unique_lines(github_parsers.parse_label))
    reviewers: tuple[str, ...] = setting("rollout-reviewers", unique_lines(github_parsers.parse_reviewer))
    draft: bool = setting("rollout-draft", parse_boolean, default="false")
    automerge: Automerge = setting("rollout-automerge", switch_of(Automerge), default="false")


@dataclass(frozen=True)
class PreviewSettings:
    """How the images of pull requests are shown before they are merged."""

    on: bool = setting("preview", parse_boolean, default="false")
    expires: str = setting("preview-expires", image_parsers.parse_expiry, default="4w")
    """After how long quay.io forgets them, e.g. 4w."""
    binder_branch: str = setting(
        "binder-image-branch",
        github_parsers.parse_branch_template,
        default="binder-pr-{pr}",
        blank_means_off=True,
    )
    """Template of the branch by which Binder starts the image itself; empty for none."""


@dataclass(frozen=True)
class Settings:
    """All inputs, validated. Paths are relative to the workspace (`path`) or to `path` (the others)."""

    mode: Mode = setting("mode", choice_of(Mode), default="auto")
    images: tuple[ImageName, ...] = read_together(Input("image-name"), Input("registry"))
    credentials: tuple[Credentials, ...] = read_together(
        Input("username"),
        Input("password", find_secrets=whole),
        Input("registry-auth", find_secrets=find_auth_secrets),
    )
    push: Choice = setting("push", switch_of(Choice), default="auto")
    tags: tuple[str, ...] = setting("tags", unique_lines(image_parsers.parse_tag_template))
    """Templates; empty stands for the default, which depends on the event."""
    latest: Choice = setting("latest", switch_of(Choice), default="auto")
    path: str = setting("path", parsers.parse_inner_path, default=WHOLE_REPOSITORY)
    repo_dir: str = setting("repo-dir", image_parsers.parse_repo_dir, default="/srv/repo")
    notebook_user: str = setting("notebook-user", image_parsers.parse_user, default="jovyan")
    user_id: int = setting("user-id", image_parsers.parse_user_id, default="1000")
    appendix_file: str = setting("appendix-file", parsers.parse_optional_path)
    base_image: str = setting("base-image", image_parsers.parse_base_image)
    platform: str = setting("platform", image_parsers.parse_platform)
    build_args: tuple[tuple[str, str], ...] = setting("build-args", image_parsers.parse_build_args)
    labels: tuple[tuple[str, str], ...] = setting("labels", image_parsers.parse_labels)
    repo2docker_args: Repo2dockerArgs = setting("repo2docker-args", parse_repo2docker_args)
    rebuild: Rebuild = setting("rebuild", choice_of(Rebuild), default="auto")
    cache: Cache = setting("cache", choice_of(Cache), default="auto")
    cache_ref: Reference | None = read_together(Input("cache-ref"))
    """Where the cache of `registry` is kept; None for a tag beside the image."""
    include_git: bool = setting("include-git", parse_boolean, default="false")
    allow_files: tuple[str, ...] = setting("allow-files", unique_lines(parse_allowed_file))
    """Globs of files that may hold what looks like a secret."""
    tests: ImageTestPolicy = group(ImageTestPolicy)
    hub: HubPolicy = group(HubPolicy)
    github_token: str = setting("github-token", str, find_secrets=whole)
    comment: CommentChoice = setting("comment", choice_of(CommentChoice), default="auto")
    binder: BinderSettings = group(BinderSettings)
    try_on_hub: TryOnHubSettings = group(TryOnHubSettings)
    result_file: str = setting("result-file", parsers.parse_optional_file)
    repo2docker_version: str = setting("repo2docker-version", parse_repo2docker_version)
    public_check: bool = setting("public-check", parse_boolean, default="false")
    binder_update: BinderUpdateSettings = group(BinderUpdateSettings)
    rollout: RolloutSettings = group(RolloutSettings)
    preview: PreviewSettings = group(PreviewSettings)
    uses_old_inputs: bool = False
    """Whether inputs of jupyterhub/repo2docker-action are in use: then its behaviour is expected."""
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
        return "" if build == (WHOLE_REPOSITORY, "") else hashlib.sha256(repr(build).encode()).hexdigest()[:8]


INPUTS: Mapping[str, Input] = {each.name: each for each in find_inputs(Settings)}
"""Every input by its name, in the order of action.yml."""
DEFAULTS: Mapping[str, str] = {name: each.default for name, each in INPUTS.items()}
