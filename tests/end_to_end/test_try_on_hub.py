"""The comment's link to a hub, followed: a real JupyterHub, its start form, and the image that a workflow pushed.

The form is KubeSpawner's with jupyterhub-fancy-profiles, which read the link and what is sent, each by its own code;
DockerSpawner starts the container (devtools/form_spawner.py). nbgitpuller in the image fetches the branch, from a git
server of the test's own in GitHub's place.
"""

import base64
import json
import re
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, Route

from devtools import hub as hubs
from devtools import places, process
from devtools.browser import running_browser
from devtools.engine import Engine
from devtools.hub import Hub, StartForm, containers_of, running_hub
from devtools.registry import Registry
from devtools.repository import commit_all, git, make_repository
from devtools.start_form import OPTION, PROFILE, PROFILES, any_image, image_in_form, log_in, press_start
from hubaction.report.links import content_path, pull_urlpath, start_url
from tests.github.runs import HEAD_SHA, NUMBER, pull_request_payload
from tests.github.server import JOB_TOKEN, REPOSITORY, running_server
from tests.support.handler import REPOSITORIES
from tests.support.users import USER
from tests.support.workflows import Workflows

EXAMPLE = places.PROJECT / "examples" / "dockerfile-jupyterlab"
BRANCH = "topic/#1-é&100%"
OPENED = "lectures/été #1.ipynb"
FOLDER = f"pr-{NUMBER}-Course"
SECONDS = 120
"""On a machine that has other things to do, too."""
ODD_PROFILE = "a&b=c#d%25+é"
ODD_OPTION = "my.image-2_x"
STRICT_PROFILE = "strict"
STRICT_OPTION = "image"
ALL_PROFILES = [
    *PROFILES,
    any_image(ODD_PROFILE, ODD_OPTION),
    any_image(STRICT_PROFILE, STRICT_OPTION, pattern=r"^quay\.io/my-org/.+:.+$"),
]


