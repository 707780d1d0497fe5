"""JupyterLab on a real hub, opened in a real browser, as the user of an image sees it.

`python -m devtools.lab` makes the documentation's picture of it, with the image of examples/dockerfile-jupyterlab.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from devtools import images, places, process
from devtools.browser import is_small_enough, running_browser
from devtools.engine import Engine, running_engine
from devtools.errors import DevtoolsError
from devtools.hub import Hub, running_hub

EXAMPLE = places.PROJECT / "examples" / "dockerfile-jupyterlab"
IMAGE = f"{places.NAME}/lab-picture:1"
PICTURE = places.PROJECT / "docs" / "lab.png"
MAX_BYTES = 100_000
MAJOR = "5"
SIZE = {"width": 960, "height": 600}
SECONDS = 90


def open_lab(browser: Browser, hub: Hub, user: str, picture: Path) -> str:
    """Log in to the hub, wait for JupyterLab's launcher, and take a picture of it; the page's title."""
    page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
    page.set_default_timeout(SECONDS * 1000)
    try:
        return _open(page, hub, user, picture)
    finally:
        page.close()


def _open(page: Page, hub: Hub, user: str, picture: Path) -> str:
    page.goto(f"{hub.url}/hub/login?next=%2Fhub%2Fuser-redirect%2Flab")
    page.fill("#username_input", user)
    page.fill("#password_input", hub.password)
    page.click("#login_submit")
    page.wait_for_url(f"{hub.url}/user/{user}/lab**")
    page.wait_for_selector(".jp-LauncherCard")
    page.wait_for_selector(".jp-DirListing-item")
    # A message about news would hide a corner of it.
    page.add_style_tag(content=".Toastify { display: none }")
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture)
    return page.title()


@contextmanager
def example_image(engine: Engine) -> Iterator[str]:
    """The example's image, as its Dockerfile makes it, for the length of the block."""
    images.ensure_debian(engine)
    env = engine.environment()
    process.run(["docker", "build", "--quiet", "--tag", IMAGE, EXAMPLE], env=env)
    try:
        yield IMAGE
    finally:
        process.run(["docker", "image", "rm", "--force", IMAGE], env=env)


def main() -> int:
    try:
        with (
            running_engine() as engine,
            example_image(engine) as image,
            tempfile.TemporaryDirectory(prefix="devtools-") as folder,
            running_hub(engine, MAJOR, Path(folder), seconds=SECONDS) as hub,
            running_browser() as browser,
        ):
            hub.start_server("ada", image, seconds=SECONDS)
            open_lab(browser, hub, "ada", PICTURE)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if is_small_enough(PICTURE, MAX_BYTES) else 1


if __name__ == "__main__":
    sys.exit(main())
