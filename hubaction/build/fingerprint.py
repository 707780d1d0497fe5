"""The fingerprint of a build: everything that goes into an image and its verification, as one value and by parts.

Equal fingerprints mean that the same image would be built and tested in the same way. So an input that is not known
must not be left out: there is no fingerprint then.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from hubaction.errors import ActionError

VERSION = 1
"""Of the encoding and of the label; another one is another fingerprint."""
RECIPE = 1
"""Raised by hand when an image of the same repository is built or verified differently: all images are built again.

CONTRIBUTING.md says how a test reminds of it.
"""
MAX_LABEL_BYTES = 1023
SHORT_LENGTH = 16
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "context": "the files of the repository",
        "dockerfile": "the Dockerfile",
        "bases": "the base image",
        "repo2docker": "repo2docker",
        "settings": "the inputs of the action",
        "platform": "the platform",
        "verification": "the tests or the hub check",
        "action": "the action itself",
    }
)
"""The parts of a fingerprint, in words for people."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHORT = re.compile(rf"[0-9a-f]{{{SHORT_LENGTH}}}")


class FingerprintError(ActionError):
    """A file of the image cannot be read."""


@dataclass(frozen=True)
class Label:
    """The fingerprint in an image's label."""

    value: str
    """The whole fingerprint."""
    parts: Mapping[str, str]
    """The first digits of each part: enough to say what differs, but no proof that two are equal."""


@dataclass(frozen=True)
class Fingerprint:
    """Names of PARTS, each with a sha256 in hex; raises ValueError for anything else."""

    parts: Mapping[str, str]

    def __post_init__(self) -> None:
        unknown = self.parts.keys() - PARTS.keys()
        wrong = [name for name, digest in self.parts.items() if not _SHA256.fullmatch(digest)]
        if unknown or wrong or not self.parts:
            raise ValueError(f"no parts of a fingerprint: {sorted({*unknown, *wrong})}")
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    @property
    def value(self) -> str:
        """A sha256 in hex over all parts, independent of their order."""
        return _hash_frames(f"hub-image-action fingerprint {VERSION}", *_flatten(self.parts))

    def label(self) -> str:
        """Text for an image's label, of at most MAX_LABEL_BYTES."""
        return _write_label(self.value, {name: digest[:SHORT_LENGTH] for name, digest in self.parts.items()})

    def matches(self, label: Label | None) -> bool:
        """Whether an image with this label is the one that would be built."""
        return label is not None and label.value == self.value


def parse_label(text: str) -> Label | None:
    """Read an image's label; None when it is not exactly what Fingerprint.label of this VERSION writes."""
    if len(text) > MAX_LABEL_BYTES:
        return None
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(loaded, dict) or loaded.keys() != {"version", "value", "parts"}:
        return None
    value, parts = loaded["value"], loaded["parts"]
    if not isinstance(value, str) or not _SHA256.fullmatch(value) or not isinstance(parts, dict) or not parts:
        return None
    if not all(name in PARTS and isinstance(short, str) and _SHORT.fullmatch(short) for name, short in parts.items()):
        return None
    return Label(value, MappingProxyType(parts)) if _write_label(value, parts) == text else None


def differences(old: Label, new: Fingerprint) -> tuple[str, ...]:
    """What differs between an image and the one that would be built, in words for people; empty for nothing."""
    if new.matches(old):
        return ()
    digests = {name: digest[:SHORT_LENGTH] for name, digest in new.parts.items()}
    changed = tuple(words for name, words in PARTS.items() if old.parts.get(name) != digests.get(name))
    return changed or ("something that the image does not name",)


def _write_label(value: str, parts: Mapping[str, str]) -> str:
    ordered = {name: parts[name] for name in PARTS if name in parts}
    return json.dumps({"version": VERSION, "value": value, "parts": ordered}, separators=(",", ":"))


# --- parts ---


def hash_mapping(items: Mapping[str, str]) -> str:
    """sha256 in hex of names and values, independent of their order."""
    return _hash_frames("mapping", *_flatten(items))


def hash_texts(texts: Sequence[str]) -> str:
    """sha256 in hex of texts in their order."""
    return _hash_frames("texts", *texts)


