"""Many texts are found at once, wherever the pieces of what is read are cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.guard.multi_search import MultiSearch

TEXTS = st.binary(min_size=1, max_size=4).map(lambda text: bytes(byte % 3 + 97 for byte in text))


@given(st.sets(TEXTS, min_size=1, max_size=5), st.lists(TEXTS | st.just(b""), max_size=20))
def test_find__each_place_once_whatever_the_pieces(texts: set[bytes], pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    expected = sorted((match.start(), text) for text in texts for match in re.finditer(b"(?=%b)" % text, whole))
    assert sorted(MultiSearch({text: text for text in texts}).find(pieces)) == expected


def test_find__one_text_within_another() -> None:
    search = MultiSearch({b"hf_": "short", b"abchf_xyz": "long"})
    assert sorted(meaning for _, meaning in search.find([b"--abchf_", b"xyz--"])) == ["long", "short"]


@pytest.mark.parametrize("pieces", [[], [b""], [b"text"]])
def test_find__nothing_to_look_for(pieces: list[bytes]) -> None:
    assert list(MultiSearch[str]({}).find(pieces)) == []
