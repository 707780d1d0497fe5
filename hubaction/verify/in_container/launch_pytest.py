"""Starts pytest as `python -m pytest` would: `launch_pytest.py FOLDER SECONDS INSTALLED`.

INSTALLED is a folder for sys.path, or empty. The image's own Python runs the tests, and what they start sees the image
alone. Plugins that happen to be in the image are not loaded; those that the tests' requirements.txt names are.
"""

import os
import re
import site
import sys


def main():
    folder, seconds, installed = sys.argv[1:4]
    here = sys.path[0]
    sys.path[0] = os.getcwd()
    if installed:
        put_before_packages(installed)
    # Behind all else: it has names that the tests may have, too.
    sys.path.append(here)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["HUB_IMAGE_TESTS_FOLDER"], os.environ["HUB_IMAGE_TESTS_SECONDS"] = folder, seconds
    import pytest

    plugins = ["no:cacheprovider", "hub_image_plugin", *find_plugins(folder)]
    sys.exit(int(pytest.main([*(part for name in plugins for part in ("-p", name)), folder])))


def put_before_packages(installed):
    """As in a virtual environment: the standard library, then what was installed, then the image's packages."""
    before = list(sys.path)
    site.addsitedir(installed)
    added = [path for path in sys.path if path not in before]
    first = [
        number for number, path in enumerate(before) if os.path.basename(path) in ("site-packages", "dist-packages")
    ]
    place = first[0] if first else len(before)
    sys.path[:] = before[:place] + added + before[place:]


def find_plugins(folder):
    """Names of pytest plugins in distributions that requirements.txt names."""
    wanted = read_requirements(os.path.join(folder, "requirements.txt"))
    if not wanted:
        return []
    try:
        from importlib import metadata
    except ImportError:  # before Python 3.8, where pytest brings it
        import importlib_metadata as metadata
    found = []
    for distribution in metadata.distributions():
        if normalize(distribution.metadata["Name"] or "") in wanted:
            found += [entry.name for entry in distribution.entry_points if entry.group == "pytest11"]
    return sorted(set(found))


def read_requirements(path, depth=0):
    if depth > 5 or not os.path.isfile(path):
        return set()
    names = set()
    with open(path, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            include = re.match(r"\s*(?:-r|--requirement)[ =]*(\S+)", line)
            name = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", line)
            if include:
                names |= read_requirements(os.path.join(os.path.dirname(path), include.group(1)), depth + 1)
            elif name:
                names.add(normalize(name.group(1)))
    return names


def normalize(name):
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


main()
