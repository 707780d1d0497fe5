"""Rewrites workflows from jupyterhub/repo2docker-action to this action: text in, text and what changes out.

The new workflow says explicitly what keeps the old behaviour, and nothing that the event's default gives anyway:

- push: the old action pushed on every event unless NO_PUSH said `true`; so `push: true`, left out only where all events
  of the workflow push by default (a schedule, repository_dispatch, releases, git tags). An expression is negated.
- mode: `build` where `auto` would not build: activity types such as a closed pull request or a created release,
  workflow_run, issue comments and the like, and workflows and actions that others call. Never for pull_request_target.
- tags: the old tags, 12 characters of the commit and ADDITIONAL_TAG, are the default's; they are written where
  ADDITIONAL_TAG is set, and where a pull request may be pushed, whose default is another one.
- latest: moved on every event unless LATEST_TAG_OFF; so `latest: true`, left out where nothing is pushed or there are
  only pull requests, which move it no more. LATEST_TAG_OFF, PUBLIC_REGISTRY_CHECK, BINDER_CACHE and NO_GIT_PUSH were on
  with any text; their values are read as what they say.
- repo-dir: the notebook user's home, in which people find themselves after the login; include-git: `true`, since
  packages ask git for their version.
- image-name: the old default was made of DOCKER_USERNAME, the new one of the repository's owner; written where pushed.
- notebook-user: left out with BINDER_CACHE and MYBINDERORG_TAG, which made the old action use jovyan.

What nobody relied on changes, and is told: pushes of forks' pull requests failed; the tag of a pull request named a
commit that is thrown away; a repository without configuration became repo2docker's default image; the Binder cache was
pushed by force; EXTRA_PIP_INSTALL did nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hubaction.errors import InvalidInputError
from hubaction.inputs import parsers
from hubaction.inputs.old_inputs import OLD_INPUTS
from hubaction.inputs.read import input_variable, read_settings
from hubaction.inputs.settings import DEFAULTS
from hubaction.migrate import expressions
from hubaction.migrate.workflow_file import Entry, Events, Step, WorkflowFile

NEW_ACTION = "org/hub-image-action@v1"
_DROPPED = ("NO_GIT_PUSH", "EXTRA_PIP_INSTALL")
"""The first becomes a value of binder-cache, the second never did anything."""

_OLD_ACTION = re.compile(r"(?:jupyterhub|machine-learning-apps)/repo2docker-action(?:@.*)?", re.IGNORECASE)
_THIS_ACTION = re.compile(r"[^/\s]+/hub-image-action(?:@.*)?", re.IGNORECASE)
_OLD_OUTPUTS = {"IMAGE_SHA_NAME": "image", "IMAGE_SHA_TAG": "image", "PUSH_STATUS": "pushed"}
_BUILT_BY_AUTO = {"push", "schedule", "workflow_dispatch", "repository_dispatch", "merge_group", "pull_request_target"}
_PUSHED_BY_AUTO = {"schedule", "repository_dispatch", "release"}


@dataclass(frozen=True)
class Change:
    """Something that behaves differently from before, or that its owner should look at."""

    line: int
    """In the workflow as it was."""
    message: str


@dataclass(frozen=True)
class Migration:
    """A migrated workflow."""

    text: str
    steps: int
    """How many steps were rewritten."""
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Translation:
    """The inputs of one step in the new action's terms."""

    replaced: Mapping[str, tuple[str, str | None] | None]
    """Old input -> its new name and value; None for the value keeps it as written, None for both drops the input."""
    added: tuple[tuple[str, str], ...]
    messages: tuple[tuple[str, str], ...]
    """What changes, each with the old input that it is about or an empty text."""


