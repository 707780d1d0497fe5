"""What is left out of the image, what stops the build, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.repository import commit_all, git, make_repository
from hubaction.build.context import list_context, stage_context
from hubaction.errors import SeveralProblemsError
from hubaction.guard.context import MAX_TOLD, Guarded, check_git_copy, find_made_by_workflow, guard_context
from hubaction.guard.given_secrets import GivenSecret
from tests.support.planted import PLANTED, Planted, characters, private_key

GIVEN = GivenSecret("a secret among the inputs of this step", characters(24))
TOKEN = "ghp" + "_" + characters(36)


@dataclass
class Workspace:
    """A repository that is checked out, and what is asked of the guard."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def commit(self, name: str, text: str) -> None:
        self.write(name, text)
        commit_all(self.folder, "Add a file")

    def guard(self, *, allowed: Sequence[str] = (), path: str = ".", include_git: bool = False) -> Guarded:
        files = list_context((self.folder / path).resolve(), include_git=include_git)
        return guard_context(files, workspace=self.folder, given=[GIVEN], allowed=allowed)

    def refused(self, *, allowed: Sequence[str] = (), path: str = ".") -> SeveralProblemsError:
        with pytest.raises(SeveralProblemsError) as caught:
            self.guard(allowed=allowed, path=path)
        return caught.value


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "environment.yml").write_text("dependencies: []\n")
    (tmp_path / "content" / ".gitignore").write_text("*.log\n")
    make_repository(tmp_path / "content", tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def test_guard_context__nothing_found_changes_nothing(workspace: Workspace) -> None:
    workspace.write("notes.txt", "nothing")
    guarded = workspace.guard()
    assert guarded.files == list_context(workspace.folder, include_git=False)
    assert guarded.warnings() == []


def test_guard_context__tracked_files_stop_the_build(workspace: Workspace) -> None:
    workspace.commit("a.py", f"\nTOKEN = '{TOKEN}'\n")
    workspace.commit("b/.env", "\n\nTOKEN=" + characters(20))
    error = workspace.refused()
    assert [(part.file, part.line) for part in error.parts] == [("a.py", 2), ("b/.env", 3)]
    assert "- 'a.py', line 2: a GitHub token\n- 'b/.env', line 3: a secret in an environment file" in error.message
    for part in error.parts:
        assert part.title == "Secret in the repository"
        assert "Revoke it" in part.message
        assert "'allow-files'" in part.message
        assert TOKEN[4:] not in part.message + error.message


@pytest.mark.parametrize("name", ["new.txt", "job.log", "$HOME/.docker/new", "new/deep/file"])
def test_guard_context__files_of_the_workflow_are_left_out(name: str, workspace: Workspace) -> None:
    """Untracked, or ignored."""
    workspace.write(name, f"{TOKEN}\n{TOKEN}\n")
    before = list_context(workspace.folder, include_git=False)
    guarded = workspace.guard()
    assert set(before.paths) - set(guarded.files.paths) == {name}
    assert set(before.seen) - set(guarded.files.seen) == {name}
    ((file, warning),) = guarded.warnings()
    assert file == name
    assert "is left out of the image" in warning
    assert TOKEN not in warning
    staged = stage_context(guarded.files, workspace.folder.parent / "staged")
    assert not (staged.folder / name).exists()
    assert (staged.folder / "environment.yml").exists()


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.file)
def test_guard_context__each_kind_is_left_out_or_refused(workspace: Workspace, planted: Planted) -> None:
    workspace.write(planted.file, planted.text)
    if planted.file != "environment.yml":
        assert [finding.file for finding in workspace.guard().left_out] == [planted.file]
    commit_all(workspace.folder, "Oh no")
    (part,) = workspace.refused().parts
    assert (part.file, part.line) == (planted.file, planted.line)


def test_guard_context__a_file_that_makes_the_image_is_never_left_out(workspace: Workspace) -> None:
    """Without it another image would be built, and nobody would be told."""
    workspace.write("postBuild", f"curl -H 'Authorization: {TOKEN}' https://example.org\n")
    assert [part.file for part in workspace.refused().parts] == ["postBuild"]


# --- exceptions ---


@pytest.mark.parametrize(
    "allowed", ["tests/data/server.pem", "tests/data", "tests/**/*.pem", "**/*.pem", "tests/*/server.*"]
)
def test_guard_context__allowed_files(allowed: str, workspace: Workspace) -> None:
    workspace.commit("tests/data/server.pem", private_key())
    workspace.refused()
    workspace.refused(allowed=["tests/*.pem", "server.pem"])
    assert "tests/data/server.pem" in workspace.guard(allowed=["other", allowed]).files.paths


def test_guard_context__given_values_are_refused_everywhere(workspace: Workspace) -> None:
    workspace.commit("allowed.txt", f"{TOKEN}\n{GIVEN.value}\n")
    error = workspace.refused(allowed=["allowed.txt"])
    assert [part.line for part in error.parts] == [2]
    assert "allow-files" not in error.parts[0].message
    assert GIVEN.value not in error.message + error.parts[0].message


