"""The input `repo2docker-args`: arguments that may be passed on, and the command that each of them belongs to."""

import re
import shlex
from dataclasses import dataclass
from itertools import takewhile

from hubaction.inputs.parsers import suggest


@dataclass(frozen=True)
class Repo2dockerArgs:
    """The arguments by their destination: repo2docker's command line, or buildx behind it."""

    arguments: tuple[str, ...] = ()
    buildx: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


_OWNED_BY_INPUT = {
    "--appendix": "appendix-file",
    "--user-id": "user-id",
    "--user-name": "notebook-user",
    "--target-repo-dir": "repo-dir",
    "--subdir": "path",
    "--push": "push",
    "--no-push": "push",
    "--image-name": "image-name",
    "--Repo2Docker.appendix": "appendix-file",
    "--Repo2Docker.user_id": "user-id",
    "--Repo2Docker.user_name": "notebook-user",
    "--Repo2Docker.target_repo_dir": "repo-dir",
    "--Repo2Docker.subdir": "path",
    "--Repo2Docker.push": "push",
    "--Repo2Docker.output_image_spec": "image-name",
    "--Repo2Docker.base_image": "base-image",
    "--Repo2Docker.platform": "platform",
    "--Repo2Docker.labels": "labels",
    "--Repo2Docker.extra_build_args": "build-args",
}
_REFUSED = {
    "--config": "a configuration file of the repository would run with this step's credentials",
    "--Repo2Docker.config_file": "a configuration file of the repository would run with this step's credentials",
    "--engine": "this action talks to Docker",
    "--Repo2Docker.engine": "this action talks to Docker",
    "--Repo2Docker.repo": "this action gives the repository",
    "--Repo2Docker.run": "this action only builds here",
    "--Repo2Docker.dry_run": "the image would not be built",
    "--Repo2Docker.volumes": "this action only builds here",
    "--ref": "what was checked out is built",
    "--Repo2Docker.ref": "what was checked out is built",
}
_NEEDS_VALUE = ("--build-arg", "--label", "--cache-from")
_FLAGS = ("--debug",)
_REFUSED_BY_BUILDX = (
    "--push",
    "--output",
    "--tag",
    "--load",
    "--file",
    "--iidfile",
    "--metadata-file",
    "--builder",
    "--print",
    "--check",
    "--call",
)
_BUILDX_TRAIT = "--DockerEngine.extra_buildx_build_args"


def parse_repo2docker_args(text: str) -> Repo2dockerArgs:
    """Split by the quoting rules of a shell, over several lines, and sort by destination.

    Arguments for buildx are taken out: on repo2docker's command line, one with a blank in it would be read as the
    repository. Raises ValueError for arguments that this action sets, or that repo2docker does not know.
    """
    words = _split_words(text)
    arguments: list[str] = []
    buildx: list[str] = []
    labels: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        _refuse_argument(option)
        if option in _NEEDS_VALUE:
            value = value if equals else next(rest, "")
            _sort_option(option, value, arguments, labels)
        elif option == _BUILDX_TRAIT and equals:
            buildx.append(_check_buildx_argument(value))
        elif word in _FLAGS or (re.fullmatch(r"--[A-Z]\w*\.\w+", option) and equals):
            arguments.append(word)
        else:
            raise ValueError(_explain_unknown(word, option))
    return Repo2dockerArgs(tuple(arguments), tuple(buildx), tuple(labels))


def _split_words(text: str) -> list[str]:
    """Split as a shell does: quotes, a backslash before the end of a line, and comments."""
    words: list[str] = []
    pending = ""
    for line in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        if not pending and line.lstrip().startswith("#"):
            continue
        pending += line
        try:
            found = shlex.split(pending)
        except ValueError:
            pending += "\n"  # a quoted value goes on in the next line
            continue
        # With comments=True, shlex would take a `#` inside of a word for a comment as well.
        words += takewhile(lambda word: not word.startswith("#"), found)
        pending = ""
    if pending:
        raise ValueError(f"cannot be split into arguments; check the quotes of '{pending.strip()[:100]}'")
    return words


def _check_buildx_argument(argument: str) -> str:
    """Refuse arguments that would publish the image untested, or build another one than is tested."""
    name = argument.partition("=")[0].partition(" ")[0]
    if name in _REFUSED_BY_BUILDX or re.match(r"-[a-z]*[oft]", name):
        raise ValueError(
            f"'{argument}' for buildx is not allowed: this action tests the image, and then tags and pushes it"
        )
    return argument


def _sort_option(option: str, value: str, arguments: list[str], labels: list[tuple[str, str]]) -> None:
    if not value or ("=" not in value and option != "--cache-from"):
        raise ValueError(f"'{option}' needs a value{'' if option == '--cache-from' else ' of the form NAME=VALUE'}")
    if option == "--label":
        key, _, text = value.partition("=")
        labels.append((key, text))
    else:
        arguments += [option, value]


def _refuse_argument(option: str) -> None:
    if name := _OWNED_BY_INPUT.get(option):
        raise ValueError(f"'{option}' is set by the input '{name}'; use that instead")
    # A trait may be set by the name of any parent of its class.
    if reason := _REFUSED.get(option) or (_REFUSED["--config"] if option.endswith(".config_file") else ""):
        raise ValueError(f"'{option}' is not allowed: {reason}")


def _explain_unknown(word: str, option: str) -> str:
    if option.startswith("--") and "." in option:
        return f"'{word}' must be written as {option}=VALUE"
    near = suggest(option, [*_NEEDS_VALUE, *_FLAGS])
    return (
        f"'{word}' is not an argument that can be passed on{near}; allowed are "
        f"{', '.join([*_NEEDS_VALUE, *_FLAGS])} and --Class.trait=VALUE"
    )