def migrate_workflow(text: str, file_name: str, *, action: str = NEW_ACTION) -> Migration:
    """Rewrite all steps that use the old action, or this one by the old inputs' names.

    Raises ActionError with file and line for what is no YAML and for what cannot be rewritten in place.
    """
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    workflow = WorkflowFile(text.removeprefix(bom), file_name)
    events = workflow.events()
    all_steps = list(workflow.steps())
    steps = [step for step in all_steps if _needs_migration(step)]
    _refuse_shared_inputs(workflow, steps, all_steps)
    changes: dict[str, Change] = {}
    done: set[int] = set()
    for step in steps:
        shared = step.with_ is not None and id(step.with_.value) in done
        if step.with_:
            done.add(id(step.with_.value))
        for change in _migrate_step(workflow, step, events, action, shared=shared):
            # What holds for several steps is told at the first of them.
            changes.setdefault(change.message, change)
    found = list(changes.values()) + (list(_find_outputs(workflow)) if steps else [])
    return Migration(bom + workflow.result(), len(steps), tuple(sorted(found, key=lambda change: change.line)))


def _needs_migration(step: Step) -> bool:
    if _OLD_ACTION.fullmatch(step.uses.text.strip()):
        return True
    old = any(entry.name.upper() in OLD_INPUTS for entry in step.inputs)
    return old and bool(_THIS_ACTION.fullmatch(step.uses.text.strip()))


def _refuse_shared_inputs(workflow: WorkflowFile, steps: Iterable[Step], all_steps: Iterable[Step]) -> None:
    migrated = {id(step.with_.value): step for step in steps if step.with_}
    for step in all_steps:
        if step.with_ and not _needs_migration(step) and (other := migrated.get(id(step.with_.value))):
            raise workflow.fail(
                "these inputs are shared with a step of another action: write them out first", other.uses.line
            )


def _migrate_step(workflow: WorkflowFile, step: Step, events: Events, action: str, *, shared: bool) -> Iterator[Change]:
    line = step.uses.line
    of_old_action = bool(_OLD_ACTION.fullmatch(step.uses.text.strip()))
    if of_old_action:
        workflow.set_value(step.uses, action, flow=workflow.flow_inputs(step))
    if shared:
        return
    given = {entry.name.upper(): entry for entry in step.inputs if entry.name.upper() in OLD_INPUTS}
    translation = translate_inputs({name: entry.text for name, entry in given.items()}, events)
    unknown = [entry for entry in step.inputs if entry.name.upper() not in OLD_INPUTS]
    yield from _settle_unknown(workflow, step, unknown, translation, of_old_action=of_old_action)
    _apply(workflow, step, given, unknown, translation, of_old_action=of_old_action)
    for name, message in translation.messages:
        yield Change(given[name].line if name in given else line, message)
    yield from (Change(line, message) for message in _look_around(step, translation, given))
    yield from (Change(line, message) for message in _check_inputs(step, translation, given))


def _apply(
    workflow: WorkflowFile,
    step: Step,
    given: Mapping[str, Entry],
    unknown: list[Entry],
    translation: Translation,
    *,
    of_old_action: bool,
) -> None:
    flow = workflow.flow_inputs(step)
    stays = list(unknown)
    if of_old_action:
        stays = [entry for entry in unknown if entry.name.lower() not in _new_names(translation)]
    for name, entry in given.items():
        replacement = translation.replaced[name]
        if replacement is None:
            workflow.remove(step, entry)
            continue
        stays.append(entry)
        workflow.rename(entry, replacement[0])
        if replacement[1] is not None and replacement[1] != entry.text:
            workflow.set_value(entry, replacement[1], flow=flow)
    # What the step says itself, in this action's own terms, is not said again.
    said = set() if of_old_action else {entry.name.lower() for entry in unknown}
    added = [(name, value) for name, value in translation.added if name not in said]
    workflow.add_inputs(step, added, sorted(stays, key=lambda entry: entry.start))


def _new_names(translation: Translation) -> set[str]:
    replaced = {replacement[0] for replacement in translation.replaced.values() if replacement}
    return replaced | {name for name, _ in translation.added}


def _settle_unknown(
    workflow: WorkflowFile, step: Step, unknown: list[Entry], translation: Translation, *, of_old_action: bool
) -> Iterator[Change]:
    for entry in unknown:
        name = entry.name.lower()
        if not of_old_action:
            replaced = {new[0] for new in translation.replaced.values() if new}
            if name in replaced:
                old = next(old for old, new in OLD_INPUTS.items() if new == name)
                raise workflow.fail(f"'{old}' and '{name}' are the same input: keep one of them", entry.line)
        elif name in _new_names(translation):
            workflow.remove(step, entry)
            yield Change(entry.line, f"'{entry.name}' is removed: the old action did not know it.")
        elif name in DEFAULTS:
            yield Change(entry.line, f"'{entry.name}' takes effect now: the old action did not know it.")
        else:
            hint = parsers.suggest(name, [old.lower() for old in OLD_INPUTS])
            yield Change(entry.line, f"'{entry.name}' is kept as it is, but neither action knows it{hint}")


