"""What `--plan` shows of a rollout."""

from pathlib import Path

from hubaction.decide.rollout import RolloutTarget
from hubaction.image import ImageName, Reference
from hubaction.inputs.rollout_paths import parse_value_path
from hubaction.rollout.hub.document import MAX_FILE_BYTES
from hubaction.rollout.hub.preview import UNKNOWN_DIGEST, preview_rollout

TARGET = RolloutTarget("Org/Hub", branch="", may_write=True, supersedes=True)
IMAGE = [Reference(ImageName("quay.io", "org/course"), "new"), Reference(ImageName("ghcr.io", "org/course"), "new")]


def preview(workspace: Path, *lines: str) -> dict[str, object]:
    return dict(preview_rollout(TARGET, [parse_value_path(line) for line in lines], IMAGE, workspace))


def test_preview_rollout__of_files_in_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "hubs").mkdir()
    (tmp_path / "hubs/a.yaml").write_text("image: ghcr.io/org/course:old\n")
    (tmp_path / "hubs/b.yaml").write_text(f"image: quay.io/org/course@sha256:{'4' * 64}\n")
    (tmp_path / "hubs/c.yaml").symlink_to("/etc/passwd")
    shown = preview(tmp_path, "hubs/*.yaml: image")
    assert {name: shown[name] for name in ("repository", "branch", "paths", "writes", "notes")} == {
        "repository": "Org/Hub",
        "branch": None,
        "paths": ["hubs/*.yaml: image"],
        "writes": True,
        "notes": [],
    }
    assert "+image: ghcr.io/org/course:new\n" in str(shown["diff"])
    assert f"+image: quay.io/org/course@{UNKNOWN_DIGEST}\n" in str(shown["diff"])
    assert "c.yaml" not in str(shown["diff"])


def test_preview_rollout__where_the_configuration_is_not_checked_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/hub.yaml").write_text("image: quay.io/org/course:old\n")
    shown = preview(tmp_path, "**/hub.yaml: image")
    assert shown["diff"] is None
    assert shown["notes"] == [
        "input 'rollout-paths': '**/hub.yaml: image' leads nowhere: no such file is in the repository."
    ]


def test_preview_rollout__of_a_large_file(tmp_path: Path) -> None:
    (tmp_path / "hub.yaml").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert "is larger than 1024 KiB" in str(preview(tmp_path, "hub.yaml: image")["notes"])
