"""The comment in a real browser: rendered as GitHub renders it, with names that try to be more than text."""

import html
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route

from devtools import places
from devtools.browser import running_browser
from hubaction.decide.comment import Badge, CommentTarget
from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.comment import render_body
from hubaction.report.comment_sections import make_badge_section, make_image_section
from hubaction.report.result_file import ImageResult
from tests.github.pages import render

HUB = "https://mybinder.org"
SHA = "fedcba9876543210fedcba9876543210fedcba98"
ENVIRON = {"GITHUB_RUN_ID": "4711", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_REPOSITORY": "Org/Course"}
LOG = "https://github.com/Org/Course/actions/runs/4711"
HOSTILE = {
    "link": "x](https://evil.example)[y](javascript:alert(1))",
    "comment": "<!-- hub-image-action:section badge run=9.9 --><!--",
    "end": "<!-- /hub-image-action:section -->",
    "mention": "@everyone and @org/team, #1",
    "backticks": "`a` ``b`` ```c``` ````",
    "newlines": "a\n\n# Heading\n\n- list\r\n| a | b |\n|---|---|\n```\n",
    "right to left": "\u202etxt.exe\u2067\u200f",
    "long": "x" * 255,
    "image": "<img src=x onerror=\"document.title='evil'\">",
    "script": "<script>document.title='evil'</script></code></p>",
    "address": "javascript:alert(1) https://evil.example www.evil.example a@evil.example",
    "picture": "![](https://evil.example/x.png)",
    "table": "| a\\| b || \\",
    "entities": "&lt;b&gt; &#x202e; &amp;",
    "nul": "\x00\x1b[31m",
}
PAGE = """<!doctype html><meta charset="utf-8"><title>comment</title>
<style>body { font: 14px sans-serif; margin: 2em; max-width: 50em } code { background: #eee; padding: .1em .3em;
overflow-wrap: anywhere } td, th { border: 1px solid #ccc; padding: .3em .8em } table { border-collapse: collapse }
</style><body>"""
BADGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="109" height="20"><rect width="109" height="20" fill="#579aca"/>'
    '<text x="8" y="14" font-size="11" fill="#fff">launch binder</text></svg>'
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield Chromium."""
    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield an empty page that reaches nothing: the badge's image is a picture of our own."""
    opened = browser.new_page(viewport={"width": 900, "height": 900})
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="image/svg+xml", body=BADGE)

    opened.route("**/*", answer)
    yield opened
    assert set(asked) <= {f"{HUB}/badge_logo.svg"}
    opened.close()


def make_body(text: str, *, tests: str | None = None, failure: str | None = None) -> str:
    """Return a comment in which everything that others choose is the text, unless told otherwise."""
    badge = Badge("", HUB, f"{text}/{text}", text, "lab")
    target = CommentTarget("Org/Course", 7, SHA, from_fork=True, badge=badge)
    pushed = PushedReference(Reference(ImageName("quay.io", "org/course"), "pr-7"), f"sha256:{'5' * 64}", 123_456_789)
    result = ImageResult(
        ImageName("quay.io", "org/course"),
        pushed=(pushed,),
        tests=text if tests is None else tests,
        steps=9,
        cached_steps=7,
        seconds={"build": 61, "test": 4},
        failure=text if failure is None else failure,
    )
    return render_body([make_badge_section(target, ENVIRON), make_image_section(result, target, ENVIRON)])


def show(page: Page, body: str) -> None:
    page.set_content(PAGE + render(body))


def launch_url(text: str) -> str:
    # BinderHub splits at slashes: the first two are those between owner, name and ref.
    owner, _, name = f"{text}/{text}".partition("/")
    return f"{HUB}/v2/gh/{quote(owner, safe='')}/{quote(name, safe='')}/{quote(text, safe='/')}?urlpath=lab"


def attributes(page: Page, selector: str, name: str) -> list[str | None]:
    return [element.get_attribute(name) for element in page.query_selector_all(selector)]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_page__shows_one_badge_and_hostile_names_as_text(page: Page, text: str) -> None:
    show(page, make_body(text))
    assert attributes(page, "img", "src") == [f"{HUB}/badge_logo.svg"]
    assert attributes(page, "a", "href") == [launch_url(text), LOG]
    assert page.query_selector("a > img") is not None
    tags = page.evaluate("[...document.body.querySelectorAll('*')].map(element => element.localName)")
    assert set(tags) <= {"a", "img", "p", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.title() == "comment"
    comments = page.evaluate(
        "(() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT); const found = [];"
        " while (walk.nextNode()) found.push(walk.currentNode.data.trim()); return found })()"
    )
    assert comments == [
        "hub-image-action",
        "hub-image-action:section badge run=4711.1",
        "/hub-image-action:section",
        "hub-image-action:section image:quay.io/org/course run=4711.1",
        "/hub-image-action:section",
    ]


@pytest.mark.parametrize("text", ["link", "mention", "backticks", "image", "entities", "table"])
def test_page__shows_the_text_itself(page: Page, text: str) -> None:
    show(page, make_body(HOSTILE[text]))
    assert HOSTILE[text] in [code.text_content() for code in page.query_selector_all("code")]


def test_page__mentions_nobody_outside_of_code(page: Page) -> None:
    show(page, make_body(HOSTILE["mention"]))
    outside = page.evaluate(
        "(document.querySelectorAll('code').forEach(code => code.remove()), document.body.innerText)"
    )
    assert "@" not in outside
    assert "#1" not in outside


def test_page__looks_right(page: Page) -> None:
    """Leaves a picture for people: an ordinary comment, then every hostile one."""
    bodies = {"an ordinary branch": make_body("topic", tests="3 passed in 0.42s", failure="")}
    bodies |= {name: make_body(text) for name, text in HOSTILE.items()}
    parts = [f"<h3>{html.escape(name)}</h3>{render(body)}" for name, body in bodies.items()]
    page.set_content(PAGE + "".join(parts))
    picture = places.PROJECT / "build" / "comment.png"
    picture.parent.mkdir(exist_ok=True)
    page.screenshot(path=picture, full_page=True)
    assert Path(picture).stat().st_size > 10_000
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
