"""Looks through files for secrets: by what a file is called, by what tokens look like, and for given values.

It is fast enough for every build: each file is read once, in pieces, and only what surrounds an anchor is looked at
closely.
"""

import codecs
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hubaction.guard.given_secrets import GivenSecret, spellings
from hubaction.guard.login_files import MAX_BYTES, find_known
from hubaction.guard.multi_search import MultiSearch
from hubaction.guard.token_shapes import LONGEST, LOOK_AHEAD, LOOK_BACK, SHAPES, ShapeFinder

PIECE_BYTES = 1 << 20
MAX_FINDINGS = 20
"""In one file: a thousand lines of the same say no more."""
MAX_MATCHES = 1000
"""That are looked at in a file whose name is known."""
_BATCH = 64
_WORKERS = 2


@dataclass(frozen=True)
class Finding:
    """Where a secret stands, and of what kind it is; never the secret."""

    file: str
    """Relative to the folder that was looked through."""
    line: int | None
    """From 1; None in files that are no text."""
    kind: str
    given: bool = False
    """Whether it is one of the values that this step was given."""


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """By file and line."""
    return sorted(findings, key=lambda finding: (finding.file, finding.line or 0, finding.kind))


Meaning = ShapeFinder | GivenSecret


class Scanner:
    """Looks through files; made once, since it prepares for all that is looked for."""

    def __init__(self, given: Iterable[GivenSecret]) -> None:
        finders = [(shape.anchors, ShapeFinder(shape)) for shape in SHAPES]
        meanings: dict[bytes, Meaning] = {anchor: finder for anchors, finder in finders for anchor in anchors}
        meanings |= {spelling: secret for secret in given for spelling in spellings(secret.value)}
        self._search = MultiSearch(meanings)

    def scan(self, source: Path, paths: Iterable[str]) -> list[Finding]:
        """Look through regular files below `source`; what cannot be read is left to those who copy it."""
        names = list(paths)
        batches = [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]
        root = str(source)
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = pool.map(lambda batch: [item for path in batch for item in self._scan_file(root, path)], batches)
            return sort_findings(finding for findings in found for finding in findings)

    def _scan_file(self, root: str, path: str) -> list[Finding]:
        try:
            # A pipe would be waited for, and what a link leads to is not copied.
            descriptor = os.open(f"{root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return []
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return []
            found = self._find_in(descriptor, path, status.st_size)
            if os.pread(descriptor, 2, 0) in _UTF16_MARKS:
                # In there each letter is two bytes, so nothing but given values was found.
                with tempfile.TemporaryFile(dir="/tmp") as text:
                    size = _write_as_utf8(descriptor, text.fileno())
                    found = self._find_in(text.fileno(), path, size) or found
            return found
        except OSError:
            return []
        finally:
            os.close(descriptor)

    def _find_in(self, descriptor: int, path: str, size: int) -> list[Finding]:
        by_name = _find_by_name(descriptor, path, size)
        found = [*by_name, *self._find_by_content(descriptor, path, {finding.line for finding in by_name})]
        given = {finding.line for finding in found if finding.given}
        return [finding for finding in found if finding.given or finding.line not in given]

    def _find_by_content(self, descriptor: int, path: str, lines: set[int | None]) -> Iterator[Finding]:
        """Lines with something found before are told once; a given value is told all the same, and has its own limit.

        Of what looks like a secret there may be exceptions, of given values there are none.
        """
        counter = _LineCounter(descriptor)
        given = set[int | None]()
        for offset, meaning in self._find_offsets(descriptor):
            told = lines if isinstance(meaning, ShapeFinder) else given
            if len(told) >= MAX_FINDINGS or (line := counter.line_of(offset)) in told:
                continue
            told.add(line)
            yield (
                Finding(path, line, meaning.kind)
                if isinstance(meaning, ShapeFinder)
                else Finding(path, line, meaning.name, given=True)
            )

    def _find_offsets(self, descriptor: int) -> Iterator[tuple[int, Meaning]]:
        looked_at: dict[ShapeFinder, int] = {}
        for offset, meaning in self._search.find(_read_pieces(descriptor)):
            if isinstance(meaning, GivenSecret):
                yield offset, meaning
            elif offset >= looked_at.get(meaning, 0):
                start = max(0, offset - LOOK_BACK)
                window = os.pread(descriptor, offset - start + LOOK_AHEAD, start).decode("latin-1")
                # What begins near the window's end is looked at once more, by its own anchor.
                looked_at[meaning] = offset + LOOK_AHEAD - LONGEST
                yield from ((start + place, meaning) for place in meaning.find(window))


def _read_pieces(descriptor: int) -> Iterator[bytes]:
    offset = 0
    while piece := os.pread(descriptor, PIECE_BYTES, offset):
        yield piece
        if len(piece) < PIECE_BYTES:
            return
        offset += len(piece)


def _find_by_name(descriptor: int, path: str, size: int) -> list[Finding]:
    known = find_known(path) if size <= MAX_BYTES else None
    if known is None:
        return []
    # Editors put a mark of their own at the beginning. The codec that removes it would be imported, and by a worker.
    text = os.pread(descriptor, MAX_BYTES, 0).decode("utf-8", "replace").removeprefix("\ufeff")
    lines = dict.fromkeys(islice(known.find(text), MAX_MATCHES))
    return [Finding(path, line, known.kind) for line in lines][:MAX_FINDINGS]


class _LineCounter:
    """Tells the lines of places in a file, each from the place before: one line may have a million of them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0
        self._line = 1
        self._is_text = True

    def line_of(self, offset: int) -> int | None:
        """The line that a place is on; None in what is no text."""
        start, end = sorted((self._position, offset))
        lines = 0
        while start < end and (piece := os.pread(self._descriptor, min(PIECE_BYTES, end - start), start)):
            self._is_text = self._is_text and b"\0" not in piece
            lines += piece.count(b"\n")
            start += len(piece)
        self._line += lines if offset > self._position else -lines
        self._position = offset
        return self._line if self._is_text else None


_UTF16_MARKS = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE})
"""What text begins with that, for example, `echo ... > file` makes in Windows' PowerShell."""
_make_utf16_decoder = codecs.getincrementaldecoder("utf-16")
"""Looked up here, since that imports the codec, and workers import nothing."""


def _write_as_utf8(descriptor: int, target: int) -> int:
    """Write a text of two bytes a letter as one of UTF-8; return its bytes."""
    decoder = _make_utf16_decoder(errors="replace")
    size = 0
    for piece in _read_pieces(descriptor):
        size += _write_all(target, decoder.decode(piece).encode())
    return size + _write_all(target, decoder.decode(b"", final=True).encode())


def _write_all(target: int, content: bytes) -> int:
    written = 0
    while written < len(content):
        written += os.write(target, content[written:])
    return written
