"""The job summary: what came out, in the words of somebody who is about to put it on a hub."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from hubaction.decide.plan import BuildPlan
from hubaction.image import PushedReference, Reference
from hubaction.markdown import code, format_bytes, list_left_out, table
from hubaction.report.result_file import MAX_LEFT_OUT, ImageResult
from hubaction.report.test_table import name_failing, render_cases
from hubaction.results import CaseResult


@dataclass
class Outcome:
    """What happened, filled in step by step; whatever is None did not happen."""

    plan: BuildPlan
    tests: str | None = None
    """What to say of them in a few words."""
    cases: tuple[CaseResult, ...] = ()
    """Each of them, as far as known; files are relative to the repository's root."""
    hub: str | None = None
    """What the hub check saw, in a line."""
    pushed: list[PushedReference] = field(default_factory=list)
    cached_steps: int = 0
    steps: int = 0
    image_bytes: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    failure: str | None = None
    same_as: Reference | None = None
    """The earlier image that is used again, because nothing has changed since."""
    left_out: tuple[str, ...] = ()
    """Files, from the repository's root, that hold secrets, are not the repository's, and not in the image."""
    compared: str = ""
    """What the comparison with earlier images came to, in a sentence."""
    repo2docker: str = ""
    """Its version, when the workflow asks for one."""
    rollout: str = ""
    """What is told of the hubs' configuration, as Markdown."""
    notices: tuple[str, ...] = ()
    """What turned out on the way, besides the plan's."""
    binder_branch: str = ""
    """The branch by which Binder starts the image, once it is written."""
    binder_obstacle: str = ""
    """Why it is not written, although it was to."""

    def result(self, platform: str, variant: str) -> ImageResult:
        """The same for the comment and the result file."""
        return ImageResult(
            name=self.plan.references[0].name,
            platform=platform,
            variant=variant,
            pushed=tuple(self.pushed),
            tests=self.tests or "",
            failing=name_failing(self.cases),
            hub=self.hub or "",
            left_out=self.left_out[:MAX_LEFT_OUT],
            steps=self.steps,
            cached_steps=self.cached_steps,
            seconds=dict(self.seconds),
            failure=self.failure or "",
            same_as=self.same_as,
            binder_branch=self.binder_branch,
            binder_obstacle=self.binder_obstacle,
        )


def render_summary(outcome: Outcome, trial: str = "") -> str:
    """Return the summary as GitHub-flavoured Markdown; `trial` is some already."""
    parts = [_headline(outcome)]
    if outcome.pushed:
        parts += [_references(outcome.pushed), _hub_snippet(outcome.pushed)]
    elif outcome.plan.references and outcome.failure is None:
        parts.append("Nothing was pushed. It would be: " + ", ".join(f"`{ref}`" for ref in outcome.plan.references))
    parts += [
        trial,
        outcome.rollout,
        _facts(outcome),
        render_cases(outcome.cases),
        *(f"> {code(notice)}" for notice in (*outcome.plan.notices, *outcome.notices)),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(outcome: Outcome) -> str:
    image = outcome.plan.image
    name = f" `{image}`" if image else ""
    if outcome.failure is not None:
        # A check or a commit that follows the push may fail: then hubs can have the image all the same.
        reached = "pushed, and then the run failed" if outcome.pushed else "not published"
        return f"### ❌ User image{name}: {reached}\n\n{code(outcome.failure)}"
    if outcome.same_as:
        return f"### ✅ User image{name}: unchanged, the same as `{outcome.same_as}`"
    what = "built, tested and pushed" if outcome.pushed else "built and tested"
    if outcome.tests is None:
        what = what.replace(", tested", "").replace(" and tested", "")
    return f"### ✅ User image{name}: {what}"


def _references(pushed: Sequence[PushedReference]) -> str:
    lines = "\n".join(f"{item.reference}" for item in pushed)
    by_digest = dict.fromkeys(f"{item.reference.name}@{item.digest}" for item in pushed)
    return f"Tags:\n\n```\n{lines}\n```\n\nBy digest:\n\n```\n" + "\n".join(by_digest) + "\n```"


def _hub_snippet(pushed: Sequence[PushedReference]) -> str:
    """https://z2jh.jupyter.org/en/stable/jupyterhub/customizing/user-environment.html"""
    first = next((item for item in pushed if item.reference.tag != "latest"), pushed[0])
    name, tag = json.dumps(str(first.reference.name)), json.dumps(first.reference.tag)
    return (
        "Put this into your hub's configuration (Zero to JupyterHub):\n\n"
        f"```yaml\nsingleuser:\n  image:\n    name: {name}\n    tag: {tag}\n```"
    )


def _facts(outcome: Outcome) -> str:
    rows = [("Compared", code(outcome.compared))] if outcome.compared else []
    rows.append(("Image tests", code(outcome.tests) if outcome.tests else "none"))
    rows.append(("Hub check", code(outcome.hub) if outcome.hub else "none"))
    if outcome.left_out:
        rows.append(("Left out for secrets", list_left_out(outcome.left_out)))
    sizes = [item.size for item in outcome.pushed if item.size]
    if sizes:
        rows.append(("Download size", format_bytes(sizes[0])))
    if outcome.repo2docker:
        rows.append(("repo2docker", code(outcome.repo2docker)))
    if outcome.image_bytes:
        rows.append(("Size on the hub's disk", format_bytes(outcome.image_bytes)))
    if outcome.steps:
        rows.append(("Cached steps", f"{outcome.cached_steps} of {outcome.steps}"))
    rows += [(f"Time to {step}", f"{seconds:.1f} s") for step, seconds in outcome.seconds.items()]
    return table(rows)