@pytest.fixture(scope="module")
def origin(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the pull request's repository by git's own protocol; yield the address of the server."""
    folder = tmp_path_factory.mktemp("origin")
    content = folder / "content"
    shutil.copytree(EXAMPLE, content)
    make_repository(content, folder / REPOSITORY)
    work = folder / REPOSITORY
    git(work, "checkout", "--quiet", "-b", BRANCH)
    (work / OPENED).parent.mkdir()
    shutil.copy(EXAMPLE / "tides.ipynb", work / OPENED)
    commit_all(work, "Add a lecture")
    git(work, "checkout", "--quiet", "main")
    address = hubs.bridge_address(engine)
    with socket.socket() as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    options = ("--reuseaddr", "--export-all", f"--listen={address}", f"--port={port}", f"--base-path={folder}")
    pid = process.start_daemon(["git", "daemon", *options], log=folder / "log")
    try:
        yield f"git://{address}:{port}/"
    finally:
        for child in [*process.find_children(pid), pid]:
            process.stop_process(child, grace=10)


@pytest.fixture(scope="module")
def hub(
    engine: Engine, registry: Registry, password: str, origin: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    """Yield a hub with a start form, which may pull from the registry, and whose users find our GitHub."""
    login = tmp_path_factory.mktemp("login")
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (login / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": auth}}}))
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{origin}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    form = StartForm(ALL_PROFILES, login, variables)
    with running_hub(engine, "5", tmp_path_factory.mktemp("hub"), seconds=SECONDS, form=form) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield Chromium."""
    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page of somebody who is not logged in anywhere."""
    context = browser.new_context()
    context.set_default_timeout(SECONDS * 1000)
    yield context.new_page()
    context.close()


# --- what the hub's own code reads from a link; nothing is started ---


@pytest.mark.parametrize(("profile", "option"), [(PROFILE, OPTION), (ODD_PROFILE, ODD_OPTION)])
@pytest.mark.parametrize("image", ["quay.io/org/image:pr-7-abc", f"127.0.0.1:5000/lab/a__b@sha256:{'5' * 64}"])
def test_form__has_the_image_of_the_link(hub: Hub, page: Page, profile: str, option: str, image: str) -> None:
    then = content_path(hub.url, pull_urlpath("https://github.com/Org/Course", BRANCH, "lab/tree/x", folder="x"))
    log_in(page, hub, "ada", start_url(hub.url, profile, option, image, then=then))
    assert image_in_form(page, profile, option) == image

    assert image_of(hub, sent_form(page)) == image


def test_form__is_the_same_for_somebody_who_is_logged_in(hub: Hub, page: Page) -> None:
    log_in(page, hub, "ada", f"{hub.url}/hub/login?next=/hub/home")
    page.wait_for_url(f"{hub.url}/hub/home")
    page.goto(start_url(hub.url, PROFILE, OPTION, "quay.io/org/image:pr-7-abc"))
    assert image_in_form(page) == "quay.io/org/image:pr-7-abc"


def test_form__of_a_hub_below_a_path(engine: Engine, page: Page, tmp_path: Path) -> None:
    """The form asks for its program at the root of the host; where it is there, the link does what it should."""
    with running_hub(engine, "5", tmp_path, base_path="/base", form=StartForm(PROFILES, tmp_path)) as hub:
        root = hub.url.removesuffix("/base")
        page.route(
            f"{root}/hub/fancy-profiles/**",
            lambda route: route.fulfill(response=route.fetch(url=route.request.url.replace(root, hub.url))),
        )
        log_in(page, hub, "ada", start_url(hub.url, PROFILE, OPTION, "quay.io/org/image:pr-7-abc"))
        assert image_in_form(page) == "quay.io/org/image:pr-7-abc"
        assert page.url.startswith(f"{root}/base/hub/spawn#")


def test_form__stays_empty_when_the_profile_is_misspelt(hub: Hub, page: Page) -> None:
    """As the documentation says of a wrong `hub-profile`."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    log_in(page, hub, "ada", start_url(hub.url, "costum", OPTION, "quay.io/org/image:pr-7-abc"))
    page.wait_for_function("document.querySelector('#form')?.innerText.trim() === ''")
    assert errors


def test_form__has_the_usual_image_when_the_option_is_misspelt(hub: Hub, page: Page) -> None:
    """As the documentation says of a wrong `hub-image-option`."""
    log_in(page, hub, "ada", start_url(hub.url, PROFILE, "imgae", "quay.io/org/image:pr-7-abc"))
    page.wait_for_selector(f"#profile-{PROFILE}.selected-profile")
    assert "The course's image" in page.inner_text(f"#profile-{PROFILE}")
    assert image_of(hub, sent_form(page)) == "quay.io/my-org/my-image:2026"


def test_form__refuses_an_image_that_the_hub_does_not_take(hub: Hub, page: Page) -> None:
    log_in(page, hub, "ada", start_url(hub.url, STRICT_PROFILE, STRICT_OPTION, "quay.io/other/image:pr-7-abc"))
    assert image_in_form(page, STRICT_PROFILE, STRICT_OPTION) == "quay.io/other/image:pr-7-abc"
    press_start(page)
    page.wait_for_selector("text=Must be of the form")
    assert page.url.startswith(f"{hub.url}/hub/spawn")
    options = {
        f"profile-option-strict--{name}": "quay.io/other/image:a" for name in ("image", "image--unlisted-choice")
    }
    with pytest.raises(process.CommandError, match="failed validation regex"):
        image_of(hub, {"profile": "strict", **options})


@pytest.mark.parametrize("end", [":pr-7-abc", f"@sha256:{'5' * 64}"])
def test_documented_profile__takes_the_image_and_no_other(hub: Hub, end: str) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (places.PROJECT / "docs" / "try-on-hub.md").read_text(), re.DOTALL)
    profiles = yaml.safe_load(blocks[1])["singleuser"]["profileList"]

    def start(image: str) -> str:
        options = {"image": "unlisted_choice", "image--unlisted-choice": image}
        form = {f"profile-option-custom--{name}": value for name, value in options.items()}
        return image_of(hub, {"profile": "custom", **form}, profiles)

    assert start(f"quay.io/my-org/my-image{end}") == f"quay.io/my-org/my-image{end}"
    with pytest.raises(process.CommandError, match="failed validation regex"):
        start(f"quay.io/others/image{end}")


def sent_form(page: Page) -> dict[str, str]:
    """What the form sends when it is sent; the hub does not get it."""
    sent: list[str] = []

    def keep(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.post_data_buffer.decode() if route.request.post_data_buffer else "")
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route("**/hub/spawn**", keep)
    with page.expect_request(lambda request: request.method == "POST"):
        press_start(page)
    return dict(re.findall(r'name="([^"]+)"\r\n\r\n(.*?)\r\n--', sent[0], re.DOTALL))


