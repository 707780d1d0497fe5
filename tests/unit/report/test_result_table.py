"""Rows that the summary and the comment share."""

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.result_file import ImageResult
from hubaction.report.result_table import cache_rows, check_rows

NAME = ImageName("quay.io", "org/image")


def pushed(size: int | None) -> PushedReference:
    return PushedReference(Reference(NAME, "v1"), f"sha256:{'a' * 64}", size)


def test_check_rows__nothing_known() -> None:
    assert check_rows(ImageResult(NAME), ()) == [("Image tests", "none"), ("Hub check", "none")]


def test_check_rows__texts_of_the_image_are_code() -> None:
    rows = dict(check_rows(ImageResult(NAME, tests="1 <b>", hub="ready | now"), ("a.json",)))
    assert rows == {"Image tests": "`1 <b>`", "Hub check": "`ready | now`", "Left out for secrets": "`a.json`"}


def test_check_rows__download_size_is_the_first_that_is_known() -> None:
    result = ImageResult(NAME, pushed=(pushed(None), pushed(2_000_000), pushed(3_000_000)))
    assert check_rows(result, ())[-1] == ("Download size", "2.0 MB")


def test_cache_rows() -> None:
    assert cache_rows(ImageResult(NAME)) == []
    assert cache_rows(ImageResult(NAME, steps=9, cached_steps=7)) == [("Cached steps", "7 of 9")]
