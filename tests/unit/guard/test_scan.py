"""What is taken for a secret, on which line, and what is not."""

import base64
import json
import os
import random
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devtools import places
from hubaction.guard.given_secrets import GivenSecret
from hubaction.guard.scan import MAX_FINDINGS, PIECE_BYTES, Finding, Scanner
from tests.support.planted import HEX, PLANTED, Planted, characters, private_key

GIVEN = GivenSecret("a secret among the inputs of this step", characters(24))


def scan(folder: Path, files: dict[str, str | bytes], *given: GivenSecret) -> list[Finding]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return Scanner(given).scan(folder, files)


FILLER = " ".join(characters(9, string.ascii_lowercase) for _ in range(500)) * (PIECE_BYTES // 5000)


# --- what is found ---


def test_scan__there_are_many_kinds() -> None:
    assert len({planted.kind for planted in PLANTED}) >= 20


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.file)
def test_scan__finds_each_kind_on_its_line(planted: Planted, tmp_path: Path) -> None:
    found = scan(tmp_path, {planted.file: planted.text})
    assert found == [Finding(planted.file, planted.line, planted.kind)]
    assert planted.secret not in repr(found)


@pytest.mark.parametrize(
    "planted", [planted for planted in PLANTED if planted.secret != "{}"], ids=lambda planted: planted.file
)
def test_scan__finds_nothing_where_the_secret_is_a_placeholder(planted: Planted, tmp_path: Path) -> None:
    for placeholder in ("${SECRET}", "your-secret-here", "x" * len(planted.secret), ""):
        assert scan(tmp_path, {planted.file: planted.text.replace(planted.secret, placeholder)}) == []


@pytest.mark.parametrize("planted", PLANTED[:20], ids=lambda planted: planted.file)
def test_scan__finds_tokens_deep_in_a_long_line(planted: Planted, tmp_path: Path) -> None:
    """As a notebook may be: one line of some megabytes."""
    text = planted.text.strip().splitlines()[-1]
    assert scan(tmp_path, {"notebook.ipynb": f"{FILLER} {text} {FILLER}"}) == [
        Finding("notebook.ipynb", 1, planted.kind)
    ]


@pytest.mark.parametrize("shift", [-60, -40, -20, -5, 0])
def test_scan__finds_what_lies_across_two_pieces(shift: int, tmp_path: Path) -> None:
    token = "ghp" + "_" + characters(36)
    before = b"\n" * (PIECE_BYTES + shift)
    for text in (token, GIVEN.value):
        (finding,) = scan(tmp_path, {"data.txt": before + text.encode() + b"\n"}, GIVEN)
        assert finding.line == PIECE_BYTES + shift + 1


def test_scan__every_token_of_a_file(tmp_path: Path) -> None:
    """Also those that are close to one that was looked at."""
    lines = [f"token: {'ghp' + '_' + characters(36)}" if number % 7 == 3 else "nothing" * 9 for number in range(100)]
    found = scan(tmp_path, {"many.txt": "\n".join(lines)})
    assert [finding.line for finding in found] == list(range(4, 100, 7))


SPELLINGS = {
    "plain": GIVEN.value,
    "base64": base64.b64encode(GIVEN.value.encode()).decode(),
    "login": base64.b64encode(f"ada:{GIVEN.value}".encode()).decode(),
    "other login": base64.b64encode(f"user:{GIVEN.value}\n".encode()).decode(),
    "json": json.dumps({"password": GIVEN.value}),
    "address": f"https://ada:{GIVEN.value}@quay.io",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_scan__given_values_in_any_spelling(spelling: str, tmp_path: Path) -> None:
    text = SPELLINGS[spelling]
    assert scan(tmp_path, {"notes.txt": f"\n\n{text}\n", "data.bin": b"\0" + text.encode()}, GIVEN) == [
        Finding("data.bin", None, GIVEN.name, given=True),
        Finding("notes.txt", 3, GIVEN.name, given=True),
    ]


def test_scan__given_values_are_told_beside_what_looks_like_a_secret(tmp_path: Path) -> None:
    """There are exceptions for what looks like one, and none for what was given."""
    token = GivenSecret("the job's token", "ghp" + "_" + characters(36))
    files: dict[str, str | bytes] = {"a.py": f"TOKEN = '{token.value}'\n", ".env": f"API_TOKEN={token.value}\n"}
    assert scan(tmp_path, files, token) == [
        Finding(".env", 1, token.name, given=True),
        Finding("a.py", 1, token.name, given=True),
    ]


def test_scan__given_values_are_told_behind_any_number_of_tokens(tmp_path: Path) -> None:
    tokens = "".join(f"'{'ghp' + '_' + characters(36)}'\n" for _ in range(MAX_FINDINGS + 5))
    found = scan(tmp_path, {"tokens.txt": f"{tokens}{GIVEN.value}\n"}, GIVEN)
    assert found[-1] == Finding("tokens.txt", MAX_FINDINGS + 6, GIVEN.name, given=True)
    assert len(found) == MAX_FINDINGS + 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.file)
