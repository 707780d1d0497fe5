"""All files of a hub's configuration together."""

import pytest

from hubaction.image import ImageName
from hubaction.inputs.rollout_paths import parse_value_path
from hubaction.rollout.hub.document import FileError
from hubaction.rollout.hub.edit import NewImage
from hubaction.rollout.hub.files import MAX_FILES, Edits, PathError, SourceFile, choose_files, edit_files

IMAGE = NewImage("new", {ImageName("quay.io", "org/course"): f"sha256:{'5' * 64}"})
HUB = "image: quay.io/org/course:old\n"
SOPS = "image: quay.io/org/course:old\nsops: {mac: x}\n"


def edit(files: dict[str, str | bytes], *lines: str) -> Edits:
    contents = {name: SourceFile(text if isinstance(text, bytes) else text.encode()) for name, text in files.items()}
    return edit_files(contents, [parse_value_path(line) for line in lines], IMAGE)


def test_choose_files__each_once() -> None:
    paths = [parse_value_path(line) for line in ("hubs/*.yaml: a", "**/a.yaml: b")]
    assert choose_files(["README.md", "hubs/a.yaml", "hubs/b.yaml"], paths) == ["hubs/a.yaml", "hubs/b.yaml"]


def test_choose_files__of_none() -> None:
    with pytest.raises(
        PathError, match=r"'hub/a.yaml: image' leads nowhere: no such file; did you mean 'hubs/a.yaml'\?"
    ):
        choose_files(["hubs/a.yaml"], [parse_value_path("hub/a.yaml: image")])


def test_choose_files__of_too_many() -> None:
    with pytest.raises(PathError, match=f"more than {MAX_FILES} files"):
        choose_files([f"{number}.yaml" for number in range(MAX_FILES + 1)], [parse_value_path("*.yaml: image")])


def test_edit_files__of_several_deployments() -> None:
    edits = edit({"a.yaml": HUB, "b.yaml": "image: quay.io/org/course:new\n", "c.yaml": "other: 1\n"}, "*.yaml: image")
    assert [(file.path, file.after) for file in edits.changed] == [("a.yaml", "image: quay.io/org/course:new\n")]
    assert (edits.current, edits.old_references) == (1, ("quay.io/org/course:old",))
    assert edits.diff == (
        "--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-image: quay.io/org/course:old\n+image: quay.io/org/course:new\n"
    )


def test_edit_files__of_a_path_that_is_in_no_file() -> None:
    """The file in which it leads farthest is told."""
    with pytest.raises(
        PathError, match=r"'\*.yaml: hub.image' leads nowhere: in b.yaml, there is no 'image'; did you mean"
    ):
        edit({"a.yaml": "x: 1\n", "b.yaml": "hub: {imagee: 1}\n"}, "*.yaml: hub.image")


def test_edit_files__each_path_in_its_own_files() -> None:
    with pytest.raises(PathError, match=r"'b\.yaml: image' leads nowhere"):
        edit({"a.yaml": HUB, "b.yaml": "x: 1\n"}, "a.yaml: image", "b.yaml: image")


@pytest.mark.parametrize(
    "text",
    [SOPS, "a:\n\t- b\n", b"image: \xff\n", "a: 1\na: 2\n", b"x" * 2_000_000],
    ids=["sops", "tab", "latin", "twice", "large"],
)
def test_edit_files__that_cannot_be_read(text: str | bytes) -> None:
    """An error for a file that is named, and a note for one of many."""
    with pytest.raises(FileError):
        edit({"hubs/enc.yaml": text, "hubs/a.yaml": HUB}, "hubs/enc.yaml: image", "hubs/a.yaml: image")
    edits = edit({"hubs/enc.yaml": text, "hubs/a.yaml": HUB}, "hubs/*.yaml: image")
    assert [file.path for file in edits.changed] == ["hubs/a.yaml"]
    assert edits.notes[0].startswith("Left alone: hubs/enc.yaml:")
