"""Which program of BuildKit's makes the image: Docker's own frontend, or another that is named for it.

A frontend returns the image's config itself, labels included, and need not look at the Dockerfile's instructions. So an
image that a foreign one made says nothing reliable about itself. How one is named, BuildKit's own parser tells:
https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/directives.go
Its versions differ, so this reads whatever one of them would read; a Dockerfile in doubt has a foreign frontend.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from hubaction.image import normalize_reference

SYNTAX_ARGUMENT = "BUILDKIT_SYNTAX"
"""The build argument that wins over the Dockerfile's own directive."""
_DOCKERS = re.compile(r"docker\.io/docker/dockerfile(?:-upstream)?(?:[:@].+)?")
# Go's unicode.IsSpace, less the end of the line; Python's own blanks are others.
_BLANKS = "\t\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DIRECTIVE = re.compile(rf"[{_BLANKS}]*(?:#|//)[{_BLANKS}]*([a-zA-Z][a-zA-Z0-9]*)[{_BLANKS}]*=[{_BLANKS}]*(.+)")
_ASCII_BLANKS = "\t\n\v\f\r "
_MENTION = re.compile(rf"(?<![A-Za-z0-9_]){SYNTAX_ARGUMENT}(?![A-Za-z0-9_])")
_SHOWN = 100
"""Characters of a name that are quoted."""


def is_dockers(name: str) -> bool:
    """Whether a frontend is one that Docker itself publishes."""
    try:
        return bool(_DOCKERS.fullmatch(normalize_reference(name)))
    except ValueError:
        return False


def find_foreign_frontend(dockerfile: bytes, repo2docker: Sequence[str], buildx: Sequence[str]) -> str:
    """Return what names a frontend other than Docker's own, for people to read; '' when nothing does.

    `dockerfile` is the file as the builder reads it; the others are the arguments of both programs.
    """
    given = [*_given(repo2docker), *_given(buildx)]
    named = given or list(_read_directives(dockerfile))
    foreign = [name for name in named if not is_dockers(name)]
    found = next(iter((*foreign, *_replaced(buildx))), None)
    return "" if found is None else _show(found)


def _given(words: Sequence[str]) -> Iterator[str]:
    """Frontends that arguments name; an argument that cannot be read counts as its own text."""
    for before, word in pairwise(("", *words)):
        name, _, value = word.removeprefix("--build-arg=").partition("=")
        if before == "--appendix":
            continue  # it is the end of a Dockerfile, where directives are comments
        if name == SYNTAX_ARGUMENT:
            yield value.strip().partition(" ")[0] or SYNTAX_ARGUMENT
        elif word.startswith("--") and not word.startswith(("--build-arg=", "--label=")) and _MENTION.search(word):
            yield word


def _replaced(buildx: Sequence[str]) -> Iterator[str]:
    """Build contexts that stand in for Docker's frontend: BuildKit looks for one under the frontend's own name."""
    for before, word in pairwise(("", *buildx)):
        name, _, value = word.partition("=")
        if name == "--build-context":
            name = value.partition("=")[0]
        elif before != "--build-context":
            continue
        if "docker/dockerfile" in name.lower():
            yield word


def _read_directives(dockerfile: bytes) -> Iterator[str]:
    """Values of `syntax` at the top of a Dockerfile, in whatever form some version of BuildKit reads them."""
    text = dockerfile.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.split("\n")
    if lines[0].startswith("#!"):
        lines = lines[1:]
    rest = "\n".join(lines).lstrip(_ASCII_BLANKS)
    if rest.startswith("{"):
        yield _read_json(rest)
    for line in lines:
        match = _DIRECTIVE.fullmatch(line)
        if not match:
            return
        # Some versions go on after a directive that they do not know, and differ on which of two counts.
        if match[1].lower() == "syntax":
            yield match[2].partition(" ")[0].strip(_ASCII_BLANKS)


def _read_json(text: str) -> str:
    """The frontend that a file of JSON names; the start of any other text in braces, which is no Dockerfile."""
    try:
        syntax = json.loads(text).get("syntax")
    except (ValueError, RecursionError):
        syntax = None
    return syntax if isinstance(syntax, str) and syntax else text


def _show(name: str) -> str:
    shown = "".join(char if char.isprintable() else "?" for char in name)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
