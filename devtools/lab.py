"""JupyterLab on a real hub, opened in a real browser, as the user of an image sees it."""

from pathlib import Path

from playwright.sync_api import Browser, Page

from devtools.hub import Hub

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