def image_of(hub: Hub, form: dict[str, str], profiles: Sequence[Mapping[str, Any]] = ALL_PROFILES) -> str:
    """The image that KubeSpawner makes of a form."""
    task = (json.dumps(profiles), json.dumps({name: [value] for name, value in form.items()}))
    return process.run([hub.python, hubs.FORM_SPAWNER, *task]).strip()


# --- from the workflow to the server ---


@dataclass(frozen=True)
class Commented:
    """What a workflow on a pull request left behind."""

    body: str
    image: str
    digest: str
    log: str
    """The summary is in it, and the comment is not."""

    @property
    def link(self) -> str:
        found = re.search(r"\[Start this image on [^]]*\]\(([^)]+)\)", self.body)
        assert found, self.body
        return found[1]


@pytest.fixture(scope="module")
def commented(
    engine: Engine,
    registry: Registry,
    password: str,
    hub: Hub,
    action_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Commented:
    """Run the workflow of a pull request; the engine forgets the image that it pushed."""
    content = tmp_path_factory.mktemp("content") / "content"
    shutil.copytree(EXAMPLE, content)
    shutil.copytree(REPOSITORIES / "try-on-hub", content, dirs_exist_ok=True)
    with running_server() as server:
        env = {
            "REGISTRY": registry.host,
            "REGISTRY_USERNAME": USER,
            "IMAGE_NAME": "lab/try-on-hub",
            "HUB_URL": hub.url,
            "HUB_CONTENT_PATH": OPENED,
            "GITHUB_API_URL": server.url,
        }
        workflows = Workflows(
            tmp_path_factory.mktemp("workflows") / "course",
            engine=engine,
            action=action_folder,
            env=env,
            full_name=REPOSITORY,
            secrets={"REGISTRY_PASSWORD": password, "GITHUB_TOKEN": JOB_TOKEN},
        )
        run = workflows.use(content).run("image.yaml", "pull_request", pull_request_payload(branch=BRANCH))
        assert run.succeeded, run.log
        (body,) = server.bodies()
    remove_image(engine, run.outputs["image"])
    return Commented(body, run.outputs["image"], run.outputs["digest"], run.log)


def remove_image(engine: Engine, image: str) -> None:
    if docker(engine, "image", "ls", "--quiet", image):
        docker(engine, "image", "rm", "--force", image)


def docker(engine: Engine, *arguments: str) -> str:
    return process.run(["docker", *arguments], env=engine.environment()).strip()


def test_link__starts_the_image_that_was_pushed_and_opens_the_branch(
    commented: Commented, hub: Hub, page: Page, engine: Engine, registry: Registry
) -> None:
    assert commented.link in commented.log
    assert commented.image == f"{registry.host}/lab/try-on-hub:pr-{NUMBER}-{HEAD_SHA[:12]}"
    log_in(page, hub, "grace", commented.link)
    assert image_in_form(page) == commented.image
    assert containers_of(hub, engine) == []

    try:
        press_start(page)
        page.wait_for_url(f"{hub.url}/user/grace/lab/tree/{FOLDER}/**")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", state="attached")

        (container,) = containers_of(hub, engine)
        assert docker(engine, "inspect", "--format", "{{.Config.Image}}", container) == commented.image
        started = docker(engine, "inspect", "--format", "{{.Image}}", container)
        digests = json.loads(docker(engine, "image", "inspect", "--format", "{{json .RepoDigests}}", started))
        assert f"{registry.host}/lab/try-on-hub@{commented.digest}" in digests
        inside = docker(engine, "exec", container, "git", "-C", FOLDER, "rev-parse", "--abbrev-ref", "HEAD")
        assert inside == BRANCH
        docker(engine, "exec", container, "test", "-f", f"{FOLDER}/{OPENED}")

        # As the comment says: a server that runs already is what any other link leads to.
        page.goto(start_url(hub.url, PROFILE, OPTION, "quay.io/org/image:pr-8-abc"))
        page.wait_for_url(f"{hub.url}/user/grace/lab**")
        assert containers_of(hub, engine) == [container]
    finally:
        for name in containers_of(hub, engine):
            docker(engine, "rm", "--force", name)
        remove_image(engine, commented.image)
