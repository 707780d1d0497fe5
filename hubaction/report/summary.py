"""The job summary: what came out, in the words of somebody who is about to put it on a hub."""

import json
from collections.abc import Sequence

from hubaction.decide.plan import BuildPlan
from hubaction.image import PushedReference
from hubaction.markdown import code, format_bytes, list_left_out, table
from hubaction.report.image_result import describe_hub_check, describe_tests, list_pushed
from hubaction.report.report import Report
from hubaction.report.test_table import render_cases
from hubaction.results import Built, Compared, Failed, LeftOut, Noticed, OtherRepo2docker, Reused, RolledOut, Tested


def render_summary(plan: BuildPlan, report: Report, trial: str = "") -> str:
    """Return the summary as GitHub-flavoured Markdown; `trial` is some already."""
    pushed, failure = list_pushed(report), report.find(Failed)
    parts = [_headline(plan, report)]
    if pushed:
        parts += [_references(pushed), _hub_snippet(pushed)]
    elif plan.references and failure is None:
        parts.append("Nothing was pushed. It would be: " + ", ".join(f"`{ref}`" for ref in plan.references))
    tested, rollout = report.find(Tested), report.find(RolledOut)
    parts += [
        trial,
        rollout.markdown if rollout else "",
        _facts(report),
        render_cases(tested.cases if tested else ()),
        *(f"> {code(notice)}" for notice in _notices(plan, report)),
    ]
    return "\n\n".join(part for part in parts if part)


def _notices(plan: BuildPlan, report: Report) -> list[str]:
    return [*plan.notices, *(notice for noticed in report.each(Noticed) for notice in noticed.notices)]


def _headline(plan: BuildPlan, report: Report) -> str:
    pushed, failure, reused = list_pushed(report), report.find(Failed), report.find(Reused)
    name = f" `{plan.image}`"
    if failure is not None:
        # A check or a commit that follows the push may fail: then hubs can have the image all the same.
        reached = "pushed, and then the run failed" if pushed else "not published"
        return f"### ❌ User image{name}: {reached}\n\n{code(failure.message)}"
    if reused:
        return f"### ✅ User image{name}: unchanged, the same as `{reused.reference}`"
    what = "built, tested and pushed" if pushed else "built and tested"
    if not describe_tests(report):
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


def _facts(report: Report) -> str:
    compared, tests, hub = report.find(Compared), describe_tests(report), describe_hub_check(report)
    rows = [("Compared", code(compared.sentence))] if compared else []
    rows.append(("Image tests", code(tests) if tests else "none"))
    rows.append(("Hub check", code(hub) if hub else "none"))
    if left_out := report.find(LeftOut):
        rows.append(("Left out for secrets", list_left_out(left_out.files)))
    sizes = [item.size for item in list_pushed(report) if item.size]
    if sizes:
        rows.append(("Download size", format_bytes(sizes[0])))
    if other := report.find(OtherRepo2docker):
        rows.append(("repo2docker", code(other.version)))
    if built := report.find(Built):
        rows.append(("Size on the hub's disk", format_bytes(built.bytes)))
        if built.steps:
            rows.append(("Cached steps", f"{built.cached_steps} of {built.steps}"))
    rows += [(f"Time to {step}", f"{seconds:.1f} s") for step, seconds in report.seconds.items()]
    return table(rows)
