"""Searches a built image for secrets of this step: its description, and its files."""

import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from hubaction.clients.engine.container import StoppedContainer
from hubaction.clients.engine.engine import Engine
from hubaction.errors import ActionError, Help
from hubaction.guard.given_secrets import GivenSecret, spellings
from hubaction.guard.multi_search import MultiSearch

PIECE_BYTES = 1 << 20
_FROM_BUILD_ARGS = (
    "It came with 'build-args' ({names}), which are visible in an image: remove it there, and fetch what needs it in a"
    " step before this one."
)
_FROM_COMMANDS = (
    "A command of the build wrote it there: have that command remove it again, or do its work in a step before this"
    " one."
)


class LeakError(ActionError):
    """The image has a secret of this step in it."""


@dataclass(frozen=True)
class Leak:
    """Where a secret is in an image, and which one; never the secret."""

    place: str
    secret: GivenSecret

    def __str__(self) -> str:
        return f"{self.secret.name} is in {self.place}"


def guard_image(
    image: str,
    given: Sequence[GivenSecret],
    *,
    engine: Engine,
    run: str,
    folders: Iterable[str],
    build_args: Iterable[tuple[str, str]],
) -> None:
    """Search an image's description, `folders` and its working directory for given secrets; raises LeakError.

    Nothing of the image runs; `run` is its container's label.
    """
    if not given:
        return
    search = MultiSearch({spelling: secret for secret in given for spelling in spellings(secret.value)})
    leaks = list(find_in_description(engine.describe(image), search))
    inner = engine.inspect(image).working_folder
    with engine.container(image, ["/bin/true"], user="0", run=run, environment={}) as container:
        for folder in _outermost([*folders, inner]):
            leaks += _find_in_folder(container, folder, search)
    if leaks:
        raise _explain(list(dict.fromkeys(leaks)), build_args)


def find_in_description(description: Mapping[str, Any], search: MultiSearch[GivenSecret]) -> Iterator[Leak]:
    """Search environment, labels and the rest of the configuration, and the commands of the history."""
    config = dict(description["config"])
    texts = {f"the variable '{text.partition('=')[0]}'": text for text in config.pop("Env", None) or []}
    texts |= {f"the label '{name}'": f"{name}={text}" for name, text in (config.pop("Labels", None) or {}).items()}
    texts["the configuration"] = json.dumps(config, ensure_ascii=False)
    texts["the history"] = "\n".join(
        f"{step.get('CreatedBy')}\n{step.get('Comment')}" for step in description["history"]
    )
    for place, text in texts.items():
        yield from (Leak(f"{place} of the image", secret) for secret in _distinct(search.find([text.encode()])))


def _outermost(folders: Iterable[str]) -> list[str]:
    """The folders that are not in another one; never the whole image, most of which is the base image's."""
    known = {PurePosixPath(folder) for folder in folders} - {PurePosixPath("/")}
    return sorted(str(folder) for folder in known if not known & set(folder.parents))


def _find_in_folder(container: StoppedContainer, folder: str, search: MultiSearch[GivenSecret]) -> list[Leak]:
    """Search the archive as one stream, which is fast; look at each file only when that finds something."""
    content = f"{folder}/."  # of a link, too, what it leads to
    with container.copy_out(content) as pieces:
        if not any(search.find(pieces)):
            return []
    with container.copy_out(content) as pieces:
        return list(find_in_archive(pieces, folder, search))


def find_in_archive(pieces: Iterator[bytes], parent: str, search: MultiSearch[GivenSecret]) -> Iterator[Leak]:
    """Search the files of a tar archive, and their names."""
    with tarfile.open(fileobj=_Stream(pieces), mode="r|") as archive:  # type: ignore[call-overload] # read is enough
        for member in archive:
            archive.members = []  # otherwise it keeps all of them in memory
            name = f"{member.name} {member.linkname}".encode("utf-8", "surrogateescape")
            named = _distinct(search.find([name]))
            yield from (Leak(f"the name of a file below {parent}", secret) for secret in named)
            # A name with the secret in it is not printed.
            place = f"a file below {parent}" if named else f"the file {PurePosixPath(parent) / member.name}"
            content = archive.extractfile(member) if member.isreg() else None
            for secret in _distinct(search.find(_read_pieces(content))) if content else ():
                yield Leak(place, secret)


def _distinct(found: Iterator[tuple[int, GivenSecret]]) -> list[GivenSecret]:
    """A file may contain the same secret a million times."""
    return list(dict.fromkeys(secret for _, secret in found))


def _read_pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(PIECE_BYTES):
        yield piece


class _Stream:
    """Pieces of bytes as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing and (piece := self._rest or next(self._pieces, b"")):
            parts.append(piece[:missing])
            self._rest = piece[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)


def _explain(leaks: Sequence[Leak], build_args: Iterable[tuple[str, str]]) -> LeakError:
    values = {leak.secret.value for leak in leaks}
    named = sorted(name for name, text in build_args if any(value in text for value in values))
    found_by = _FROM_BUILD_ARGS.format(names=", ".join(named)) if named else _FROM_COMMANDS
    found = "; ".join(map(str, leaks[:10])) + (f"; and {len(leaks) - 10} more places" if len(leaks) > 10 else "")
    return LeakError(
        f"The image is not pushed, since everybody who can pull it could read a secret: {found}. {found_by}"
        f" {Help.SECRETS}",
        title="Secret in the image",
    )
