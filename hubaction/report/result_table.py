"""Rows about the checks of an image, which the summary and the comment share."""

from collections.abc import Sequence

from hubaction.markdown import code, format_bytes, list_left_out
from hubaction.report.result_file import ImageResult


def check_rows(result: ImageResult, left_out: Sequence[str]) -> list[tuple[str, str]]:
    """`left_out` are all files with secrets, of which the result has the first few only."""
    rows = [("Image tests", code(result.tests) if result.tests else "none")]
    rows.append(("Hub check", code(result.hub) if result.hub else "none"))
    if left_out:
        rows.append(("Left out for secrets", list_left_out(left_out)))
    sizes = [item.size for item in result.pushed if item.size]
    rows += [("Download size", format_bytes(size)) for size in sizes[:1]]
    return rows


def cache_rows(result: ImageResult) -> list[tuple[str, str]]:
    return [("Cached steps", f"{result.cached_steps} of {result.steps}")] if result.steps else []
