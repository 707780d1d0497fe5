"""The fingerprint: whatever changes in what is built changes it, and nothing else does."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hubaction.build.context import list_context
from hubaction.build.fingerprint import (
    MAX_LABEL_BYTES,
    PARTS,
    PIECE_BYTES,
    Fingerprint,
    FingerprintError,
    Label,
    differences,
    hash_context,
    hash_mapping,
    hash_tests,
    hash_texts,
    parse_label,
    repo2docker_digest,
)

OWN_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def hash_all(folder: Path) -> str:
    return hash_context(folder, list_context(folder, include_git=False).seen)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "empty").mkdir(parents=True)
    (folder / "a").mkdir()
    (folder / "a/one").write_bytes(b"1234")
    (folder / "a/two").write_bytes(b"5678")
    (folder / "environment.yml").write_bytes(b"name: x\n")
    (folder / "link").symlink_to("a/one")
    return folder


# --- any change ---


def swap(folder: Path, name: str, other: str) -> None:
    (folder / name).rename(folder / "x")
    (folder / other).rename(folder / name)
    (folder / "x").rename(folder / other)


def replace_link(folder: Path, target: str) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to(target)


def replace_by_folder(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()


def replace_by_file(folder: Path, name: str, content: bytes) -> None:
    (folder / name).unlink()
    (folder / name).write_bytes(content)


CHANGES: Mapping[str, Callable[[Path], object]] = {
    "byte": lambda folder: (folder / "a/one").write_bytes(b"1235"),
    "byte less": lambda folder: (folder / "a/one").write_bytes(b"123"),
    "byte moved to the next file": lambda folder: [
        (folder / "a/one").write_bytes(b"123"),
        (folder / "a/two").write_bytes(b"45678"),
    ],
    "byte moved into the name": lambda folder: [
        (folder / "a/one").rename(folder / "a/one1"),
        (folder / "a/one1").write_bytes(b"234"),
    ],
    "contents swapped": lambda folder: swap(folder, "a/one", "a/two"),
    "name": lambda folder: (folder / "a/one").rename(folder / "a/eno"),
    "folder's name": lambda folder: (folder / "a").rename(folder / "b"),
    "moved up": lambda folder: (folder / "a/one").rename(folder / "one"),
    "mode": lambda folder: (folder / "a/one").chmod(0o755),
    "mode of others": lambda folder: (folder / "a/one").chmod(0o640),
    "mode for its owner": lambda folder: (folder / "a/one").chmod(0o4644),
    "folder's mode": lambda folder: (folder / "a").chmod(0o700),
    "empty folder added": lambda folder: (folder / "void").mkdir(),
    "empty folder removed": lambda folder: (folder / "empty").rmdir(),
    "empty file added": lambda folder: (folder / "void").touch(),
    "file removed": lambda folder: (folder / "a/one").unlink(),
    "file became a folder": lambda folder: replace_by_folder(folder, "a/one"),
    "link's target": lambda folder: replace_link(folder, "a/two"),
    "link became its target": lambda folder: replace_by_file(folder, "link", b"a/one"),
    "attribute": lambda folder: os.setxattr(folder / "a/one", "user.x", b"y"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_hash_context__any_change(source: Path, change: Callable[[Path], object]) -> None:
    before = hash_all(source)
    assert hash_all(source) == before
    change(source)
    assert hash_all(source) != before


def touch_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)


def make_again(folder: Path) -> None:
    """In another order, which is how a folder lists its files on some file systems."""
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy, symlinks=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in sorted(copy.rglob("*"), reverse=True):
        place = folder / path.relative_to(copy)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            place.mkdir(exist_ok=True)
        else:
            shutil.copyfile(path, place, follow_symlinks=False)


NO_CHANGES: Mapping[str, Callable[[Path], object]] = {
    "times": touch_all,
    "order": make_again,
    "content behind a link to the outside": lambda folder: (folder.parent / "outside").write_bytes(b"new"),
    "pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "version control": lambda folder: shutil.copytree(folder, folder / ".git", symlinks=True),
}


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_hash_context__what_does_not_matter(source: Path, change: Callable[[Path], object]) -> None:
    (source / "out").symlink_to("../outside")
    before = hash_all(source)
    change(source)
    assert hash_all(source) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_hash_context__owners_do_not_matter(source: Path) -> None:
    before = hash_all(source)
    os.chown(source / "a/one", 12345, 12345)
    assert hash_all(source) == before


def test_hash_context__place_does_not_matter(source: Path, tmp_path: Path) -> None:
    before = hash_all(source)
    (tmp_path / "else/where").mkdir(parents=True)
    source.rename(tmp_path / "else/where/source")
    assert hash_all(tmp_path / "else/where/source") == before


def test_hash_context__order_of_the_list_does_not_matter(source: Path) -> None:
    names = ["a", "a/one", "environment.yml"]
    assert hash_context(source, names) == hash_context(source, [*reversed(names), "a"])


def test_hash_context__is_the_same_on_all_machines(tmp_path: Path) -> None:
    """Labels outlive a release: another value here needs another VERSION."""
    tmp_path.chmod(0o755)
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "a").chmod(0o644)
    assert hash_context(tmp_path, ["a"]) == "d63e2f896360c08bc2d614ec624eb240dd078ce767f74ba6f0d26d64f09ba5b1"


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
@pytest.mark.parametrize("place", [0, -1])
def test_hash_context__every_byte_of_a_large_file(tmp_path: Path, size: int, place: int) -> None:
    content = bytearray(size)
    (tmp_path / "data").write_bytes(content)
    before = hash_context(tmp_path, ["data"])
    if size:
        content[place] ^= 1
    else:
        content += b"\0"
    (tmp_path / "data").write_bytes(content)
    assert hash_context(tmp_path, ["data"]) != before


def test_hash_context__names_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff")).touch()
    before = hash_all(tmp_path)
    (tmp_path / os.fsdecode(b"\xff")).rename(tmp_path / os.fsdecode(b"\xfe"))
    assert hash_all(tmp_path) != before


def test_hash_context__many_files(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / str(number)).write_text(str(number))
    before = hash_all(tmp_path)
    assert hash_all(tmp_path) == before
    (tmp_path / "777").write_text("778")
    assert hash_all(tmp_path) != before


def test_hash_context__file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FingerprintError, match="'a' cannot be read: No such file"):
        hash_context(tmp_path, ["a"])


@pytest.mark.parametrize("size", [0, 2, 4, PIECE_BYTES])
def test_hash_context__file_that_grows_or_shrinks_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Its content counts as it is when it is read, whole."""
    (tmp_path / "a").write_bytes(b"123")
    before = hash_context(tmp_path, ["a"])
    lstat = os.lstat

    def look_earlier(path: bytes) -> os.stat_result:
        status = list(lstat(path))
        status[6] = size
        return os.stat_result(status)

    monkeypatch.setattr(os, "lstat", look_earlier)
    assert hash_context(tmp_path, ["a"]) == before


