"""Requirements that have repo2docker copy the whole repository before it installs, so that each commit does it anew."""

import re

import yaml

from hubaction.build.shadowed import ENVIRONMENTS, Configuration, Remark

_LOCAL = re.compile(
    r"""
    (?: -r | -c | --requirement | --constraint )    # another file
    | (?!--pre)
      (?: --[^=]*= )?+ (?: -\S*\s+ )?+ (?!-)        # the options before what is installed
      (?: .*file:// | (?: (?!.*://) | .*?:// ) \. ) # a path, or an address of one
    """,
    re.VERBOSE,
)
_SHOWN = 80
"""Characters of a requirement that are quoted."""


def find_uncached(configuration: Configuration) -> list[Remark]:
    """Return a remark for each file whose packages no builder can take from its cache after a commit."""
    pack = configuration.build_pack
    if pack is None:
        return []
    listed = {name: list_pip_requirements(configuration.text(name)) for name in ENVIRONMENTS}
    listed["requirements.txt"] = configuration.text("requirements.txt").splitlines()
    local = {name: next(filter(is_local, lines), "") for name, lines in listed.items() if name in pack.reads}
    return [_explain(configuration, name, requirement.strip()) for name, requirement in local.items() if requirement]


def is_local(requirement: str) -> bool:
    """Whether a line for pip needs files of the repository, in repo2docker's reading."""
    return _LOCAL.match(requirement.split("#", 1)[0].strip()) is not None


def list_pip_requirements(environment: str) -> list[str]:
    """What an environment.yml hands to pip; of several lists the last, as repo2docker has it."""
    try:
        loaded = yaml.safe_load(environment)
    except (yaml.YAMLError, ValueError, RecursionError):
        return []  # what is wrong with it the build tells
    dependencies = loaded.get("dependencies") if isinstance(loaded, dict) else None
    listed = dependencies if isinstance(dependencies, list) else []
    lists = [item["pip"] for item in listed if isinstance(item, dict) and item.get("pip")]
    return [line for line in lists[-1] if isinstance(line, str)] if lists and isinstance(lists[-1], list) else []


def _explain(configuration: Configuration, name: str, requirement: str) -> Remark:
    lines = [_bare(text) for text in configuration.text(name).splitlines()]
    line = lines.index(_bare(requirement)) + 1 if _bare(requirement) in lines else None
    if requirement.startswith(("-r", "-c", "--requirement", "--constraint")):
        advice = "Write the packages themselves there."
    else:
        advice = "Install what is in the repository in a script 'postBuild', e.g. with 'pip install --no-deps .'."
    shown = requirement if len(requirement) <= _SHOWN else f"{requirement[:_SHOWN]}…"
    message = (
        f"'{configuration.path(name)}' hands '{shown}' to pip. For that repo2docker copies the whole repository"
        f" before it installs, so after each commit all packages of this file are installed anew. {advice}"
    )
    return Remark(message, configuration.path(name), line)


def _bare(text: str) -> str:
    """A line, or what YAML makes of it, without the marks around it."""
    return text.partition(" #")[0].strip(" \t'\"-")
