"""Requirements that make repo2docker copy the whole repository before it installs, which voids the cache."""

import yaml

from hubaction.build.unread_files import ENVIRONMENTS, Configuration
from hubaction.results import Remark

_OTHER_FILE = ("-r", "-c", "--requirement", "--constraint")
_SHOWN = 80
"""Characters of a requirement."""


def find_uncached_requirements(configuration: Configuration) -> list[Remark]:
    """Return a remark for each file whose packages are installed again after every commit."""
    pack = configuration.build_pack
    if pack is None:
        return []
    listed = {name: read_environment(configuration.text(name)) for name in ENVIRONMENTS}
    listed["requirements.txt"] = list(enumerate(configuration.text("requirements.txt").splitlines(), 1))
    return [
        _explain(configuration.path(name), line, requirement.strip())
        for name, lines in listed.items()
        if name in pack.reads
        for line, requirement in [found for found in lines if is_local(found[1])][:1]
    ]


def is_local(requirement: str) -> bool:
    """Whether a line for pip needs files of the repository. This follows repo2docker, which differs from pip."""
    rest = requirement.partition("#")[0].strip()
    if rest.startswith(_OTHER_FILE):
        return True
    if rest.startswith("--pre"):
        return False
    if rest.startswith("--") and "=" in rest:
        rest = rest.partition("=")[2]
    if rest.startswith("-"):
        rest = "".join(rest.split(None, 1)[1:])
    address = rest.partition("://")[2] if "://" in rest else rest
    return "file://" in rest or address.startswith(".")


def read_environment(text: str) -> list[tuple[int, str]]:
    """The requirements for pip in an environment.yml, each with its line. repo2docker uses the last of several lists.

    YAML is composed and not constructed: expanded aliases could fill the memory.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []  # the build itself reports invalid YAML
    dependencies = _value_of(root, "dependencies")
    items = dependencies.value if isinstance(dependencies, yaml.SequenceNode) else []
    lists = [found for found in (_value_of(item, "pip") for item in items) if found is not None and found.value]
    lines = lists[-1].value if lists and isinstance(lists[-1], yaml.SequenceNode) else []
    return [(line.start_mark.line + 1, line.value) for line in lines if isinstance(line, yaml.ScalarNode)]


def _value_of(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _explain(path: str, line: int, requirement: str) -> Remark:
    if requirement.startswith(_OTHER_FILE):
        advice = "Write the packages themselves there."
    else:
        advice = "Install what is in the repository in a script 'postBuild', e.g. with 'pip install --no-deps .'."
    shown = requirement if len(requirement) <= _SHOWN else f"{requirement[:_SHOWN]}…"
    message = (
        f"'{path}' hands '{shown}' to pip. For that repo2docker copies the whole repository before it installs, so"
        f" after each commit all packages of this file are installed anew. {advice}"
    )
    return Remark(message, path, line)
