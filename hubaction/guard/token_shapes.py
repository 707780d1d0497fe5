"""What tokens and private keys look like, in whatever file.

The patterns are detect-secrets' where it has them: https://github.com/Yelp/detect-secrets/tree/master/detect_secrets/plugins
Its guesses by entropy and by keyword are not used, since they match notebooks and lock files, nor are shapes that a
digest or a picture in base64 can have. Each shape has anchors, texts that every token of that shape contains. Anchors
are searched for, and patterns are tried only around them.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hubaction.guard.placeholders import looks_random

LOOK_BACK = 256
"""Bytes before an anchor that a pattern may need."""
LOOK_AHEAD = 2048
"""Bytes after it."""
LONGEST = 512
"""Bytes that are enough to decide whether something is a token."""

Check = Callable[[re.Match[str]], bool]


def _is_token(match: re.Match[str]) -> bool:
    """Neither the end of a longer word nor an example."""
    before = match.string[match.start() - 1 : match.start()] if match.start() else ""
    return not before.isalnum() and looks_random(_body(match.group()))


def _body(token: str) -> str:
    """The part after the prefix, which is not random."""
    return re.split(r"[_=/-]", token, maxsplit=1)[-1]


def _is_aws_key(match: re.Match[str]) -> bool:
    """Neither part of a protein, which has the same letters, nor of a picture in base64, which may contain anything."""
    if match.lastindex:
        return looks_random(match.group(1))
    text, start, end = match.string, match.start(), match.end()
    around = text[start - 1 : start] * bool(start) + text[end : end + 1]
    return not re.search(r"[A-Za-z0-9+/=]", around) and looks_random(match.group()[4:])


_KEY_BODY = re.compile(r"[A-Za-z0-9+/]{40}")


def _is_private_key(match: re.Match[str]) -> bool:
    """Programs that read keys contain the first line; only a key also has what follows."""
    body = _KEY_BODY.search(match.string[match.end() : match.end() + LONGEST])
    return body is not None and looks_random(body.group())


_EMULATOR = "Eby8vdM02xNOcqFlqUwJ"
"""https://learn.microsoft.com/azure/storage/common/storage-use-azurite documents this key, which every emulator has."""


@dataclass(frozen=True)
class Shape:
    """One kind of token."""

    kind: str
    anchors: tuple[bytes, ...]
    pattern: str
    """A regular expression, or `plugins.` and the detector of detect-secrets that has it."""
    is_real: Check = _is_token


class ShapeFinder:
    """Finds one kind of token; safe to use from several threads.

    Make it before any of them starts. It imports modules of detect-secrets, which import each other in a circle: two
    threads that import them at the same time stop with a deadlock error.
    """

    def __init__(self, shape: Shape) -> None:
        self.kind = shape.kind
        self._patterns = _load_patterns(shape.pattern)
        self._is_real = shape.is_real

    def find(self, window: str) -> Iterator[int]:
        """Yield offsets in the text, which has one character for each byte of the file."""
        for pattern in self._patterns:
            for match in pattern.finditer(window):
                if self._is_real(match):
                    yield match.start()


def _load_patterns(source: str) -> tuple[re.Pattern[str], ...]:
    if not source.startswith("plugins."):
        return (re.compile(source),)
    # Only a build needs them, so other modes do not wait for them.
    module, _, name = source.rpartition(".")
    return tuple(getattr(importlib.import_module(f"detect_secrets.{module}"), name).denylist)


SHAPES = (
    Shape(
        "the key of a service account",
        (b'"private_key"',),
        r'"private_key"\s*:\s*"-----BEGIN [A-Z ]*PRIVATE KEY-----',
        _is_private_key,
    ),
    Shape(
        "a private key",
        (b"PRIVATE KEY", b"PuTTY-User-Key-File-2"),
        "plugins.private_key.PrivateKeyDetector",
        _is_private_key,
    ),
    Shape(
        "a GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        "plugins.github_token.GitHubTokenDetector",
    ),
    Shape("a GitHub token", (b"github_pat_",), r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    Shape(
        "an AWS key", (b"AKIA", b"ASIA", b"ABIA", b"ACCA", b"aws_", b"AWS_"), "plugins.aws.AWSKeyDetector", _is_aws_key
    ),
    Shape(
        "an AWS key",
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY"),
        r"(?i:aws_secret_access_key)[\"']?\s*[=:]\s*[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        _is_aws_key,
    ),
    Shape(
        "a Slack token",
        (b"xoxa-", b"xoxb-", b"xoxp-", b"xoxo-", b"xoxs-", b"xoxr-", b"hooks.slack.com"),
        "plugins.slack.SlackDetector",
    ),
    Shape("a PyPI token", (b"pypi-AgE",), "plugins.pypi_token.PypiTokenDetector"),
    Shape(
        "a GitLab token",
        (
            b"glpat-",
            b"gldt-",
            b"glft-",
            b"glsoat-",
            b"glrt-",
            b"GR1348941",
            b"glcbt-",
            b"glptt-",
            b"glagent-",
            b"gloas-",
        ),
        "plugins.gitlab_token.GitLabTokenDetector",
    ),
    Shape(
        "an npm token", (b":_authToken",), "plugins.npm.NpmDetector", lambda match: looks_random(_body(match.group(1)))
    ),
    Shape("an npm token", (b"npm_",), r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    Shape("an OpenAI key", (b"T3BlbkFJ",), "plugins.openai.OpenAIDetector"),
    Shape("an Anthropic key", (b"sk-ant-",), r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{80,}"),
    Shape("a SendGrid key", (b"SG.",), "plugins.sendgrid.SendGridDetector"),
    Shape("a Stripe key", (b"k_live_",), "plugins.stripe.StripeDetector"),
    Shape("a Square secret", (b"sq0csp-",), "plugins.square_oauth.SquareOAuthDetector"),
    Shape(
        "the key of an Azure storage account",
        (b"AccountKey=",),
        "plugins.azure_storage_key.AzureStorageKeyDetector",
        lambda match: _EMULATOR not in match.group() and looks_random(_body(match.group())),
    ),
    Shape("a Docker Hub token", (b"dckr_pat_", b"dckr_oat_"), r"dckr_[po]at_[A-Za-z0-9_-]{27,32}"),
    # https://huggingface.co/docs/hub/security-tokens
    Shape("a Hugging Face token", (b"hf_",), r"hf_[A-Za-z]{34}(?![A-Za-z0-9_])"),
)
