"""Debian's packages: the engine's programs unpacked into a cache, its few needs installed.

The engine is Debian 13's, since Debian 12 has none with a containerd image store. It runs on Debian 12 as it
is, except for runc, which wants Debian 13's libc. Unpacking instead of installing also keeps package scripts
from starting an engine or a registry on the machine.
"""

import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from devtools import places, process
from devtools.errors import DevtoolsError

UNPACKED = ("docker.io", "containerd", "docker-cli", "docker-buildx", "docker-registry", "tini")
INSTALLED = {"runc": "runc", "iptables": "iptables", "mmdebstrap": "mmdebstrap", "git": "git"}
"""Program to Debian package."""
DEBIAN_RELEASES = ("12", "13")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCES = f"deb [signed-by={KEYRING}] http://deb.debian.org/debian trixie main\n"


class UnsupportedMachineError(DevtoolsError):
    """No engine runs here and this machine cannot be given one."""


def ensure_programs() -> Path:
    """The folder with usr/bin/docker, usr/sbin/dockerd and so on; fetched when it is not there yet."""
    _require_debian()
    prefix = places.cache_folder() / "programs" / f"{platform.machine()}-{_recipe_digest()}"
    with places.locked(places.cache_folder() / "programs.lock"):
        install_missing(INSTALLED)
        if not prefix.exists():
            _unpack(prefix)
    return prefix


def _require_debian() -> None:
    release = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    known = release.get("ID") == "debian" and release.get("VERSION_ID") in DEBIAN_RELEASES
    if known and os.geteuid() == 0:
        return
    where = release.get("PRETTY_NAME", platform.system())
    raise UnsupportedMachineError(
        f"No Docker Engine answers `docker info`, and this machine ({where}) cannot be given one: that works"
        " on Debian 12 or 13 as root only.\nInstall and start Docker, then run this again:"
        " https://docs.docker.com/engine/install/"
    )


def install_missing(packages: Mapping[str, str]) -> None:
    """Install the packages whose programs are not there; `packages` is as INSTALLED, or has paths of files."""
    missing = [name for program, name in packages.items() if not _is_there(program)]
    if not missing:
        return
    try:
        _apt_get("install", "--yes", "--no-install-recommends", *missing)
    except process.CommandError:  # package lists that are missing or too old
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", *missing)


def _is_there(program: str) -> bool:
    return Path(program).is_file() if program.startswith("/") else bool(shutil.which(program, path=SYSTEM_PATH))


def _recipe_digest() -> str:
    return hashlib.sha256("\n".join([SOURCES, *UNPACKED]).encode()).hexdigest()[:8]


def _unpack(prefix: Path) -> None:
    """Fetch and unpack; the prefix appears under its name only once it is whole."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=prefix.parent) as name:
        folder = Path(name)
        for package in _download(folder):
            process.run(["dpkg", "-x", package, folder / "prefix"])
        (folder / "prefix").rename(prefix)


def _download(folder: Path) -> list[Path]:
    """Debian 13's packages, without touching the machine's own package lists."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "sources.list").write_text(SOURCES)
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    _apt_get(*options, "update")
    _apt_get(*options, "download", *UNPACKED, cwd=folder)
    return sorted(folder.glob("*.deb"))


def _apt_get(*arguments: str, cwd: Path | None = None) -> None:
    patience = ["-o", "DPkg::Lock::Timeout=300"]
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    process.run(["apt-get", "--quiet", *patience, *arguments], env=env, cwd=cwd)