def test_guard_context__a_given_token_is_refused_although_it_looks_like_one(workspace: Workspace) -> None:
    workspace.commit("a.py", f"TOKEN = '{TOKEN}'\n")
    files = list_context(workspace.folder, include_git=False)
    given = [GivenSecret("the job's token", TOKEN)]
    with pytest.raises(SeveralProblemsError, match="the job's token"):
        guard_context(files, workspace=workspace.folder, given=given, allowed=["a.py"])


def test_guard_context__ten_thousand_secrets_are_not_told_one_by_one(workspace: Workspace) -> None:
    for number in range(MAX_TOLD + 10):
        workspace.write(f"keys/{number}.pem", private_key())
    commit_all(workspace.folder, "Add keys")
    error = workspace.refused()
    assert len(error.parts) == MAX_TOLD
    assert "and 10 more" in error.message


def test_find_made_by_workflow__in_the_folder_of_the_tests(workspace: Workspace) -> None:
    workspace.commit("image-tests/fixture.pem", private_key())
    workspace.write("image-tests/.env", f"TOKEN={GIVEN.value}\n")
    workspace.write("image-tests/notes.txt", "nothing")
    found = find_made_by_workflow(workspace.folder / "image-tests", workspace=workspace.folder, given=[GIVEN])
    assert found == {".env"}


# --- what git says ---


def test_guard_context__below_the_root_of_the_repository(workspace: Workspace) -> None:
    workspace.commit("images/a/key.txt", TOKEN)
    workspace.write("images/a/made.txt", TOKEN)
    error = workspace.refused(path="images/a")
    assert [part.file for part in error.parts] == ["key.txt"]


def test_guard_context__a_repository_in_a_folder_of_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "inner" / "content").mkdir(parents=True)
    (tmp_path / "inner" / "content" / "key.txt").write_text(TOKEN)
    make_repository(tmp_path / "inner" / "content", workspace.folder / "checkout")
    assert [part.file for part in workspace.refused().parts] == ["checkout/key.txt"]


def test_guard_context__a_submodule(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "key.txt").write_text(TOKEN)
    make_repository(tmp_path / "module", tmp_path / "origin")
    git(workspace.folder, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", tmp_path / "origin", "sub")
    workspace.write("sub/made.txt", TOKEN)
    assert [part.file for part in workspace.refused().parts] == ["sub/key.txt"]


@pytest.mark.parametrize("harm", ["no git", "no index", "broken index", "broken git", "outside"])
def test_guard_context__without_git_all_files_count_as_the_repositorys_own(harm: str, workspace: Workspace) -> None:
    workspace.write("made.txt", TOKEN)
    workspace.write("$HOME/.docker/config.json", PLANTED[0].text)
    git_folder = workspace.folder / ".git"
    if harm in {"no git", "outside"}:
        git_folder.rename(workspace.folder.parent / (".git" if harm == "outside" else "gone"))
    elif harm == "no index":
        (git_folder / "index").unlink()
    elif harm == "broken index":
        (git_folder / "index").write_bytes(b"DIRC\0\0\0\2\0\0\0\5nothing")
    else:
        (git_folder / "config").write_text("[core\nrepositoryformatversion = 9")
    assert [part.file for part in workspace.refused().parts] == ["made.txt"]
    (workspace.folder / "made.txt").unlink()
    assert [finding.file for finding in workspace.guard().left_out] == ["$HOME/.docker/config.json"]


# --- the copy of .git ---


def stage_git(workspace: Workspace) -> Path:
    guarded = workspace.guard(include_git=True)
    return stage_context(guarded.files, workspace.folder.parent / "staged").folder


def test_check_git_copy__what_checkouts_store_is_gone(workspace: Workspace) -> None:
    git(workspace.folder, "config", "http.https://github.com/.extraheader", f"AUTHORIZATION: basic {GIVEN.value}")
    git(workspace.folder, "config", "includeIf.gitdir:/github/workspace.path", "/github/runner_temp/credentials")
    git(workspace.folder, "remote", "set-url", "origin", f"https://ada:{GIVEN.value}@github.com/lab/user-image")
    assert GIVEN.value in (workspace.folder / ".git" / "config").read_text()
    check_git_copy(stage_git(workspace), [GIVEN])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config", "[http]\n\textraheader = AUTHORIZATION: basic abc\n"),
        ("config", '[includeIf "gitdir:/a"]\n\tpath = /b\n'),
        ("config", '[remote "origin"]\n\turl = https://ada:q8Z7rT2wX9v@github.com/lab/a\n'),
        ("modules/sub/config", "[include]\n\tpath = /b\n"),
        ("FETCH_HEAD", f"branch 'main' of https://{GIVEN.value}@github.com/lab/a\n"),
        ("hooks/pre-push", TOKEN),
    ],
)
def test_check_git_copy__what_was_not_removed_stops_the_build(name: str, text: str, workspace: Workspace) -> None:
    staged = stage_git(workspace)
    (staged / ".git" / name).parent.mkdir(parents=True, exist_ok=True)
    (staged / ".git" / name).write_text(text)
    with pytest.raises(SeveralProblemsError) as caught:
        check_git_copy(staged, [GIVEN])
    assert {part.file for part in caught.value.parts} == {f".git/{name}"}
