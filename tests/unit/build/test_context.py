"""The staged copy: what is in it, how it is kept, what is refused, and that the workspace stays as it was."""

import errno
import os
import shutil
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from docker.utils.build import exclude_paths
from dulwich.repo import Repo

from hubaction.build.context import (
    Context,
    ContextError,
    find_binder_folder,
    find_dockerfile,
    list_context,
    resolve_source,
    stage_configuration,
    stage_context,
)
from hubaction.build.git_folder import read_head, strip_git_credentials
from hubaction.decide.binder_dockerfile import render_dockerfile
from hubaction.errors import DiskFullError

TOKEN = "QVVUSE9SSVpBVElPTg"
OUR_DOCKERFILE = render_dockerfile(f"quay.io/org/course@sha256:{'5' * 64}")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "run" / "context"


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def stage(source: Path, target: Path, *, include_git: bool = False) -> Context:
    return stage_context(list_context(source, include_git=include_git), target)


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def describe(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return all that could be written in a folder: types, modes, times, contents."""
    described: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content: object = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else ""
        described[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_size, content)
    return described


# --- the folder to build ---


def test_resolve_source__sub_folder(source: Path) -> None:
    write(source, {"images/a/Dockerfile": ""})
    assert resolve_source(source, "images/a") == source / "images/a"


def test_resolve_source__link_inside(source: Path) -> None:
    write(source, {"images/a/Dockerfile": ""})
    (source / "current").symlink_to("images/a")
    assert resolve_source(source, "current") == source / "images/a"


def test_resolve_source__workspace_behind_a_link(source: Path, tmp_path: Path) -> None:
    write(source, {"Dockerfile": ""})
    (tmp_path / "link").symlink_to(source)
    assert resolve_source(tmp_path / "link", ".") == source


@pytest.mark.parametrize("link", ["/etc", "../..", "../outside"])
def test_resolve_source__link_to_the_outside(source: Path, link: str) -> None:
    write(source.parent / "outside", {"secret": ""})
    (source / "image").symlink_to(link)
    with pytest.raises(ContextError, match="a link to a place outside of the repository"):
        resolve_source(source, "image")


def test_resolve_source__missing(source: Path) -> None:
    with pytest.raises(ContextError, match=r"no folder 'image'.*actions/checkout"):
        resolve_source(source, "image")


def test_resolve_source__file(source: Path) -> None:
    write(source, {"image": ""})
    with pytest.raises(ContextError, match="no folder 'image'"):
        resolve_source(source, "image")


def test_resolve_source__empty(source: Path) -> None:
    with pytest.raises(ContextError, match=r"is empty.*actions/checkout"):
        resolve_source(source, ".")


@pytest.mark.parametrize(
    ("files", "binder", "dockerfile"),
    [
        ({"Dockerfile": ""}, "", "Dockerfile"),
        ({"environment.yml": ""}, "", ""),
        ({"binder/Dockerfile": "", "Dockerfile": ""}, "binder", "binder/Dockerfile"),
        ({".binder/environment.yml": "", "Dockerfile": ""}, ".binder", ""),
        ({"binder": "a file"}, "", ""),
    ],
)
def test_find_dockerfile__is_where_repo2docker_looks(
    source: Path, files: Mapping[str, str], binder: str, dockerfile: str
) -> None:
    write(source, files)
    assert find_binder_folder(source) == binder
    assert find_dockerfile(source) == dockerfile


def test_find_binder_folder__both(source: Path) -> None:
    write(source, {"binder/a": "", ".binder/a": ""})
    with pytest.raises(ContextError, match="repo2docker cannot choose"):
        find_binder_folder(source)


# --- the copy ---


@pytest.mark.parametrize("configuration", ["Dockerfile", "environment.yml"])
def test_stage_context__files_and_folders(source: Path, target: Path, configuration: str) -> None:
    write(source, {configuration: "x", "notebooks/a.ipynb": "{}", ".hidden/b": "", "empty/.keep": ""})
    (source / "void").mkdir()
    staged = stage(source, target, include_git=False)
    assert staged.folder == target
    assert names_in(target) == names_in(source)
    assert (target / "notebooks/a.ipynb").read_text(encoding="utf-8") == "{}"
    assert staged.skipped == ()


def test_stage_context__counts_bytes(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": "x" * 10, "a/b": "y" * 5})
    assert stage(source, target, include_git=False).bytes == 15


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o444, 0o400, 0o777, 0o4755])
def test_stage_context__modes_and_times(source: Path, target: Path, mode: int) -> None:
    write(source, {"postBuild": "", "folder/a": ""})
    for path in (source / "postBuild", source / "folder"):
        path.chmod(mode | (0o100 if path.is_dir() else 0))
        os.utime(path, (1_000_000_000, 1_000_000_000))
    stage(source, target, include_git=False)
    for name in ("postBuild", "folder"):
        kept, given = (target / name).stat(), (source / name).stat()
        assert (kept.st_mode, kept.st_mtime) == (given.st_mode, given.st_mtime)


def test_stage_context__read_only_folders(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": "", "a/b/c": "1", "a/d": "2"})
    for folder in ("a/b", "a", "."):
        (source / folder).chmod(0o555)
    try:
        stage(source, target, include_git=False)
        assert {"a/b/c", "a/d"} <= names_in(target)
        assert [stat.S_IMODE((target / name).stat().st_mode) for name in (".", "a", "a/b")] == [0o555] * 3
    finally:
        for root in (source, target):
            for folder in (".", "a", "a/b"):
                (root / folder).chmod(0o755)


def test_stage_context__links_stay_links(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": "", "data/a": "1"})
    links = {"file": "data/a", "folder": "data", "broken": "nowhere", "absolute": "/etc/hostname", "loop": "loop"}
    for name, destination in links.items():
        (source / name).symlink_to(destination)
    stage(source, target, include_git=False)
    assert {name: str((target / name).readlink()) for name in links} == links
    assert "folder/a" not in {name for name in names_in(target) if not (target / "folder").is_symlink()}


def test_stage_context__folder_links_are_not_walked(source: Path, target: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", {"secret": "top secret"})
    write(source, {"environment.yml": ""})
    (source / "data").symlink_to(tmp_path / "outside")
    stage(source, target, include_git=False)
    assert (target / "data").is_symlink()
    assert sorted(path.name for path in target.iterdir()) == ["data", "environment.yml"]


def test_stage_context__special_files_are_skipped(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": ""})
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(source / "sock"))
        staged = stage(source, target, include_git=False)
    assert staged.skipped == ("pipe", "sock")
    assert names_in(target) == {"Dockerfile"}


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "a\nb",
        "-rf",
        "--help",
        "ü",
        "$(id)",
        "a\\b",
        "*",
        "!x",
        "#x",
        "::error::x",
        os.fsdecode(b"\xff\xfe"),
        "x" * 255,
    ],
)
@pytest.mark.parametrize("ignore", ["", "nothing\n*.pyc\n"])
def test_stage_context__hostile_names(source: Path, target: Path, name: str, ignore: str) -> None:
    write(source, {"environment.yml": "", ".dockerignore": ignore, f"folder/{name}": "1"})
    stage(source, target, include_git=False)
    assert (target / "folder" / name).read_text(encoding="utf-8") == "1"


@pytest.mark.parametrize("configuration", ["Dockerfile", "environment.yml"])
def test_stage_context__workspace_is_never_written(source: Path, target: Path, configuration: str) -> None:
    write(
        source,
        {
            configuration: "",
            ".git/config": f"[http]\n\textraheader = AUTHORIZATION: basic {TOKEN}\n",
            ".dockerignore": "data\n",
            "data/a": "1",
        },
    )
    (source / "link").symlink_to("data")
    before = describe(source)
    stage(source, target, include_git=True)
    assert describe(source) == before


def test_stage_context__file_that_vanishes_or_cannot_be_read_is_named(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also as root, who may read everything, a file on a network share may fail."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    write(source, {"Dockerfile": ""})
    monkeypatch.setattr(shutil, "copy2", fail)
    with pytest.raises(ContextError, match="'Dockerfile' cannot be copied into the build context: Permission denied"):
        stage(source, target, include_git=False)


def test_stage_context__disk_full(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    write(source, {"Dockerfile": ""})
    monkeypatch.setattr(shutil, "copy2", fail)
    with pytest.raises(DiskFullError):
        stage(source, target, include_git=False)


# --- links that lead out ---

CONFIGURATION = ("Dockerfile", "environment.yml", "requirements.txt", "apt.txt", "postBuild", ".dockerignore")


@pytest.mark.parametrize("folder", ["", "binder"])
@pytest.mark.parametrize("name", CONFIGURATION)
def test_stage_context__configuration_links_to_the_outside_are_refused(
    source: Path, target: Path, tmp_path: Path, name: str, folder: str
) -> None:
    write(tmp_path, {"secret": "top secret"})
    (source / folder).mkdir(exist_ok=True)
    (source / folder / name).symlink_to(tmp_path / "secret")
    with pytest.raises(ContextError, match=r"out(side)? of the repository") as caught:
        stage(source, target, include_git=False)
    assert caught.value.file == str(Path(folder) / name)
    assert "top secret" not in caught.value.message


def test_stage_context__configuration_links_inside_are_fine(source: Path, target: Path) -> None:
    write(source, {"conda/environment.yml": "name: x"})
    (source / "environment.yml").symlink_to("conda/environment.yml")
    stage(source, target, include_git=False)
    assert (target / "environment.yml").read_text(encoding="utf-8") == "name: x"


@pytest.mark.parametrize("name", CONFIGURATION)
def test_stage_context__links_must_not_come_alive_in_the_copy(source: Path, target: Path, name: str) -> None:
    """A relative link that leads nowhere in the workspace may lead to this run's credentials beside the copy."""
    write(target.parent, {"docker-config/config.json": TOKEN})
    (source / name).symlink_to("../docker-config/config.json")
    try:
        stage(source, target, include_git=False)
    except ContextError:
        return
    assert not (target / name).exists()


@pytest.mark.parametrize("name", CONFIGURATION)
def test_stage_context__links_out_and_in_again_must_not_change_their_meaning(
    source: Path, target: Path, name: str
) -> None:
    """By its name in the workspace the folder is the repository's own; beside the copy, it is another's."""
    repository = source / "docker-config"
    write(repository, {"config.json": "mine"})
    write(target.parent, {"docker-config/config.json": TOKEN})
    (repository / name).symlink_to("../docker-config/config.json")
    try:
        stage(repository, target, include_git=False)
    except ContextError:
        return
    assert not (target / name).exists() or (target / name).read_text(encoding="utf-8") == "mine"


def test_stage_context__binder_must_not_come_alive_in_the_copy(source: Path, target: Path) -> None:
    write(target.parent, {"docker-config/Dockerfile": TOKEN})
    write(source, {"environment.yml": ""})
    (source / "binder").symlink_to("../docker-config")
    try:
        stage(source, target, include_git=False)
    except ContextError:
        return
    assert not (target / "binder").exists()


# --- .git ---


@pytest.mark.parametrize("configuration", ["Dockerfile", "environment.yml"])
def test_stage_context__git_is_left_out_at_any_depth(source: Path, target: Path, configuration: str) -> None:
    write(source, {configuration: "", ".git/config": "", "a/.git/config": "", "a/b/.git": "gitdir: x", "a/b/c": ""})
    write(source, {".gitignore": "", ".github/workflows/x.yml": ""})
    stage(source, target, include_git=False)
    assert names_in(target) == {
        configuration,
        ".gitignore",
        ".github",
        ".github/workflows",
        ".github/workflows/x.yml",
        "a",
        "a/b",
        "a/b/c",
    }


def test_stage_context__git_link_is_left_out(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": "", "real/config": ""})
    (source / ".git").symlink_to("real")
    stage(source, target, include_git=False)
    assert not (target / ".git").is_symlink()


CREDENTIALS = {
    "extraheader": f'[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic {TOKEN}\n',
    "plain-http": f"[http]\n\textraHeader = AUTHORIZATION: basic {TOKEN}\n",
    "credential-helper": f"[credential]\n\thelper = !echo password={TOKEN}\n",
    "include": f"[include]\n\tpath = /runner/_temp/{TOKEN}.config\n",
    "include-if": f'[includeIf "gitdir:/github/workspace/.git"]\n\tpath = /runner/_temp/{TOKEN}.config\n',
    "url-with-token": f'[remote "origin"]\n\turl = https://x-access-token:{TOKEN}@github.com/org/course\n',
    "push-url": f'[remote "origin"]\n\tpushurl = https://{TOKEN}@github.com/org/course\n',
    "submodule-url": f'[submodule "a"]\n\turl = https://{TOKEN}@github.com/org/course\n',
    "instead-of": f'[url "https://x-access-token:{TOKEN}@github.com/"]\n\tinsteadOf = https://github.com/\n',
}
HARMLESS = '[core]\n\tbare = false\n[branch "main"]\n\tremote = origin\n'


@pytest.mark.parametrize("place", ["config", "config.worktree", "modules/a/config", "modules/a/modules/b/config"])
@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
def test_stage_context__git_without_credentials(source: Path, target: Path, credential: str, place: str) -> None:
    write(source, {"Dockerfile": "", ".git/HEAD": "ref: refs/heads/main\n", f".git/{place}": HARMLESS + credential})
    stage(source, target, include_git=True)
    kept = (target / ".git" / place).read_text(encoding="utf-8")
    assert TOKEN not in kept
    assert "bare = false" in kept
    assert (target / ".git/HEAD").read_text(encoding="utf-8") == "ref: refs/heads/main\n"


def test_stage_context__git_url_stays_usable(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": "", ".git/config": CREDENTIALS["url-with-token"]})
    stage(source, target, include_git=True)
    assert "url = https://github.com/org/course" in (target / ".git/config").read_text(encoding="utf-8")


def test_stage_context__ssh_url_is_no_credential(source: Path, target: Path) -> None:
    text = '[remote "origin"]\n\turl = git@github.com:org/course.git\n'
    write(source, {"Dockerfile": "", ".git/config": text})
    stage(source, target, include_git=True)
    assert "git@github.com:org/course.git" in (target / ".git/config").read_text(encoding="utf-8")


def test_stage_context__git_of_nested_repositories_without_credentials(source: Path, target: Path) -> None:
    """actions/checkout with `path` leaves its token in a .git of its own."""
    write(source, {"Dockerfile": "", ".git/config": HARMLESS, "vendor/.git/config": CREDENTIALS["extraheader"]})
    stage(source, target, include_git=True)
    assert not [path for path in target.rglob("*") if path.is_file() and TOKEN in path.read_text(encoding="utf-8")]


def test_stage_context__git_credential_files_are_removed(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": "", ".git/config": HARMLESS, ".git/credentials": f"https://{TOKEN}@github.com\n"})
    stage(source, target, include_git=True)
    assert not (target / ".git/credentials").exists()


def test_stage_context__git_may_be_a_file(source: Path, target: Path) -> None:
    """In a submodule and in a linked worktree .git is a file that names a folder elsewhere."""
    write(source, {"Dockerfile": "", ".git": "gitdir: ../.git/modules/a\n"})
    stage(source, target, include_git=True)
    assert (target / ".git").read_text(encoding="utf-8") == "gitdir: ../.git/modules/a\n"


def test_stage_context__git_behind_a_link_is_not_written(source: Path, target: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"config": HARMLESS + CREDENTIALS["extraheader"]})
    write(source, {"Dockerfile": ""})
    (source / ".git").symlink_to(tmp_path / "elsewhere")
    before = describe(tmp_path / "elsewhere")
    try:
        stage(source, target, include_git=True)
    except ContextError:
        pass
    assert describe(tmp_path / "elsewhere") == before


def test_stage_context__git_modules_behind_a_link_are_not_written(source: Path, target: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"a/config": HARMLESS + CREDENTIALS["extraheader"]})
    write(source, {"Dockerfile": "", ".git/config": HARMLESS})
    (source / ".git/modules").symlink_to(tmp_path / "elsewhere")
    before = describe(tmp_path / "elsewhere")
    stage(source, target, include_git=True)
    assert describe(tmp_path / "elsewhere") == before


@pytest.mark.parametrize("configuration", ["[http\n\textraheader = ", "\x00", "[http]\nextraheader = 'a\n[b"])
def test_stage_context__git_configuration_that_cannot_be_read(source: Path, target: Path, configuration: str) -> None:
    write(source, {"Dockerfile": "", ".git/config": configuration + TOKEN})
    stage(source, target, include_git=True)
    file = target / ".git/config"
    assert not file.exists() or TOKEN not in file.read_text(encoding="utf-8")


def test_stage_context__include_git_without_one(source: Path, target: Path) -> None:
    write(source, {"Dockerfile": ""})
    assert stage(source, target, include_git=True).files == 1


def test_strip_git_credentials__leaves_harmless_files_alone(tmp_path: Path) -> None:
    write(tmp_path / ".git", {"config": HARMLESS})
    before = describe(tmp_path / ".git")
    strip_git_credentials(tmp_path / ".git")
    assert describe(tmp_path / ".git") == before


def commit_something(folder: Path) -> str:
    with Repo.init(str(folder), mkdir=not folder.exists()) as repository:
        author = b"a <a@example.org>"
        return repository.get_worktree().commit(message=b"x", committer=author, author=author).decode()


def test_read_head__commit(source: Path) -> None:
    commit = commit_something(source)
    (source / "images/a").mkdir(parents=True)
    assert read_head(source, source) == commit
    assert read_head(source / "images/a", source) == commit


def test_read_head__nearest_checkout_counts(source: Path) -> None:
    """A pull request's checkout inside of the default branch's must not pass for it."""
    outer = commit_something(source)
    with Repo.init(str(source / "pull"), mkdir=True) as repository:
        author = b"b <b@example.org>"
        inner = repository.get_worktree().commit(message=b"y", committer=author, author=author).decode()
    assert read_head(source / "pull", source) == inner != outer


def test_read_head__not_above_the_workspace(source: Path) -> None:
    commit_something(source.parent)
    assert read_head(source, source) == ""


def test_read_head__no_commit_yet(source: Path) -> None:
    Repo.init(str(source)).close()
    assert read_head(source, source) == ""


def test_read_head__no_repository(source: Path) -> None:
    assert read_head(source, source) == ""
    write(source, {".git": "gitdir: nowhere\n"})
    assert read_head(source, source) == ""


# --- ignore files ---

TREE = {
    "README.md": "",
    "a.pyc": "",
    "data/big.csv": "",
    "data/keep/me.txt": "",
    "data/keep/not.csv": "",
    "src/a.py": "",
    "src/a.pyc": "",
    "src/deep/b.pyc": "",
    "secret": "",
    ".env": "",
    "über/c.txt": "",
}
IGNORES = {
    "name": "secret\n",
    "star": "*.pyc\n",
    "two-stars": "**/*.pyc\n",
    "folder": "data\n",
    "folder-with-slash": "data/\n",
    "leading-slash": "/data\n",
    "exception": "data\n!data/keep\n",
    "exception-below": "data/**\n!data/keep/me.txt\n",
    "everything": "*\n",
    "everything-but": "*\n!src\n",
    "exception-undone": "!data/keep\ndata\n",
    "comments-and-blanks": "# a comment\n\n  secret  \n",
    "dots": "./data/../secret\n",
    "hidden": ".*\n",
    "itself": ".dockerignore\nenvironment.yml\n",
    "question-mark": "?rc\n",
    "brackets": "[ds]*\n",
    "umlaut": "über\n",
    "crlf": "secret\r\ndata\r\n",
    "empty": "",
}


def selected_by_repo2docker(folder: Path, binder: str) -> set[str]:
    """Return what repo2docker would put into the image: as its BuildPack.build reads and applies ignore files."""
    patterns = []
    for name in (".dockerignore", ".containerignore"):
        file = folder / binder / name
        if file.exists():
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
            patterns += [line for line in lines if line and not line.startswith("#")]
    found = exclude_paths(str(folder), patterns)
    return {name for name in found if ".git" not in Path(name).parts}


def cases() -> list[object]:
    return [
        pytest.param(text, name, binder, id=f"{label}-{binder or 'root'}-{name[1:-6]}")
        for label, text in IGNORES.items()
        for name in (".dockerignore", ".containerignore")
        for binder in ("", "binder", ".binder")
    ]


@pytest.mark.parametrize(("text", "name", "binder"), cases())
def test_stage_context__ignores_what_repo2docker_ignores(
    source: Path, target: Path, text: str, name: str, binder: str
) -> None:
    """repo2docker applies its rules to the copy again, so the same must be left of both; and no more is copied."""
    write(source, TREE | {f"{binder or '.'}/environment.yml": "", f"{binder or '.'}/{name}": text, ".git/HEAD": ""})
    stage(source, target, include_git=False)
    wanted = selected_by_repo2docker(source, binder)
    assert selected_by_repo2docker(target, binder) == wanted
    folders = {str(parent) for path in wanted for parent in Path(path).parents}
    configuration = {str(Path(binder) / "environment.yml"), str(Path(binder) / name), binder}
    assert names_in(target) <= wanted | folders | configuration


def test_stage_context__two_ignore_files(source: Path, target: Path) -> None:
    write(source, TREE | {"environment.yml": "", ".dockerignore": "data\n", ".containerignore": "!data/keep\nsecret\n"})
    stage(source, target, include_git=False)
    assert selected_by_repo2docker(target, "") == selected_by_repo2docker(source, "")
    assert "data/keep/me.txt" in names_in(target)
    assert not {"secret", "data/big.csv"} & names_in(target)


@pytest.mark.parametrize("binder", ["binder", ".binder"])
def test_stage_context__ignore_file_at_the_root_counts_beside_binder(source: Path, target: Path, binder: str) -> None:
    write(source, TREE | {f"{binder}/environment.yml": "", ".dockerignore": "data\n", f"{binder}/.dockerignore": "src"})
    stage(source, target, include_git=False)
    assert not {"data/big.csv", "src/a.py"} & names_in(target)
    assert {"README.md", f"{binder}/environment.yml"} <= names_in(target)


def test_stage_context__dockerfile_leaves_ignoring_to_the_engine(source: Path, target: Path) -> None:
    write(source, TREE | {"Dockerfile": "", ".dockerignore": "*\n"})
    stage(source, target, include_git=False)
    assert names_in(target) == names_in(source)


def test_stage_context__ignore_file_may_be_a_folder_or_no_text(source: Path, target: Path) -> None:
    write(source, {"environment.yml": "", ".dockerignore/x": ""})
    (source / ".containerignore").write_bytes(b"\xff\nsecret\n")
    write(source, {"secret": ""})
    stage(source, target, include_git=False)
    assert "secret" not in names_in(target)


# --- the list ---


def seen(source: Path) -> set[str]:
    return set(list_context(source, include_git=False).seen)


@pytest.mark.parametrize("configuration", ["Dockerfile", "environment.yml"])
def test_list_context__is_sorted_and_reads_no_content(
    source: Path, configuration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(source, {configuration: "", "b/c": "", "b-c": "", "a": ""})
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("a file was read"))
    monkeypatch.setattr(Path, "read_text", lambda _: pytest.fail("a file was read"))
    files = list_context(source, include_git=False)
    assert files.paths == files.seen == tuple(sorted([configuration, "a", "b", "b-c", "b/c"]))


@pytest.mark.parametrize("folder", ["", "binder"])
@pytest.mark.parametrize("name", [*CONFIGURATION, "Dockerfile.dockerignore"])
@pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "../workspace/inside", "nowhere", "a/../../outside"])
def test_list_context__links_out_are_refused_before_anything_is_read(
    source: Path, name: str, folder: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(source, {"inside": "", "Dockerfile" if name != "Dockerfile" and not folder else "x": ""})
    write(source.parent, {"outside": "top secret"})
    (source / folder).mkdir(exist_ok=True)
    (source / folder / name).unlink(missing_ok=True)
    (source / folder / name).symlink_to(target if not folder or target[0] == "/" else f"../{target}")
    for reader in ("open", "read_bytes", "read_text"):
        monkeypatch.setattr(Path, reader, lambda *_, **__: pytest.fail("a file was read"))
    with pytest.raises(ContextError, match=r"out(side)? of the repository"):
        list_context(source, include_git=False)


@pytest.mark.parametrize(
    "target", ["conda/environment.yml", "./conda/../conda/environment.yml", "again", "folder/environment.yml"]
)
def test_list_context__links_inside_are_followed_as_the_system_does(source: Path, target: str) -> None:
    write(source, {"conda/environment.yml": "name: x"})
    (source / "folder").symlink_to("conda")
    (source / "again").symlink_to("folder/environment.yml")
    (source / "environment.yml").symlink_to(target)
    assert {"environment.yml", "conda/environment.yml", "again", "folder"} <= seen(source)


def test_list_context__endless_link(source: Path) -> None:
    (source / "environment.yml").symlink_to("apt.txt")
    (source / "apt.txt").symlink_to("environment.yml")
    with pytest.raises(ContextError, match="out of the repository, or nowhere"):
        list_context(source, include_git=False)


def test_list_context__link_to_an_ignored_file(source: Path) -> None:
    """In the copy it would lead nowhere."""
    write(source, {"conda/environment.yml": "", ".dockerignore": "conda\n"})
    (source / "environment.yml").symlink_to("conda/environment.yml")
    with pytest.raises(ContextError, match="out of the repository, or nowhere"):
        list_context(source, include_git=False)


def test_list_context__leaves_out_a_file_and_what_binder_cache_committed(source: Path) -> None:
    write(source, {"environment.yml": "", "out/result.json": "", "binder/Dockerfile": OUR_DOCKERFILE})
    files = list_context(source, include_git=False, leave_out=[Path("out/result.json")])
    assert files.paths == files.seen == ("environment.yml", "out")


def test_list_context__ignored_files_are_staged_for_the_engine_and_not_seen(source: Path) -> None:
    write(source, TREE | {"Dockerfile": "", ".dockerignore": "data\n**/*.pyc\nDockerfile\n.dockerignore\n"})
    files = list_context(source, include_git=False)
    assert set(files.paths) == names_in(source)
    assert set(files.paths) - set(files.seen) == {
        *("data", "data/big.csv", "data/keep", "data/keep/me.txt", "data/keep/not.csv", "a.pyc", "src/a.pyc"),
        "src/deep/b.pyc",
    }


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore"])
def test_list_context__ignore_file_is_seen_though_it_ignores_itself(source: Path, name: str) -> None:
    """Its text decides on what is in doubt: with [x]ata in place of [d]ata the data would be in the image."""
    write(source, TREE | {"Dockerfile": "", name: f"{name}\n[d]ata\n"})
    assert {name, "data"} <= seen(source)


@pytest.mark.parametrize("link", ["Dockerfile", ".dockerignore"])
def test_list_context__behind_links_everything_is_seen(source: Path, link: str) -> None:
    """What an ignored Dockerfile says would count nowhere."""
    write(source, {"Dockerfile": "", ".dockerignore": "docker\n", "docker/file": ""})
    (source / link).rename(source / "docker" / link)
    (source / link).symlink_to(f"docker/{link}")
    assert seen(source) == names_in(source)


def test_list_context__folders_of_exceptions_are_seen(source: Path) -> None:
    write(source, TREE | {"Dockerfile": "", ".dockerignore": "data\n!data/keep/me.txt\n"})
    assert {"data", "data/keep", "data/keep/me.txt"} <= seen(source)
    assert "data/big.csv" not in seen(source)


# --- the configuration alone ---


def test_stage_configuration__what_is_read_to_render(source: Path, target: Path) -> None:
    write(source, TREE | {"binder/postBuild": "", "conda/environment.yml": "name: x", "environment.yml": ""})
    (source / "binder/environment.yml").symlink_to("../conda/environment.yml")
    stage_configuration(list_context(source, include_git=False), target)
    assert names_in(target) == {"binder", "binder/postBuild", "binder/environment.yml", "environment.yml"}
    assert (target / "binder/environment.yml").read_text(encoding="utf-8") == "name: x"
    assert not (target / "binder/environment.yml").is_symlink()


def test_stage_configuration__without_what_binder_cache_committed(source: Path, target: Path) -> None:
    write(source, {"environment.yml": "", "binder/Dockerfile": OUR_DOCKERFILE})
    stage_configuration(list_context(source, include_git=False), target)
    assert names_in(target) == {"environment.yml"}


def test_stage_configuration__pipe_is_not_waited_for(source: Path, target: Path) -> None:
    write(source, {"environment.yml": ""})
    os.mkfifo(source / "postBuild")
    stage_configuration(list_context(source, include_git=False), target)
    assert names_in(target) == {"environment.yml"}
