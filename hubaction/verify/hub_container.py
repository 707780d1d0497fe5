"""What a hub's spawner gives to a container, and what of an image matters to it."""

import posixpath
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubaction.clients.engine.container import SpawnedContainer
from hubaction.clients.engine.values import LocalImage, Spawn
from hubaction.inputs.choices import HubPolicy

USER = "hub-check"
PREFIX = f"/user/{USER}/"
PORT = 8888
HUB_URL = "http://127.0.0.1:8081/hub/api"
"""Where the stand-in listens, in the container itself."""
SINGLEUSER = "jupyterhub-singleuser"
MAX_LINKS = 8
MAX_NAMES = 20
SHEBANG_BYTES = 512
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The engine's, for images that set none."""


@dataclass(frozen=True)
class Programs:
    """Where programs of an image are, found on its PATH; '' for one that it has not got."""

    singleuser: str
    jupyter: str
    python: str
    """The interpreter that the server runs with, as far as that can be seen, or any."""

    @property
    def has_jupyter(self) -> bool:
        return bool(self.singleuser or self.jupyter)


@dataclass(frozen=True)
class Shadowed:
    """What of an image is in the home folder, where a hub mounts the user's own files over it."""

    files: tuple[str, ...] = ()
    """Names of the repository's files and folders."""
    program_folders: tuple[str, ...] = ()
    """Folders of PATH that exist there."""


def make_spawn(image: str, policy: HubPolicy, *, user: str, user_id: int, token: str) -> Spawn:
    return Spawn(
        command=policy.command,
        user_id=user_id,
        home=f"/home/{user}",
        memory_bytes=policy.memory_bytes,
        environment=_environment(image, policy, token),
    )


def _environment(image: str, policy: HubPolicy, token: str) -> dict[str, str]:
    """As JupyterHub makes it, and DockerSpawner and KubeSpawner hand it on.

    https://github.com/jupyterhub/jupyterhub/blob/5.2.1/jupyterhub/spawner.py (get_env), and
    https://github.com/jupyterhub/dockerspawner/blob/14.0.0/dockerspawner/dockerspawner.py
    """
    scopes = f'["access:servers!server={USER}/", "access:servers!user={USER}"]'
    return {
        "JUPYTERHUB_API_TOKEN": token,
        "JPY_API_TOKEN": token,
        "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{USER}",
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED": "0",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{PREFIX}oauth_callback",
        "JUPYTERHUB_OAUTH_SCOPES": scopes,
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": scopes,
        "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]",
        "JUPYTERHUB_USER": USER,
        "JUPYTERHUB_SERVER_NAME": "",
        "JUPYTERHUB_API_URL": HUB_URL,
        "JUPYTERHUB_ACTIVITY_URL": f"{HUB_URL}/users/{USER}/activity",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": f"http://0.0.0.0:{PORT}{PREFIX}",
        "JUPYTERHUB_PUBLIC_URL": "",
        "JUPYTERHUB_PUBLIC_HUB_URL": "",
        "JUPYTERHUB_DEFAULT_URL": policy.default_url,
        "MEM_LIMIT": str(policy.memory_bytes),
        "JUPYTER_IMAGE_SPEC": image,
        "JUPYTER_IMAGE": image,
    }


def make_token() -> str:
    return secrets.token_hex(16)


# --- what the image has ---


def find_programs(container: SpawnedContainer, image: LocalImage) -> Programs:
    """Look for what the check needs to know, in the image as it is: nothing of it runs yet."""
    folders = path_of(image)
    singleuser = _find_on_path(container, folders, SINGLEUSER)
    python = _interpreter(container, singleuser) if singleuser else ""
    return Programs(
        singleuser,
        _find_on_path(container, folders, "jupyter"),
        python or _find_on_path(container, folders, "python3") or _find_on_path(container, folders, "python"),
    )


def path_of(image: LocalImage) -> list[str]:
    folders = image.environment.get("PATH", DEFAULT_PATH).split(":")
    return [folder for folder in dict.fromkeys(folders) if folder.startswith("/")]


def _find_on_path(container: SpawnedContainer, folders: Iterable[str], name: str) -> str:
    paths = (f"{folder.rstrip('/')}/{name}" for folder in folders)
    return next((path for path in paths if container.has_path(path)), "")


def _interpreter(container: SpawnedContainer, script: str) -> str:
    """The Python in a script's first line; '' when another program stands there, as pip does for long paths."""
    for _ in range(MAX_LINKS):
        target = container.link_target(script)
        if not target:
            break
        script = posixpath.normpath(posixpath.join(posixpath.dirname(script), target))
    first = container.read_start_of(script, SHEBANG_BYTES).partition(b"\n")[0].decode(errors="replace")
    program = first.removeprefix("#!").split()[:1] if first.startswith("#!") else []
    found = program[0] if program else ""
    return found if "python" in PurePosixPath(found).name and container.has_path(found) else ""


def find_shadowed(container: SpawnedContainer, image: LocalImage, home: str, source: Path) -> Shadowed:
    """What a hub would hide: the repository's files in the home folder, and programs in it."""
    names = sorted(path.name for path in source.iterdir() if not path.name.startswith("."))[:MAX_NAMES]
    start = posixpath.normpath(image.working_folder)
    folder = start if is_below(start, home) else home
    folders = tuple(each for each in path_of(image) if is_below(each, home) and container.has_path(each))
    return Shadowed(
        files=tuple(name for name in names if container.has_path(f"{folder}/{name}")),
        program_folders=folders,
    )


def is_below(path: str, folder: str) -> bool:
    return PurePosixPath(posixpath.normpath(path)).is_relative_to(folder)


def find_file(source: Path, *names: str) -> str | None:
    """The first of the names that the repository has, where repo2docker looks for it; relative to `source`.

    https://repo2docker.readthedocs.io/en/latest/configuration/index.html
    """
    folder = next((name for name in ("binder", ".binder") if (source / name).is_dir()), "")
    paths = (str(PurePosixPath(folder) / name) for name in names)
    return next((path for path in paths if (source / path).is_file()), None)


def start_script_of(image: LocalImage) -> str:
    """The script that an image starts with, in the image; '' when it starts the command itself."""
    if script := image.environment.get("R2D_ENTRYPOINT"):
        return script
    known = {"repo2docker-entrypoint", "python3-login", "tini", "dumb-init", "sh", "bash", "env"}
    words = [word for word in image.entrypoint if PurePosixPath(word).name not in known and not word.startswith("-")]
    return next(iter(words), "")
