"""Inputs that are right by themselves and wrong together."""

import re
from collections.abc import Mapping
from itertools import pairwise

from hubaction.inputs.choices import Automerge, HubCheck, Mode
from hubaction.inputs.problems import Problems
from hubaction.inputs.settings import OWN_LABELS, Settings


def check_conflicts(settings: Settings, texts: Mapping[str, str], problems: Problems) -> None:
    _check_hub_links(texts, problems)
    _check_rollout(settings, problems)
    if settings.cache_ref and settings.cache_ref.tag == "latest":
        problems.add("cache-ref", "is a tag that hubs start; allowed is another, e.g. my-org/my-image:buildcache")
    _check_labels(settings, problems)
    words = settings.repo2docker_args.arguments
    given = {value.partition("=")[0] for option, value in pairwise(words) if option == "--build-arg"}
    for key, _ in settings.build_args:
        if key in given:
            problems.add("build-args", f"'{key}' is also set by the input 'repo2docker-args'; give it once")


def _check_hub_links(texts: Mapping[str, str], problems: Problems) -> None:
    for name in ("hub-profile", "hub-content-path"):
        if texts[name] and not texts["hub-url"]:
            problems.add(name, f"'{texts[name]}' is for links to a hub, and 'hub-url' is empty; set both or neither")


def _check_rollout(settings: Settings, problems: Problems) -> None:
    rollout = settings.rollout
    wanted = rollout.after_push or settings.mode is Mode.ROLLOUT
    if wanted and not rollout.paths and not problems.concern("rollout-paths"):
        problems.add("rollout-paths", "is empty; allowed is FILES: PATH, e.g. hubs/*.yaml: singleuser.image")
    if rollout.after_push and settings.hub.check is HubCheck.WARN:
        problems.add("rollout", "needs 'hub-check: true': with 'warn' an image that does not start would get to hubs")
    if rollout.draft and rollout.automerge is not Automerge.FALSE:
        problems.add("rollout-automerge", "is set, and so is 'rollout-draft': a draft is not merged; leave one out")
    if len(rollout.token.splitlines()) > 1:
        problems.add("rollout-token", "has several lines, so it is no token; of an App, give the token and not the key")


def _check_labels(settings: Settings, problems: Problems) -> None:
    for key, _ in (*settings.labels, *settings.repo2docker_args.labels):
        if key.startswith(OWN_LABELS):
            problems.add("labels", f"'{key}' begins with '{OWN_LABELS}', as this action's own do; use another name")
    for argument in settings.repo2docker_args.buildx:
        if re.match(rf"(?:--label[= ]+)?{re.escape(OWN_LABELS)}", argument):
            problems.add("repo2docker-args", f"'{argument}' sets a label of this action's own; use another name")
