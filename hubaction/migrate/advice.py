"""What the owner of a migrated workflow should look at."""

import re
from collections.abc import Iterator, Mapping

from hubaction.errors import InvalidInputError
from hubaction.inputs.read import input_variable, read_settings
from hubaction.inputs.settings import DEFAULTS
from hubaction.inputs.yaml_nodes import Entry
from hubaction.migrate import expressions
from hubaction.migrate.translate import Translation
from hubaction.migrate.workflow_file import Step

_OLD_OUTPUTS = {"IMAGE_SHA_NAME": "image", "IMAGE_SHA_TAG": "image", "PUSH_STATUS": "pushed"}


def look_around(step: Step, translation: Translation, given: Mapping[str, Entry]) -> Iterator[str]:
    if not any(uses.lower().startswith("actions/checkout@") for uses in step.before):
        yield (
            "There is no actions/checkout before this step. The old action built an empty repository then, this one"
            " fails: put one before it."
        )
    for variable in step.env:
        if variable.name == "DOCKER_CONFIG" and re.search(r"\$(?!\{\{)|~|github\.workspace|^\.", variable.text):
            yield (
                f"DOCKER_CONFIG: '{variable.text}' (line {variable.line}) is expanded by nobody, or lies in the"
                " workspace: what is logged in there ends up in the image. Remove it and give username and password."
            )
    push = dict(value for value in [*translation.replaced.values(), *translation.added] if value).get("push")
    if push != "false" and not {"DOCKER_USERNAME", "DOCKER_PASSWORD"} <= given.keys():
        yield (
            "It pushes without 'username' and 'password': logins of earlier steps are outside of this action's"
            " container. Give both."
        )


def check_inputs(step: Step, translation: Translation, given: Mapping[str, Entry]) -> Iterator[str]:
    """Yield the values of the file that this action would refuse."""
    environ = {"GITHUB_REPOSITORY": "owner/repository"}
    kept = {
        new[0]: new[1] if new[1] is not None else given[old].text for old, new in translation.replaced.items() if new
    }
    for name, value in (kept | dict(translation.added)).items():
        if name in DEFAULTS and not expressions.has_expression(value):
            environ[input_variable(name)] = value
    if step.with_ and "password" in kept and not kept.get("username"):
        environ.pop(input_variable("password"), None)
    try:
        read_settings(environ)
    except InvalidInputError as error:
        for problem in error.problems:
            if input_variable(problem.input_name) in environ:
                yield f"To be corrected: {problem}"


def find_outputs(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and message for each output of the old action that the workflow reads."""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in re.finditer(rf"\boutputs\.({'|'.join(_OLD_OUTPUTS)})\b", line):
            new = _OLD_OUTPUTS[match[1]]
            yield number, f"The output {match[1]} is still written; '{new}' has taken its place."
