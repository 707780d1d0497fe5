"""Which image is linked to, and which link it is."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from hubaction.decide.plan import make_plan
from hubaction.decide.try_on_hub import Content, TryOnHub
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.try_on_hub import describe_try_on_hub, link_to_hub, preview_links
from tests.unit.report.test_links_to_hubs import follow_login, read_form
from tests.unit.samples import HEAD_SHA, LOGIN, SHORT_HEAD_SHA, SURROUNDINGS, make_settings, pull_request, push_to

HUB = "https://hub.example.edu/base"
NAME = ImageName("quay.io", "org/course")
DIGEST = f"sha256:{'5' * 64}"
CONTENT = Content("https://github.com/Stranger/Course", "fix/#1", "a b/é#1.ipynb", "pr-7-Course")
TRY_ON_HUB = TryOnHub(HEAD_SHA, HUB, "custom", "image")


def pushed(*tags: str) -> list[PushedReference]:
    return [PushedReference(Reference(NAME, tag), DIGEST, None) for tag in tags]


def form_of(link: str) -> dict[str, str]:
    return read_form(follow_login(HUB, link))


def pull_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query, strict_parsing=True).items()}


def test_link_to_hub__names_the_image_by_the_tag_of_the_commit() -> None:
    links = link_to_hub(TRY_ON_HUB, pushed("topic", f"pr-7-{SHORT_HEAD_SHA}"))
    image = f"quay.io/org/course:pr-7-{SHORT_HEAD_SHA}"
    assert (links.image, links.name, links.tag) == (image, "quay.io/org/course", f"pr-7-{SHORT_HEAD_SHA}")
    assert form_of(links.start)["image:unlisted_choice"] == image
    assert links.form == f"{HUB}/hub/spawn"


def test_link_to_hub__names_it_by_its_digest_where_a_tag_may_move() -> None:
    links = link_to_hub(TRY_ON_HUB, pushed("pr-7"))
    assert form_of(links.start)["image:unlisted_choice"] == links.image == f"quay.io/org/course@{DIGEST}"


@pytest.mark.parametrize("try_on_hub", [TRY_ON_HUB, replace(TRY_ON_HUB, content=CONTENT)])
def test_link_to_hub__without_an_image_starts_nothing(try_on_hub: TryOnHub) -> None:
    links = link_to_hub(try_on_hub, ())
    assert (links.image, links.start, links.form) == ("", "", "")
    assert bool(links.content) == bool(try_on_hub.content)


def test_link_to_hub__content_opens_in_a_folder_of_its_own() -> None:
    links = link_to_hub(replace(TRY_ON_HUB, content=CONTENT), ())
    assert links.content.startswith(f"{HUB}/hub/user-redirect/git-pull?")
    asked = pull_of(links.content)
    opened = asked.pop("urlpath")
    assert asked == {"repo": CONTENT.repository_url, "branch": "fix/#1", "targetPath": "pr-7-Course"}
    assert unquote(opened) == "lab/tree/pr-7-Course/a b/é#1.ipynb"
    assert opened.isascii()
    assert not set(opened) & set(" #?")


def test_link_to_hub__a_dot_opens_the_folder() -> None:
    links = link_to_hub(replace(TRY_ON_HUB, content=replace(CONTENT, path=".")), ())
    assert pull_of(links.content)["urlpath"] == "lab/tree/pr-7-Course"


def test_link_to_hub__image_and_content_are_one_link() -> None:
    links = link_to_hub(replace(TRY_ON_HUB, content=CONTENT), pushed("pr-7"))
    address = follow_login(HUB, links.start)
    assert read_form(address)["image:unlisted_choice"] == links.image
    (after,) = parse_qs(urlsplit(address).query)["next"]
    assert f"https://hub.example.edu{after}" == links.content


def test_link_to_hub__without_a_hub_gives_the_image() -> None:
    links = link_to_hub(TryOnHub(HEAD_SHA), pushed("pr-7"))
    assert (links.image, links.form, links.start, links.content) == (f"quay.io/org/course@{DIGEST}", "", "", "")


def test_describe_try_on_hub__without_a_pull_request() -> None:
    assert describe_try_on_hub(None, pushed("pr-7")) == ""


INPUTS = {"registry": "quay.io", "image-name": "org/course", "hub-url": HUB, "hub-profile": "custom"} | LOGIN
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_preview_links__of_what_will_be_pushed() -> None:
    links = preview_links(make_plan(make_settings(INPUTS | {"push": "true"}), pull_request(), SURROUNDINGS, NOW))
    assert links
    assert form_of(links.start)["image:unlisted_choice"] == f"quay.io/org/course:pr-7-{SHORT_HEAD_SHA}"


@pytest.mark.parametrize("inputs", [{"push": "false"}, {"push": "true", "tags": "pr-{pr}"}])
def test_preview_links__not_of_an_image_that_is_not_known(inputs: dict[str, str]) -> None:
    links = preview_links(make_plan(make_settings(INPUTS | inputs), pull_request(), SURROUNDINGS, NOW))
    assert links
    assert links.start == ""


def test_preview_links__without_a_pull_request() -> None:
    assert preview_links(make_plan(make_settings(INPUTS), push_to(), SURROUNDINGS, NOW)) is None