def test_hash_context__link_in_the_place_of_a_file_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that takes the file's place just before it is read."""
    (tmp_path / "secret").write_bytes(b"1")
    (tmp_path / "link").symlink_to("secret")
    monkeypatch.setattr(os, "lstat", os.stat)
    with pytest.raises(FingerprintError, match="'link' cannot be read"):
        hash_context(tmp_path, ["link"])


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=3).filter(
    lambda name: name not in {".", "..", ".git"}
)
TREES = st.dictionaries(NAMES, st.binary(max_size=3), max_size=4)


@OWN_FOLDER
@given(first=TREES, second=TREES)
def test_hash_context__two_trees_are_equal_or_differ(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, bytes], second: dict[str, bytes]
) -> None:
    digests = []
    for tree in (first, second):
        folder = tmp_path_factory.mktemp("tree")
        for name, content in tree.items():
            (folder / name).write_bytes(content)
        digests.append(hash_context(folder, tree))
    assert (digests[0] == digests[1]) == (first == second)


# --- the tests' files ---


def test_hash_tests__any_change(source: Path) -> None:
    before = hash_tests(source / "a", "image-tests")
    assert hash_tests(source / "a", "image-tests") == before
    assert hash_tests(source / "a", "image-test") != before
    (source / "a/.hidden").touch()
    assert hash_tests(source / "a", "image-tests") != before


