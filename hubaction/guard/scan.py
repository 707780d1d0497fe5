"""Scans files for secrets: by the names of files, by the shapes of tokens, and for given values.

Each file is read once, in pieces, and patterns are tried only around anchors, so that every build can be scanned.
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
"""In one file."""
MAX_MATCHES = 1000
"""That are considered in a file whose name is known."""
_BATCH = 64
_WORKERS = 2


@dataclass(frozen=True)
class Finding:
    """Where a secret is, and of what kind; never the secret itself."""

    file: str
    """Relative to the folder that was scanned."""
    line: int | None
    """From 1; None in binary files."""
    kind: str
    given: bool = False
    """Whether it is one of the values that this step was given."""


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """By file and line."""
    return sorted(findings, key=lambda finding: (finding.file, finding.line or 0, finding.kind))


Meaning = ShapeFinder | GivenSecret


class Scanner:
    """Scans files. Make one for many files: it takes time to prepare."""

    def __init__(self, given: Iterable[GivenSecret]) -> None:
        finders = [(shape.anchors, ShapeFinder(shape)) for shape in SHAPES]
        meanings: dict[bytes, Meaning] = {anchor: finder for anchors, finder in finders for anchor in anchors}
        meanings |= {spelling: secret for secret in given for spelling in spellings(secret.value)}
        self._search = MultiSearch(meanings)

    def scan(self, source: Path, paths: Iterable[str]) -> list[Finding]:
        """Scan regular files below `source`. Files that cannot be read are skipped: copying them fails anyway."""
        names = list(paths)
        batches = [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]
        root = str(source)
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = pool.map(lambda batch: [item for path in batch for item in self._scan_file(root, path)], batches)
            return sort_findings(finding for findings in found for finding in findings)

    def _scan_file(self, root: str, path: str) -> list[Finding]:
        try:
            # Opening a pipe would block; a link is copied without its target.
            descriptor = os.open(f"{root}/{path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return []
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return []
            found = self._find_in(descriptor, path, status.st_size)
            if os.pread(descriptor, 2, 0) in _UTF16_MARKS:
                # With two bytes per letter, only given values were found.
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
        """One finding for each line, without `lines`, and for each line with a given value, which has its own limit.

        The two are counted apart because `allow-files` makes exceptions for what looks like a secret only.
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
                # A token near the end of the window is found again by its own anchor.
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
    # Some editors write a byte order mark. The codec that removes it would be imported by a worker.
    text = os.pread(descriptor, MAX_BYTES, 0).decode("utf-8", "replace").removeprefix("\ufeff")
    lines = dict.fromkeys(islice(known.find(text), MAX_MATCHES))
    return [Finding(path, line, known.kind) for line in lines][:MAX_FINDINGS]


class _LineCounter:
    """Counts the lines of offsets in a file, each from the one before: a line may have a million of them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0
        self._line = 1
        self._is_text = True

    def line_of(self, offset: int) -> int | None:
        """The line that an offset is on; None in binary files."""
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
"""Such files are written by, for example, `echo ... > file` in Windows PowerShell."""
_make_utf16_decoder = codecs.getincrementaldecoder("utf-16")
"""Looked up here, since that imports the codec, which workers must not do."""


def _write_as_utf8(descriptor: int, target: int) -> int:
    """Write UTF-16 as UTF-8; return the number of bytes."""
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