def test_scan__text_as_windows_writes_it(planted: Planted, encoding: str, tmp_path: Path) -> None:
    content = planted.text.replace("\n", "\r\n").encode(encoding)
    assert scan(tmp_path, {planted.file: content}) == [Finding(planted.file, planted.line, planted.kind)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_scan__given_values_in_two_bytes_a_letter(encoding: str, tmp_path: Path) -> None:
    (finding,) = scan(tmp_path, {"notes.txt": f"\n{GIVEN.value}\n".encode(encoding)}, GIVEN)
    assert finding.given


def test_scan__links_pipes_and_folders_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PLANTED[0].text)
    (tmp_path / "link").symlink_to("secret")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ["link", "folder", "pipe", "missing", "secret"]
    assert [finding.file for finding in Scanner([]).scan(tmp_path, names)] == ["secret"]


# --- what is none ---

PICTURE = base64.b64encode(random.Random(1).randbytes(2_000_000)).decode()
PROTEIN = "".join(random.Random(2).choices("ACDEFGHIKLMNPQRSTVWY", k=2_000_000))
ORDINARY: dict[str, str | bytes] = {
    "notebook.ipynb": json.dumps({"cells": [{"outputs": [{"data": {"image/png": PICTURE}}]}]}),
    "wrapped.ipynb": json.dumps(
        {"cells": [{"data": [PICTURE[at : at + 76] for at in range(0, 400_000, 76)]}]}, indent=1
    ),
    "proteins.fasta": "\n".join(PROTEIN[at : at + 60] for at in range(0, len(PROTEIN), 60)),
    "random.bin": random.Random(3).randbytes(4_000_000),
    "uv.lock": "\n".join(
        f'{{ url = "https://files.org/{characters(60, HEX)}/a.whl", hash = "sha256:{characters(64, HEX)}" }}'
        for _ in range(500)
    ),
    "conda-lock.yml": "\n".join(
        f"  hash:\n    md5: {characters(32, HEX)}\n    sha256: {characters(64, HEX)}" for _ in range(500)
    ),
    "package-lock.json": json.dumps([{"integrity": f"sha512-{PICTURE[at : at + 86]}=="} for at in range(0, 9000, 86)]),
    "table.csv": "\n".join(f"{number},{characters(8)},{number / 7}" for number in range(5000)),
    "reader.py": 'if b"-----BEGIN RSA PRIVATE KEY-----" in data:\n    raise ValueError("PRIVATE KEY")\n',
    "guide.md": "AKIAIOSFODNN7EXAMPLE, ghp_abcdefghijklmnopqrstuvwxyz0123456789, https://user:password@example.org\n",
    "requirements.txt": "git+https://${TOKEN}:x-oauth-basic@github.com/org/a\ngit+ssh://git@github.com:22/org/b\n",
    "environment.yml": "channels:\n- https://conda.anaconda.org/t/$TOKEN/lab\n- conda-forge\n",
    ".env": "PYTHONPATH=src\nTOKENIZERS_PARALLELISM=false\nSECRET_KEY=changeme\nAPI_TOKEN=${TOKEN}\nSSH_KEY=~/a\n",
    ".env.example": "API_TOKEN=q8Z7rT2wX9v\n",
    ".npmrc": "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n",
    "config.json": '{"model_type": "bert", "auths": {"quay.io": {}}, "hidden_size": 768}',
    "model/config.json": '{"auths": ["none"], "token": 5}',
    ".kube/config": "users:\n- name: ada\n  user:\n    exec: {command: aws}\n",
    ".aws/config": "[default]\nregion = eu-west-1\n",
    "latin.txt": "Müller\n".encode("latin-1"),
    "empty": "",
    "empty/.env": "API_KEY=\nDATABASE_HOST=localhost\nSECRET_TOKEN =\n\nCACHE_FOLDER=something\n",
    "empty/.pypirc": "[pypi]\nusername = ada\npassword =\n[testpypi]\n",
    "empty/.my.cnf": "[client]\npassword=\nuser=somebody\n",
    "empty/.s3cfg": "[default]\nsecret_key =\nuse_https = True\n",
    "empty/.aws/config": "aws_session_token =\nregion = eu-west-1\n",
    "empty/.kube/config": "users:\n- name: x\n  user:\n    token:\n    username: ada\n",
    "forum/environment.yml": "# https://discourse.jupyter.org/t/kernel-does-not-start/1234\n"
    "# see https://discourse.pangeo.io/t/which-image-to-use/88/3, and (https://forum.org/t/another-topic/12)\n",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_scan__ordinary_content_is_no_secret(name: str, tmp_path: Path) -> None:
    assert scan(tmp_path, {name: ORDINARY[name]}, GIVEN) == []


def test_scan__a_broken_docker_configuration(tmp_path: Path) -> None:
    assert scan(tmp_path, {"config.json": '{"auths": '}) == []


def test_scan__the_key_alone_makes_a_private_key(tmp_path: Path) -> None:
    """The first line is in programs that read keys; the rest of the test data is where a key would be."""
    first, *rest = private_key().splitlines()
    assert scan(tmp_path, {"a": f"{first}\n...\n", "b": "\n".join(rest)}) == []
    assert len(scan(tmp_path, {"a": f"{first}\n" + "\n".join(rest)})) == 1


# --- what would take long ---

SLOW = {
    "environment.yml": "a" * 1_000_000,
    "a/environment.yml": "a." * 500_000,
    "requirements.txt": "passwd" * 150_000,
    ".npmrc": "a://b:" * 150_000,
    ".pypirc": "\n" * 1_000_000,
    ".env": "\t\n" * 500_000,
    "a/.env": "token=" * 150_000,
    ".netrc": "password " * 100_000,
    "config.json": json.dumps({"auths": {str(number): {"auth": f"q8Z7rT2w{number}"} for number in range(25_000)}}),
    "b/requirements.txt": "https://a:q8Z7rT2w@b " * 45_000,
    "tokens.txt": f" {'ghp' + '_' + characters(36)}" * 20_000,
    "given.txt": GIVEN.value * 100_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_scan__no_file_takes_long(name: str, tmp_path: Path) -> None:
    """A file may be made for that; going through a megabyte again at each of its places takes hours."""
    started = time.process_time()
    scan(tmp_path, {name: SLOW[name]}, GIVEN)
    assert time.process_time() - started < 5


# --- in a process that has imported nothing yet ---

SCAN = """
import sys
from pathlib import Path
from hubaction.guard.scan import Scanner
from hubaction.guard.given_secrets import GivenSecret
from tests.support.thread_imports import watching

folder = Path(sys.argv[1])
names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
with watching() as imported:
    Scanner([GivenSecret("a secret", sys.argv[2])]).scan(folder, names)
print(*imported)
"""


def scan_in_a_new_process(folder: Path) -> str:
    """Return what was imported in other threads than the main one."""
    command = [sys.executable, "-c", SCAN, str(folder), GIVEN.value]
    done = subprocess.run(command, cwd=places.PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("attempt", range(3))
def test_scan__two_threads_meet_their_first_tokens_at_once(attempt: int, tmp_path: Path) -> None:
    """The first file is in one thread's batch, the last in the other's."""
    for number in range(65):
        (tmp_path / f"{number:02}").write_text({0: "AWS_REGION=eu\n", 64: "a PRIVATE KEY\n"}.get(number, "text\n"))
    assert scan_in_a_new_process(tmp_path) == ""


def test_scan__threads_import_nothing(tmp_path: Path) -> None:
    """Whatever kind of secret there is, and however its file is encoded."""
    for number, planted in enumerate(PLANTED):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be"):
            file = tmp_path / f"{number}-{encoding}" / planted.file
            file.parent.mkdir(parents=True)
            file.write_text(planted.text, encoding=encoding)
    assert scan_in_a_new_process(tmp_path) == ""
