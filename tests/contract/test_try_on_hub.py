"""What docs/try-on-hub.md tells people to copy is valid, and leads where it says."""

import re
from datetime import UTC, datetime
from typing import Any

import yaml

from devtools.places import PROJECT
from hubaction.decide.plan import make_plan
from hubaction.report.try_on_hub import preview_links
from tests.unit.report.test_links_to_hubs import follow_login, read_form
from tests.unit.samples import SHORT_HEAD_SHA, SURROUNDINGS, make_settings, pull_request

PAGE = (PROJECT / "docs" / "try-on-hub.md").read_text(encoding="utf-8")
STEP, HUB = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
INPUTS: dict[str, Any] = STEP[0]["with"]
PROFILE: dict[str, Any] = HUB["singleuser"]["profileList"][0]


def test_step__leads_to_the_profile_that_the_hub_has() -> None:
    inputs = {name: str(value).lower() if value is True else value for name, value in INPUTS.items()}
    links = preview_links(make_plan(make_settings(inputs), pull_request(), SURROUNDINGS, datetime.now(UTC)))
    assert links
    form = read_form(follow_login(INPUTS["hub-url"], links.start))
    assert form["profile"] == PROFILE["slug"]
    (option,) = PROFILE["profile_options"]
    assert form[option] == "unlisted_choice"
    image = form[f"{option}:unlisted_choice"]
    assert image == f"quay.io/my-org/my-image:pr-7-{SHORT_HEAD_SHA}"
    unlisted = PROFILE["profile_options"][option]["unlisted_choice"]
    assert unlisted["enabled"]
    assert re.fullmatch(unlisted["validation_regex"], image)
    assert not re.fullmatch(unlisted["validation_regex"], "quay.io/others/image:1")


def test_readme__leads_to_the_page() -> None:
    assert "](docs/try-on-hub.md)" in (PROJECT / "README.md").read_text(encoding="utf-8")
    assert (PROJECT / "docs" / re.findall(r"!\[[^]]*\]\(([^)]+)\)", PAGE)[0]).stat().st_size < 150_000
