"""Images that a hub can start, and images that it cannot, each for a reason of its own.

All of them start with the same layers, so each takes a second or two to build.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devtools import process
from devtools.engine import Engine

BASE = """FROM debian:trixie-slim
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends ca-certificates python3-venv \\
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/venv \\
    && /opt/venv/bin/pip install --no-cache-dir --quiet "jupyterhub==5.*" "jupyterlab==4.*"
ENV PATH=/opt/venv/bin:${PATH} HOME=/home/jovyan
RUN useradd --create-home --uid 1000 --shell /bin/bash jovyan
WORKDIR /srv/repo
"""
SESSION = secrets.token_hex(4)
"""In all tags, for others may run these tests on the same engine."""
SITE = "/opt/venv/lib/python3.13/site-packages"
KERNELS = "/opt/venv/share/jupyter/kernels"
START = "COPY --chmod=755 start /srv/repo/start\nUSER jovyan\n" + 'ENTRYPOINT ["/srv/repo/start"]\n'
CONFIGURATION = "COPY config.py /etc/jupyter/jupyter_server_config.py\nUSER jovyan\n"


def _script(*lines: str) -> str:
    return "\n".join(["#!/bin/bash", *lines, ""])


def _kernel(*argv: str, name: str = "Python") -> str:
    return json.dumps({"argv": argv, "display_name": name, "language": "python"})


@dataclass(frozen=True)
class HubImage:
    """A repository with a Dockerfile, and what is to become of its image on a hub."""

    name: str
    steps: str
    files: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    """What the check must say, a pattern; empty for an image that works."""
    file: str | None = "Dockerfile"
    """What the check must point at."""
    remark: str = ""
    """What it must say of an image that works all the same."""
    silent: bool = False
    """Whether it says nothing for as long as it is waited for."""
    core: bool = False
    """Whether it is started on every run of the tests."""

    @property
    def works(self) -> bool:
        return not self.cause

    @property
    def tag(self) -> str:
        return f"hub-image-action/tests-hub:{self.name}-{SESSION}"

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {"Dockerfile": BASE + self.steps, **self.files}.items():
            (folder / name).write_text(text)
        return folder

    def build(self, engine: Engine, folder: Path) -> None:
        command: list[str | Path] = ["docker", "build", "--quiet", "--tag", self.tag, self.write(folder)]
        process.run(command, env=engine.environment(), timeout=600)


IMAGES = [
    HubImage("plain", "USER jovyan\n", core=True),
    HubImage("own-user-is-root", ""),
    HubImage("start", START, {"start": _script("export COURSE=tides", 'exec "$@"')}, core=True),
    HubImage("start-waits", START, {"start": _script("sleep 4", 'exec "$@"')}),
    HubImage(
        "second-kernel",
        f"COPY kernel.json {KERNELS}/other/kernel.json\nUSER jovyan\n",
        {"kernel.json": _kernel("/opt/venv/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}")},
    ),
    HubImage(
        "files-in-home",
        "WORKDIR /home/jovyan\nCOPY tides.txt .\nUSER jovyan\n",
        {"tides.txt": "low"},
        remark=r"home folder, /home/jovyan, holds what users of a hub will not see \(tides.txt\)",
    ),
    HubImage(
        "other-version",
        'RUN /opt/venv/bin/pip install --no-cache-dir --quiet "jupyterhub==6.*"\nUSER jovyan\n',
        remark=r"The hub is JupyterHub 5\.\d+\.\d+, and the image has 6\.\d+\.\d+",
    ),
    HubImage(
        "lets-anybody-in",
        "RUN printf '%s\\n' '#!/bin/sh' 'exec jupyter lab --ip=0.0.0.0 --port=8888 --IdentityProvider.token= "
        '--ServerApp.disable_check_xsrf=True --ServerApp.base_url="$JUPYTERHUB_SERVICE_PREFIX"\' '
        "> /opt/venv/bin/jupyterhub-singleuser\nUSER jovyan\n",
        remark="lets in whoever knows its address, without a login",
    ),
    HubImage(
        "no-jupyterhub",
        "RUN /opt/venv/bin/pip uninstall --yes --quiet jupyterhub\nUSER jovyan\n",
        cause="has no jupyterhub-singleuser, the command by which hubs start",
        core=True,
    ),
    HubImage(
        "command-in-home",
        "RUN mkdir /home/jovyan/bin && mv /opt/venv/bin/jupyterhub-singleuser /home/jovyan/bin\n"
        "ENV PATH=/home/jovyan/bin:${PATH}\nUSER jovyan\n",
        cause=r"'jupyterhub-singleuser' \(in /home/jovyan/bin\) is in the home folder .* gone on a hub",
        core=True,
    ),
    HubImage(
        "interpreter-gone",
        "RUN sed -i '1s|.*|#!/opt/gone/bin/python|' /opt/venv/bin/jupyterhub-singleuser\nUSER jovyan\n",
        cause="jupyterhub-singleuser",
    ),
    HubImage(
        "folder-closed",
        "RUN chmod 700 /opt/venv\nUSER jovyan\n",
        cause="may not be run by the notebook user|was not found|has no jupyterhub-singleuser",
    ),
    HubImage(
        "start-in-home",
        'COPY --chmod=755 start /home/jovyan/start\nUSER jovyan\nENTRYPOINT ["/home/jovyan/start"]\n',
        {"start": _script('exec "$@"')},
        cause="'/home/jovyan/start' is in the home folder of the image, and is gone on a hub",
    ),
    HubImage(
        "start-not-executable",
        'COPY --chmod=644 start /srv/repo/start\nUSER jovyan\nENTRYPOINT ["/srv/repo/start"]\n',
        {"start": _script('exec "$@"')},
        cause=r"'/srv/repo/start' may not be run .*git update-index --chmod=\+x start",
        file="start",
    ),
    HubImage(
        "start-fails",
        START,
        {"start": _script("echo The tide tables are missing >&2", "exit 3")},
        cause="'/srv/repo/start', with which .* ended with exit code 3 .* The tide tables are missing",
        file="start",
        core=True,
    ),
    HubImage(
        "start-needs-its-home",
        START,
        {"start": _script("set -e", "cat /home/jovyan/.bashrc-of-course", 'exec "$@"')},
        cause="'/srv/repo/start', with which .* ended with exit code 1 .*No such file",
        file="start",
    ),
    HubImage(
        "start-forgets-the-command",
        START,
        {"start": _script("echo Ready")},
        cause="'/srv/repo/start', with which .* ended with exit code 0 and left no server running",
        file="start",
    ),
    HubImage(
        "start-never-ends",
        START,
        {"start": _script("sleep infinity")},
        cause="'/srv/repo/start', with which .* runs on, and no server has opened port 8888",
        file="start",
        silent=True,
    ),
    HubImage(
        "import-error",
        f"RUN rm -r {SITE}/traitlets\nUSER jovyan\n",
        cause="ModuleNotFoundError: No module named 'traitlets'",
        core=True,
    ),
    HubImage(
        "configuration-fails",
        CONFIGURATION,
        {"config.py": "raise SystemExit('This image is for the other hub')"},
        cause="ended with exit code 1 .*This image is for the other hub",
    ),
    HubImage(
        "local-only",
        "RUN printf '%s\\n' '#!/bin/sh' 'unset JUPYTERHUB_SERVICE_URL' "
        "'exec /opt/venv/bin/python -m http.server --bind 127.0.0.1 8888' > /opt/venv/bin/jupyterhub-singleuser\n"
        "USER jovyan\n",
        cause="listens at 127.0.0.1 only",
    ),
    HubImage(
        "other-server",
        "RUN printf '%s\\n' '#!/bin/sh' 'exec jupyter lab --ip=0.0.0.0 --port=8888' "
        "> /opt/venv/bin/jupyterhub-singleuser\nUSER jovyan\n",
        cause="answered 404 where a user's server has its status",
    ),
    HubImage(
        "memory-at-start",
        START,
        {"start": _script("set -e", "python3 -c 'print(len(bytes(b\"x\") * 2**31))'", 'exec "$@"')},
        cause="was killed: it takes more than the 1 GB of memory",
        file="start",
    ),
    HubImage(
        "memory-of-server",
        CONFIGURATION,
        {"config.py": "hog = b'x' * 2**31"},
        cause="was killed: it takes more than the 1 GB of memory",
    ),
    HubImage(
        "no-lab",
        f"RUN rm -r {SITE}/jupyterlab /opt/venv/etc/jupyter/jupyter_server_config.d/jupyterlab.json\nUSER jovyan\n",
        cause=r"has no /lab \(404\)|ModuleNotFoundError: No module named 'jupyterlab'",
    ),
    HubImage(
        "kernel-dies",
        f"COPY kernel.json {KERNELS}/python3/kernel.json\nUSER jovyan\n",
        {"kernel.json": _kernel("sh", "-c", "exit 1")},
        cause="The kernel 'python3' runs no cell: .*it died",
    ),
    HubImage(
        "kernel-import-error",
        f"RUN rm -r {SITE}/comm\nUSER jovyan\n",
        cause="The kernel 'python3' runs no cell: .*No module named 'comm'",
    ),
    HubImage(
        "kernel-not-there",
        f"COPY kernel.json {KERNELS}/other/kernel.json\nCOPY postBuild .\nUSER jovyan\n",
        {"kernel.json": _kernel("/opt/gone/bin/python"), "postBuild": "#!/bin/bash\n"},
        cause="The kernel 'other' runs no cell: it does not start",
        file="postBuild",
        core=True,
    ),
    HubImage(
        "kernel-takes-all-memory",
        f"COPY kernel.json {KERNELS}/python3/kernel.json\nUSER jovyan\n",
        {"kernel.json": _kernel("/opt/venv/bin/python", "-c", "len(b'x' * 2**31)", "{connection_file}")},
        cause="The kernel 'python3' runs no cell: it was killed, for it takes more than 1 GB",
    ),
]
