"""The runner's variables -> Settings: every problem is found before any work, and all are reported together.

https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from hubaction.errors import InputProblem, InvalidInputError
from hubaction.inputs.conflicts import check_conflicts
from hubaction.inputs.credentials import encode_login, read_credentials
from hubaction.inputs.images import name_images, read_cache_ref, read_images
from hubaction.inputs.old_inputs import OLD_INPUTS, read_old_inputs, translate
from hubaction.inputs.parsers import suggest
from hubaction.inputs.problems import Problems
from hubaction.inputs.settings import DEFAULTS, INPUTS, Settings

T = TypeVar("T")
_RUNNERS_OWN = ("args", "entrypoint")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Validate every input; raises InvalidInputError naming each problem, its value and what is allowed."""
    problems = Problems()
    old = read_old_inputs(environ)
    texts, notices = _take_in(old, environ, problems)
    names, in_capitals = name_images(texts, environ.get("GITHUB_REPOSITORY", ""))
    images = read_images(names, texts["registry"], problems)
    settings = _read_group(
        Settings,
        texts,
        problems,
        images=images,
        credentials=read_credentials(texts, images, problems),
        cache_ref=read_cache_ref(texts, problems),
        uses_old_inputs=bool(old),
        notices=(*notices, *in_capitals),
        warnings=tuple(_warn_of_unknown(environ)),
    )
    check_conflicts(settings, texts, problems)
    if problems.found:
        raise InvalidInputError([_by_old_name(problem, old) for problem in problems.found])
    return settings


def _read_group(kind: type[T], texts: Mapping[str, str], problems: Problems, **known: Any) -> T:
    """Read each field by its declaration, except for those that are known already."""
    values = dict(known)
    for each in fields(kind):  # type: ignore[arg-type]  # a dataclass
        if each.name in known:
            continue
        if "group" in each.metadata:
            values[each.name] = _read_group(each.metadata["group"], texts, problems)
        else:
            (declared,) = each.metadata["inputs"]
            fallback = declared.parse(declared.default)
            values[each.name] = problems.check(declared.name, declared.parse, texts[declared.name], fallback)
    return kind(**values)


def input_variable(name: str) -> str:
    """The variable that carries an input; the runner replaces blanks only, so hyphens stay.

    https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/Handler.cs
    """
    return f"INPUT_{name.upper()}"


def _read_texts(environ: Mapping[str, str]) -> dict[str, str]:
    texts = {}
    for name, declared in INPUTS.items():
        text = environ.get(input_variable(name), declared.default).strip()
        texts[name] = text or ("" if declared.blank_means_off else declared.default)
    return texts


def _warn_of_unknown(environ: Mapping[str, str]) -> Iterator[str]:
    known = {input_variable(name) for name in (*INPUTS, *OLD_INPUTS, *_RUNNERS_OWN)}
    for variable in sorted(environ):
        if variable.startswith("INPUT_") and variable not in known and environ[variable]:
            given = variable.removeprefix("INPUT_").lower()
            yield f"input '{given}' is not known and has no effect{suggest(given, INPUTS)}"


# --- the old inputs ---


def _take_in(
    old: Mapping[str, str], environ: Mapping[str, str], problems: Problems
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Our inputs with the old ones translated into them, and notices about that."""
    texts = _read_texts(environ)
    if not old:
        return texts, ()
    translation = translate(old, texts, DEFAULTS, environ)
    problems.found.extend(translation.problems)
    return translation.inputs, translation.notices


def _by_old_name(problem: InputProblem, old: Mapping[str, str]) -> InputProblem:
    """The same problem under the name that stands in the workflow."""
    names = {new: name for name, new in OLD_INPUTS.items() if name in old}
    return InputProblem(names.get(problem.input_name, problem.input_name), problem.message)


# --- secrets ---


def read_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every secret value among the inputs, valid or not: to be masked before the first line is printed."""
    texts, old = _read_texts(environ), read_old_inputs(environ)
    found = list[str]()
    for declared in INPUTS.values():
        if declared.find_secrets:
            names = [name for name, new in OLD_INPUTS.items() if new == declared.name]
            for text in (texts[declared.name], *(old.get(name, "") for name in names)):
                found += declared.find_secrets(text)
    username = texts["username"] or old.get("DOCKER_USERNAME", "")
    passwords = (texts["password"], old.get("DOCKER_PASSWORD"))
    found += [encode_login(username, password) for password in passwords if password]
    return tuple(dict.fromkeys(secret for secret in found if secret))
