"""The result file: what is written is read again, and whatever else it holds is refused in a sentence."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubaction.image import ImageName, PushedReference, Reference
from hubaction.report.result_file import (
    MAX_FAILING,
    MAX_LEFT_OUT,
    MAX_TEXT,
    STEPS,
    ImageResult,
    ResultFileError,
    read_result,
    write_result,
)

NAME = ImageName("quay.io", "org/course")
DIGEST = f"sha256:{'5' * 64}"
PUSHED = PushedReference(Reference(NAME, "pr-7"), DIGEST, 123)
RESULT = ImageResult(NAME, "linux/arm64/v8", (PUSHED,), "3 passed", 9, 7, {"build": 61.5}, "")

NAMES = st.builds(
    ImageName,
    st.sampled_from(["docker.io", "quay.io", "localhost:5000", "[2001:db8::1]:443", "127.0.0.1"]),
    st.sampled_from(["org/course", "a/b/c", "o-rg/co__urse", "x0/y.z"]),
)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True)
DIGESTS = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
COUNTS = st.integers(0, 10**15 - 1)
REFERENCES = st.builds(PushedReference, st.builds(Reference, NAMES, TAGS), DIGESTS, st.none() | COUNTS)
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=MAX_TEXT)
SECONDS = st.integers(0, 10**8 - 1).map(lambda tenths: tenths / 10)
RESULTS = st.builds(
    ImageResult,
    name=NAMES,
    platform=st.sampled_from(["", "linux/amd64", "linux/arm64/v8"]),
    pushed=st.lists(REFERENCES, max_size=4).map(tuple),
    tests=TEXTS,
    steps=COUNTS,
    cached_steps=COUNTS,
    seconds=st.dictionaries(st.sampled_from(STEPS), SECONDS).map(
        lambda seconds: {name: seconds[name] for name in STEPS if name in seconds}
    ),
    failure=TEXTS,
    same_as=st.none() | st.builds(Reference, NAMES, TAGS),
    failing=st.lists(TEXTS, max_size=MAX_FAILING).map(tuple),
    left_out=st.lists(TEXTS, max_size=MAX_LEFT_OUT).map(tuple),
    binder_branch=st.from_regex(r"([A-Za-z0-9._-][A-Za-z0-9._/-]{0,119})?", fullmatch=True),
)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**320)
    | st.floats()
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def read_anything(text: str) -> ImageResult | None:
    """Read a text that may be anything; any other exception than the one that is promised passes through."""
    try:
        return read_result(text, "result.json")
    except ResultFileError:
        return None


def changed(**fields: object) -> str:
    return json.dumps(json.loads(write_result(RESULT)) | fields)


def changed_reference(**fields: object) -> str:
    reference = json.loads(write_result(RESULT))["pushed"][0]
    return changed(pushed=[reference | fields])


# --- reading ---


@given(RESULTS)
def test_read_result__reads_what_was_written(result: ImageResult) -> None:
    assert read_result(write_result(result), "f") == result


@given(st.text(st.characters(exclude_categories=[])))
def test_read_result__of_any_text(text: str) -> None:
    assert read_anything(text) is None


@given(ANY_JSON)
def test_read_result__of_any_json(value: Any) -> None:
    assert read_anything(json.dumps(value)) is None


@given(st.sampled_from(list(json.loads(write_result(RESULT)))), ANY_JSON)
def test_read_result__with_any_value_in_a_field(name: str, value: Any) -> None:
    read_anything(changed(**{name: value}))


@given(st.sampled_from(["name", "tag", "digest", "size"]), ANY_JSON)
def test_read_result__with_any_value_in_a_reference(name: str, value: Any) -> None:
    read_anything(changed_reference(**{name: value}))


@given(st.sampled_from(list(json.loads(write_result(RESULT)))))
def test_read_result__with_a_field_missing(name: str) -> None:
    fields = json.loads(write_result(RESULT))
    del fields[name]
    assert read_anything(json.dumps(fields)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        '{"version":' * 50_000,
        changed(version=2),
        changed(version="1"),
        changed(name="Org/Course"),
        changed(name="quay.io/org/course:tag"),
        changed(name="quay.io/org/course\n"),
        changed(platform="linux/amd64\n"),
        changed(platform="windows/amd64"),
        changed(pushed={}),
        changed(pushed=[1]),
        changed(pushed=["name"]),
        changed(pushed=[json.loads(write_result(RESULT))["pushed"][0]] * 101),
        changed(tests="x" * (MAX_TEXT + 1)),
        changed(tests=None),
        changed(failing="x"),
        changed(failing=["x"] * (MAX_FAILING + 1)),
        changed(failing=["x" * (MAX_TEXT + 1)]),
        changed(failing=[1]),
        changed(steps=-1),
        changed(steps=True),
        changed(steps=1.5),
        changed(steps=10**15),
        changed(seconds={"build": -1}),
        changed(seconds={"build": True}),
        changed(seconds={"build": "1"}),
        changed(seconds={"build": 10**400}),
        changed(seconds={"build": float("nan")}),
        changed(seconds={"build": float("inf")}),
        changed(seconds={"build": 1e308}),
        changed(seconds=7),
        write_result(RESULT).replace("61.5", "9" * 5000),
        write_result(RESULT).replace("61.5", "1e999"),
        changed_reference(digest=f"sha256:{'5' * 64}\n"),
        changed_reference(digest="sha256:5"),
        changed_reference(digest=f"sha512:{'5' * 128}"),
        changed_reference(tag="-x"),
        changed_reference(tag="a b"),
        changed_reference(tag="x" * 129),
        changed_reference(name="evil.example/x](y)"),
        changed_reference(size=-1),
        changed_reference(size="1"),
    ],
    ids=range(43),
)
def test_read_result__refuses(text: str) -> None:
    assert read_anything(text) is None


def test_read_result__quotes_nothing_of_the_file() -> None:
    with pytest.raises(ResultFileError) as caught:
        read_result(changed(name="https://evil.example/::error::x"), "result.json")
    assert "evil" not in caught.value.message
    assert caught.value.message.startswith("input 'result-file': 'result.json' is not a result (a wrong value).")


def test_read_result__keeps_halves_of_characters_as_they_are() -> None:
    assert read_result(changed(tests="\ud800"), "f").tests == "\ud800"


def test_read_result__leaves_unknown_steps_and_fields_out() -> None:
    text = changed(seconds={"build": 1, "evil": 2, "check": 3}, more=[1])
    assert read_result(text, "f").seconds == {"check": 3.0, "build": 1.0}


@pytest.mark.parametrize("branch", ["a b", "/a", "binder-pr-7\n", "a?b", "a)b", "é", "x" * 121, None, 7, ["a"]])
def test_read_result__branch_that_is_none(branch: object) -> None:
    with pytest.raises(ResultFileError):
        read_result(changed(binder_branch=branch), "result.json")
