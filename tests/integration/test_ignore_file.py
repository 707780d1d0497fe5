"""Which files the real client sends to the real builder, beside which of them a fingerprint counts."""

import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from devtools import process
from devtools.engine import Engine
from hubaction.build.context import list_context

FILES = (
    "Dockerfile",
    ".dockerignore",
    ".env",
    "a",
    "ab",
    "A.PYC",
    "a.pyc",
    "a b",
    "a^b",
    "a|b",
    "b{1}",
    "a[b]",
    "a$b",
    "a+b",
    "a(b)",
    "!a",
    "#a",
    "data/big.csv",
    "data/keep/me.txt",
    "data/keep/not.csv",
    "data2/a",
    "src/a",
    "src/a.py",
    "src/a.pyc",
    "src/deep/a",
    "src/deep/b.pyc",
    "src/deep/er/b.pyc",
    "src/deep/er/a/b",
    "über/c.txt",
    "über/ü",
)
SIMPLE = {
    "empty": "",
    "name": "a\n",
    "two": "a\nsrc/a.py\n",
    "folder": "data\n",
    "folder with slash": "data/\n",
    "leading slash": "/data\n",
    "dot": "./data\n./a/.\n",
    "doubled slash": "src//deep\n",
    "star": "*.pyc\n",
    "stars": "*a*b*\n",
    "star in a folder": "src/*\n",
    "star for a folder": "*/a\n",
    "question mark": "a?\n",
    "question marks": "???\n",
    "hidden": ".*\n",
    "everything": "*\n",
    "everything below": "**\n",
    "any depth": "**/*.pyc\n",
    "any depth of a name": "**/a\n",
    "any depth of a folder": "**/deep\n",
    "below": "data/**\n",
    "below, by a star": "s*/**\n",
    "any depth between": "src/**/b.pyc\n",
    "any depth between folders": "src/**/er\n",
    "any depth around": "**/deep/**\n",
    "comments": "# a\na\n  \n",
    "blanks around": "  a  \n\tdata\t\n",
    "blank within": "a b\n",
    "carriage returns": "a\r\ndata\r\n",
    "no last newline": "data",
    "byte-order mark": "\ufeffdata\n",
    "capitals": "A\nDATA\na.PYC\n",
    "itself": ".dockerignore\n",
    "the Dockerfile": "Dockerfile\n.dockerignore\n",
    "umlauts": "über/?\n",
    "regular expression's characters": "a.*\na+b\na(b)\na$*\n",
    "exception elsewhere": "data\n!src\n",
    "exception below": "data\n!data/keep/me.txt\n",
    "exception of a folder": "data\n!data/keep\n",
    "everything but": "*\n!src\n",
}
"""What is counted is what arrives."""
DOUBTFUL = {
    "exception undone": "*\n!data/keep\ndata\n",
    "exception undone deep": "*\n!src/deep/er\nsrc\nsrc/deep\n",
    "exception first": "!data/keep\ndata\n",
    "exception that does nothing": "src/deep\n!src\n",
    "brackets": "[ds]*\n",
    "negated brackets": "[^a]*\n",
    "escape": "\\a\n",
    "escaped star": "a\\*\n",
    "alternatives": "a|b*\n",
    "exception with alternatives": "*\n!a|b*\n",
    "braces": "b{1}*\n",
    "anchor": "a^b*\n",
    "two dots": "src/../data\n",
    "two dots to the outside": "../data\n",
    "exception of all": "*\n!**\n",
    "exception with brackets": "*\n![ds]*\n",
    "any depth within a name": "a**\n**.pyc\ns**/a\n",
    "any depth twice": "**/**/a\n",
    "dot alone": ".\n",
    "slash alone": "/\n",
    "hash after blanks": " #a\n",
    "strange blank": "\xa0data\n",
}
"""What arrives is among what is counted."""


class Client:
    """A build context of many files, and the real client to send it."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.context = folder / "context"
        self._archive = folder / "sent.tar"
        self._env = engine.environment()
        for name in FILES:
            self.write(name, "")
        (self.context / "empty").mkdir()
        (self.context / "link").symlink_to("src")
        self.write("Dockerfile", "FROM scratch\nCOPY . /sent/\n")

    def write(self, name: str, text: str) -> None:
        (self.context / name).parent.mkdir(parents=True, exist_ok=True)
        (self.context / name).write_bytes(text.encode())

    def send(self, dockerfile: str = "Dockerfile") -> set[str]:
        """Return the files, folders and links that arrive, by the name that they have in the context."""
        options = [f"--output=type=tar,dest={self._archive}", f"--file={self.context / dockerfile}"]
        process.run(["docker", "buildx", "build", "--quiet", *options, str(self.context)], env=self._env)
        with tarfile.open(self._archive) as archive:
            return {name.removeprefix("sent/") for name in archive.getnames()} - {"sent"}

    def counted(self) -> set[str]:
        return set(list_context(self.context, include_git=False).seen)


@pytest.fixture
def client(tmp_path: Path, engine: Engine) -> Client:
    return Client(tmp_path, engine)


@pytest.mark.parametrize("text", SIMPLE.values(), ids=SIMPLE)
def test_list_context__counts_what_arrives(client: Client, text: str) -> None:
    client.write(".dockerignore", text)
    assert client.counted() == client.send() | {"Dockerfile", ".dockerignore"}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_list_context__counts_no_less_than_arrives(client: Client, text: str) -> None:
    client.write(".dockerignore", text)
    assert client.counted() >= client.send()


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile.dockerignore": "data\n", ".dockerignore": "src\n"},
        {"Dockerfile.dockerignore": "", ".dockerignore": "src\n"},
        {".dockerignore/a": ""},
    ],
    ids=["both", "its own is empty", "folder"],
)
def test_list_context__which_ignore_file_counts(client: Client, files: Mapping[str, str]) -> None:
    (client.context / ".dockerignore").unlink()
    for name, text in files.items():
        client.write(name, text)
    assert client.counted() >= client.send()


@pytest.mark.parametrize("name", [".dockerignore", "binder/.dockerignore", "binder/Dockerfile.dockerignore"])
def test_list_context__ignore_file_of_a_dockerfile_in_binder(client: Client, name: str) -> None:
    os.rename(client.context / "Dockerfile", client.context / "a Dockerfile")  # noqa: PTH104
    client.write("binder/Dockerfile", "FROM scratch\nCOPY . /sent/\n")
    client.write(name, "data\n")
    assert client.counted() == client.send("binder/Dockerfile")


def test_list_context__ignore_file_behind_a_link(client: Client) -> None:
    client.write("rules", "data\n")
    (client.context / ".dockerignore").unlink()
    (client.context / ".dockerignore").symlink_to("rules")
    assert client.counted() >= client.send()


PIECES = (
    "a",
    "b",
    "ab",
    "*",
    "?",
    "**",
    "/",
    "/",
    ".",
    "..",
    "data",
    "src",
    "deep",
    "keep",
    "[a-d]",
    "\\",
    "^",
    "|",
    " ",
)
PATTERNS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
LINES = st.lists(st.tuples(st.sampled_from(["", "", "!"]), PATTERNS).map("".join), max_size=5)


@pytest.mark.slow
@hypothesis.settings(max_examples=150, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(lines=LINES)
def test_list_context__any_patterns_count_no_less_than_arrives(client: Client, lines: list[str]) -> None:
    client.write(".dockerignore", "\n".join(lines))
    try:
        arrived = client.send()
    except process.CommandError:
        return  # the client refuses such an ignore file, so there is no image to take for another
    assert client.counted() >= arrived
