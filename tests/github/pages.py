"""GitHub's renderer for Markdown, with the extensions that GitHub has for comments."""

import cmarkgfm
from cmarkgfm.cmark import Options

EXTENSIONS = ["table", "autolink", "strikethrough", "tagfilter"]


def render(markdown: str) -> str:
    """Return HTML; GitHub lets harmless HTML through, so all of it is let through here."""
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        markdown, options=Options.CMARK_OPT_UNSAFE, extensions=EXTENSIONS
    )
    return html
