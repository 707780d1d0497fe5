"""Secrets to be found, made when they are needed: no text of that shape stands in this repository."""

import base64
import json
import random
import string
from dataclasses import dataclass

_CHANCE = random.Random(20261123)
"""The same at each run, so that a failure is one again."""


def characters(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """A text without any order in it."""
    return "".join(_CHANCE.choice(alphabet) for _ in range(count))


def private_key(label: str = "RSA") -> str:
    """Lines that look like a key, and are none."""
    words = " ".join(filter(None, (label, "PRIVATE", "KEY")))
    body = "\n".join(characters(64, string.ascii_letters + string.digits + "+/") for _ in range(4))
    return f"-----BEGIN {words}-----\n{body}\n-----END {words}-----\n"


@dataclass(frozen=True)
class Planted:
    """A file with a secret on one of its lines."""

    file: str
    text: str
    line: int
    kind: str
    secret: str
    """What must be printed nowhere."""


def _token(file: str, kind: str, token: str, before: str = "import os\n\n") -> Planted:
    return Planted(file, f'{before}TOKEN = "{token}"\n', before.count("\n") + 1, kind, token)


def _line(file: str, kind: str, line: str, secret: str) -> Planted:
    """On the second line of a file."""
    first = "# a comment" if not file.endswith(".json") else "{"
    return Planted(file, f"{first}\n{line.replace('@@', secret)}\n", 2, kind, secret)


def _docker(file: str) -> Planted:
    login = base64.b64encode(f"robot:{characters(20)}".encode()).decode()
    text = json.dumps({"auths": {"quay.io": {"auth": login}}}, indent=2)
    return Planted(file, text, 4, "a Docker login", login)


def _key(file: str, label: str) -> Planted:
    text = private_key(label)
    return Planted(file, f"\n{text}", 2, "a private key", _body(text))


def _service_account(file: str) -> Planted:
    key = private_key("")
    text = json.dumps({"type": "service_account", "private_key_id": "1", "private_key": key}, indent=1)
    return Planted(file, text, 4, "the key of a service account", json.dumps(_body(key))[1:-1])


def _body(key: str) -> str:
    return "\n".join(key.splitlines()[1:-1])


HEX = string.digits + "abcdef"
PLANTED = (
    _token("a.py", "a GitHub token", "ghp" + "_" + characters(36)),
    _token("b.R", "a GitHub token", "ghs" + "_" + characters(36)),
    _token("c.ipynb", "a GitHub token", "github" + "_pat_" + characters(22) + "_" + characters(59)),
    _token("d.jl", "an AWS key", "AK" + "IA" + characters(16, string.ascii_uppercase + "234567")),
    _line("e.sh", "an AWS key", 'export AWS_SECRET_ACCESS_KEY="@@"', characters(40)),
    _line("f.cfg", "an AWS key", "aws_secret_access_key = @@", characters(40)),
    _token("g.py", "a Slack token", "xox" + "b-" + f"{characters(12, '1357902468')}-" + characters(24)),
    _token(
        "h.md",
        "a Slack token",
        "https://hooks.slack" + f".com/services/T{characters(9)}/B{characters(9)}/{characters(24)}",
    ),
    _token("i.toml", "a PyPI token", "pypi" + "-AgEIcHlwaS5vcmc" + characters(120)),
    _token("j.yml", "a GitLab token", "glpat" + "-" + characters(20)),
    _line("k/.npmrc", "an npm token", "//registry.npmjs.org/:_authToken=@@", "npm" + "_" + characters(36)),
    _token("l.js", "an npm token", "npm" + "_" + characters(36)),
    _token("m.py", "an OpenAI key", "sk" + "-" + characters(20) + "T3Blbk" + "FJ" + characters(20)),
    _token("n.py", "an Anthropic key", "sk" + "-ant-api03-" + characters(93)),
    _token("o.py", "a SendGrid key", "S" + "G." + characters(22) + "." + characters(43)),
    _token("p.py", "a Stripe key", "sk" + "_live_" + characters(24)),
    _token("q.py", "a Docker Hub token", "dckr" + "_pat_" + characters(27)),
    _token("r.py", "a Hugging Face token", "hf" + "_" + characters(34, string.ascii_letters)),
    _token("s.py", "the key of an Azure storage account", "Account" + "Key=" + characters(86) + "=="),
    _token("s2.py", "a Square secret", "sq0" + "csp-" + characters(43)),
    _key("t/id_rsa", "RSA"),
    _key("t/id_ed25519", "OPENSSH"),
    _key("t/server.pem", ""),
    _service_account("u/key.json"),
    Planted("gha-creds-0123456789abcdef.json", "{}", 1, "credentials for Google Cloud", "{}"),
    _line(
        "application_default_credentials.json",
        "credentials for Google Cloud",
        '"refresh_token": "@@"}',
        "1//" + characters(60),
    ),
    _docker("config.json"),
    _docker("$HOME/.docker/config.json"),
    _line(".netrc", "a login of .netrc", "machine urs.earthdata.nasa.gov login ada password @@", characters(12)),
    _line(".pypirc", "a login for a package index", "password = @@", characters(16)),
    _line(".condarc", "a login for packages", "  - https://conda.example.org/t/@@/channel", characters(20)),
    _line("environment.yml", "a login for packages", "  - https://ada:@@@packages.lab.org/simple", characters(16)),
    _line("pip.conf", "a login for packages", "index-url = https://ada:@@@packages.lab.org/simple", characters(16)),
    _line(".git-credentials", "a login for git", "https://ada:@@@git.lab.org", characters(16)),
    _line(".env", "a secret in an environment file", "DATABASE_PASSWORD=@@", characters(12)),
    _line("deploy/.env.production", "a secret in an environment file", 'export API_KEY="@@"', characters(24)),
    _line(".Renviron", "a secret in an environment file", "CENSUS_API_KEY=@@", characters(40, HEX)),
    _line(".aws/credentials", "credentials for AWS", "aws_session_token = @@", characters(80)),
    _line(".kube/config", "credentials for Kubernetes", "    token: @@", characters(60)),
    _line(".pgpass", "a login for a database", "db.lab.org:5432:data:ada:@@", characters(14)),
    _line("rclone.conf", "a login for storage", "pass = @@", characters(30)),
    _line("kaggle.json", "a key for Kaggle", '"key":"@@"}', characters(32, HEX)),
    _line(
        ".cdsapirc",
        "a key for climate data",
        "key: @@",
        f"{characters(8, HEX)}-{characters(4, HEX)}-{characters(12, HEX)}",
    ),
)
