"""Results from a container: what our scripts write is read, and whatever else is there is refused."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.places import PROJECT
from hubaction.results import CaseOutcome, CaseResult
from hubaction.verify.junit import MAX_BYTES, MAX_CASES, MAX_TEXT, JUnitError, read_junit

BOMB = "".join(
    [
        '<?xml version="1.0"?><!DOCTYPE testsuite [<!ENTITY a "aaaaaaaaaa">',
        *(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefg", "bcdefgh", strict=True)),
        ']><testsuite><testcase name="&h;" time="0"/></testsuite>',
    ]
)


def wrap(*cases: str) -> bytes:
    return f"<testsuite>{''.join(cases)}</testsuite>".encode()


def read_one(case: str) -> CaseResult:
    (found,) = read_junit(wrap(case))
    return found


@pytest.fixture
def writer(tmp_path: Path) -> ModuleType:
    """The module that writes in the container, writing here."""
    path = PROJECT / "hubaction" / "verify" / "in_container" / "hub_image_results.py"
    spec = importlib.util.spec_from_file_location("hub_image_results", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.RESULTS, module.RUNNING = str(tmp_path / "junit.xml"), str(tmp_path / "running")  # type: ignore[attr-defined]
    return module


def test_read_junit__reads_what_the_scripts_write(writer: ModuleType, tmp_path: Path) -> None:
    writer.start()
    assert read_junit((tmp_path / "junit.xml").read_bytes()) == ()
    writer.add_case("a", "passed", 0.25, "test_a.py", 3)
    writer.add_case("b", "failed", -1, message="\x1b[31m<&\"'\x00\ud800\x1b[0m")
    writer.add_case("c", "skipped", 1, message="no sea")
    assert read_junit((tmp_path / "junit.xml").read_bytes()) == (
        CaseResult("a", CaseOutcome.PASSED, 0.25, "test_a.py", 3),
        CaseResult("b", CaseOutcome.FAILED, 0, message="<&\"'??"),
        CaseResult("c", CaseOutcome.SKIPPED, 1, message="no sea"),
    )


def test_read_junit__reads_what_others_write() -> None:
    """pytest's own, too: a suite of suites, with texts and output between."""
    text = (
        '<?xml version="1.0"?><testsuites><testsuite tests="1"><properties><property name="x" value="y"/></properties>'
        '<testcase classname="k" name="a" time="0.5"><error message="e">text &lt;</error><system-out>o</system-out>'
        '<skipped message="s"/></testcase></testsuite></testsuites>'
    )
    assert read_junit(text.encode()) == (CaseResult("a", CaseOutcome.FAILED, 0.5, message="e"),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"passed",
        b"<testsuite>",
        b"<testsuite></testsuite><testsuite/>",
        b"<html/>",
        b'<testcase name="a"/>',
        b"<testsuite>" * 100,
        BOMB.encode(),
        b'<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuite/>',
        b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>',
        b'<testsuite><testcase name="&unknown;"/></testsuite>',
        b"\xff\xfe<testsuite/>",
        b'<?xml version="1.0" encoding="utf-7"?><testsuite/>\x80',
        wrap('<testcase name="a" time="soon"/>'),
        wrap('<testcase name="a" time="nan"/>'),
        wrap('<testcase name="a" time="inf"/>'),
        wrap('<testcase name="a" time="-1"/>'),
        wrap('<testcase name="a" time="1e99"/>'),
        b" " * (MAX_BYTES + 1),
    ],
    ids=range(19),
)
def test_read_junit__refuses(content: bytes) -> None:
    with pytest.raises(JUnitError):
        read_junit(content)


def test_read_junit__refuses_too_many() -> None:
    with pytest.raises(JUnitError, match="too many"):
        read_junit(wrap('<testcase name="a"/>' * (MAX_CASES + 1)))


@pytest.mark.parametrize("line", ["0", "-3", "1e3", "x", "", "99999999", "\u0663"])
def test_read_junit__line_that_is_none(line: str) -> None:
    assert read_one(f'<testcase name="a" line="{line}"/>').line is None


def test_read_junit__long_texts_are_cut() -> None:
    long = "x" * 10_000
    case = read_one(f'<testcase name="{long}" file="{long}"><failure message="{long}"/></testcase>')
    assert {len(case.name), len(case.file), len(case.message)} == {MAX_TEXT}


@given(st.binary() | st.text().map(str.encode) | st.text(alphabet='<>/="testsuicamen &;![]x ').map(str.encode))
def test_read_junit__of_anything(content: bytes) -> None:
    try:
        read_junit(content)
    except JUnitError:
        pass
