"""The plan as JSON, for `--plan`."""

import json
from collections.abc import Mapping

from hubaction.decide.plan import Plan
from hubaction.report.try_on_hub import TrialLinks


def render_plan(
    plan: Plan, comment_body: str, links: TrialLinks | None = None, rollout: Mapping[str, object] | None = None
) -> str:
    """Return one JSON object; its keys are a promise to whoever reads it in a script."""
    comment = (
        comment_body
        and plan.comment
        and {
            "repository": plan.comment.repository,
            "number": plan.comment.number,
            "body": comment_body,
        }
    )
    return json.dumps(
        {
            "mode": plan.mode,
            "reason": plan.reason,
            "push": plan.push,
            "references": [str(reference) for reference in plan.references],
            "repo2docker": list(plan.repo2docker) or None,
            "buildx": list(plan.buildx),
            "comment": comment or None,
            "rollout": dict(rollout) if rollout else None,
            "hub": links and {"start": links.start or None, "content": links.content or None},
            "warnings": [*plan.warnings, *plan.notices],
        },
        indent=2,
    )
