"""Files that keep logins, known by their names, and the lines with a login in them."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from hubaction.guard.placeholders import is_placeholder

MAX_BYTES = 1 << 20
"""A larger file is not a configuration file."""

Lines = Iterator[int]
Rule = Callable[[str], Lines]
"""A file's text -> the lines, from 1, that hold a login."""


@dataclass(frozen=True)
class KnownFile:
    """Files of some names, what they may hold, and how to find it."""

    names: str
    """A regular expression for the whole name, capitals or not."""
    kind: str
    find: Rule
    folder: str = ""
    """A folder that must be on its path; empty for any."""


def _values(pattern: str, *, flags: re.RegexFlag = re.NOFLAG) -> Rule:
    """A rule for files in which a login is the pattern's last group."""
    compiled = re.compile(pattern, re.MULTILINE | flags)

    def find(text: str) -> Lines:
        for match in compiled.finditer(text):
            if not is_placeholder(match.group(match.lastindex or 0)):
                yield text.count("\n", 0, match.start(match.lastindex or 0)) + 1

    return find


_EITHER_CASE = re.IGNORECASE
# Patterns here never continue on the next line, since an empty value is followed by another setting. Nor do they
# backtrack over long texts: a hostile file could make that take hours.
_URL_LOGIN = r"://[^\s/:@'\"<>]*:([^\s/@'\"<>]+)@"
# https://docs.anaconda.com/ has tokens in URLs; forums have topics there, followed by a number.
_CONDA_TOKEN = r"/t/([A-Za-z0-9-]{8,})/(?!\d+(?:[^\w.-]|$))"  # noqa: S105 - a pattern
_in_addresses = _values(_URL_LOGIN, flags=_EITHER_CASE)
_assigned = _values(
    r"^[ \t]*(?:export[ \t]+|set[ \t]+)?[\"']?[A-Za-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api_?key"
    r"|access_?key|private_?key|credentials?|_key|_pat|_pwd|_pass)[\"']?[ \t]*[=:]"
    r"[ \t]*[\"']?([^\s\"'#;,/.~][^\s\"'#;,]{5,})",
    flags=_EITHER_CASE,
)
"""Names of secrets, with a value of six characters or more that is not a path."""


def _find_docker_logins(text: str) -> Lines:
    """https://docs.docker.com/reference/cli/docker/login/#default-behavior"""
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return
    auths = loaded.get("auths") if isinstance(loaded, dict) else None
    for entry in auths.values() if isinstance(auths, dict) else ():
        if isinstance(entry, dict):
            kept = [str(entry.get(key) or "") for key in ("auth", "password", "identitytoken", "registrytoken")]
            value = next((value for value in kept if value and not is_placeholder(value)), "")
            if value:
                yield text.count("\n", 0, max(0, text.find(json.dumps(value)))) + 1


def _everything(text: str) -> Lines:
    if text.strip():
        yield 1


_DOTENV = r"(?!.*(?:example|sample|template|dist|tmpl|schema)$)(?:\.env(?:\..+)?|.+\.env|\.renviron|\.envrc)"
_in_kubernetes = _values(
    r"^[ \t]*(?:-[ \t]+)?[\"']?(?:token|password|client-key-data|access-token|id-token|refresh-token)[\"']?[ \t]*:"
    r"[ \t]*[\"']?([^\s\"',]+)"
)

