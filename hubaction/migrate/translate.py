"""What becomes of the old action's inputs.

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
from collections.abc import Mapping
from dataclasses import dataclass, field

from hubaction.inputs.old_inputs import OLD_INPUTS, account_of, bare_registry
from hubaction.inputs.parsers import parse_boolean
from hubaction.migrate import expressions
from hubaction.migrate.workflow_file import Events

_DROPPED = ("NO_GIT_PUSH", "EXTRA_PIP_INSTALL")
"""The first becomes a value of binder-cache, the second never did anything."""

_BUILT_BY_AUTO = {"push", "schedule", "workflow_dispatch", "repository_dispatch", "merge_group", "pull_request_target"}
_PUSHED_BY_AUTO = {"schedule", "repository_dispatch", "release"}


@dataclass(frozen=True)
class Translation:
    """The inputs of one step in the new action's terms."""

    replaced: Mapping[str, tuple[str, str | None] | None]
    """Old input -> its new name and value; None for the value keeps it as written, None for both drops the input."""
    added: tuple[tuple[str, str], ...]
    messages: tuple[tuple[str, str], ...]
    """What changes, each with the old input that it is about or an empty text."""


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
        """Replace the old input, or add the new one if the old one is not given."""
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
    """Translate the old inputs, given by their names in capital letters. Pure and total."""
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
    """Return the image's name with the path of the registry, which was a prefix in the old action; ours is a host."""
    text = inputs.text("DOCKER_REGISTRY")
    if expressions.has_expression(text):
        return name
    registry, _, path = bare_registry(text).partition("/")
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
        user = account_of(user)
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
    """The old action read any text as on, even 'false'; ours reads the value."""
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
    """A switch as a boolean; empty is false, None is neither."""
    try:
        return parse_boolean(text.strip()) if text.strip() else False
    except ValueError:
        return None


def _is_pull_request(event: str) -> bool:
    return event.startswith("pull_request") and event != "pull_request_target"