def hash_context(source: Path, files: Iterable[str]) -> str:
    """sha256 in hex of files, folders and links below `source`: their kinds, names, permissions and contents.

    Links count by their targets' names, and are not followed. Times, owners and the location of the source do not
    count. What an image cannot contain, such as a pipe, is skipped, as in staging. Files are read in pieces of at most
    PIECE_BYTES. Raises FingerprintError.
    """
    names = sorted({os.fsencode(name) for name in files})
    batches = [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]
    root = os.fsencode(source)
    digest = hashlib.sha256(_frame(b"context"))
    digest.update(_describe(root, b""))
    # Hashing and reading release Python's lock.
    with ThreadPoolExecutor(_WORKERS) as pool:
        for described in pool.map(lambda batch: b"".join(_describe(root, name) for name in batch), batches):
            digest.update(described)
    return digest.hexdigest()


def hash_tests(folder: Path, relative: str, leave_out: Collection[str] = ()) -> str:
    """sha256 in hex of the image tests: everything below `folder`, also files that the image ignores.

    `relative` is the folder's path in the repository and in the image. `leave_out` are files that are not copied; nor
    is .git. Raises FingerprintError.
    """
    found = (Path(place) / name for place, folders, files in os.walk(folder) for name in (*folders, *files))
    inner = (path.relative_to(folder) for path in found)
    names = (str(path) for path in inner if ".git" not in path.parts and str(path) not in leave_out)
    return _hash_frames("tests", relative, hash_context(folder, names))


@functools.cache
def repo2docker_digest() -> str:
    """sha256 in hex of the installed repo2docker, and of docker-py, which applies the ignore files for it.

    Installers record the digest of each file: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    Raises FingerprintError when there is no record.
    """
    return hash_mapping({name: _hash_distribution(name) for name in ("jupyter-repo2docker", "docker")})


def _hash_distribution(name: str) -> str:
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise FingerprintError(f"The package {name}, which this action needs, is not installed.") from None
    record = found.read_text("RECORD")
    if not record:
        raise FingerprintError(f"The package {name} is installed without the record of its files.")
    return hash_texts((found.version, record))


# --- files ---

PIECE_BYTES = 1 << 18
_BATCH = 128
_WORKERS = 2


def _describe(root: bytes, name: bytes) -> bytes:
    """The encoding of one entry, all of whose parts have their length; empty for what an image cannot contain."""
    path = os.path.join(root, name) if name else root  # noqa: PTH118 - names need not be text
    try:
        status = os.lstat(path)
        for has_kind, kind, read in _KINDS:
            if has_kind(status.st_mode):
                mode = b"%o" % stat.S_IMODE(status.st_mode)
                return b"".join(map(_frame, (kind, name, mode, read(path, status.st_size), _read_attributes(path))))
    except OSError as error:
        shown = os.fsdecode(name)
        raise FingerprintError(
            f"'{shown}' cannot be read: {error.strerror}. Mend it, or name it in .dockerignore.", file=shown
        ) from error
    return b""


def _hash_file(path: bytes, size: int) -> bytes:
    """sha256 of a regular file's content; a link that has taken its place is not followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        if size < PIECE_BYTES:
            # Most files are small, for which this is faster.
            content = file.read(size + 1)
            if len(content) == size:
                return hashlib.sha256(content).digest()
            file.seek(0)
        return hashlib.file_digest(file, "sha256").digest()


def _read_attributes(path: bytes) -> bytes:
    """Extended attributes that Docker's client sends along, without those that this machine sets on its files.

    https://github.com/moby/buildkit/blob/master/cache/contenthash/filehash.go
    """
    names = sorted(map(os.fsencode, os.listxattr(path, follow_symlinks=False)))
    if not names:
        return b""
    counted = [
        name for name in names if name == b"security.capability" or not name.startswith((b"security.", b"system."))
    ]
    return b"".join(_frame(name) + _frame(os.getxattr(path, name, follow_symlinks=False)) for name in counted)


_KINDS: tuple[tuple[Callable[[int], bool], bytes, Callable[[bytes, int], bytes]], ...] = (
    (stat.S_ISREG, b"file", _hash_file),
    (stat.S_ISDIR, b"folder", lambda path, size: b""),
    (stat.S_ISLNK, b"link", lambda path, size: os.readlink(path)),  # noqa: PTH115 - bytes
)


# --- encoding ---


def _frame(content: bytes) -> bytes:
    """Content after its length, so that different sequences of contents are encoded differently."""
    return len(content).to_bytes(8) + content


def _hash_frames(*texts: str) -> str:
    return _hash_bytes(b"".join(_frame(text.encode("utf-8", "surrogateescape")) for text in texts))


def _hash_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _flatten(items: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(items):
        yield from (name, items[name])
