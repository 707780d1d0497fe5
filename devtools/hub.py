"""A real JupyterHub with DockerSpawner, in a version of choice: what the hub check's verdicts are held against.

Hub and spawner come from PyPI, each major version into an environment of its own; the proxy comes from npm. It runs on
this machine, and reaches its users' containers by the engine's bridge, which takes Linux and an engine on it.
"""

import contextlib
import hashlib
import json
import secrets
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from devtools import packages, places, process
from devtools.engine import Engine
from devtools.errors import DevtoolsError

MAJORS = ("5", "6")
"""The versions of JupyterHub that hubs run."""
SPAWNER = "dockerspawner==14.*"
FORM = ("jupyterhub-kubespawner==7.1.0", "jupyterhub-fancy-profiles==0.7.0")
"""What makes a start form of a `profile_list`."""
FORM_SPAWNER = Path(__file__).parent / "form_spawner.py"
PROXY = "configurable-http-proxy@5.3.0"
USER_PROGRAM = Path(__file__).parent / "hub_user.py"
START_SECONDS = 60
CONTAINER_PREFIX = "hub-image-action-hub"


@dataclass(frozen=True)
class Hub:
    """A running hub. `token` may do everything; `password` lets any user in."""

    url: str
    version: str
    python: Path
    container_prefix: str
    token: str = field(repr=False)
    password: str = field(repr=False)

    def try_images(self, images: Mapping[str, str], *, seconds: int, at_once: int = 3) -> dict[str, Any]:
        """Start a server from each image, a user's name each, and use it; what came of it by user.

        Each is `{"works": bool, "why": str}`: a user with a token gets 200 from /user/NAME/lab, and runs a cell in
        every kernel.
        """
        task = {"url": self.url, "token": self.token, "images": dict(images), "seconds": seconds, "at_once": at_once}
        said = process.run([self.python, USER_PROGRAM, json.dumps(task)], timeout=60 + seconds * 3 * len(images))
        verdicts: dict[str, Any] = json.loads(said)
        return verdicts

    def start_server(self, user: str, image: str, *, seconds: int) -> None:
        """Start a user's server; raises DevtoolsError when it is not ready in time."""
        headers = {"Authorization": f"token {self.token}"}
        address = f"{self.url}/hub/api/users/{user}"
        requests.post(address, headers=headers, timeout=30).raise_for_status()
        requests.post(f"{address}/server", json={"image": image}, headers=headers, timeout=seconds).raise_for_status()

        def is_ready() -> bool:
            servers = requests.get(address, headers=headers, timeout=30).json()["servers"]
            return bool(servers.get("", {}).get("ready"))

        process.wait_until(is_ready, deadline=seconds, what=f"the server of {user}", every=0.2)


@dataclass(frozen=True)
class StartForm:
    """A hub that asks its users what to start, and pulls it."""

    profiles: Sequence[Mapping[str, Any]]
    """KubeSpawner's `profile_list`."""
    docker_config: Path
    """The folder with the hub's own login to the registry."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the users' servers find in their environment."""


@contextlib.contextmanager
def running_hub(
    engine: Engine,
    major: str,
    folder: Path,
    *,
    memory: str = "1G",
    seconds: int = 20,
    home: str = "/home/jovyan",
    base_path: str = "",
    form: StartForm | None = None,
) -> Iterator[Hub]:
    """A hub in `folder`, which starts any image; a server has `seconds` to start, and `memory`.

    Its users are as on a hub of Zero to JupyterHub: uid 1000, an empty home folder, no way to more privileges.
    """
    environment = ensure_environment(major, *(FORM if form else ()))
    address = bridge_address(engine)
    public, internal, proxy = _free_port("127.0.0.1"), _free_port(address), _free_port("127.0.0.1")
    secret = {name: secrets.token_hex(20) for name in ("token", "password", "proxy")}
    folder.mkdir(parents=True, exist_ok=True)
    prefix = f"{CONTAINER_PREFIX}-{secrets.token_hex(4)}"
    options = {
        "JupyterHub.bind_url": f"http://127.0.0.1:{public}{base_path}",
        "JupyterHub.hub_bind_url": f"http://{address}:{internal}",
        "JupyterHub.cookie_secret_file": str(folder / "cookie_secret"),
        "JupyterHub.db_url": f"sqlite:///{folder}/hub.sqlite",
        "JupyterHub.pid_file": str(folder / "hub.pid"),
        "JupyterHub.authenticator_class": "dummy",
        "JupyterHub.spawner_class": "dockerspawner.DockerSpawner",
        "JupyterHub.services": [{"name": "devtools", "api_token": secret["token"]}],
        "JupyterHub.load_roles": [
            {"name": "devtools", "services": ["devtools"], "scopes": ["admin:users", "admin:servers", "tokens"]}
        ],
        "JupyterHub.tornado_settings": {"slow_spawn_timeout": 0},
        "JupyterHub.concurrent_spawn_limit": 0,
        "ConfigurableHTTPProxy.api_url": f"http://127.0.0.1:{proxy}",
        "ConfigurableHTTPProxy.auth_token": secret["proxy"],
        "ConfigurableHTTPProxy.command": ["node", str(ensure_proxy())],
        "ConfigurableHTTPProxy.pid_file": str(folder / "proxy.pid"),
        "DummyAuthenticator.password": secret["password"],
        "Authenticator.allow_all": True,
        "Spawner.default_url": "/lab",
        "Spawner.cmd": ["jupyterhub-singleuser"],
        "Spawner.poll_interval": 2,
        "Spawner.start_timeout": seconds,
        "Spawner.http_timeout": seconds,
        "Spawner.mem_limit": memory,
        "DockerSpawner.allowed_images": "*",
        "DockerSpawner.name_template": f"{prefix}-{{username}}",
        "DockerSpawner.pull_policy": "never",
        "DockerSpawner.remove": True,
        "DockerSpawner.use_internal_ip": True,
        "DockerSpawner.extra_create_kwargs": {"user": "1000"},
        "DockerSpawner.extra_host_config": {
            "tmpfs": {home: "exec,mode=0755,uid=1000"},
            "security_opt": ["no-new-privileges"],
        },
    }
    command: list[str | Path] = [environment / "bin" / "jupyterhub", "--config", _configure(folder, options, form)]
    log = folder / "hub.log"
    env = {**engine.environment(), "PATH": f"{environment}/bin:{process.environment().get('PATH', '')}"}
    if form:
        env["DOCKER_CONFIG"] = str(form.docker_config)
    pid = process.start_daemon(command, log=log, env=env)
    try:
        url = f"http://127.0.0.1:{public}{base_path}"
        version, python = _wait(url, pid, log), environment / "bin" / "python"
        yield Hub(url, version, python, prefix, secret["token"], secret["password"])
    finally:
        for child in [*process.find_children(pid), pid]:
            process.stop_process(child, grace=10)
        _remove_containers(engine, prefix)


