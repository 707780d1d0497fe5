"""What is said of trying a pull request on a hub, and that hostile names in it stay text."""

from dataclasses import replace

import pytest
from hypothesis import given

from hubaction.decide.try_on_hub import Content, TryOnHub
from hubaction.markdown import code
from hubaction.report.try_on_hub import TITLE, HubLinks, render_try_on_hub
from tests.github.pages import render
from tests.unit.test_markdown import TEXTS, Elements

HUB = "https://hub.example.edu"
IMAGE = "quay.io/org/course:pr-7-fedcba987654"
CONTENT = Content("https://github.com/Org/Course", "topic", "lectures/01.ipynb", "pr-7-Course")
TRY_ON_HUB = TryOnHub("fedcba9876543210", HUB, "custom", "image")
LINKS = HubLinks(IMAGE, "quay.io/org/course", "pr-7-fedcba987654", f"{HUB}/hub/spawn", f"{HUB}/start", f"{HUB}/pull")


def links_in(text: str) -> list[str]:
    return [part.partition(")")[0] for part in text.split("](")[1:]]


def test_render_try_on_hub__by_one_link() -> None:
    text = render_try_on_hub(TRY_ON_HUB, LINKS)
    assert text.startswith(f"**{TITLE}**\n\n[Start this image on `hub.example.edu`]({HUB}/start): ")
    assert f"`{IMAGE}` filled in" in text
    assert "press *Start*" in text
    assert "Stop your server before" in text
    assert links_in(text) == [f"{HUB}/start"]


def test_render_try_on_hub__by_one_link_with_content() -> None:
    text = render_try_on_hub(replace(TRY_ON_HUB, content=CONTENT), LINKS)
    assert "Then `lectures/01.ipynb` opens: the branch `topic` is fetched into the folder `pr-7-Course`" in text
    assert links_in(text) == [f"{HUB}/start"]


def test_render_try_on_hub__by_hand() -> None:
    text = render_try_on_hub(TRY_ON_HUB, replace(LINKS, start=""))
    assert links_in(text) == [f"{HUB}/hub/spawn"]
    assert f"The image is `{IMAGE}`." in text
    assert "name `quay.io/org/course`, tag `pr-7-fedcba987654`" in text
    assert f'`c.DockerSpawner.image = "{IMAGE}"`' in text


def test_render_try_on_hub__by_hand_with_content_takes_two_steps() -> None:
    text = render_try_on_hub(replace(TRY_ON_HUB, content=CONTENT), replace(LINKS, start=""))
    assert links_in(text) == [f"{HUB}/hub/spawn", f"{HUB}/pull"]
    tags = Elements(render(text)).tags
    assert tags.count("ol") == 1
    assert tags.count("ul") == 1


def test_render_try_on_hub__on_no_hub_in_particular() -> None:
    text = render_try_on_hub(TryOnHub("fedcba9876543210"), HubLinks(IMAGE, "quay.io/org/course", "pr-7-fedcba987654"))
    assert text.startswith(f"<details><summary>{TITLE}</summary>\n\nThe image is `{IMAGE}`.")
    assert text.endswith("\n\n</details>")
    assert links_in(text) == []


def test_render_try_on_hub__content_alone_says_whose_image_it_is() -> None:
    text = render_try_on_hub(replace(TRY_ON_HUB, content=CONTENT), HubLinks(content=f"{HUB}/pull"))
    assert f"[Open `lectures/01.ipynb` on `hub.example.edu`]({HUB}/pull)" in text
    assert "in the hub's own image" in text


@pytest.mark.parametrize("links", [LINKS, replace(LINKS, start=""), HubLinks(content=f"{HUB}/pull")])
def test_render_try_on_hub__of_a_fork_warns(links: HubLinks) -> None:
    warning = "It is of a fork: read it before you run it."
    assert warning in render_try_on_hub(replace(TRY_ON_HUB, content=replace(CONTENT, from_fork=True)), links)
    assert warning not in render_try_on_hub(replace(TRY_ON_HUB, content=CONTENT), links)


def test_render_try_on_hub__all_of_the_repository() -> None:
    text = render_try_on_hub(replace(TRY_ON_HUB, content=replace(CONTENT, path=".")), HubLinks(content=f"{HUB}/pull"))
    assert "[Open the repository on" in text


@pytest.mark.parametrize("try_on_hub", [TRY_ON_HUB, TryOnHub("fedcba9876543210")])
def test_render_try_on_hub__nothing_to_try(try_on_hub: TryOnHub) -> None:
    assert render_try_on_hub(try_on_hub, HubLinks()) == ""


@given(TEXTS, TEXTS)
def test_render_try_on_hub__with_hostile_names(branch: str, path: str) -> None:
    content = replace(CONTENT, branch=branch, path=f"x{path}")
    for links in (LINKS, HubLinks(content=f"{HUB}/pull")):
        page = Elements(render(render_try_on_hub(replace(TRY_ON_HUB, content=content), links)))
        assert set(page.tags) == {"p", "strong", "a", "code"} | ({"em"} if links.start else set())
        assert page.tags.count("a") == 1
    assert code(branch) in render_try_on_hub(replace(TRY_ON_HUB, content=content), LINKS)
