"""Use an earlier image again, if one is made of the same."""

from collections.abc import Sequence

from hubaction.build.reuse import Comparison, compare, is_for_the_same, labels_for
from hubaction.clients.registry.remote_image import Candidate, NotPromotableError
from hubaction.image import PushedReference
from hubaction.inputs.choices import HubCheck
from hubaction.inputs.settings import Settings
from hubaction.modes.check import Checked
from hubaction.publish.promote import promote, promote_relabelled
from hubaction.report.report import Report
from hubaction.results import Compared, Reused
from hubaction.runner.job import Job


def compare_images(checked: Checked, job: Job, report: Report) -> Comparison:
    """Look for an earlier image that will do, and for those whose layers will."""
    with report.step("compare"):
        comparison = compare(checked.inputs, checked.earlier, fresh=checked.plan.build.fresh)
        report.add(Compared(comparison.sentence))
        job.console.say(comparison.sentence)
    return comparison


def reuse_image(
    comparison: Comparison, checked: Checked, settings: Settings, job: Job, report: Report
) -> tuple[PushedReference, ...] | None:
    """Give an earlier image this run's tags, by requests alone; return them, or None when an image has to be built."""
    if comparison.same is None:
        return None
    tag, image = comparison.same
    pushed: Sequence[PushedReference] = ()
    if checked.plan.push:
        try:
            with report.step("push"):
                pushed = _promote(image, checked, job)
        except NotPromotableError as error:
            report.add(Compared(f"{comparison.sentence} {error.message}"))
            job.console.say(error.message)
            return None
    hub_checked = settings.hub.check is HubCheck.TRUE
    report.add(Reused(tag.reference, tested=checked.tests is not None, hub_checked=hub_checked))
    return tuple(pushed)


def _promote(image: Candidate, checked: Checked, job: Job) -> Sequence[PushedReference]:
    plan, fingerprint = checked.plan, checked.inputs.fingerprint
    hosts = {reference.name.registry for reference in plan.references}
    registries = {host: checked.registries.open(host) for host in hosts}
    say, before_each = job.console.say, job.cancellation.check
    if fingerprint is None or is_for_the_same(plan, image):
        pushed = promote(image, plan.references, registries=registries, say=say, before_each=before_each)
    else:
        labels = labels_for(plan, fingerprint, image.labels)
        pushed = promote_relabelled(
            image, labels, plan.references, registries=registries, say=say, before_each=before_each
        )
    made = checked.registries.requests_made + sum(registry.requests_made for registry in registries.values())
    say(f"Requests to registries: {made}; layers moved: none.")
    return pushed