def _configure(folder: Path, options: Mapping[str, Any], form: StartForm | None) -> Path:
    """The hub's configuration: a file of JSON, or of Python around it where a class has to be named."""
    if form:
        own = {
            "JupyterHub.spawner_class": "form_spawner.FormSpawner",
            "FormSpawner.profile_list": list(form.profiles),
            "DockerSpawner.pull_policy": "ifnotpresent",
            "DockerSpawner.environment": dict(form.variables),
        }
        options = {**options, **own}
        shutil.copy(FORM_SPAWNER, folder)
    file = folder / "jupyterhub_config.json"
    file.write_text(json.dumps(_nest(options)))
    if not form:
        return file
    program = folder / "jupyterhub_config.py"
    program.write_text(
        f"import json, sys\nfrom pathlib import Path\nfrom traitlets.config import Config\n"
        f"sys.path.append({str(folder)!r})\nfrom form_spawner import EXTRA_HANDLERS\n"
        f"c.merge(Config(json.loads(Path({str(file)!r}).read_text())))\n"
        "c.JupyterHub.extra_handlers = EXTRA_HANDLERS\n"
    )
    return program


def ensure_environment(major: str, *packages_too: str) -> Path:
    """The folder of a virtual environment with that hub in it."""
    wanted = [f"jupyterhub=={major}.*", SPAWNER, *packages_too]
    digest = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:8]
    folder = places.cache_folder() / "hubs" / f"{major}-{digest}"
    with places.locked(places.cache_folder() / "hubs.lock"):
        if not (folder / "ready").exists():
            process.run([sys.executable, "-m", "venv", "--clear", folder])
            process.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted])
            (folder / "ready").touch()
    return folder


def ensure_proxy() -> Path:
    """The program of the proxy that JupyterHub starts."""
    folder = places.cache_folder() / "hubs" / PROXY.replace("@", "-")
    program = folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    with places.locked(places.cache_folder() / "hubs.lock"):
        packages.install_missing({"node": "nodejs", "npm": "npm"})
        if not program.exists():
            process.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, PROXY])
    return program


def _nest(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for name, value in options.items():
        section, _, option = name.partition(".")
        nested.setdefault(section, {})[option] = value
    return nested


def _wait(url: str, pid: int, log: Path) -> str:
    """The hub's version, once it answers."""
    versions: list[str] = []

    def answers() -> bool:
        if not process.is_running(pid):
            raise DevtoolsError(f"JupyterHub ended:\n{process.tail(log.read_text())}")
        with contextlib.suppress(requests.RequestException, ValueError, KeyError):
            versions.append(requests.get(f"{url}/hub/api/", timeout=5).json()["version"])
        return bool(versions)

    process.wait_until(answers, deadline=START_SECONDS, what=f"JupyterHub, whose log is {log}", every=0.2)
    return versions[0]


def bridge_address(engine: Engine) -> str:
    """Where containers reach this machine."""
    template = "{{(index .IPAM.Config 0).Gateway}}"
    return _docker(engine, "network", "inspect", "bridge", "--format", template).strip()


def _remove_containers(engine: Engine, prefix: str) -> None:
    left = _docker(engine, "ps", "--all", "--quiet", "--filter", f"name=^{prefix}-").split()
    if left:
        _docker(engine, "rm", "--force", "--volumes", *left)


def _docker(engine: Engine, *arguments: str) -> str:
    return process.run(["docker", *arguments], env=engine.environment())


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def containers_of(hub: Hub, engine: Engine) -> Sequence[str]:
    """Names of its users' containers, running or not."""
    filters = ["--filter", f"name=^{hub.container_prefix}-"]
    return _docker(engine, "ps", "--all", "--format", "{{.Names}}", *filters).split()
