"""Changes of the image in hubs' configurations: exactly the chosen characters."""

import io
import operator
import re
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from devtools.places import PROJECT
from hubaction.image import ImageName
from hubaction.inputs.rollout_paths import parse_value_path
from hubaction.rollout.hub.document import MAX_FILE_BYTES, FileError
from hubaction.rollout.hub.edit import EditedFile, NewImage, edit_file
from tests.unit.rollout.hub.hub_shapes import DIGEST, NAME, NEW, NUMBERS, SHAPES, TAG, Shape

IMAGE = NewImage(TAG, {ImageName("quay.io", "org/course"): DIGEST, ImageName("docker.io", "org/course"): DIGEST})
SCHEMA = yaml.safe_load((PROJECT / "tests/contract/hub_values.schema.yaml").read_text(encoding="utf-8"))
by_name = operator.attrgetter("name")


def edit(text: str, *paths: str, image: NewImage = IMAGE) -> EditedFile:
    return edit_file("hub.yaml", text, [parse_value_path(f"hub.yaml: {path}") for path in paths], image)


# --- shapes ---


def test_shapes__are_many() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) >= 20


@pytest.mark.parametrize("shape", SHAPES, ids=by_name)
def test_edit_file__changes_these_lines_only(shape: Shape) -> None:
    edited = edit(shape.text, *shape.paths)
    assert edited.text == shape.expected
    assert [change.line for change in edited.changes] == sorted(change.line for change in edited.changes)
    assert {change.line for change in edited.changes} == set(shape.changes)
    assert {re.split("[:@]", change.new)[0] for change in edited.changes} == {NAME}
    assert edited.misses == {}
    assert len(edited.notes) == len(shape.notes)
    for note, part in zip(edited.notes, shape.notes, strict=True):
        assert part in note


@pytest.mark.parametrize("shape", SHAPES, ids=by_name)
def test_edit_file__again_changes_nothing(shape: Shape) -> None:
    edited = edit(shape.expected, *shape.paths)
    assert (edited.text, edited.changes) == (shape.expected, ())
    assert edited.current > 0


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.values], ids=by_name)
def test_edit_file__leaves_values_that_the_chart_takes(shape: Shape) -> None:
    jsonschema.validate(yaml.safe_load(edit(shape.text, *shape.paths).text), SCHEMA)


# --- images' names ---


@pytest.mark.parametrize(
    "written",
    [
        "org/course",
        "docker.io/org/course",
        "index.docker.io/org/course",
        "registry-1.docker.io/org/course",
        "Org/Course",
    ],
)
def test_edit_file__knows_an_image_by_all_its_names(written: str) -> None:
    assert edit(f"image: {written}:old\n", "image").text == f"image: {written}:{TAG}\n"
    assert edit(f"i:\n  name: {written}\n  tag: old\n", "i").text == f"i:\n  name: {written}\n  tag: {TAG}\n"


@pytest.mark.parametrize(
    "written",
    [
        "quay.io/org/course2",
        "quay.io/org/course/x",
        "ghcr.io/org/course",
        "course",
        "quay.io/course",
        "quay.io:443/org/course",
    ],
)
def test_edit_file__leaves_other_images_alone(written: str) -> None:
    text = f"image: {written}:old\n"
    edited = edit(text, "image")
    assert (edited.text, edited.changes) == (text, ())
    assert edited.notes == (f"hub.yaml:1: left alone, for it names another image: {written}:old",)


def test_edit_file__of_official_images() -> None:
    image = NewImage(TAG, {ImageName("docker.io", "library/debian"): DIGEST})
    assert edit("image: debian:12\n", "image", image=image).text == f"image: debian:{TAG}\n"


# --- tags that are numbers ---


@pytest.mark.parametrize("tag", NUMBERS)
def test_edit_file__keeps_a_number_a_text(tag: str) -> None:
    image = NewImage(tag, IMAGE.digests)
    edited = edit("i:\n  name: quay.io/org/course\n  tag: old # c\n", "i", image=image).text
    assert edited == f'i:\n  name: quay.io/org/course\n  tag: "{tag}" # c\n'
    assert (
        edit("i: {name: quay.io/org/course}\n", "i", image=image).text
        == f'i: {{name: quay.io/org/course, tag: "{tag}"}}\n'
    )


# --- any file ---

