"""The diagrams of the documents, drawn in a real browser by the library that GitHub draws them with."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from devtools.browser import running_browser
from devtools.places import PROJECT

MERMAID = PROJECT / "tests" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"
BLOCK = re.compile(r"(?m)^```mermaid\n(.*?)^```$", re.DOTALL)
DOCUMENTS = sorted(
    str(file.relative_to(PROJECT))
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "template/**/*.md")
    for file in PROJECT.glob(pattern)
)
DIAGRAMS = [
    pytest.param(text, id=f"{file}-{number}")
    for file in DOCUMENTS
    for number, text in enumerate(BLOCK.findall((PROJECT / file).read_text(encoding="utf-8")))
]
# Strict is GitHub's level, too: no script, and no link that runs one.
DRAW = """async (text) => {
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    try {
        const { svg } = await mermaid.render("diagram", text);
        document.body.innerHTML = svg;
    } catch (error) {
        return { error: String(error.message) };
    }
    const nodes = [...document.querySelectorAll(".node")];
    return { nodes: nodes.map((node) => node.textContent.trim()), width: nodes[0].getBoundingClientRect().width };
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Yield an empty page with the library, which reaches nothing."""
    with running_browser() as browser:
        opened = open_page(browser, MERMAID)
        yield opened
        opened.close()


def open_page(browser: Browser, script: Path) -> Page:
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content("<!doctype html><meta charset='utf-8'>")
    page.add_script_tag(path=script)
    return page


def draw(page: Page, text: str) -> dict[str, Any]:
    drawn: dict[str, Any] = page.evaluate(DRAW, text)
    return drawn


def test_diagrams__are_found() -> None:
    assert {str(diagram.id) for diagram in DIAGRAMS} >= {"README.md-0", "template/README.md-0"}


@pytest.mark.parametrize("text", DIAGRAMS)
def test_diagram__is_drawn(text: str, page: Page) -> None:
    drawn = draw(page, text)
    assert "error" not in drawn, drawn["error"]
    assert len(drawn["nodes"]) > 3
    assert all(drawn["nodes"])
    assert drawn["width"] > 0


@pytest.mark.parametrize(
    "wrong", ["flowchart LR\n    a([open --> b\n", "flowchart LR\n    a -->|text b\n", "flowcart LR\n    a --> b\n"]
)
def test_diagram__with_a_mistake_would_be_told(wrong: str, page: Page) -> None:
    assert draw(page, wrong)["error"]
