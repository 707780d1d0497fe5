"""`python -m devtools up | down | status | demo`: the real stack, and a demonstration on it."""

import argparse
import base64
import json
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from devtools import engine, images, places, process, registry, repository, runner
from devtools.browser import running_browser
from devtools.errors import DevtoolsError
from devtools.hub import running_hub
from devtools.lab import open_lab

DEMO_NAME = "lab/user-image"
DEMO_PORT = 5000
DEMO_USERS = {"demo": "demo"}
DEMO_SECRETS = {"REGISTRY_USERNAME": "demo", "REGISTRY_PASSWORD": "demo"}
WORKFLOW = Path(".github/workflows/build.yaml")
DEMO_HUB = "5"
HUB_SECONDS = 120
PICTURE = places.PROJECT / "build" / "lab.png"


def main() -> int:
    commands = {"up": up, "down": down, "status": status, "demo": demo}
    parser = argparse.ArgumentParser(prog="python -m devtools", description=__doc__)
    parser.add_argument("command", choices=commands)
    parser.add_argument("--store", choices=["overlay2", "containerd"], help="the image store (up only)")
    arguments = parser.parse_args()
    try:
        return up(arguments.store) if arguments.command == "up" else commands[arguments.command]()
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1


def up(store: engine.Store | None = None) -> int:
    """Start engine and registry, and leave them running."""
    say("Engine")
    running = engine.start_engine(store)
    say("Base images")
    images.ensure_images(running)
    say("Registry")
    registry.start_registry(DEMO_PORT, DEMO_USERS, folder=registry_folder(), engine=running)
    return status()


def down() -> int:
    stopped = registry.stop_registry(registry_folder())
    print(f"registry: {'stopped' if stopped else 'was not running'}")
    print(f"engine: {'stopped' if engine.stop_engine() else 'none of ours was running'}")
    return 0


def status() -> int:
    """Print what is up, and how a shell reaches it."""
    running = engine.find_engine() or engine.find_our_engine()
    print(f"# engine: {f'{running.store} store' if running else 'not running'}")
    for name, value in (running.environment() if running else {}).items():
        if name != "PATH":
            print(f"export {name}={shlex.quote(value)}")
    if running and running.programs:
        print(f'export PATH={shlex.quote(":".join(running.program_folders()))}:"$PATH"')
    registry_is_up = registry.answers(DEMO_PORT)
    print(f"# registry: {'127.0.0.1:5000, user demo, password demo' if registry_is_up else 'not running'}")
    return 0


def demo() -> int:
    """Build, test and push an example's image as its workflow says; start what arrived on a hub, and look at it."""
    say("Engine and base images")
    with engine.running_engine() as running, tempfile.TemporaryDirectory(prefix="devtools-") as name:
        images.ensure_debian(running)
        images.ensure_runner(running)
        say("Registry")
        place = registry_folder()
        with registry.running_registry(DEMO_PORT, DEMO_USERS, folder=place, engine=running) as pushed_to:
            pushed = _run_demo(running, pushed_to, Path(name))
            _show_on_hub(running, pushed, Path(name))
    return 0


def _run_demo(running: engine.Engine, pushed_to: registry.Registry, folder: Path) -> str:
    example = places.PROJECT / "examples" / "dockerfile-jupyterlab"
    commit = repository.make_repository(example, folder / "user-image", full_name=DEMO_NAME)
    say(f"Workflow {WORKFLOW} of examples/{example.name}, commit {commit[:12]}")
    run = runner.run_workflow(
        WORKFLOW,
        event_name="push",
        payload=runner.push_payload(DEMO_NAME, commit),
        repository=folder / "user-image",
        action=repository.copy_project(folder / "action"),
        engine=running,
        secrets=DEMO_SECRETS,
        on_line=lambda line: print(line, flush=True),
    )
    if not run.succeeded:
        raise DevtoolsError(f"The workflow failed after {run.seconds:.0f} s; its log is above.")
    tag = commit[:12]
    digest = pushed_to.digest(DEMO_NAME, tag)
    print(f"pushed {pushed_to.host}/{DEMO_NAME}:{tag}@{digest}")
    return f"{pushed_to.host}/{DEMO_NAME}@{digest}"


def _show_on_hub(running: engine.Engine, image: str, folder: Path) -> None:
    """As the hub's user gets it: pulled from the registry, started by a JupyterHub, opened in a browser."""
    say(f"A JupyterHub {DEMO_HUB} that starts {image}")
    env = running.environment()
    _pull(image, folder / "login", env)
    try:
        with running_hub(running, DEMO_HUB, folder / "hub", seconds=HUB_SECONDS) as hub, running_browser() as browser:
            started = time.monotonic()
            hub.start_server("ada", image, seconds=HUB_SECONDS)
            print(f"JupyterHub {hub.version}: the server was ready after {time.monotonic() - started:.1f} s")
            title = open_lab(browser, hub, "ada", PICTURE)
            print(f"The browser shows '{title}': {PICTURE.relative_to(places.PROJECT)}")
    finally:
        process.run(["docker", "image", "rm", image], env=env)


def _pull(image: str, login: Path, env: Mapping[str, str]) -> None:
    """With a login of its own, as a hub has its own."""
    ((user, password),) = DEMO_USERS.items()
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    login.mkdir()
    (login / "config.json").write_text(json.dumps({"auths": {image.partition("/")[0]: {"auth": auth}}}))
    process.run(["docker", "--config", login, "pull", "--quiet", image], env=env)


def registry_folder() -> Path:
    """What the demonstration pushes stays here, so that the next registry shows it again."""
    return places.cache_folder() / "registry"


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
