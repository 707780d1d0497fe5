"""`--plan`: say what would be done, and do nothing."""

from collections.abc import Mapping

from hubaction.decide.plan import BuildPlan, CommentPlan, Plan, RolloutPlan
from hubaction.inputs.settings import Settings
from hubaction.report.comment import render_body
from hubaction.report.comment_sections import make_sections
from hubaction.report.plan_json import render_plan
from hubaction.report.try_on_hub import foresee_links
from hubaction.runner.job import Job


def preview_plan(plan: Plan, settings: Settings, job: Job) -> str:
    """Return the plan as JSON, with the comment and the rollout that it leads to."""
    body = ""
    if isinstance(plan, CommentPlan):
        body = render_body(make_sections(plan, None, settings, job.environ))
    return render_plan(plan, body, foresee_links(plan), _preview_rollout(plan, settings, job))


def _preview_rollout(plan: Plan, settings: Settings, job: Job) -> Mapping[str, object] | None:
    if not isinstance(plan, BuildPlan | RolloutPlan) or not plan.rollout:
        return None
    # Slow to load, and seldom needed.
    from hubaction.rollout.hub.preview import preview_rollout

    references = [each for each in plan.references if each.tag == plan.image.tag]
    return preview_rollout(plan.rollout, settings.rollout.paths, references, job.workspace)