def test_hash_tests__what_is_not_copied_does_not_count(source: Path) -> None:
    before = hash_tests(source, ".")
    (source / ".git").mkdir()
    (source / ".git/index").write_text("other each time")
    (source / "key.json").write_text("another each time")
    # A folder's own time does not count.
    assert hash_tests(source, ".", {"key.json"}) == before


def test_hash_tests__what_is_ignored_counts(source: Path) -> None:
    (source / ".dockerignore").write_text("a\n")
    context, tests = hash_all(source), hash_tests(source / "a", "a")
    (source / "a/one").write_bytes(b"new")
    assert hash_all(source) == context
    assert hash_tests(source / "a", "a") != tests


# --- texts and names ---


@given(first=st.lists(st.text(max_size=3), max_size=3), second=st.lists(st.text(max_size=3), max_size=3))
def test_hash_texts__equal_or_differ(first: list[str], second: list[str]) -> None:
    assert (hash_texts(first) == hash_texts(second)) == (first == second)


@given(
    first=st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=3),
    second=st.dictionaries(st.text(max_size=2), st.text(max_size=2), max_size=3),
)
def test_hash_mapping__equal_or_differ(first: dict[str, str], second: dict[str, str]) -> None:
    assert (hash_mapping(first) == hash_mapping(second)) == (first == second)
    assert hash_mapping(first) == hash_mapping(dict(reversed(first.items())))


def test_hash_mapping__is_no_list_of_texts() -> None:
    assert hash_mapping({"a": "b"}) != hash_texts(["a", "b"])


# --- the whole ---

DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
FINGERPRINTS = st.dictionaries(st.sampled_from(list(PARTS)), DIGESTS, min_size=1).map(Fingerprint)
WHOLE = Fingerprint({name: hash_texts([name]) for name in PARTS})


@given(first=FINGERPRINTS, second=FINGERPRINTS)
def test_fingerprint__equal_when_all_parts_are(first: Fingerprint, second: Fingerprint) -> None:
    assert (first == second) == (first.value == second.value) == (dict(first.parts) == dict(second.parts))


@given(fingerprint=FINGERPRINTS, name=st.sampled_from(list(PARTS)), digest=DIGESTS)
def test_fingerprint__each_part_counts(fingerprint: Fingerprint, name: str, digest: str) -> None:
    assume(fingerprint.parts.get(name) != digest)
    changed = Fingerprint({**fingerprint.parts, name: digest})
    assert changed.value != fingerprint.value
    label = parse_label(fingerprint.label())
    assert label
    assert not changed.matches(label)
    assert differences(label, changed) in {(PARTS[name],), ("something that the image does not name",)}


def test_fingerprint__order_of_parts_does_not_matter() -> None:
    assert Fingerprint({name: WHOLE.parts[name] for name in sorted(PARTS, reverse=True)}).label() == WHOLE.label()


def test_fingerprint__last_digit_counts_and_is_not_in_the_label() -> None:
    """Equality is not decided on what a label shows of a part."""
    context = WHOLE.parts["context"]
    other = Fingerprint({**WHOLE.parts, "context": context[:-1] + ("1" if context[-1] == "0" else "0")})
    label = parse_label(WHOLE.label())
    assert label
    assert not other.matches(label)
    assert differences(label, other) == ("something that the image does not name",)


def test_fingerprint__parts_are_its_own() -> None:
    parts = dict(WHOLE.parts)
    fingerprint = Fingerprint(parts)
    parts.clear()
    assert fingerprint == WHOLE