# --- the inputs ---


@dataclass
class _Inputs:
    """The old inputs of one step while they are translated."""

    given: Mapping[str, str]
    events: Events
    replaced: dict[str, tuple[str, str | None] | None] = field(default_factory=dict)
    added: list[tuple[str, str]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.given.get(name, "").strip()

    def say(self, new_name: str, value: str, *, instead_of: str) -> None:
        """Put the new input where the old one stood, or among the added ones."""
        if instead_of in self.given:
            self.replaced[instead_of] = (new_name, value)
        else:
            self.added.append((new_name, value))

    def tell(self, message: str, about: str = "") -> None:
        self.messages.append((about, message))

    @property
    def on_pull_requests(self) -> bool:
        return not self.events.known or any(_is_pull_request(name) for name in self.events.types)

    @property
    def never_pushes(self) -> bool:
        return _literal(self.text("NO_PUSH")) is True

    @property
    def pushes_pull_requests(self) -> bool:
        excluded = re.fullmatch(
            r"github\.event_name\s*==\s*'pull_request'", expressions.only_expression(self.text("NO_PUSH"))
        )
        return self.on_pull_requests and not self.never_pushes and not excluded


def translate_inputs(given: Mapping[str, str], events: Events) -> Translation:
    """Decide what becomes of the old inputs, given by their names in capital letters; pure and total."""
    inputs = _Inputs(given, events)
    inputs.replaced.update({name: None if name in _DROPPED else (OLD_INPUTS[name], None) for name in given})
    for translate in (
        _choose_mode,
        _translate_push,
        _translate_tags,
        _translate_latest,
        _translate_user,
        _keep_git,
        _translate_name,
        _translate_binder,
        _translate_rest,
        _tell_of_events,
    ):
        translate(inputs)
    return Translation(inputs.replaced, tuple(inputs.added), tuple(inputs.messages))


def _choose_mode(inputs: _Inputs) -> None:
    events = inputs.events
    if events.known and all(_is_built_by_auto(name, types) for name, types in events.types.items()):
        return
    if "pull_request_target" in events.types:
        inputs.added.append(
            ("mode", expressions.wrap("github.event_name == 'pull_request_target' && 'auto' || 'build'"))
        )
    else:
        inputs.added.append(("mode", "build"))


def _is_built_by_auto(name: str, types: tuple[str, ...]) -> bool:
    if name == "pull_request":
        return "closed" not in types
    if name == "release":
        return types == ("published",)
    return name in _BUILT_BY_AUTO


def _translate_push(inputs: _Inputs) -> None:
    text, name = inputs.text("NO_PUSH"), "NO_PUSH"
    if expressions.has_expression(text):
        inputs.replaced[name] = ("push", expressions.negate(text))
    elif name in inputs.given:
        off = _literal(text)
        if off is None:
            inputs.tell(f"NO_PUSH: '{text}' made the old action fail after the build; it is read as true now.", name)
        inputs.replaced[name] = ("push", "false" if off is not False else "true")
    elif not _all_push_by_default(inputs.events):
        inputs.added.append(("push", "true"))


def _all_push_by_default(events: Events) -> bool:
    pushed = _PUSHED_BY_AUTO | ({"push"} if events.pushes_tags_only else set())
    # An explicit mode other than `build` would not push; `_choose_mode` gives no other.
    return events.known and bool(events.types) and set(events.types) <= pushed


def _translate_tags(inputs: _Inputs) -> None:
    if additional := inputs.text("ADDITIONAL_TAG"):
        inputs.replaced["ADDITIONAL_TAG"] = ("tags", f"{{sha}}\n{additional}")
    elif inputs.pushes_pull_requests:
        inputs.say("tags", "{sha}", instead_of="ADDITIONAL_TAG")
    elif "ADDITIONAL_TAG" in inputs.given:
        inputs.replaced["ADDITIONAL_TAG"] = None


def _translate_latest(inputs: _Inputs) -> None:
    text, name = inputs.text("LATEST_TAG_OFF"), "LATEST_TAG_OFF"
    if expressions.has_expression(text):
        inputs.replaced[name] = ("latest", expressions.negate(text))
        inputs.tell(
            "LATEST_TAG_OFF was on with every text that is not empty; now only true keeps latest from moving.", name
        )
    elif text and _literal(text) is not False:
        inputs.replaced[name] = ("latest", "false")
    else:
        if text:
            inputs.tell(
                f"LATEST_TAG_OFF: '{text}' was read as on, as every text was; it is off now, so latest moves.", name
            )
        only_pull_requests = inputs.events.known and all(_is_pull_request(event) for event in inputs.events.types)
        if name in inputs.given or not (inputs.never_pushes or only_pull_requests):
            inputs.say("latest", "true", instead_of=name)


def _translate_user(inputs: _Inputs) -> None:
    user = inputs.text("NOTEBOOK_USER")
    cache = inputs.text("BINDER_CACHE")
    forced = "BINDER_CACHE" if cache and _literal(cache) is not False else ""
    forced = "MYBINDERORG_TAG" if inputs.text("MYBINDERORG_TAG") else forced
    if forced and user not in {"", "jovyan"}:
        inputs.replaced["NOTEBOOK_USER"] = None
        inputs.tell(f"NOTEBOOK_USER is left out: with {forced} the old action used jovyan, too.", "NOTEBOOK_USER")
    if forced or not user:
        user = "jovyan"
    if not inputs.text("REPO_DIR"):
        home = expressions.or_else(user, "'jovyan'") if expressions.has_expression(user) else user
        inputs.say("repo-dir", f"/home/{home}", instead_of="REPO_DIR")


def _keep_git(inputs: _Inputs) -> None:
    inputs.added.append(("include-git", "true"))


def _translate_name(inputs: _Inputs) -> None:
    name = inputs.text("IMAGE_NAME")
    if not name and not inputs.never_pushes:
        name = _default_name(inputs)
    elif not expressions.has_expression(name) and name != name.lower():
        name = name.lower()
        inputs.tell("IMAGE_NAME is written in lower case: registries take no other.", "IMAGE_NAME")
    name = _translate_registry(inputs, name)
    if name != inputs.text("IMAGE_NAME"):
        inputs.say("image-name", name, instead_of="IMAGE_NAME")


def _translate_registry(inputs: _Inputs, name: str) -> str:
    """Return the image's name, before which the old action put all of the registry; here that is only a host."""
    text = inputs.text("DOCKER_REGISTRY")
    if expressions.has_expression(text):
        return name
    registry, _, path = re.sub(r"^https?://|/+$|/v[12]/?$", "", text).partition("/")
    if registry != text:
        inputs.replaced["DOCKER_REGISTRY"] = ("registry", registry)
    return f"{path}/{name}" if path and name else name


def _default_name(inputs: _Inputs) -> str:
    user = inputs.text("DOCKER_USERNAME")
    inputs.tell(
        "'image-name' says what the old action made of the user and the repository: write the name out, in lower case.",
        "DOCKER_USERNAME",
    )
    if not user:
        user = expressions.wrap("github.actor")
    elif expressions.has_expression(user):
        # Without secrets, on a fork's pull request, the old action used the actor, too.
        user = expressions.or_else(user, "github.actor")
    else:
        user = user.partition("+")[0].lower()  # my-org+robot is a robot account of my-org
    return f"{user}/{expressions.wrap('github.event.repository.name')}"


def _translate_binder(inputs: _Inputs) -> None:
    cache, no_push = inputs.text("BINDER_CACHE"), inputs.text("NO_GIT_PUSH")
    _translate_switch(inputs, "BINDER_CACHE")
    if cache and not no_push:
        inputs.tell(
            "BINDER_CACHE: the commit is made through GitHub's API on the branch's current head, never forced; the job"
            " needs the permission contents: write.",
            "BINDER_CACHE",
        )
    if cache and no_push:
        _translate_no_git_push(inputs, cache, no_push)
    if inputs.text("MYBINDERORG_TAG"):
        inputs.tell(
            "MYBINDERORG_TAG: the old action asked a host that is gone; now a member of mybinder.org builds that ref.",
            "MYBINDERORG_TAG",
        )


def _translate_no_git_push(inputs: _Inputs, cache: str, no_push: str) -> None:
    if _literal(no_push) is False or _literal(cache) is False:
        inputs.tell(
            f"NO_GIT_PUSH: '{no_push}' was read as on, as every text was; now it is what it says.", "NO_GIT_PUSH"
        )
        return
    dynamic = [text for text in (cache, no_push) if expressions.has_expression(text)]
    value = "check"
    if expressions.has_expression(no_push):
        value = expressions.wrap(f"({expressions.is_true(no_push)}) && 'check' || 'true'")
    if expressions.has_expression(cache):
        inner = value.removeprefix("${{ ").removesuffix(" }}") if value != "check" else "'check'"
        value = expressions.wrap(f"({expressions.is_true(cache)}) && ({inner}) || 'false'")
    inputs.replaced["BINDER_CACHE"] = ("binder-cache", value)
    inputs.tell(
        "NO_GIT_PUSH: binder/Dockerfile is not written into the workspace any more; 'check' only says whether it is"
        f" up to date{', where the expression is true' if dynamic else ''}.",
        "NO_GIT_PUSH",
    )


def _translate_rest(inputs: _Inputs) -> None:
    _translate_switch(inputs, "PUBLIC_REGISTRY_CHECK")
    if "EXTRA_PIP_INSTALL" in inputs.given:
        inputs.tell("EXTRA_PIP_INSTALL is left out: it never did anything.", "EXTRA_PIP_INSTALL")


def _translate_switch(inputs: _Inputs, name: str) -> None:
    """Switches of the old action were on with every text, 'false' included; now they are what they say."""
    text = inputs.text(name)
    if name not in inputs.given or expressions.has_expression(text):
        return
    on = bool(text) and _literal(text) is not False
    if text and not on:
        inputs.tell(f"{name}: '{text}' was read as on, as every text was; it is off now.", name)
    if _literal(text) is None or not text:
        inputs.replaced[name] = (OLD_INPUTS[name], "true" if on else "false")


def _tell_of_events(inputs: _Inputs) -> None:
    events = inputs.events.types
    inputs.tell("A repository without a configuration file fails; it became repo2docker's default image before.")
    if "pull_request_target" in events:
        inputs.tell(
            "Nothing is built on pull_request_target: a stranger's code would run next to your secrets. The step"
            " comments there instead; build on pull_request."
        )
    if "workflow_run" in events:
        inputs.tell("Nothing is built on workflow_run of a pull request, whose code may be a stranger's.")
    if inputs.pushes_pull_requests:
        inputs.tell(
            "Pull requests: the tag names the head commit, not the merge commit that is thrown away; latest is not"
            " moved; those of forks are built and tested, not pushed."
        )
    if "merge_group" in events and not inputs.never_pushes:
        inputs.tell("The merge queue does not move latest.")
    if "pull_request" in events:
        inputs.tell("Pull requests get a comment where the job may write one; 'comment: never' switches that off.")


def _literal(text: str) -> bool | None:
    """What a switch says: empty is false; None when it says neither."""
    try:
        return parsers.parse_boolean(text.strip()) if text.strip() else False
    except ValueError:
        return None


def _is_pull_request(event: str) -> bool:
    return event.startswith("pull_request") and event != "pull_request_target"


# --- what to look at ---


def _look_around(step: Step, translation: Translation, given: Mapping[str, Entry]) -> Iterator[str]:
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


def _check_inputs(step: Step, translation: Translation, given: Mapping[str, Entry]) -> Iterator[str]:
    """Yield what this action would refuse of the values that stand in the file."""
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


def _find_outputs(workflow: WorkflowFile) -> Iterator[Change]:
    for line, match in workflow.find_lines(rf"\boutputs\.({'|'.join(_OLD_OUTPUTS)})\b"):
        yield Change(line, f"The output {match[1]} is still written; '{_OLD_OUTPUTS[match[1]]}' has taken its place.")
