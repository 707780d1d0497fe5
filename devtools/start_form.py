"""A hub's start form in a real browser, as a reviewer gets it who follows a link of the comment.

`python -m devtools.start_form` makes the documentation's picture of it.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from devtools import places
from devtools.browser import is_small_enough, running_browser
from devtools.engine import running_engine
from devtools.errors import DevtoolsError
from devtools.hub import Hub, StartForm, running_hub
from hubaction.report.links import start_url

PICTURE = places.PROJECT / "docs" / "start-form.png"
MAX_BYTES = 150_000
MAJOR = "5"
SIZE = {"width": 1400, "height": 900}
SECONDS = 90
PROFILE = "custom"
OPTION = "image"


def any_image(slug: str, option: str, pattern: str = "^.+:.+$") -> dict[str, Any]:
    """A profile of KubeSpawner's `profile_list` whose option takes any image of that pattern."""
    unlisted = {
        "enabled": True,
        "display_name": "Image",
        "display_name_in_choices": "Other...",
        "validation_regex": pattern,
        "validation_message": f"Must be of the form {pattern}",
        "kubespawner_override": {"image": "{value}"},
    }
    usual = {"display_name": "The course's image", "kubespawner_override": {"image": "quay.io/my-org/my-image:2026"}}
    return {
        "display_name": "Bring your own image",
        "description": "For those who make images",
        "slug": slug,
        "profile_options": {
            option: {"display_name": "Environment", "choices": {"usual": usual}, "unlisted_choice": unlisted}
        },
    }


PROFILES: Sequence[Mapping[str, Any]] = (
    {"display_name": "Course", "description": "What everybody gets", "default": True},
    any_image(PROFILE, OPTION),
)


def log_in(page: Page, hub: Hub, user: str, link: str) -> None:
    """Follow a link as somebody who is not logged in yet."""
    page.set_default_timeout(SECONDS * 1000)
    page.goto(link)
    page.fill("#username_input", user)
    page.fill("#password_input", hub.password)
    page.click("#login_submit")


def image_in_form(page: Page, profile: str = PROFILE, option: str = OPTION) -> str:
    """What the form that is shown has filled in, in the profile that is chosen."""
    page.wait_for_selector("#submit-slot button")
    page.wait_for_selector(f'[id="profile-{profile}"].selected-profile')
    return page.input_value(f'input[name="profile-option-{profile}--{option}--unlisted-choice"]')


def press_start(page: Page) -> None:
    # By the keyboard: the form may scroll to the chosen profile just when a mouse would be aimed.
    page.press("#submit-slot button", "Enter")


def main() -> int:
    image = "quay.io/my-org/my-image:pr-12-4f1c9c1e7d2a"
    try:
        with (
            running_engine() as engine,
            tempfile.TemporaryDirectory(prefix="devtools-") as folder,
            running_hub(engine, MAJOR, Path(folder), form=StartForm(PROFILES, Path(folder))) as hub,
            running_browser() as browser,
        ):
            page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
            log_in(page, hub, "ada", start_url(hub.url, PROFILE, OPTION, image))
            if image_in_form(page) != image:
                raise DevtoolsError("The form is not filled in as the link says.")
            page.locator("#spawn_form").screenshot(path=PICTURE)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if is_small_enough(PICTURE, MAX_BYTES) else 1


if __name__ == "__main__":
    sys.exit(main())
