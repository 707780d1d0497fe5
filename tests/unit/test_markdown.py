"""Text of others in Markdown, judged by GitHub's own renderer with GitHub's extensions."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.markdown import code, format_bytes, table
from tests.github.pages import render

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\u034f\u115f\u3164\uffa0\ufe01\U000e0101]"
)
PIECES = st.sampled_from(
    ["`", "``", "```", "|", "\\", "\\|", "\n", "\r\n", "\n\n", " ", "<!--", "-->", "](", "[x](y)", "![",
     "<img onerror=x>", "<script>", "</code>", "@everyone", "@org/team", "#1", "https://evil.example",
     "www.evil.example", "javascript:x",
     "a@b.example", "*", "_", "~~", "&lt;", "&#64;", "$x$", ":+1:", "\u202e", "\u2067", "\u034f", "\u3164",
     "\ufe01", "\U000e0101", "\x00", "\x1b[1m",
     "é", "漢", "😀", "\ud800", "- ", "# ", "> ", "1. ", "    ", "\t", "| a | b |\n|---|---|\n"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=12).map("".join))


class Elements(HTMLParser):
    """The elements of a page, the texts in its code elements, and the text outside of these."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.codes: list[str] = []
        self.outside = ""
        self._in_code = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "code":
            assert not attrs
            self._in_code = True
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.codes[-1] += data
        else:
            self.outside += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment came out of it: {data!r}")


def shown(text: str) -> str:
    """What is to be read: blanks as one, our marks' signs taken apart, a sign for what nobody sees."""
    flat = re.sub(r"[\t\n\r ]+", " ", text).strip()
    return flat.replace("<!--", "<! --").replace("-->", "-- >") or "?"


def same(seen: str, text: str) -> bool:
    """Whether they are equal where the text is visible, and a replacement character stands where it is not."""
    expected = shown(text)
    return len(seen) == len(expected) and all(
        is_seen in (wanted, "\N{REPLACEMENT CHARACTER}")
        and (is_seen == "\N{REPLACEMENT CHARACTER}" or not UNSEEN.match(wanted))
        for is_seen, wanted in zip(seen, expected, strict=True)
    )


@given(TEXTS)
def test_code__is_one_code_element_with_the_text(text: str) -> None:
    page = Elements(render(f"before {code(text)} after"))
    assert page.tags == ["p", "code"]
    assert same(page.codes[0], text), (page.codes, text)
    assert page.outside.strip() == "before  after"


@given(TEXTS, TEXTS)
def test_code__in_a_sentence_and_a_list(first: str, second: str) -> None:
    page = Elements(render(f"- {code(first)}\n- {code(second)}"))
    assert page.tags == ["ul", "li", "code", "li", "code"]
    assert same(page.codes[0], first)
    assert same(page.codes[1], second)
    assert page.outside.strip() == ""


@given(TEXTS, TEXTS)
def test_table__of_codes(first: str, second: str) -> None:
    page = Elements(render(table([("One", code(first)), ("Two", code(second))])))
    assert [tag for tag in page.tags if tag in {"tr", "code", "a", "img"}] == ["tr", "tr", "code", "tr", "code"]
    assert same(page.codes[0], first), (page.codes[0], first)
    assert same(page.codes[1], second)
    assert page.outside.split() == ["One", "Two"]


@given(TEXTS)
def test_code__holds_no_mark_of_ours(text: str) -> None:
    assert "<!--" not in code(text)
    assert "-->" not in code(text)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("main", "`main`"),
        ("", "` ? `"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("a\nb\r\n\tc", "`a b c`"),
        ("<!-- x -->", "`<! -- x -- >`"),
        ("x\u202ey", "`x\ufffdy`"),
        ("\ud83d", "`\ufffd`"),
    ],
)
def test_code__examples(text: str, markdown: str) -> None:
    assert code(text) == markdown


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0.0 MB"), (123_456_789, "123.5 MB"), (999_999_999, "1000.0 MB"), (2_500_000_000, "2.50 GB")]
)
def test_format_bytes(size: int, text: str) -> None:
    assert format_bytes(size) == text