KNOWN_FILES = (
    # https://github.com/google-github-actions/auth writes it into the workspace.
    KnownFile(r"gha-creds-[0-9a-f]+\.json", "credentials for Google Cloud", _everything),
    KnownFile(
        r"application_default_credentials\.json|client_secrets?.*\.json",
        "credentials for Google Cloud",
        _values(r'"(?:refresh_token|client_secret)"\s*:\s*"([^"]+)"'),
    ),
    KnownFile(r"config\.json|auth\.json|.*dockerconfigjson", "a Docker login", _find_docker_logins),
    KnownFile(r"\.dockercfg", "a Docker login", _values(r'"(?:auth|password)"\s*:\s*"([^"]+)"')),
    KnownFile(r"[._]netrc", "a login of .netrc", _values(r"\bpassword\s+(\S+)")),
    KnownFile(
        r"\.pypirc", "a login for a package index", _values(r"^[ \t]*password[ \t]*[=:][ \t]*(\S+)", flags=_EITHER_CASE)
    ),
    KnownFile(
        r"\.?condarc|\.mambarc|environment.*\.ya?ml|pip\.(?:conf|ini)|uv\.toml|pyproject\.toml|pipfile"
        r"|(?:requirements|constraints).*\.(?:txt|in)",
        "a login for packages",
        _values(f"{_URL_LOGIN}|{_CONDA_TOKEN}", flags=_EITHER_CASE),
    ),
    KnownFile(
        r"\.npmrc", "a login for packages", _values(r":_password[ \t]*=[ \t]*(\S+)|" + _URL_LOGIN, flags=_EITHER_CASE)
    ),
    KnownFile(r"\.git-credentials|\.gitmodules|.*\.gitconfig", "a login for git", _in_addresses),
    KnownFile(
        r"dockerfile.*|.*\.dockerfile|postbuild|\.yarnrc\.yml|sources\.list", "a login in an address", _in_addresses
    ),
    KnownFile(_DOTENV, "a secret in an environment file", _assigned),
    KnownFile(
        r".*",
        "credentials for AWS",
        _values(
            r"(?:secret_?access_?key|session_?token|access_?token)[\"']?[ \t]*[=:][ \t]*[\"']?([^\s\"',]+)",
            flags=_EITHER_CASE,
        ),
        folder=".aws",
    ),
    KnownFile(r"config", "credentials for Kubernetes", _in_kubernetes, folder=".kube"),
    KnownFile(r"kubeconfig|.*\.kubeconfig|kubeconfig\.ya?ml", "credentials for Kubernetes", _in_kubernetes),
    KnownFile(
        r"\.pgpass|pgpass\.conf", "a login for a database", _values(r"^[^#\s:][^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:(\S+)")
    ),
    KnownFile(r"\.my\.cnf", "a login for a database", _values(r"^[ \t]*password[ \t]*=[ \t]*(\S+)")),
    KnownFile(
        r"\.s3cfg|\.boto|rclone\.conf",
        "a login for storage",
        _values(r"^[ \t]*(?:secret_key|(?:aws_)?secret_access_key|pass|password|token)[ \t]*=[ \t]*(\S+)"),
    ),
    KnownFile(r"kaggle\.json", "a key for Kaggle", _values(r'"key"\s*:\s*"([^"]+)"')),
    KnownFile(
        r"\.cdsapirc|\.ecmwfapirc", "a key for climate data", _values(r"^[ \t]*\"?key\"?[ \t]*:[ \t]*\"?([^\s\",]+)")
    ),
)
_ANY_NAME = re.compile("|".join(f"(?:{known.names})" for known in KNOWN_FILES if not known.folder), re.IGNORECASE)


def find_known(path: str) -> KnownFile | None:
    """What is known of a file by its path; None for most files."""
    folder, _, name = path.rpartition("/")
    if not _ANY_NAME.fullmatch(name) and ".aws" not in folder and ".kube" not in folder:
        return None
    folders = PurePosixPath(folder).parts
    return next(
        (
            known
            for known in KNOWN_FILES
            if (not known.folder or known.folder in folders) and re.fullmatch(known.names, name, re.IGNORECASE)
        ),
        None,
    )


def find_git_logins(text: str) -> Lines:
    """Lines of a .git/config that log in, or lead to what does.

    https://github.com/actions/checkout/blob/main/src/git-auth-helper.ts
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(rf"extraheader|\bhelper\s*=|\[\s*include|\bpassword\b|{_URL_LOGIN}", line, re.IGNORECASE):
            yield number
