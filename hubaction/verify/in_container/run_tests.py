"""Runs pytest in a user image with the image's own Python: `run_tests.py FOLDER`.

It has to run on any Python 3.6 or newer, and needs nothing but the standard library.
"""

import importlib.util
import os
import site
import subprocess
import sys
import sysconfig

NO_PYTEST = 97
ENVIRONMENT = "/tmp/hub-image-action/environment"


def main():
    folder = sys.argv[1]
    requirements = os.path.join(folder, "requirements.txt")
    wanted = ["-r", requirements] if os.path.exists(requirements) else []
    if not has_module("pytest"):
        wanted.append("pytest")
    python = make_environment(wanted) if wanted else sys.executable
    sys.stdout.flush()
    os.execv(python, [python, "-m", "pytest", "-p", "no:cacheprovider", folder])


def has_module(name):
    return importlib.util.find_spec(name) is not None


def make_environment(wanted):
    """Install beside the image's packages: what it has is used, what it lacks goes into a folder of its own."""
    without_pip = ["--without-pip"] if has_module("pip") else []
    run([sys.executable, "-m", "venv", "--system-site-packages", *without_pip, ENVIRONMENT])
    python = os.path.join(ENVIRONMENT, "bin", "python")
    own = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], universal_newlines=True
    ).strip()
    # A virtual environment made from another one does not see the packages of that one.
    with open(os.path.join(own, "image.pth"), "w") as stream:
        for folder in image_folders():
            stream.write(folder + "\n")
    run([python, "-m", "pip", "install", "--quiet", *wanted])
    return python


def image_folders():
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    folders += getattr(site, "getsitepackages", list)()
    return sorted({folder for folder in folders if os.path.isdir(folder)})


def run(command):
    if subprocess.call(command):
        print("Failed: " + " ".join(command))
        sys.exit(NO_PYTEST)


main()
