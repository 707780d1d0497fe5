"""The plan as JSON, for `--plan`."""

import json
from collections.abc import Mapping

from hubaction.decide.plan import BuildPlan, CommentPlan, Plan, RolloutPlan
from hubaction.report.try_on_hub import TrialLinks


def render_plan(
    plan: Plan, comment_body: str, links: TrialLinks | None = None, rollout: Mapping[str, object] | None = None
) -> str:
    """Return one JSON object; its keys are a promise to scripts that read it."""
    build = plan.build if isinstance(plan, BuildPlan) else None
    references = plan.references if isinstance(plan, BuildPlan | RolloutPlan) else ()
    return json.dumps(
        {
            "mode": plan.mode,
            "reason": plan.reason,
            "push": isinstance(plan, BuildPlan) and plan.push,
            "references": [str(reference) for reference in references],
            "repo2docker": list(build.repo2docker) if build else None,
            "buildx": list(build.buildx) if build else [],
            "comment": _comment(plan, comment_body),
            "rollout": dict(rollout) if rollout else None,
            "hub": links and {"start": links.start or None, "content": links.content or None},
            "warnings": [*plan.warnings, *plan.notices],
        },
        indent=2,
    )


def _comment(plan: Plan, body: str) -> dict[str, object] | None:
    if not isinstance(plan, CommentPlan) or not body:
        return None
    return {"repository": plan.comment.repository, "number": plan.comment.number, "body": body}
