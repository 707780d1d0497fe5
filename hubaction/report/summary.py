"""The job summary, written for the admin who puts the image on a hub."""

import json
from collections.abc import Sequence

from hubaction.decide.plan import BuildPlan
from hubaction.image import PushedReference
from hubaction.markdown import code, format_bytes, table
from hubaction.report.image_result import make_image_result
from hubaction.report.report import Report
from hubaction.report.result_file import ImageResult, State
from hubaction.report.result_table import cache_rows, check_rows
from hubaction.report.test_table import render_cases
from hubaction.results import Built, Compared, LeftOut, Noticed, OtherRepo2docker, RolledOut, Tested


def render_summary(plan: BuildPlan, report: Report, try_on_hub: str = "") -> str:
    """Return the summary as GitHub-flavoured Markdown; `try_on_hub` is Markdown already."""
    result = make_image_result(plan, report)
    parts = [_headline(plan, result)]
    if result.pushed:
        parts += [_references(result.pushed), _hub_snippet(result.pushed)]
    elif result.state is not State.FAILED:
        parts.append("Nothing was pushed. It would be: " + ", ".join(f"`{ref}`" for ref in plan.references))
    tested, rollout = report.find(Tested), report.find(RolledOut)
    parts += [
        try_on_hub,
        rollout.markdown if rollout else "",
        _facts(result, report),
        render_cases(tested.cases if tested else ()),
        *(f"> {code(notice)}" for notice in _notices(plan, report)),
    ]
    return "\n\n".join(part for part in parts if part)


def _notices(plan: BuildPlan, report: Report) -> list[str]:
    return [*plan.notices, *(notice for noticed in report.each(Noticed) for notice in noticed.notices)]


def _headline(plan: BuildPlan, result: ImageResult) -> str:
    name, tested = f"`{plan.image}`", ", tested" if result.tests else ""
    match result.state:
        case State.FAILED:
            # A step after the push may fail: the image is in the registry all the same.
            reached = "pushed, and then the run failed" if result.pushed else "not published"
            return f"### ❌ User image {name}: {reached}\n\n{code(result.failure)}"
        case State.UNCHANGED:
            return f"### ✅ User image {name}: unchanged, the same as `{result.same_as}`"
        case State.PUSHED:
            return f"### ✅ User image {name}: built{tested} and pushed"
        case State.BUILT:
            return f"### ✅ User image {name}: built{' and tested' if result.tests else ''}"


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


def _facts(result: ImageResult, report: Report) -> str:
    compared, left_out = report.find(Compared), report.find(LeftOut)
    rows = [("Compared", code(compared.sentence))] if compared else []
    rows += check_rows(result, left_out.files if left_out else ())
    if other := report.find(OtherRepo2docker):
        rows.append(("repo2docker", code(other.version)))
    if built := report.find(Built):
        rows.append(("Size on the hub's disk", format_bytes(built.bytes)))
    rows += cache_rows(result)
    rows += [(f"Time to {step}", f"{seconds:.1f} s") for step, seconds in report.seconds.items()]
    return table(rows)
