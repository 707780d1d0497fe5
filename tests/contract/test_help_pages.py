"""The pages that messages link to exist, with the anchors that they are linked at."""

import re

import pytest

from devtools.places import PROJECT
from hubaction.errors import PROJECT_URL, Help
from tests.support.recipes import anchor_of


@pytest.mark.parametrize("page", Help)
def test_help__leads_somewhere(page: Help) -> None:
    url, _, anchor = page.partition("#")
    text = (PROJECT / url.removeprefix(f"{PROJECT_URL}/blob/main/")).read_text(encoding="utf-8")
    assert not anchor or anchor in map(anchor_of, re.findall(r"(?m)^#+ (.+)$", text))


def test_help__is_the_only_place_with_addresses_of_the_documentation() -> None:
    sources = [path for path in (PROJECT / "hubaction").rglob("*.py") if path.name != "errors.py"]
    found = [path for path in sources if f"{PROJECT_URL}/" in path.read_text(encoding="utf-8")]
    assert found == []
