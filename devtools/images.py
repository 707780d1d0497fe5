"""Base images: made here for an engine of ours, which may reach no registry; else the public ones."""

import hashlib
import tempfile
from pathlib import Path

from devtools import packages, places, process
from devtools.engine import Engine

HERE = Path(__file__).resolve().parent
DEBIAN = "debian:trixie-slim"
RUNNER = f"{places.NAME}/runner:trixie"
CONDA_BASE = "buildpack-deps:24.04"
"""The name that repo2docker's Dockerfiles start from."""

LOCAL_CERTIFICATES = Path("/usr/local/share/ca-certificates")
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def ensure_images(engine: Engine) -> None:
    """Everything that the demonstration and the tests build on."""
    ensure_debian(engine)
    ensure_runner(engine)
    ensure_conda_base(engine)


def ensure_debian(engine: Engine) -> str:
    """debian:trixie-slim: pulled where an engine was there already, made with mmdebstrap for ours."""
    if not engine.ours:
        if not _has_image(engine, DEBIAN):
            _docker(engine, "pull", "--quiet", DEBIAN)
        return DEBIAN
    made_here = f"{places.NAME}/debian:{recipe_digest()}"
    # Imported twice it would be two images, and what was built on the first could not be built on.
    with places.locked(places.cache_folder() / "images.lock"):
        if not _has_image(engine, made_here):
            _docker(engine, "import", *_changes(), _ensure_debian_tree(), made_here)
    _docker(engine, "tag", made_here, DEBIAN)
    return DEBIAN


def ensure_runner(engine: Engine) -> str:
    """The image that act runs jobs in."""
    _build(engine, "--tag", RUNNER, HERE / "runner_image")
    return RUNNER


def ensure_conda_base(engine: Engine, *, network: str = "default") -> str:
    """On our engine the stand-in that installs from PyPI; elsewhere repo2docker pulls the public image."""
    if engine.ours:
        _build(engine, "--network", network, "--tag", CONDA_BASE, HERE / "stand_in")
    return CONDA_BASE


def _build(engine: Engine, *arguments: str | Path) -> None:
    """One at a time: containerd's image store refuses a name that another build has just given."""
    with places.locked(places.cache_folder() / "images.lock"):
        _docker(engine, "build", *arguments)


def _docker(engine: Engine, *arguments: str | Path) -> str:
    return process.run(["docker", *arguments], env=engine.environment())


def _has_image(engine: Engine, name: str) -> bool:
    return bool(_docker(engine, "image", "ls", "--quiet", name).strip())


def _certificates() -> list[Path]:
    """Certificate authorities that only this machine trusts, e.g. a company's proxy."""
    return sorted(LOCAL_CERTIFICATES.glob("*.crt"))


def _changes() -> list[str]:
    """The image's configuration. Python's tools trust authorities of their own unless told otherwise."""
    lines = ['CMD ["bash"]', f"ENV PATH={packages.SYSTEM_PATH}"]
    if _certificates():
        lines += [f"ENV {name}={BUNDLE}" for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")]
    return [part for line in lines for part in ("--change", line)]


def recipe_digest() -> str:
    """What the base system is made from, as a name for it."""
    files = [*sorted((HERE / "base_image").iterdir()), *_certificates()]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _ensure_debian_tree() -> Path:
    """A tar archive of the base system, shared by both image stores."""
    tree = places.cache_folder() / "images" / f"debian-{recipe_digest()}.tar"
    if not tree.exists():
        tree.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tree.parent) as name:
            made = Path(name) / tree.name
            sources = HERE / "base_image" / "debian.sources"
            command: list[str | Path] = ["mmdebstrap", *_debian_options(), "trixie", made, sources]
            process.run(command, env={"PATH": packages.SYSTEM_PATH})
            made.rename(tree)
    return tree


def _debian_options() -> list[str]:
    """https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html"""
    files = HERE / "base_image"
    hooks = [f"upload {files}/docker-clean /etc/apt/apt.conf.d/docker-clean"]
    if _certificates():
        hooks.append(f'mkdir -p "$1{BUNDLE.parent}" "$1{LOCAL_CERTIFICATES}"')
        hooks.append(f"copy-in {BUNDLE} {BUNDLE.parent}")
        hooks += [f"copy-in {certificate} {LOCAL_CERTIFICATES}" for certificate in _certificates()]
    hooks += ['rm -f "$1/etc/hostname" "$1/etc/resolv.conf" "$1"/var/cache/apt/*.bin']
    return ["--variant=minbase", f"--dpkgopt={files}/slim", *(f"--customize-hook={hook}" for hook in hooks)]
