"""A real browser, Debian's Chromium, driven by playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from devtools import packages, places

CHROMIUM = Path("/usr/bin/chromium")
EMOJI = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Yield the browser; it is installed first where it is missing, which takes root and Debian."""
    with places.locked(places.cache_folder() / "browser.lock"):
        packages.install_missing({str(CHROMIUM): "chromium", str(EMOJI): "fonts-noto-color-emoji"})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def is_small_enough(picture: Path, max_bytes: int) -> bool:
    """Whether a picture of the documentation is; prints its size."""
    size = picture.stat().st_size
    print(f"{picture.relative_to(places.PROJECT)}: {size // 1000} kB")
    return size <= max_bytes
