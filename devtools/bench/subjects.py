"""What is compared: a step with this action, and the commands that people give by hand for the same.

Each subject logs in, builds the checked-out commit, and pushes the same two tags: the commit's, and `latest` or the
version. On a pull request nothing is pushed.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from devtools import places
from devtools.bench import registries
from devtools.bench.registries import Registries
from devtools.bench.repositories import FULL_NAME, Change, Kind
from devtools.engine import Store

Subject = Literal["hub-image-action", "plain", "cache-from", "registry-cache", "buildx-inline"]

OURS: Subject = "hub-image-action"
DESCRIPTIONS: Mapping[Subject, str] = {
    OURS: "a step with this action: its entry point as a process, image tests off",
    "plain": "jupyter-repo2docker --no-run, docker push of each tag",
    "cache-from": "docker pull of latest, jupyter-repo2docker --cache-from it, docker push of each tag",
    "registry-cache": "jupyter-repo2docker with buildx's --cache-to type=registry,mode=max, docker push of each tag",
    "buildx-inline": "docker buildx build --push --cache-to type=inline; by repo2docker where it makes the Dockerfile",
}
SUBJECTS: tuple[Subject, ...] = (OURS, "plain", "cache-from", "registry-cache", "buildx-inline")
IMAGE = "lab/bench"
RUN_ID = "4711"


@dataclass(frozen=True)
class Command:
    """A program to run in the folder of the checkout; `may_fail` as behind `||` in a shell."""

    arguments: tuple[str, ...]
    stdin: str = ""
    may_fail: bool = False
    variables: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Site:
    """Where a run takes place: what commands need to know besides the change."""

    registries: Registries
    kind: Kind
    store: Store
    workspace: Path
    scratch: Path
    api_url: str
    token: str

    @property
    def name(self) -> str:
        return f"{self.registries.host}/{IMAGE}"

    @property
    def latest(self) -> str:
        return f"{self.name}:latest"

    @property
    def cache(self) -> str:
        return f"{self.name}:cache"


def is_possible(subject: Subject, store: Store) -> bool:
    """The classic store's builder cannot export to a registry: https://docs.docker.com/build/cache/backends/"""
    return subject != "registry-cache" or store == "containerd"


def commands_of(subject: Subject, site: Site, change: Change) -> list[Command]:
    """What is run, one after the other."""
    if subject == OURS:
        return [_our_step(site, change)]
    make: Mapping[Subject, Callable[[Site, Change], list[Command]]] = {
        "plain": _plain,
        "cache-from": _cache_from,
        "registry-cache": _registry_cache,
        "buildx-inline": _buildx_inline,
    }
    return [_log_in(site), *make[subject](site, change)]


# --- by hand ---


def _plain(site: Site, change: Change) -> list[Command]:
    return [_repo2docker(site, change), *_push(site, change)]


def _cache_from(site: Site, change: Change) -> list[Command]:
    pull = Command(("docker", "pull", "--quiet", site.latest), may_fail=True)
    return [pull, _repo2docker(site, change, "--cache-from", site.latest), *_push(site, change)]


def _registry_cache(site: Site, change: Change) -> list[Command]:
    options = [f"--cache-from=type=registry,ref={site.cache}"]
    if change.tags:
        options.append(f"--cache-to=type=registry,ref={site.cache},mode=max")
    return [_repo2docker(site, change, *_for_buildx(*options)), *_push(site, change)]


def _buildx_inline(site: Site, change: Change) -> list[Command]:
    """One command that pushes, too. Where there is no Dockerfile, repo2docker hands the same options to buildx."""
    options = [f"--cache-from=type=registry,ref={site.latest}"]
    if change.tags:
        options += ["--cache-to=type=inline", "--push", f"--tag={site.name}:{change.tags[1]}"]
    if site.kind == "generated":
        return [_repo2docker(site, change, *_for_buildx(*options))]
    return [Command(("docker", "buildx", "build", "--progress=plain", *options, f"--tag={_built(site, change)}", "."))]


def _log_in(site: Site) -> Command:
    arguments = ("docker", "login", "--username", registries.USER, "--password-stdin", site.registries.host)
    return Command(arguments, stdin=site.registries.password)


def _repo2docker(site: Site, change: Change, *more: str) -> Command:
    program = str(Path(sys.executable).with_name("jupyter-repo2docker"))
    options = ["--no-run", "--user-id=1000", "--user-name=jovyan", "--target-repo-dir=/srv/repo"]
    base = f"--Repo2Docker.base_image={site.registries.base}"
    return Command((program, *options, base, f"--image-name={_built(site, change)}", *more, "."))


def _for_buildx(*options: str) -> list[str]:
    return [f"--DockerEngine.extra_buildx_build_args={option}" for option in options]


def _built(site: Site, change: Change) -> str:
    return f"{site.name}:{change.sha[:12]}"


def _push(site: Site, change: Change) -> list[Command]:
    built = _built(site, change)
    tagging = [Command(("docker", "tag", built, f"{site.name}:{tag}")) for tag in change.tags[1:]]
    return tagging + [Command(("docker", "push", "--quiet", f"{site.name}:{tag}")) for tag in change.tags]


# --- this action ---


def _our_step(site: Site, change: Change) -> Command:
    """As the runner would start it, without the container."""
    inputs = {
        "registry": site.registries.host,
        "image-name": IMAGE,
        "username": registries.USER,
        "password": site.registries.password,
        "tags": "{sha}\n{version}",
        "base-image": site.registries.base if site.kind == "generated" else "",
        "comment": "never",
        "github-token": site.token,
        **CHECKS_OFF,
    }
    event = site.scratch / "event.json"
    event.write_text(json.dumps(change.payload))
    variables = {
        "GITHUB_ACTOR": "ada",
        "GITHUB_API_URL": site.api_url,
        "GITHUB_EVENT_NAME": change.event_name,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_OUTPUT": str(site.scratch / "output"),
        "GITHUB_REF": change.ref,
        "GITHUB_REPOSITORY": FULL_NAME,
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": RUN_ID,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": change.sha,
        "GITHUB_STATE": str(site.scratch / "state"),
        "GITHUB_STEP_SUMMARY": str(site.scratch / "summary"),
        "GITHUB_WORKSPACE": str(site.workspace),
        "HOME": str(site.scratch),
        "RUNNER_TEMP": str(site.scratch),
    }
    given = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    arguments = (sys.executable, "-I", str(places.PROJECT / "entrypoint.py"))
    return Command(arguments, variables=variables | given)


CHECKS_OFF = {"image-tests": ""}
"""What is verified is no part of the comparison: nobody else does it."""