@pytest.mark.parametrize(
    "parts",
    [{}, {"weather": "0" * 64}, {"context": ""}, {"context": "0" * 63}, {"context": "A" * 64}, {"context": "0" * 65}],
)
def test_fingerprint__wrong_parts(parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no parts of a fingerprint"):
        Fingerprint(parts)


def test_fingerprint__is_the_same_on_all_machines() -> None:
    assert WHOLE.value == "0b37f6f42aa9a86089edf7a1294f037ed5fc342d520b55dbdd38d17ad9637b28"


# --- the label ---


@given(fingerprint=FINGERPRINTS)
def test_label__there_and_back(fingerprint: Fingerprint) -> None:
    label = parse_label(fingerprint.label())
    assert label
    assert label.value == fingerprint.value
    assert fingerprint.matches(label)
    assert differences(label, fingerprint) == ()


def test_label__of_all_parts_is_short() -> None:
    assert len(WHOLE.label().encode()) <= MAX_LABEL_BYTES
    assert json.loads(WHOLE.label())["parts"]["context"] == WHOLE.parts["context"][:16]


def test_matches__no_label() -> None:
    assert not WHOLE.matches(None)


def relabel(**changes: object) -> str:
    return json.dumps(json.loads(WHOLE.label()) | changes, separators=(",", ":"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "null",
        "[]",
        "{}",
        "1" * 2000,
        "[" * 1000,
        "\ud800",
        WHOLE.value,
        WHOLE.label() + " ",
        WHOLE.label().replace('"version":1', '"version":1,"version":1'),
        WHOLE.label().replace('"context"', '"c\\u006fntext"'),
        relabel(version=2),
        relabel(version=True),
        relabel(version=1.0),
        relabel(version="1"),
        relabel(value=""),
        relabel(value=None),
        relabel(value="0" * 63),
        relabel(value="0" * 65),
        relabel(value="G" * 64),
        relabel(value="0" * 64 + "\n"),
        relabel(parts={}),
        relabel(parts=[]),
        relabel(parts={"weather": "0" * 16}),
        relabel(parts={"context": "0" * 15}),
        relabel(parts={"context": 1}),
        relabel(more=1),
    ],
)
def test_parse_label__not_ours(text: str) -> None:
    assert parse_label(text) is None


def test_relabel__unchanged_is_ours() -> None:
    assert parse_label(relabel()) is not None


@given(st.text(max_size=40) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_parse_label__any_text(text: str) -> None:
    assert parse_label(text) is None


def test_differences__in_words() -> None:
    other = Fingerprint({**WHOLE.parts, "bases": "0" * 64, "context": "0" * 64, "verification": "0" * 64})
    assert differences(Label(WHOLE.value, {name: digest[:16] for name, digest in WHOLE.parts.items()}), other) == (
        "the files of the repository",
        "the base image",
        "the tests or the hub check",
    )


def test_differences__part_that_was_not_there() -> None:
    fewer = Fingerprint({name: digest for name, digest in WHOLE.parts.items() if name != "platform"})
    label = parse_label(fewer.label())
    assert label
    assert differences(label, WHOLE) == ("the platform",)


# --- code ---


class FakeDistribution:
    """Stands in for an installed package."""

    def __init__(self, version: str, record: str | None) -> None:
        self.version = version
        self._record = record

    def read_text(self, name: str) -> str | None:
        return self._record if name == "RECORD" else None


@pytest.mark.parametrize(("version", "record"), [("2", "a,sha256=1,1\n"), ("1", "a,sha256=2,1\n")])
def test_repo2docker_digest__version_and_files(monkeypatch: pytest.MonkeyPatch, version: str, record: str) -> None:
    real = repo2docker_digest()
    digests = []
    for found in (FakeDistribution("1", "a,sha256=1,1\n"), FakeDistribution(version, record)):
        monkeypatch.setattr("importlib.metadata.distribution", lambda _, found=found: found)
        digests.append(repo2docker_digest.__wrapped__())
    assert len({real, *digests}) == 3


def test_repo2docker_digest__no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.distribution", lambda _: FakeDistribution("1", None))
    with pytest.raises(FingerprintError, match="without the record"):
        repo2docker_digest.__wrapped__()