KEYS = st.sampled_from(["singleuser", "image", "profileList", "a b", "größe", "x", "hub", "tag", "name"])
TEXTS = st.one_of(
    st.sampled_from(["quay.io/org/course:old", "x: y", "# no comment", "it's", "{{ x }}", "🌊", "", "12", "null", " "]),
    st.text(max_size=12),
)
LEAVES = st.one_of(TEXTS.filter(lambda text: not text.startswith("ENC[")), st.integers(), st.booleans(), st.none())
OURS = st.one_of(
    st.just("quay.io/org/course:old"),
    st.just("quay.io/org/course"),
    st.just({"name": "quay.io/org/course", "tag": "old"}),
    st.just({"tag": "1.10", "name": "org/course", "pullPolicy": "Always"}),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
STYLES = st.fixed_dictionaries(
    {
        "default_flow_style": st.booleans(),
        "indent": st.integers(2, 6),
        "width": st.sampled_from([20, 80, 1000]),
        "allow_unicode": st.booleans(),
        "default_style": st.sampled_from([None, "'", '"']),
        "line_break": st.sampled_from(["\n", "\r\n"]),
        "sort_keys": st.booleans(),
    }
)


@given(before=VALUES, ours=OURS, after=VALUES, style=STYLES, comment=st.sampled_from(["", "# a comment: x\n", "\n\n"]))
def test_edit_file__of_any_file(before: Any, ours: Any, after: Any, style: dict[str, Any], comment: str) -> None:
    """All that can be told from the result: the values differ at the chosen place only, and the text there only."""
    text = comment + yaml.safe_dump({"before": before, "hub": {"singleuser": {"image": ours}}, "after": after}, **style)
    if style["line_break"] == "\r\n":
        text = comment.replace("\n", "\r\n") + text.removeprefix(comment)
    edited = edit(text, "hub.singleuser.image")
    loaded, original = yaml.safe_load(edited.text), yaml.safe_load(text)
    found = loaded["hub"]["singleuser"].pop("image")
    old = original["hub"]["singleuser"].pop("image")
    assert loaded == original
    if isinstance(ours, dict):
        assert found == old | {"tag": TAG}
    else:
        assert found == NEW
    (change,) = edited.changes
    lines, new_lines = text.splitlines(keepends=True), edited.text.splitlines(keepends=True)
    changed = [number for number, (one, other) in enumerate(zip(lines, new_lines, strict=True), 1) if one != other]
    assert len(changed) == 1
    assert edited.text.replace(TAG, "") != text
    assert change.new.endswith(TAG)


@given(st.text(max_size=200))
def test_edit_file__of_anything_is_refused_or_left_alone(text: str) -> None:
    try:
        edited = edit(text, "a.b", "*", "[*].x")
    except FileError:
        return
    assert edited.text == text


@given(st.text(alphabet="ab:- \n\t{}[]&*!|>'\"#%,?<\r", max_size=60))
def test_edit_file__of_what_looks_like_yaml_is_refused_or_proven(text: str) -> None:
    image = NewImage(TAG, {ImageName("docker.io", "library/a"): DIGEST})
    try:
        edited = edit(text, "a", "*", "[*]", "a.a", image=image)
    except FileError:
        return
    if not edited.changes:
        assert edited.text == text
        return
    list(YAML(typ="safe", pure=True).parse(io.StringIO(edited.text)))


# --- what is refused, with file and line ---

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
SOPS = "singleuser:\n  image: quay.io/org/course:old\nsops:\n  mac: ENC[AES256_GCM,data:x]\n  version: 3.7.3\n"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("singleuser:\n\timage: quay.io/org/course:old\n", 2, "indented with a tab, which YAML forbids: use spaces"),
        ("singleuser:\n  list:\n\t- a\n", 3, "indented with a tab"),
        ("a: 1\nsingleuser: {}\na: 2\n", 3, "has the key 'a' again, after line 1"),
        ("x:\n  - {tag: 1, name: a, 'tag': 2}\n", 2, "has the key 'tag' again"),
        (SOPS, 1, "is encrypted by sops"),
        ("password: ENC[AES256_GCM,data:x,iv:y]\n", 1, "is encrypted by sops"),
        ("{{- if .Values.x }}\nsingleuser: {}\n{{- end }}\n", 1, "is a template"),
        ("{% if x %}\nsingleuser: {}\n", 1, "is a template"),
        ("singleuser:\n  image: {{ image }}\n", 2, "is a template"),
        ("singleuser:\n  image: '{{ image }}'\n", 2, "is a template"),
        ("singleuser:\n  image:\n    name: quay.io/org/course\n    tag: {{ tag }}\n", 4, "is a template"),
        (BOMB, 1, "more than 200000 values when its aliases are followed"),
        ("a: &a\n  - *a\n", 1, "an alias of what it stands in"),
        ("[" * 5000, 1, "nested more than 100 levels deep"),
        ("{a: " * 150 + "1" + "}" * 150, 1, "nested more than 100 levels deep"),
        ("a: " + "x" * MAX_FILE_BYTES, 1, "larger than 1024 KiB"),
        ("singleuser: [a\n", 2, "cannot be read as YAML"),
        ("singleuser: *nobody\n", 1, "cannot be read as YAML"),
        ("singleuser:\n  image: [a]\n", 2, "is no image"),
        ("singleuser:\n  image: {repository: quay.io/org/course}\n", 2, "is no image"),
        ("singleuser:\n  image: 'two words'\n", 2, "is no image's reference"),
        ("singleuser:\n  image:\n", 2, "is no image's reference"),
        ("singleuser:\n  image: 12\n", 2, "left alone"),
        ('singleuser:\n  image: "quay.io/\\x6frg/course:1"\n', 2, "is not written out here"),
        ("singleuser:\n  image: !vault quay.io/org/course:1\n", 2, "has the tag !vault"),
        ("singleuser:\n  image: {name: quay.io/org/course, tag: [1]}\n", 2, "is no text"),
        ("b: &b quay.io/org/course\nsingleuser:\n  image: {name: *b}\n", 3, "has no tag that could be changed"),
        ("singleuser:\n  image:\n    name: |\n      quay.io/org/course\n", 3, "has no tag that could be changed"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else None,
)
def test_edit_file__refuses(text: str, line: int, reason: str) -> None:
    if reason == "left alone":
        (note,) = edit(text, "singleuser.image").notes
        assert note.startswith(f"hub.yaml:{line}: {reason}")
        return
    with pytest.raises(FileError) as caught:
        edit(text, "singleuser.image")
    assert caught.value.message.startswith(f"hub.yaml:{line}: ")
    assert reason in caught.value.message


@pytest.mark.parametrize("tag", ["${TAG}", "a|@ada", "a@b", "two words", "-x"])
def test_edit_file__refuses_a_tag_that_is_none(tag: str) -> None:
    """It stands for another, or is no text for a pull request."""
    with pytest.raises(FileError, match=r"hub\.yaml:3: .* has a tag that no image can have"):
        edit(f"singleuser:\n  image: {{name: quay.io/org/course,\n          tag: '{tag}'}}\n", "singleuser.image")


def test_edit_file__refuses_a_tag_without_a_name() -> None:
    with pytest.raises(FileError, match="has no name beside it"):
        edit("singleuser:\n  image:\n    tag: old\n", "singleuser.image.tag")


@pytest.mark.parametrize(
    "text",
    [
        "base: &base {name: quay.io/org/course, tag: old}\nimage: *base\nother: {<<: *base, name: quay.io/org/other}\n",
        "base: &base {name: quay.io/org/other, tag: old}\nimage: {<<: *base, name: quay.io/org/course}\n",
        "tag: &tag old\nimage: {name: quay.io/org/course, tag: *tag}\nother: {name: quay.io/org/other, tag: *tag}\n",
    ],
)
def test_edit_file__refuses_a_tag_that_several_images_share(text: str) -> None:
    with pytest.raises(FileError, match="the tag of another image, too"):
        edit(text, "image")


# --- paths ---


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("singleuser.imag", "there is no 'imag'; did you mean 'image'?"),
        ("single.image", "there is no 'single'; did you mean 'singleuser'?"),
        ("zzz", "there is no 'zzz'; there is 'singleuser', 'hub'"),
        ("singleuser.profileList[?slug=='coarse'].image", "there is no 'coarse'; did you mean 'course'?"),
        (
            "singleuser.profileList[?slug!='course' && slug!='other'].image",
            "there is no 'entry that meets the condition'",
        ),
        ("singleuser.profileList[7].image", "there is no '[7]'"),
        ("singleuser.profileList[*].imag", "there is no 'imag'; did you mean 'image'?"),
    ],
)
def test_edit_file__says_where_a_path_ends(path: str, said: str) -> None:
    text = (
        "singleuser:\n  image: a\n  profileList:\n  - {slug: course, image: a}\n  - {slug: other, image: b}\nhub: {}\n"
    )
    edited = edit(text, path)
    assert (edited.text, edited.changes) == (text, ())
    assert str(edited.misses[path]) == said


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("list[*].image", [2, 3, 4]),
        ("list[].image", [2, 3, 4]),
        ("list[-1].image", [4]),
        ("list[?slug=='b'].image", [3]),
        ("list[?slug!='b'].image", [2, 4]),
        ("list[?slug=='a' || more.x=='1'].image", [2, 4]),
        ("list[?default].image", [3]),
        ("list[?more].image", [4]),
        ("list[?!more].image", [2, 3]),
        ("list[?!default].image", [2, 4]),
        ("list[?default==`true`].image", [3]),
        ("list[?more.x==`1`].image", [4]),
        ("[list][0].image", None),
        ("*[1].image", [3]),
    ],
)
def test_edit_file__of_conditions(path: str, lines: list[int] | None) -> None:
    text = (
        "list:\n- {slug: a, image: org/course:1}\n- {slug: b, image: org/course:2, default: true}\n"
        "- {slug: c, image: org/course:3, default: false, more: {x: 1}}\n"
    )
    if lines is None:
        with pytest.raises(ValueError, match="supported are"):
            edit(text, path)
    else:
        assert [change.line for change in edit(text, path).changes] == lines


def test_edit_file__of_the_same_place_by_two_paths() -> None:
    assert len(edit("a: {image: org/course:1}\n", "a.image", "*.image").changes) == 1


def test_edit_file__of_a_long_file_is_quick() -> None:
    profiles = "".join(f"- {{slug: s{number}, image: org/course:1}}\n" for number in range(500))
    assert len(edit(f"list:\n{profiles}", "list[*].image").changes) == 500


def test_edit_file__of_json_with_tabs() -> None:
    """There they are allowed, in YAML 1.2 as well."""
    assert edit('{\n\t"image": "org/course:old"\n}\n', "image").text == f'{{\n\t"image": "org/course:{TAG}"\n}}\n'
