"""Source distributions of other people's projects, as pip gets them, without running anything of theirs.

Only for its metadata would pip start a project's build. It is given a builder that copies the metadata that each
source distribution has already: https://packaging.python.org/en/latest/specifications/source-distribution-format/
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools import places, process

BUILDER = """
import pathlib, shutil

def prepare_metadata_for_build_wheel(folder, settings=None):
    fields = dict(line.split(": ", 1) for line in pathlib.Path("PKG-INFO").read_text().splitlines()[:9] if ": " in line)
    name = f"{fields['Name'].replace('-', '_')}-{fields['Version']}.dist-info"
    (pathlib.Path(folder) / name).mkdir()
    shutil.copy("PKG-INFO", pathlib.Path(folder) / name / "METADATA")
    (pathlib.Path(folder) / name / "WHEEL").write_text("Wheel-Version: 1.0\\n")
    return name

def get_requires_for_build_wheel(settings=None):
    return []

def build_wheel(*arguments):
    raise NotImplementedError

__legacy__ = None
"""
BUILDERS = ("mesonpy", "hatchling.build", "setuptools.build_meta", "flit_core.buildapi")
"""What the projects name as theirs."""


@contextmanager
def unpacked(requirement: str, sha256: str) -> Iterator[Path]:
    """Yield a folder with the files of one `name==version`; the archive stays in the user's cache folder."""
    with tempfile.TemporaryDirectory(prefix="corpus-") as name:
        # Python's own takes twice as long, and what is unpacked is known by its hash.
        process.run(["tar", "--extract", "--no-same-owner", "--file", _fetch(requirement, sha256), "--directory", name])
        yield Path(name)


def _fetch(requirement: str, sha256: str) -> Path:
    folder = places.cache_folder() / "corpus" / sha256
    with places.locked(folder.parent / "lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as name:
                _download(Path(name), f"{requirement} --hash=sha256:{sha256}\n")
                (Path(name) / "download").rename(folder)
    (archive,) = folder.iterdir()
    return archive


def _download(folder: Path, requirement: str) -> None:
    (folder / "requirements.txt").write_text(requirement)
    for builder in BUILDERS:
        *packages, module = builder.split(".")
        (folder / "path").joinpath(*packages).mkdir(parents=True, exist_ok=True)
        for package in packages:
            (folder / "path" / package / "__init__.py").touch()
        (folder / "path").joinpath(*packages, f"{module}.py").write_text(BUILDER)
    options = ["--no-deps", "--no-binary=:all:", "--no-build-isolation", "--require-hashes", "--quiet"]
    places_of = ["--dest", str(folder / "download"), "--requirement", str(folder / "requirements.txt")]
    process.run(
        [sys.executable, "-m", "pip", "download", *options, *places_of],
        env={"PYTHONPATH": str(folder / "path")},
        timeout=300,
    )
